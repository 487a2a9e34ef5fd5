import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from lrs import errors
from lrs.http import body, params, responses
from tests import serving
from tests.serving import Client

STATEMENTS = "/xAPI/statements"


async def echo(request: web.Request) -> web.Response:
    content = await body.read(request)
    return responses.json({"body": content.decode(), "parameters": params.read(request), "method": request.method})


async def broken(request: web.Request) -> web.Response:
    raise RuntimeError("a secret detail")


async def refused(request: web.Request) -> web.Response:
    raise errors.Invalid("it is wrong", pointer="/actor", rule="a rule", paragraph="1.0.3 Data 1")


async def slow(request: web.Request) -> web.Response:
    await asyncio.sleep(30)
    return responses.no_content()


ROUTES = [
    web.get(STATEMENTS, echo),
    web.post(STATEMENTS, echo),
    web.put(STATEMENTS, echo),
    web.get("/xAPI/broken", broken),
    web.get("/xAPI/refused", refused),
    web.get("/xAPI/slow", slow),
    web.get("/xAPI/about", echo),
    web.get("/health/live", echo),
]


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with serving.front(ROUTES) as made:
        yield made


async def test_version_is_told_on_success(client: Client) -> None:
    answer = await client.get(STATEMENTS, X_Experience_API_Version="1.0")
    assert answer.status == 200
    assert answer.headers["X-Experience-API-Version"] == "1.0.3"


async def test_missing_version_is_refused(client: Client) -> None:
    answer = await client.get(STATEMENTS, X_Experience_API_Version=None)
    assert answer.status == 400
    assert answer.headers["X-Experience-API-Version"] == "2.0.0"


async def test_assumed_version_is_a_setting() -> None:
    async with serving.front(ROUTES, xapi_assumed_version="1.0.3") as client:
        answer = await client.get(STATEMENTS, X_Experience_API_Version=None)
    assert answer.headers["X-Experience-API-Version"] == "1.0.3"


@pytest.mark.parametrize("version", ["0.95", "1.1.0", "2.1.0", "BAD", ""])
async def test_unknown_version_is_refused(client: Client, version: str) -> None:
    assert (await client.get(STATEMENTS, X_Experience_API_Version=version)).status == 400


async def test_about_needs_neither_version_nor_credentials(client: Client) -> None:
    answer = await client.get("/xAPI/about", X_Experience_API_Version=None, Authorization=None)
    assert answer.status == 200
    assert answer.headers["X-Experience-API-Version"] == "2.0.0"


async def test_nobody_is_unauthorized(client: Client) -> None:
    answer = await client.get(STATEMENTS, Authorization=None)
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic")
    assert answer.headers["X-Experience-API-Consistent-Through"] == "2026-01-31T12:00:00.000000Z"


@pytest.mark.parametrize(("path", "status"), [("/xAPI/nothing", 404), ("/xAPI/about?x", 200)])
async def test_unknown_path_is_not_found(client: Client, path: str, status: int) -> None:
    answer = await client.get(path)
    assert answer.status == status
    assert "X-Experience-API-Version" in answer.headers


async def test_other_method_is_a_bad_request_in_xapi(client: Client) -> None:
    assert (await client.send("PATCH", STATEMENTS)).status == 400
    assert (await client.send("PATCH", "/health/live")).status == 405


async def test_unforeseen_error_tells_nothing(client: Client) -> None:
    answer = await client.get("/xAPI/broken")
    assert answer.status == 500
    assert "secret" not in answer.body.decode()
    assert answer.problem["instance"]


async def test_refusal_says_where_and_why(client: Client) -> None:
    problem = (await client.get("/xAPI/refused")).problem
    wanted = {
        "detail": "it is wrong",
        "pointer": "/actor",
        "rule": "a rule",
        "paragraph": "1.0.3 Data 1",
        "status": 400,
    }
    assert wanted.items() <= problem.items()


@pytest.mark.parametrize(("accept", "kind"), [("text/plain", "text/plain"), ("text/html, */*", "text/html")])
async def test_refusal_is_text_where_asked(client: Client, accept: str, kind: str) -> None:
    answer = await client.get("/xAPI/refused", Accept=accept)
    assert answer.headers["Content-Type"].startswith(kind)
    assert "/actor: it is wrong (rule a rule; 1.0.3 Data 1)" in answer.body.decode()


async def test_answers_are_not_to_be_kept(client: Client) -> None:
    for path in (STATEMENTS, "/xAPI/broken"):
        headers = (await client.get(path)).headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "Authorization" in headers["Vary"]


async def test_slow_handler_is_cut() -> None:
    async with serving.front(ROUTES, answer_seconds=0.2) as client:
        answer = await client.get("/xAPI/slow")
        again = await client.get(STATEMENTS)
    assert answer.status == 503
    assert answer.headers["Retry-After"] == "1"
    assert again.status == 200


async def test_too_many_at_once_are_sent_away() -> None:
    async with serving.front(ROUTES, in_flight=1, answer_seconds=1.0) as client:
        first = asyncio.ensure_future(client.get("/xAPI/slow"))
        await asyncio.sleep(0.1)
        second = await client.get(STATEMENTS)
        await first
    assert second.status == 503


async def test_one_credential_has_its_rate() -> None:
    async with serving.front(ROUTES, rate_limit=1.0, rate_burst=2) as client:
        statuses = [(await client.get(STATEMENTS)).status for _ in range(3)]
        other = await client.get(STATEMENTS, Authorization=serving.basic("other", "x"))
    assert statuses == [200, 200, 429]
    assert other.status == 200


async def test_parameters_that_are_not_utf8_are_refused(client: Client) -> None:
    request = b"GET /xAPI/statements?a=%ff HTTP/1.1\r\nHost: x\r\nAuthorization: Basic YTpi\r\nConnection: close\r\n"
    answer = await client.raw(request + b"X-Experience-API-Version: 2.0.0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400")
    assert b"UTF-8" in answer


async def test_repeated_parameters_are_kept(client: Client) -> None:
    answer = await client.get(STATEMENTS + "?a=1&a=%C3%BC+x")
    assert isinstance(answer.json, dict)
    assert answer.json["parameters"] == [["a", "1"], ["a", "ü x"]]


@pytest.mark.parametrize(
    "text",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\nBad : y\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
)
async def test_malformed_http_gets_our_words(client: Client, text: bytes) -> None:
    head, _, problem = (await client.raw(text)).partition(b"\r\n\r\n")
    assert b" 400 " in head.split(b"\r\n")[0]
    assert b"X-Experience-API-Version: 2.0.0" in head
    assert b"well-formed" in problem


async def test_slow_headers_are_cut() -> None:
    async with serving.front(ROUTES, header_seconds=0.2) as client:
        assert await client.raw(b"GET / HTTP/1.1\r\nHo") == b""


async def test_body_of_refused_request_is_read(client: Client) -> None:
    """The connection goes on after an early answer."""
    head = b"POST /xAPI/statements HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n"
    last = b"GET /xAPI/about HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    answers = await client.raw(head + b"x" * 200_000 + last)
    assert answers.startswith(b"HTTP/1.1 400")
    assert answers.count(b"HTTP/1.1 200") == 1


async def test_unknown_expectation_does_no_harm(client: Client) -> None:
    answer = await client.get("/xAPI/nothing", Expect="200-maybe")
    assert "X-Experience-API-Version" in answer.headers
