"""Attachments: what statements declare and what came with them must be the same. (1.0.3 Data 2.4.11; 2.0 4.1.3)"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from lrs.errors import TooLarge
from lrs.xapi import rules
from lrs.xapi.limits import Limits
from lrs.xapi.multipart import Part
from lrs.xapi.shapes import Attachment
from lrs.xapi.values import shown
from lrs.xapi.versions import Version

_ALGORITHMS = {56: "sha224", 64: "sha256", 96: "sha384", 128: "sha512"}


class Blob(msgspec.Struct, frozen=True):
    """An attachment's data, and the content type that its statement gives it."""

    content: bytes
    content_type: str


class Declared(msgspec.Struct, frozen=True):
    """An attachment object where it stands: at `pointer` of the body, in the statement whose bytes are `statement`."""

    pointer: str
    sha2: str
    attachment: Attachment
    statement: bytes


def declared(attachments: Iterable[Attachment], statement: bytes, pointer: str) -> list[Declared]:
    """The attachment objects of a statement or, at `pointer`, its SubStatement; `sha2` in lower case."""
    return [
        Declared(f"{pointer}/attachments/{index}", attachment["sha2"].lower(), attachment, statement)
        for index, attachment in enumerate(attachments)
    ]


def match(
    parts: Sequence[Part], declared: Sequence[Declared], *, version: Version, limits: Limits
) -> Mapping[str, Blob]:
    """The data of each attachment by lower-case hex SHA-2; else Invalid or TooLarge.

    Every part is some attachment's, by its hash alone, and each attachment has a part or a fileUrl. One part may serve
    several attachments. `length` is not compared. (1.0.3 Communication 1.5.2; 2.0 4.1.3)
    """
    if not parts and not declared:
        return {}
    types = {each.sha2: each.attachment["contentType"] for each in reversed(declared)}
    blobs: dict[str, Blob] = {}
    for number, part in enumerate(parts, 2):
        sha2 = _checked(part, number, version, limits)
        if sha2 not in types:
            raise rules.PART.broken(version, f"part {number} is no attachment of these statements: {sha2}")
        blobs[sha2] = Blob(part.content, types[sha2])
    for each in declared:
        if each.sha2 not in blobs and "fileUrl" not in each.attachment:
            raise rules.ATTACHMENT.broken(version, "there is neither a fileUrl nor a part with this sha2", each.pointer)
    return blobs


def _checked(part: Part, number: int, version: Version, limits: Limits) -> str:
    """The hash that the part claims, in lower case, if it is true and the part keeps to the limits."""
    if len(part.content) > limits.attachment_bytes:
        raise TooLarge(f"an attachment may have at most {limits.attachment_bytes} bytes (LRS_LIMIT_ATTACHMENT_BYTES)")
    encoding = part.headers.get("content-transfer-encoding", "binary")
    if encoding.lower() != "binary":
        raise rules.PART.broken(
            version, f"part {number} has the Content-Transfer-Encoding {shown(encoding)}, not binary"
        )
    claimed = part.headers.get("x-experience-api-hash")
    if claimed is None:
        raise rules.PART.broken(version, f"part {number} has no X-Experience-API-Hash")
    algorithm = _ALGORITHMS.get(len(claimed))
    if algorithm is None or hashlib.new(algorithm, part.content).hexdigest() != claimed.lower():
        raise rules.PART.broken(version, f"part {number} does not have the SHA-2 that its X-Experience-API-Hash gives")
    return claimed.lower()
