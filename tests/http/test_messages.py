"""What the parser of aiohttp lets through, and what a proxy may have read otherwise."""

import asyncio
import re
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from lrs.http import body, responses
from lrs.http.keys import CALLER
from tests import serving
from tests.serving import Client

HEAD = b"Host: x\r\nX-Experience-API-Version: 2.0.0\r\nAuthorization: Basic YTpi\r\nConnection: close\r\n"


async def who(request: web.Request) -> web.Response:
    await body.read(request)
    return responses.json({"key": request[CALLER].key})


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with serving.front([web.get("/xAPI/statements", who), web.post("/xAPI/statements", who)]) as made:
        yield made


async def test_absolute_target_is_as_its_path(client: Client) -> None:
    answer = await client.raw(b"GET http://other.example.org/xAPI/statements HTTP/1.1\r\n" + HEAD + b"\r\n")
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"X-Experience-API-Version: 2.0.0" in answer


async def test_absolute_target_needs_credentials(client: Client) -> None:
    unsigned = HEAD.replace(b"Authorization", b"X-Other")
    answer = await client.raw(b"GET http://a:b@x/xAPI/statements HTTP/1.1\r\n" + unsigned + b"\r\n")
    assert answer.startswith(b"HTTP/1.1 401")


@pytest.mark.parametrize("version", [b"HTTP/0.9", b"HTTP/2.0", b""])
async def test_other_versions_of_http_are_refused(client: Client, version: bytes) -> None:
    answer = await client.raw(b"GET /xAPI/statements " + version + b"\r\n" + HEAD + b"\r\n")
    assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.0 400"))
    assert b"X-Experience-API-Version" in answer


@pytest.mark.parametrize("coding", [b"x, chunked", b"gzip, chunked", b"chunked, identity"])
async def test_unknown_transfer_coding_is_refused(client: Client, coding: bytes) -> None:
    request = b"POST /xAPI/statements HTTP/1.1\r\n" + HEAD + b"Transfer-Encoding: " + coding + b"\r\n\r\n0\r\n\r\n"
    answer = await client.raw(request)
    assert b" 400 " in answer.split(b"\r\n")[0]


async def test_chunks_in_http_1_0_are_refused(client: Client) -> None:
    request = b"POST /xAPI/statements HTTP/1.0\r\n" + HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    assert b" 400 " in (await client.raw(request)).split(b"\r\n")[0]


@pytest.mark.parametrize("line", [b"X-Experience-API-Version: 1.0.3\r\n", b"Authorization: Basic Yzpk\r\n"])
async def test_header_that_decides_is_given_once(client: Client, line: bytes) -> None:
    answer = await client.raw(b"GET /xAPI/statements HTTP/1.1\r\n" + HEAD + line + b"\r\n")
    assert answer.startswith(b"HTTP/1.1 400")
    assert b"given 2 times" in answer


async def test_client_that_goes_away_is_no_error(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", client.port)
    writer.write(b"POST /xAPI/statements HTTP/1.1\r\n" + HEAD + b"Content-Length: 99\r\n\r\nx")
    await writer.drain()
    await asyncio.sleep(0.05)
    writer.transport.abort()
    await asyncio.sleep(0.05)
    assert "unforeseen" not in caplog.text


async def test_connection_without_a_request_is_closed() -> None:
    async with serving.front([], keepalive_seconds=0.05) as client:
        assert await client.raw(b"") == b""


async def test_usual_answer_is_as_aiohttp_writes_it(client: Client) -> None:
    request = b"GET /xAPI/statements HTTP/1.1\r\n" + HEAD + b"\r\n"
    answers = await client.raw(request.replace(b"Connection: close\r\n", b"") + request)
    kept, last = re.sub(b"Date: [^\r]+", b"Date: now", answers).split(b"HTTP/1.1 ")[1:]
    assert kept.endswith(b'\r\n\r\n{"key":"a"}')
    assert {*kept.split(b"\r\n")} | {b"Connection: close"} == {*last.split(b"\r\n")}


async def test_alternate_syntax_with_a_header_that_is_not_utf8_is_refused(client: Client) -> None:
    head = b"POST /xAPI/statements?method=GET HTTP/1.1\r\nX-A: \xff\r\n" + HEAD.replace(b"2.0.0", b"1.0.3")
    form = b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 0\r\n\r\n"
    answer = await client.raw(head + form)
    assert answer.startswith(b"HTTP/1.1 400")
