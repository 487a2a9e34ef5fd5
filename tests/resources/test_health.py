from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from lrs.errors import Unavailable
from lrs.http.behind import Behind, Lags
from lrs.http.readiness import Readiness
from tests.serving import Client, until


async def test_live_needs_nobody(client: Client) -> None:
    assert (await client.get("/health/live", Authorization=None)).json == {"status": "live"}


async def test_ready_once_the_database_was_seen(client: Client) -> None:
    async def is_ready() -> bool:
        return (await client.get("/health/ready", Authorization=None)).status == 200

    await until(is_ready)


async def test_figures_count_requests(client: Client) -> None:
    await client.get("/xAPI/about")
    answer = await client.get("/metrics", Authorization=None)
    assert b'lrs_requests_total{resource="/xAPI/about",method="GET",status="200"}' in answer.body
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")


async def succeed() -> None:
    """A database that answers."""


async def fail() -> None:
    raise Unavailable("gone")


@pytest.mark.parametrize(
    ("read", "write", "writes", "is_ready"),
    [(succeed, fail, False, True), (succeed, fail, True, False), (fail, succeed, False, False)],
)
async def test_ready_is_what_the_last_look_saw(
    read: Callable[[], Awaitable[None]], write: Callable[[], Awaitable[None]], writes: bool, is_ready: bool
) -> None:
    readiness = Readiness(read, write)
    assert readiness.reason() is not None
    await readiness.look(write=writes)
    assert (readiness.reason() is None) is is_ready


async def test_what_cannot_be_written_is_not_ready_until_it_was_written() -> None:
    answers = [Unavailable("read only"), Unavailable("read only"), None]

    async def write() -> None:
        if (error := answers.pop(0)) is not None:
            raise error

    readiness = Readiness(succeed, write)
    found = []
    for is_writing in (True, False, False, False):
        await readiness.look(write=is_writing)
        found.append(readiness.reason() is None)
    assert found == [False, False, True, True]
    assert answers == []


async def test_who_leaves_is_not_ready() -> None:
    readiness = Readiness(succeed, succeed)
    await readiness.look(write=True)
    readiness.leave()
    assert readiness.reason() == "the server is stopping"


async def test_ready_tells_how_far_followers_are_behind(client: Client) -> None:
    async def ask() -> Any:
        return (await client.get("/health/ready", Authorization=None)).json

    async def is_told() -> bool:
        return (await ask())["followers"] is not None

    await until(is_told)
    answer = await ask()
    assert answer["status"] == "ready"
    assert {"rubric_evidence", "cohort_participation", "coaching_cadence"} <= set(answer["followers"])
    assert set(answer["followers"]["coaching_cadence"]) == {"behind", "seconds"}


async def test_lags_that_cannot_be_told_are_none() -> None:
    async def ask() -> Lags:
        raise Unavailable("gone")

    behind = Behind(ask)
    behind.lags = {}
    await behind.look()
    assert behind.lags is None
