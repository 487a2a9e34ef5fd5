"""Reading a body: whole, within its limits of size and time, and decompressed by us.

A body is always read to its end before an early answer, as a connection that is closed on unread bytes is reset and
takes the answer with it.
"""

import asyncio
import zlib
from typing import Final

from aiohttp import http_exceptions, web

from lrs import config
from lrs.errors import Invalid, LrsError, TooLarge
from lrs.http.keys import CARRIED, CLOSE, DEADLINES, SETTINGS

# What is decompressed in a thread, so that a large one does not hold up the others.
THREADED_BYTES: Final = 256 * 1024
WINDOW: Final = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}


async def read(request: web.Request) -> bytes:
    """The whole body as the client meant it; TooLarge or Invalid, after it has been read to its end."""
    carried = request[CARRIED]
    if carried is not None:
        return carried.body
    content = await _receive(request)
    coding = request.headers.get("Content-Encoding")
    return content if coding is None else await _decode(content, coding, request.app[SETTINGS].limit_request_bytes)


async def drain(request: web.Request) -> None:
    """Read what is left of a body that nobody wants, so that the next request on the connection is heard."""
    if not request.content.is_eof():
        try:
            await _receive(request)
        except LrsError:
            return


async def _receive(request: web.Request) -> bytes:
    settings = request.app[SETTINGS]
    try:
        if request.content.is_eof():
            # The usual case: it came in one piece with its headers.
            content = request.content.read_nowait()
            _within(len(content), settings.limit_request_bytes)
            return content
        return await _in_time(request, settings)
    except (web.RequestPayloadError, http_exceptions.HttpProcessingError) as error:
        request[CLOSE] = True
        raise Invalid("the body does not end as its headers say") from error


async def _in_time(request: web.Request, settings: config.Settings) -> bytes:
    deadlines = request.app[DEADLINES]
    deadlines.pause()
    try:
        return await _slowly(request, settings)
    finally:
        deadlines.begin()


async def _slowly(request: web.Request, settings: config.Settings) -> bytes:
    """The body in parts; from its limit on they are thrown away, and from twice its limit the connection goes too."""
    chunks: list[bytes] = []
    received = 0
    limit = settings.limit_request_bytes
    begun = asyncio.get_running_loop().time()
    try:
        while not request.content.at_eof() and received <= 2 * limit:
            allowed = min(settings.body_grace_seconds + received / settings.body_rate, settings.body_seconds)
            async with asyncio.timeout_at(begun + allowed):
                chunk = await request.content.readany()
            received += len(chunk)
            if received <= limit:
                chunks.append(chunk)
    except TimeoutError:
        request[CLOSE] = True
        raise Invalid(f"the body came slower than {settings.body_rate} bytes a second") from None
    if not request.content.at_eof():
        request[CLOSE] = True
    _within(received, limit)
    return b"".join(chunks)


def _within(size: int, limit: int) -> None:
    if size > limit:
        raise TooLarge(f"a request may have {limit} bytes (LRS_LIMIT_REQUEST_BYTES)", rule="request-size")


async def _decode(content: bytes, coding: str, limit: int) -> bytes:
    coding = coding.strip().lower()
    if coding in ("", "identity"):
        return content
    if coding not in WINDOW:
        raise Invalid(f"a Content-Encoding may be gzip or deflate, not {coding[:80]!r}", rule="content-encoding")
    if len(content) > THREADED_BYTES:
        return await asyncio.to_thread(_inflate, content, WINDOW[coding], limit)
    return _inflate(content, WINDOW[coding], limit)


def _inflate(content: bytes, window: int, limit: int) -> bytes:
    """The one compressed stream that `content` is: not less, not more, and no larger than `limit`."""
    stream = zlib.decompressobj(window)
    try:
        plain = stream.decompress(content, limit + 1)
    except zlib.error as error:
        raise Invalid("the body is not what its Content-Encoding says", rule="content-encoding") from error
    _within(len(plain), limit)
    if not stream.eof or stream.unused_data:
        raise Invalid("the compressed body is cut short, or something follows it", rule="content-encoding")
    return plain
