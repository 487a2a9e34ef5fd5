import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from lrs.http import body, responses
from tests import serving
from tests.serving import Client

PATH = "/xAPI/statements"


async def echo(request: web.Request) -> web.Response:
    return responses.uploaded(await body.read(request), content_type="text/plain", headers={})


ROUTES = [web.post(PATH, echo)]


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with serving.front(ROUTES, limit_request_bytes=100_000) as made:
        yield made


@pytest.mark.parametrize(
    ("coding", "content"),
    [("gzip", gzip.compress(b"hello", mtime=0)), ("deflate", zlib.compress(b"hello")), ("identity", b"hello")],
)
async def test_compressed_body_is_read(client: Client, coding: str, content: bytes) -> None:
    answer = await client.send("POST", PATH, content, {"Content-Encoding": coding})
    assert (answer.status, answer.body) == (200, b"hello")


@pytest.mark.parametrize(
    ("coding", "content"),
    [
        ("gzip", b"hello"),
        ("gzip", gzip.compress(b"hello" * 100, mtime=0)[:-9]),
        ("gzip", gzip.compress(b"hello", mtime=0) + b"more"),
        ("br", b"hello"),
        ("gzip, gzip", gzip.compress(gzip.compress(b"hello", mtime=0), mtime=0)),
    ],
)
async def test_broken_compression_is_refused(client: Client, coding: str, content: bytes) -> None:
    assert (await client.send("POST", PATH, content, {"Content-Encoding": coding})).status == 400


async def test_bomb_is_too_large(client: Client) -> None:
    bomb = gzip.compress(bytes(50_000_000))
    answer = await client.send("POST", PATH, bomb, {"Content-Encoding": "gzip"})
    assert answer.status == 413
    assert "LRS_LIMIT_REQUEST_BYTES" in answer.body.decode()


@pytest.mark.parametrize(("size", "status"), [(99_999, 200), (100_000, 200), (100_001, 413), (300_000, 413)])
async def test_limit_of_a_request(client: Client, size: int, status: int) -> None:
    assert (await client.send("POST", PATH, b"x" * size)).status == status


async def test_slow_body_is_cut() -> None:
    async with serving.front(ROUTES, body_grace_seconds=0.2) as client:
        head = b"POST /xAPI/statements HTTP/1.1\r\nHost: x\r\nAuthorization: Basic YTpi\r\n"
        answer = await client.raw(head + b"X-Experience-API-Version: 2.0.0\r\nContent-Length: 10\r\n\r\nxx")
    assert answer.startswith(b"HTTP/1.1 400")
    assert b"slower" in answer


async def test_body_in_parts_is_whole(client: Client) -> None:
    async def parts() -> AsyncIterator[bytes]:
        for part in (b"one ", b"two ", b"three"):
            await asyncio.sleep(0.01)
            yield part

    url = f"http://127.0.0.1:{client.port}{PATH}"
    async with client.session.post(url, data=parts(), headers=client.headers) as answer:
        assert await answer.read() == b"one two three"
