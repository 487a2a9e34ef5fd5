"""Every limit (O-08) one below, at, and one above it; those that are large are set small by `hostile.SETTINGS`."""
# ruff: noqa: E501 - a case is a line

import gzip
from collections.abc import Callable, Iterator
from typing import Final
from urllib.parse import quote

from tests.factories import agent, attachment, body, multipart, part, statement
from tests.guarantees.hostile_inputs import BAD, NO_CONTENT, OK, STATEMENTS, Input, get, named, post, raw
from tests.guarantees.hostile_json import holding
from tests.guarantees.hostile_wire import request

GROUP: Final = "limits"
JSON_BYTES: Final = 2 * 2**20
BATCH: Final = 200
DOCUMENT_BYTES: Final = 256 * 1024
ATTACHMENT_BYTES: Final = 256 * 1024
REQUEST_BYTES: Final = 8 * 2**20
DEPTH: Final = 64
KEY_BYTES: Final = 1024
IRI_BYTES: Final = 4096
PARAMETER_BYTES: Final = 8192
KEYS: Final = 1_000
SETTINGS: Final[dict[str, object]] = {
    "limit_json_bytes": JSON_BYTES,
    "limit_batch": BATCH,
    "limit_document_bytes": DOCUMENT_BYTES,
    "limit_attachment_bytes": ATTACHMENT_BYTES,
    "limit_request_bytes": REQUEST_BYTES,
}
LARGE: Final = frozenset({413})
STATE: Final = "/xAPI/activities/state?activityId=http://limits&agent=" + quote('{"mbox":"mailto:a@b.c"}', safe="")
# The statement, `result` and `extensions` around what `holding` holds.
AROUND: Final = 3


def padded(size: int) -> bytes:
    """A statement of just that size, in a string."""
    return holding(b'"' + b"x" * (size - len(holding(b'""'))) + b'"')


def spaced(size: int) -> bytes:
    """A statement of just that size, by white space."""
    return holding(b"1").ljust(size)


def deep(levels: int) -> bytes:
    """A statement nested just that deep."""
    return holding(b"[" * (levels - AROUND) + b"]" * (levels - AROUND))


def wide(members: int) -> bytes:
    return holding(b"{" + b",".join(b'"%d":0' % number for number in range(members)) + b"}")


