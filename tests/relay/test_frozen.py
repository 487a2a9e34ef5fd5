"""Whoever stands still in the middle of a COPY loses its session; who works, or is none of ours, keeps it. (P-06)"""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from lrs.relay import frozen
from lrs.relay.frozen import Frozen
from lrs.storage import pool as storage
from lrs.storage.pool import Connection, Pool
from tests.conftest import Database
from tests.world import World

# The head and the end of a binary COPY, with no row between them.
EMPTY = b"PGCOPY\n\xff\r\n\0" + bytes(8) + b"\xff\xff"


@pytest.fixture
async def followers(database: Database) -> AsyncIterator[Pool]:
    pool = await storage.open(database.dsn, role="lrs_app", size=3, name=frozen.NAME)
    yield pool
    pool.terminate()


@contextlib.asynccontextmanager
async def copying(pool: Pool) -> AsyncIterator[Connection]:
    """A session whose COPY waits for data that does not come, as that of a frozen process."""
    begun, over = asyncio.Event(), asyncio.Event()

    async def never() -> AsyncIterator[bytes]:
        begun.set()
        await over.wait()
        yield EMPTY

    async with pool.acquire() as held:
        copy = asyncio.ensure_future(
            held.copy_to_table("parked", schema_name="relay", source=never(), timeout=60, format="binary")
        )
        await begun.wait()
        try:
            yield held
        finally:
            over.set()
            await asyncio.gather(copy, return_exceptions=True)


async def test_a_session_frozen_in_copy_is_ended_after_some_looks(world: World, followers: Pool) -> None:
    look = Frozen(followers, looks=3).look
    async with copying(followers) as held:
        pid = held.get_server_pid()
        assert [await look(), await look(), await look()] == [[], [], [pid]]
        async with asyncio.timeout(5):
            while await count(world.pool, pid):  # noqa: ASYNC110 - PostgreSQL's doing
                await asyncio.sleep(0.01)


async def test_a_session_of_another_name_is_left_alone(world: World, followers: Pool) -> None:
    async with copying(world.pool) as held:
        assert await Frozen(followers, looks=1).look() == []
        assert await count(world.pool, held.get_server_pid()) == 1


async def test_a_session_that_goes_on_between_two_looks_is_left_alone(world: World, followers: Pool) -> None:
    made = Frozen(followers, looks=2)
    async with copying(followers):
        assert await made.look() == []
    async with copying(followers) as held:
        assert await made.look() == []
        assert await count(world.pool, held.get_server_pid()) == 1


async def test_a_session_whose_statement_works_is_left_alone(world: World, followers: Pool) -> None:
    async with followers.acquire() as held:
        working = asyncio.ensure_future(held.execute("select pg_sleep(0.3)"))
        await asyncio.sleep(0.1)
        assert await Frozen(followers, looks=1).look() == []
        await working


async def test_looks_leave_the_role_as_it_was(followers: Pool) -> None:
    await Frozen(followers).look()
    async with followers.acquire() as held:
        assert await held.fetchval("select current_user") == "lrs_app"


async def count(pool: Pool, pid: int) -> int:
    """Whether there is a session of that process id."""
    async with storage.connection(pool) as connection:
        return int(await connection.fetchval("select count(*) from pg_stat_activity where pid = $1", pid))
