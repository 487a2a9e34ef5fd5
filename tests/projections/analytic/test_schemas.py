"""Tables of projections are made where they are missing or of another version, and filled again."""

import asyncpg
import pytest_asyncio

from lrs import main
from projections.analytic import schemas
from tests.conftest import Database
from tests.projections import minutes
from tests.projections import stage as stages
from tests.projections.stage import Stage, completed
from tests.world import World


@pytest_asyncio.fixture
async def stage(world: World, database: Database) -> Stage:
    return await stages.make(world, database)


async def test_nothing_is_made_twice(database: Database) -> None:
    assert await schemas.make_missing(database.owner_dsn, main.projections()) == []


async def test_another_version_is_made_anew_and_filled(stage: Stage) -> None:
    await stage.send(completed("ann"))
    await stage.settle()
    newer: minutes.Minutes = type("Newer", (minutes.Minutes,), {"version": 2})()
    assert await schemas.make_missing(stage.database.owner_dsn, [newer]) == ["minutes"]
    assert await stage.learned() == {}
    await stage.settle()
    assert await stage.learned() == {"ann": (1, 10)}


async def test_facts_of_another_version_are_told_again(stage: Stage) -> None:
    await stage.send(completed("ann"))
    await stage.settle()
    before = await stage.digest()
    owner = await asyncpg.connect(stage.database.owner_dsn)
    await owner.execute("comment on schema facts is '0'")
    await owner.close()
    assert "facts" in await schemas.make_missing(stage.database.owner_dsn, stage.projections)
    stage.running = stage.another()
    await stage.settle()
    assert await stage.digest() == before


async def test_tables_say_what_they_hold(stage: Stage) -> None:
    lacking = await stage.rows(
        """select c.oid::regclass::text, a.attname::text
             from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            where c.relkind = 'r' and c.relnamespace = any ($1::regnamespace[])
              and col_description(c.oid, a.attnum) is null""",
        [each.name for each in (*main.projections(), minutes.PROJECTION)],
    )
    assert lacking == []
