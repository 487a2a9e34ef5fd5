"""The body of a request with statements: application/json, or multipart/mixed as RFC 2046 has it.

Lenient where clients are known to differ: a preamble or a line end before the first boundary, no space after a
header's colon, lines that end in LF alone, no line end after the last boundary. Strict in what could be two things:
header lines that go on, names or values with control characters, a header given twice, a last boundary that is missing.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from lrs.errors import TooLarge
from lrs.xapi import rules
from lrs.xapi.limits import Limits
from lrs.xapi.values import shown
from lrs.xapi.versions import Version

_NAME = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"
_TYPE = re.compile(rf"[ \t]*({_NAME}/{_NAME})[ \t]*(?=;|\Z)")
# RFC 9110 5.6.6, and as RFC 2046 boundaries are often sent: unquoted with `/`, `:`, `=`, `?`, `(`, `)`, `,` in them.
_PARAMETER = re.compile(
    rf";(?:[ \t]*({_NAME})[ \t]*=[ \t]*(?:\"((?:[^\"\\\x00-\x08\x0a-\x1f\x7f]|\\[\t\x20-\x7e])*)\""
    rf"|([^\s\"\\;\x00-\x1f\x7f]+)))?[ \t]*(?=;|\Z)"
)
_HEADER = re.compile(rb"([A-Za-z0-9!#$%&'*+.^_`|~-]+):([^\x00-\x08\x0a-\x1f\x7f]*)")
_BOUNDARY = re.compile(r"[A-Za-z0-9'()+_,./:=? -]{0,69}[A-Za-z0-9'()+_,./:=?-]")
_HEADER_BYTES = 8192
# As most clients write it, so that it need not be read.
_USUAL = frozenset(("application/json", "application/json; charset=utf-8", "application/json;charset=utf-8"))


class MediaType(msgspec.Struct, frozen=True):
    """A content type: `name` in lower case, parameters by lower-case name."""

    name: str
    parameters: Mapping[str, str]


class Part(msgspec.Struct, frozen=True):
    """A part of a multipart body: headers by lower-case name, and the bytes between them and the next boundary."""

    headers: Mapping[str, str]
    content: bytes


class Content(msgspec.Struct, frozen=True):
    """The JSON of the statements, and the parts that came after it."""

    json: bytes
    parts: Sequence[Part]


def media_type(text: str) -> MediaType | None:
    """A Content-Type read as RFC 9110 8.3 says, None if it is none or names a parameter twice."""
    match = _TYPE.match(text)
    if match is None:
        return None
    parameters: dict[str, str] = {}
    place = match.end()
    while place < len(text):
        found = _PARAMETER.match(text, place)
        if found is None or (found[1] and found[1].lower() in parameters):
            return None
        if found[1]:
            quoted = found[2]
            parameters[found[1].lower()] = found[3] if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
        place = found.end()
    return MediaType(match[1].lower(), parameters)


def content(body: bytes, content_type: str, *, version: Version, limits: Limits) -> Content:
    """The JSON and the parts of a body, by its content type; else Invalid. (1.0.3 Communication 1.5; 2.0 4.1.3)"""
    if content_type in _USUAL:
        return Content(body, ())
    media = media_type(content_type)
    if media is not None and media.name == "application/json":
        _check_charset(media, version)
        return Content(body, ())
    if media is None or media.name != "multipart/mixed":
        raise rules.CONTENT_TYPE.broken(version, f"the Content-Type is {shown(content_type)}")
    boundary = media.parameters.get("boundary", "")
    if not _BOUNDARY.fullmatch(boundary):
        raise rules.MULTIPART.broken(version, "the Content-Type names no boundary of 1 to 70 allowed characters")
    parts = [_part(raw, version) for raw in _split(body, boundary.encode(), version, limits)]
    if not parts:
        raise rules.MULTIPART.broken(version, "the body has no part between boundaries")
    first = media_type(parts[0].headers.get("content-type", ""))
    if first is None or first.name != "application/json":
        raise rules.MULTIPART.broken(version, "the first part must have the Content-Type application/json")
    _check_charset(first, version)
    return Content(parts[0].content, parts[1:])


def _check_charset(media: MediaType, version: Version) -> None:
    charset = media.parameters.get("charset", "utf-8")
    if charset.lower() not in {"utf-8", "utf8", "us-ascii"}:
        raise rules.JSON.broken(version, f"the charset is {shown(charset)}, not UTF-8")


def _split(body: bytes, boundary: bytes, version: Version, limits: Limits) -> Iterator[bytes]:
    """What stands between the boundaries, up to the last one, which must be there. (RFC 2046 5.1.1)"""
    opening = re.search(rb"(?:\A|(?<=\n))--" + re.escape(boundary) + rb"[ \t]*(\r?\n)", body)
    if opening is None:
        raise rules.MULTIPART.broken(version, "the boundary of the Content-Type opens no part of the body")
    # Lines end as the first boundary's does, so that a lone LF is data where CRLF is used.
    end = opening[1]
    delimiter = re.compile(rb"%b--%b(--)?[ \t]*(?=%b|\Z)" % (end, re.escape(boundary), end))
    start = opening.end()
    # From the line end on, as an empty part's two boundaries share it.
    for count, match in enumerate(delimiter.finditer(body, start - len(end))):
        if count > limits.batch:
            raise TooLarge(f"a request may have at most {limits.batch} attachments (LRS_LIMIT_BATCH)")
        yield body[start : max(match.start(), start)]
        if match[1]:
            return
        start = match.end() + len(end)
    raise rules.MULTIPART.broken(version, "the last boundary, which ends in --, is missing: was the body cut off?")


def _part(raw: bytes, version: Version) -> Part:
    end = re.compile(rb"\A(?:\r?\n)|\r?\n\r?\n").search(raw, 0, _HEADER_BYTES)
    if end is None:
        raise rules.MULTIPART.broken(version, "a part has no empty line after its headers")
    headers: dict[str, str] = {}
    for line in re.split(rb"\r?\n", raw[: end.start()]) if end.start() else ():
        match = _HEADER.fullmatch(line)
        if match is None:
            raise rules.MULTIPART.broken(version, f"a part has the header line {shown(line.decode('latin-1'))}")
        name = match[1].decode("ascii").lower()
        if name in headers:
            raise rules.MULTIPART.broken(version, f"a part has the header {name} twice")
        headers[name] = match[2].decode("utf-8", "replace").strip(" \t")
    return Part(headers, raw[end.end() :])
