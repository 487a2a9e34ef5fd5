"""A light HTTP client of its own, that tells 'no', 'yes' and 'nobody knows' apart."""

import asyncio
import base64
import contextlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

SECONDS: Final = 60.0
LINE_BYTES: Final = 2**20
IDLE_SECONDS: Final = 30.0
KEY, SECRET = "guarantees", "known to the tests alone"


class Unknown(Exception):
    """The request was sent, at least in part, and no whole answer came: it may have been carried out."""


class Refused(Unknown):
    """There was nobody to send it to: it was not carried out."""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An answer, read to its end; the names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Wire:
    """One client's connection, opened when needed and kept while the server keeps it."""

    def __init__(self, port: int, *, version: str = "1.0.3", seconds: float = SECONDS) -> None:
        credentials = base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
        self._head = (
            f"Host: 127.0.0.1:{port}\r\nAuthorization: Basic {credentials}\r\nX-Experience-API-Version: {version}\r\n"
        )
        self._port = port
        self._seconds = seconds
        self._used = 0.0
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def send(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Reply:
        """The whole answer; Refused or Unknown where there is none."""
        given = {"Content-Type": "application/json", "Content-Length": str(len(body)), **(headers or {})}
        head = f"{method} {path} HTTP/1.1\r\n{self._head}" + "".join(
            f"{name}: {text}\r\n" for name, text in given.items()
        )
        try:
            async with asyncio.timeout(self._seconds):
                reader, writer = await self._connected()
                writer.write(head.encode() + b"\r\n" + body)
                reply = await _read(reader)
        except Refused:
            raise
        except (OSError, EOFError, ValueError) as error:  # a timeout is an OSError
            self.close()
            raise Unknown(f"{method} {path}: {error!r}") from error
        except asyncio.CancelledError:
            self.close()
            raise
        if reply.headers.get("connection", "").lower() == "close":
            self.close()
        return reply

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        # A server may hang up on who is silent for long, just when he speaks again.
        if time.monotonic() - self._used > IDLE_SECONDS:
            self.close()
        self._used = time.monotonic()
        if self._streams is None:
            try:
                self._streams = await asyncio.open_connection("127.0.0.1", self._port, limit=LINE_BYTES)
            except ConnectionRefusedError as error:
                raise Refused(str(error)) from error
        return self._streams


async def once(port: int, method: str, path: str, body: bytes = b"", **headers: str) -> Reply:
    """One request on a connection of its own."""
    async with Wire(port) as wire:
        return await wire.send(method, path, body, {name.replace("_", "-"): text for name, text in headers.items()})


async def _read(reader: asyncio.StreamReader) -> Reply:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    status = int(head[0].split(" ", 2)[1])
    headers = {name.lower(): text.strip() for name, _, text in (line.partition(":") for line in head[1:] if line)}
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return Reply(status=status, headers=headers, body=await _chunks(reader))
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Reply(status=status, headers=headers, body=body)


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    with contextlib.suppress(asyncio.IncompleteReadError):
        await reader.readuntil(b"\r\n")
    return body
