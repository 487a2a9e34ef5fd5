"""Statements together with their attachments: the multipart answer to a GET with attachments=true.

(1.0.3 Communication 1.5.2; 2.0 4.1.3)
"""

import re
import secrets
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Final

import msgspec
from aiohttp import web

from lrs import readers
from lrs.http import responses

# A type that cannot end its header line, nor begin another.
SAFE_TYPE: Final = re.compile(r"[\x21-\x7e]+/[\x20-\x7e]+")
ANY_TYPE: Final = "application/octet-stream"


class Attachment(msgspec.Struct):
    """What of an attachment object is needed to send its data."""

    sha2: str
    content_type: str = msgspec.field(name="contentType", default=ANY_TYPE)


class Inner(msgspec.Struct):
    """An object, which has attachments if it is a SubStatement."""

    attachments: list[Attachment] = []


class Outer(msgspec.Struct):
    """A statement as far as its attachments go."""

    object: Inner
    attachments: list[Attachment] = []


def answer(
    content: bytes, payloads: Iterable[bytes], *, store: int, blobs: readers.Blobs, headers: Mapping[str, str]
) -> web.Response:
    """200 with `content` (JSON), then the data of each attachment that the statements' `payloads` name, once.

    Data is fetched as it is sent, so that a page of large attachments is never in memory whole.
    """
    boundary = secrets.token_hex(16)
    types = {each.sha2.lower(): each.content_type for payload in payloads for each in _attachments(payload)}
    return web.Response(
        body=_parts(content, types, boundary, store, blobs),
        headers={"Content-Type": f"multipart/mixed; boundary={boundary}", **responses.UPLOADED, **headers},
    )


async def _parts(
    content: bytes, types: Mapping[str, str], boundary: str, store: int, blobs: readers.Blobs
) -> AsyncIterator[bytes]:
    yield f"--{boundary}\r\nContent-Type: application/json\r\n\r\n".encode() + content + b"\r\n"
    for sha2, content_type in types.items():
        data = (await blobs.get(store, [sha2])).get(sha2)
        if data is not None:
            yield _head(sha2, content_type, boundary)
            yield data
            yield b"\r\n"
    yield f"--{boundary}--\r\n".encode()


def _head(sha2: str, content_type: str, boundary: str) -> bytes:
    safe = content_type if SAFE_TYPE.fullmatch(content_type) else ANY_TYPE
    lines = (
        f"--{boundary}",
        f"Content-Type: {safe}",
        "Content-Transfer-Encoding: binary",
        f"X-Experience-API-Hash: {sha2}",
    )
    return "\r\n".join((*lines, "", "")).encode()


def _attachments(payload: bytes) -> list[Attachment]:
    if b"attachments" not in payload and b"\\u" not in payload:
        return []
    statement = msgspec.json.decode(payload, type=Outer)
    return [*statement.attachments, *statement.object.attachments]