def iri(size: int) -> str:
    return "http://" + "é" * ((size - 7) // 2) + "x" * ((size - 7) % 2)


def attached(size: int) -> tuple[bytes, str]:
    content = b"\xff" * size
    return multipart(statement(attachments=[attachment(content)]), part(content))


def state(name: str, size: int) -> bytes:
    return request("PUT", f"{STATE}&stateId={name}", b"x" * size, content_type="a/b", more="If-None-Match: x\r\n")


# A limit by name: its figure, what makes a request that has so many, and what is said above it.
ACCEPTED: Final[dict[str, tuple[int, frozenset[int], Callable[[int], object]]]] = {
    "bytes of JSON": (JSON_BYTES, LARGE, padded),
    "bytes of JSON, by white space": (JSON_BYTES, LARGE, spaced),
    "statements of a batch": (BATCH, LARGE, lambda count: body([statement() for _ in range(count)])),
    "depth": (DEPTH, BAD, deep),
    "depth, by objects": (DEPTH, BAD, lambda count: holding(b'{"a":' * (count - AROUND) + b"1" + b"}" * (count - AROUND))),
    "bytes of a key": (KEY_BYTES, BAD, lambda size: holding(b'{"' + b"k" * size + b'":1}')),
    "bytes of a key, in UTF-8": (KEY_BYTES, BAD, lambda size: holding(b'{"' + "é".encode() * (size // 2) + b"k" * (size % 2) + b'":1}')),
    "bytes of a key that is an IRI": (KEY_BYTES, BAD, lambda size: statement(result={"extensions": {"http://".ljust(size, "x"): 1}})),
    "members of an object": (KEYS, BAD, wide),
    "languages of a map": (KEYS, BAD, lambda count: statement(verb={"id": "http://a.b", "display": {f"en-x-{n}": "" for n in range(count)}})),
    "bytes of a verb's id": (IRI_BYTES, BAD, lambda size: statement(verb=iri(size))),
    "bytes of an activity's id": (IRI_BYTES, BAD, lambda size: statement(object={"id": iri(size)})),
    "bytes of an openid": (IRI_BYTES, BAD, lambda size: statement(actor={"openid": iri(size)})),
    "bytes of a homePage": (IRI_BYTES, BAD, lambda size: statement(actor={"account": {"homePage": iri(size), "name": "a"}})),
    "bytes of an mbox": (IRI_BYTES, BAD, lambda size: statement(actor={"mbox": "mailto:" + "a" * (size - 11) + "@b.c"})),
    "bytes of a fileUrl": (IRI_BYTES, BAD, lambda size: statement(attachments=[attachment(fileUrl=iri(size))])),
    "bytes of a definition's type": (IRI_BYTES, BAD, lambda size: statement(object={"id": "http://a.b", "definition": {"type": iri(size)}})),
    "bytes of an instructor's openid": (IRI_BYTES, BAD, lambda size: statement(context={"instructor": {"openid": iri(size)}})),
}  # fmt: skip


def every() -> Iterator[Input]:
    for name, (limit, above, make) in ACCEPTED.items():
        for offset in (-1, 0, 1):
            yield post(
                GROUP,
                _named(name, offset),
                above if offset > 0 else OK,
                lambda make=make, count=limit + offset: make(count),
            )
    for offset in (-1, 0, 1):
        expected = LARGE if offset > 0 else OK
        content, content_type = attached(ATTACHMENT_BYTES + offset)
        yield post(GROUP, _named("bytes of an attachment", offset), expected, content, content_type=content_type)
        expected = LARGE if offset > 0 else NO_CONTENT
        yield raw(
            GROUP, _named("bytes of a document", offset), expected, state(f"size{offset}", DOCUMENT_BYTES + offset)
        )
        yield raw(GROUP, _named("bytes of a merged document", offset), expected, merged(offset))
        yield from parameters(offset)
    yield from requests()


def parameters(offset: int) -> Iterator[Input]:
    expected = BAD if offset > 0 else OK
    size = PARAMETER_BYTES + offset
    whole = {**agent(), "name": ""}
    whole["name"] = "x" * (size - len(body(whole)))
    yield get(
        GROUP, _named("bytes of an agent parameter", offset), expected, f"{STATEMENTS}?agent={quote(body(whole))}"
    )
    target = f"{STATE}&stateId={quote('é' * (size // 2) + 'x' * (size % 2))}"
    found = BAD if offset > 0 else frozenset({404})
    yield get(GROUP, _named("bytes of a stateId", offset), found, target)
    target = f"{STATEMENTS}?verb={quote(iri(IRI_BYTES + offset))}"
    yield get(GROUP, _named("bytes of a verb parameter", offset), expected, target)


def merged(offset: int) -> bytes:
    """A document of just that size after it was merged with nothing."""
    content = b'{"a":"' + b"x" * (DOCUMENT_BYTES + offset - 8) + b'"}'
    return request("POST", f"{STATE}&stateId=merged{offset}", content, content_type="application/json")


def requests() -> Iterator[Input]:
    """The whole request: what is over its limit is over another one too, so that 400 and 413 tell them apart."""
    for offset in (-1, 0, 1):
        size = REQUEST_BYTES + offset
        content = request("POST", "/xAPI/nothing", b" " * size)
        yield raw(GROUP, _named("bytes of a request elsewhere", offset), {404}, content)
        yield post(GROUP, _named("bytes of a request", offset), LARGE, b" " * size)
        zipped = gzip.compress(holding(b"1").ljust(size), 1)
        more = "Content-Encoding: gzip\r\n"
        yield post(GROUP, _named("bytes of a request, unzipped", offset), LARGE, zipped, more=more)
    yield post(GROUP, "twice a request", LARGE, lambda: b" " * (2 * REQUEST_BYTES))
    yield post(GROUP, "a batch of large ones", LARGE, lambda: b"[" + b",".join([padded(300_000)] * 8) + b"]")


def _named(name: str, offset: int) -> str:
    return f"{name}: {('one below', 'at', 'one above')[offset + 1]}"


INPUTS: Final = named(GROUP, every())
