"""Numbered steps: forward only, each whole or not at all, by one process at a time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from lrs.errors import CannotStart
from lrs.storage import migrate
from lrs.storage.pool import Connection
from tests.conftest import Database

FIRST = "create table storage.one (a int);"
SECOND = "alter table storage.one add b int;"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "0001_first.sql").write_text(FIRST)
    return tmp_path


@asynccontextmanager
async def connected(dsn: str) -> AsyncIterator[Connection]:
    connection = await asyncpg.connect(dsn)
    try:
        yield connection
    finally:
        await connection.close()


async def test_pending_steps_are_applied_once(empty: str, folder: Path) -> None:
    assert ["first"] == [step.name for step in await migrate.up(empty, folder=folder)]
    (folder / "0002_second.sql").write_text(SECOND)
    assert ["second"] == [step.name for step in await migrate.up(empty, folder=folder)]
    assert [] == list(await migrate.up(empty, folder=folder))
    async with connected(empty) as connection:
        assert await migrate.current(connection) == 2


async def test_current_is_zero_before_the_first(empty: str) -> None:
    async with connected(empty) as connection:
        assert await migrate.current(connection) == 0


async def test_a_failing_step_leaves_nothing(empty: str, folder: Path) -> None:
    (folder / "0002_second.sql").write_text("create table storage.two (a int); select 1/0;")
    with pytest.raises(CannotStart, match="0002_second failed: division by zero"):
        await migrate.up(empty, folder=folder)
    async with connected(empty) as connection:
        assert await migrate.current(connection) == 1
        assert await connection.fetchval("select to_regclass('storage.two')") is None


async def test_a_changed_step_is_refused(empty: str, folder: Path) -> None:
    await migrate.up(empty, folder=folder)
    (folder / "0001_first.sql").write_text(FIRST + " -- better")
    with pytest.raises(CannotStart, match="a released migration never changes"):
        await migrate.up(empty, folder=folder)


async def test_a_newer_database_is_refused(empty: str, folder: Path) -> None:
    (folder / "0002_second.sql").write_text(SECOND)
    await migrate.up(empty, folder=folder)
    (folder / "0002_second.sql").unlink()
    async with connected(empty) as connection:
        with pytest.raises(CannotStart, match="at migration 2, and this release knows 1"):
            await migrate.check(connection, folder)


async def test_check_names_what_is_to_do(empty: str, folder: Path) -> None:
    async with connected(empty) as connection:
        with pytest.raises(CannotStart, match="run `lrs migrate`"):
            await migrate.check(connection, folder)
        await migrate.up(empty, folder=folder)
        await migrate.check(connection, folder)


async def test_two_at_once_apply_each_step_once(empty: str, folder: Path) -> None:
    done = await asyncio.gather(*(migrate.up(empty, folder=folder) for _ in range(3)))
    assert sorted(len(steps) for steps in done) == [0, 0, 1]


async def test_a_step_waits_for_a_lock_and_lets_others_pass(empty: str, folder: Path) -> None:
    await migrate.up(empty, folder=folder)
    (folder / "0002_second.sql").write_text(SECOND)
    async with connected(empty) as holder:
        async with holder.transaction():
            await holder.execute("lock table storage.one in access share mode")
            running = asyncio.create_task(migrate.up(empty, folder=folder))
            await asyncio.sleep(1.5)
            assert not running.done()
        assert len(await running) == 1


@pytest.mark.parametrize("name", ["0003_gap.sql", "second.sql", "0002_Second.sql"])
def test_a_name_out_of_order_is_refused(folder: Path, name: str) -> None:
    (folder / name).write_text(SECOND)
    with pytest.raises(CannotStart, match=r"the next is called 0002_some_name\.sql"):
        migrate.known(folder)


async def test_the_server_sees_what_was_applied(database: Database) -> None:
    async with database.pool.acquire() as connection:
        await migrate.check(connection)
