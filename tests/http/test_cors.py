from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from lrs.http import responses
from tests import serving
from tests.serving import Client

PATH = "/xAPI/statements"
GOOD = "https://lms.example.org"


async def ok(request: web.Request) -> web.Response:
    return responses.no_content()


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with serving.front([web.get(PATH, ok)], cors_origins=(GOOD,), cors_loopback=True) as made:
        yield made


@pytest.mark.parametrize("origin", [GOOD, "http://localhost:5173", "http://127.0.0.1", "http://[::1]:80"])
async def test_allowed_origin_may_read(client: Client, origin: str) -> None:
    answer = await client.get(PATH, Origin=origin)
    assert answer.headers["Access-Control-Allow-Origin"] == origin
    assert "ETag" in answer.headers["Access-Control-Expose-Headers"]
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize(
    "origin",
    ["null", "https://evil.example", GOOD + ".evil.example", "http://lms.example.org", "http://localhost.evil"],
)
async def test_other_origin_may_not(client: Client, origin: str) -> None:
    assert "Access-Control-Allow-Origin" not in (await client.get(PATH, Origin=origin)).headers


async def test_refusal_can_be_read_too(client: Client) -> None:
    answer = await client.get(PATH, Origin=GOOD, Authorization=None)
    assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (401, GOOD)


async def test_preflight_needs_no_credentials(client: Client) -> None:
    headers = {"Origin": GOOD, "Access-Control-Request-Method": "PUT", "Authorization": None}
    answer = await client.send("OPTIONS", PATH, headers=headers | {"X-Experience-API-Version": None})
    assert answer.status == 204
    assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]
    assert "X-Experience-API-Version" in answer.headers
