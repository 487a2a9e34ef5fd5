"""A client that sends whatever bytes it is given, reads the one answer, and looks whether the connection is in step."""

import asyncio
import time
from dataclasses import dataclass, replace
from typing import Final

from tests import serving

LONGEST: Final = 10.0
# After an answer, a connection is either closed, or the next request gets the next answer.
NEXT: Final = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
NEXT_BODY: Final = b'{"status":"live"}'
BODILESS: Final = frozenset({204, 304})


class Broken(Exception):
    """What came back is no answer, or not in time."""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An answer: `in_step` if the connection was closed after it or gave the right answer to the next request."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    seconds: float
    closes: bool = False
    in_step: bool = True

    def header(self, name: str) -> list[str]:
        """All values of a header."""
        return [value for own, value in self.headers if own == name.lower()]


def request(
    method: str, target: str, body: bytes | None = None, *, version: str | None = "2.0.0",
    authorization: str | None = serving.basic(serving.KEY, serving.SECRET), content_type: str | None = None,
    more: str | bytes = b"",
) -> bytes:  # fmt: skip
    """A well-formed request; `more` are further header lines, each with its line end."""
    lines = [f"{method} {target} HTTP/1.1", "Host: localhost"]
    if version is not None:
        lines.append(f"X-Experience-API-Version: {version}")
    if authorization is not None:
        lines.append(f"Authorization: {authorization}")
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    if content_type is not None:
        lines.append(f"Content-Type: {content_type}")
    further = more if isinstance(more, bytes) else more.encode()
    return "\r\n".join([*lines, ""]).encode() + further + b"\r\n" + (body or b"")


async def send(port: int, data: bytes, *, ends: bool = False) -> Reply | None:
    """The answer to these bytes; None if the connection was closed without one. `ends` closes our side after them."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**24)
    begun = time.perf_counter()
    writing = asyncio.ensure_future(_write(writer, data, ends))
    try:
        async with asyncio.timeout(LONGEST):
            reply = await _answer(reader, is_head=data.startswith(b"HEAD "), begun=begun)
            await writing
            if reply is None or reply.closes or ends:
                return reply
            return await _followed(reader, writer, reply)
    except TimeoutError as error:
        raise Broken(f"no answer in {LONGEST} s") from error
    finally:
        writing.cancel()
        writer.close()


async def _write(writer: asyncio.StreamWriter, data: bytes, ends: bool) -> None:
    try:
        writer.write(data)
        await writer.drain()
        if ends:
            writer.write_eof()
    except ConnectionError:
        return  # what was answered early can still be read


async def _followed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, reply: Reply) -> Reply:
    """Whether the next request gets its own answer, and nothing more comes."""
    await _write(writer, NEXT, False)
    after = await _answer(reader, is_head=False, begun=time.perf_counter())
    in_step = after is None or (after.status == 200 and after.body == NEXT_BODY)
    extra = bytes(getattr(reader, "_buffer", b""))
    return replace(reply, in_step=in_step and not extra)


async def _answer(reader: asyncio.StreamReader, *, is_head: bool, begun: float) -> Reply | None:
    while True:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            if getattr(error, "partial", b""):
                raise Broken(f"half an answer: {error}") from error
            return None
        status, headers = _head(head)
        if status >= 200:
            break
    closes = head.startswith(b"HTTP/1.0") or "close" in dict(headers).get("connection", "").lower()
    body = b"" if is_head or status in BODILESS else await _body(reader, dict(headers))
    return Reply(status=status, headers=headers, body=body, seconds=time.perf_counter() - begun, closes=closes)


def _head(head: bytes) -> tuple[int, tuple[tuple[str, str], ...]]:
    first, *lines = head.decode("latin-1").split("\r\n")[:-2]
    protocol, status, *_ = first.split(" ")
    if not protocol.startswith("HTTP/1."):
        raise Broken(f"an answer that begins {first[:80]!r}")
    pairs = [line.partition(":") for line in lines]
    return int(status), tuple((name.lower(), value.strip()) for name, _, value in pairs)


async def _body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    if "content-length" in headers:
        return await reader.readexactly(int(headers["content-length"]))
    if headers.get("transfer-encoding") != "chunked":
        return await reader.read()
    body = b""
    while size := int((await reader.readline()).strip(), 16):
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    await reader.readexactly(2)
    return body
