"""Addresses at which there is nothing: what is there instead, and what may have been meant."""

import pytest
from aiohttp import web

from tests import serving
from tests.http.test_front import ROUTES, echo

EVERY = [
    *ROUTES,
    web.get("/analytics/v1", echo),
    web.get("/analytics/v1/coaching/pairs", echo),
    web.get("/admin/v1/hooks", echo),
]


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/", "this is Daybook"),
        ("/", "/health/ready"),
        ("/analytics/v1/coaching/pair", "did you mean /analytics/v1/coaching/pairs? GET /analytics/v1 lists"),
        ("/analytics/v1/nonsense", "there is no question 'nonsense': GET /analytics/v1 lists"),
        ("/analytics/v1/", "without the last slash"),
        ("/health/lives", "did you mean /health/live?"),
        ("/xAPI/statement", "did you mean /xAPI/statements?"),
        ("/xapi/statements", "xAPI is at /xAPI/"),
        ("/statements", "xAPI is at /xAPI/"),
        ("/robots.txt", "GET / says what there is"),
    ],
)
async def test_an_address_at_which_there_is_nothing_says_where_to_go(path: str, told: str) -> None:
    async with serving.front(EVERY) as client:
        answer = await client.get(path)
    assert answer.status == 404
    assert told in str(answer.problem["detail"])


async def test_what_needs_credentials_is_not_named_to_who_has_none() -> None:
    async with serving.front(EVERY) as client:
        told = [(await client.get(path)).body.decode() for path in ("/hooks", "/v1/hooks", "/health/hooks")]
    assert all("admin" not in each and "did you mean" not in each for each in told)


async def test_what_is_no_path_is_answered_too() -> None:
    async with serving.front(EVERY) as client:
        answer = await client.raw(b"CONNECT example.org:443 HTTP/1.1\r\nHost: example.org\r\nConnection: close\r\n\r\n")
    assert answer.split(b" ", 2)[1] in (b"400", b"404")


async def test_a_method_that_there_is_not_is_told_with_those_that_are() -> None:
    async with serving.front(EVERY) as client:
        answer = await client.send("DELETE", "/analytics/v1/coaching/pairs")
    assert answer.status == 405
    assert answer.problem["detail"] == "this page has no 'DELETE'; it has GET, HEAD"
