"""Views for business intelligence: each role sees its own store alone, knows what columns mean, and writes nothing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from lrs import main
from lrs.recording import stores as recording
from lrs.storage.pool import Connection
from projections.analytic import schemas, views
from tests import serving
from tests.conftest import Database


@asynccontextmanager
async def stores(database: Database) -> AsyncIterator[Connection]:
    """Two stores with a day of statistics each, and a connection of the owner's."""
    where = main.Database(dsn=database.dsn, owner_dsn=database.owner_dsn, is_embedded=True)
    async with serving.lrs(database.dsn) as (_, core):
        await recording.create(core.log, core.stores, "north")
        await recording.create(core.log, core.stores, "south")
        await main.make_analysts(where)
        owner = await asyncpg.connect(database.owner_dsn)
        try:
            for name, count in (("north", 3), ("south", 5)):
                store = (await core.stores.by_name(name)).id
                await owner.execute(
                    "insert into statistics.counts values ($1, 'day', '2026-02-01', '', $2, 0)", store, count
                )
            yield owner
        finally:
            await owner.close()


async def test_role_sees_its_store_alone(database: Database) -> None:
    async with stores(database) as owner:
        for name, count in (("north", 3), ("south", 5)):
            await owner.execute(f"set role lrs_analyst_{name}")
            assert await owner.fetchval("select sum(statements) from analytics.statistics") == count
            await owner.execute("reset role")


async def test_member_sees_what_the_role_sees(database: Database) -> None:
    async with stores(database) as owner:
        await owner.execute(f"create role bi_{database.name} nologin; grant lrs_analyst_north to bi_{database.name}")
        try:
            await owner.execute(f"set role bi_{database.name}")
            assert await owner.fetchval("select sum(statements) from analytics.statistics") == 3
        finally:
            await owner.execute(f"reset role; drop role bi_{database.name}")


@pytest.mark.parametrize(
    "sql",
    [
        "delete from analytics.statistics",
        "insert into analytics.statistics values ('day', '2026-02-01', '', 1, 0)",
        "select * from statistics.counts",
        "select * from log.payloads",
        "select * from analytics.analysts",
        "select * from coaching_cadence.coaching_pair",
        "create view analytics.mine as select 1",
    ],
)
async def test_role_does_nothing_else(database: Database, sql: str) -> None:
    async with stores(database) as owner:
        await owner.execute("set role lrs_analyst_north")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await owner.execute(sql)


async def test_every_table_has_a_view_with_its_sentences(database: Database) -> None:
    owner = await asyncpg.connect(database.owner_dsn)
    try:
        rows = await owner.fetch(
            "select c.relname, a.attname, col_description(c.oid, a.attnum) as sentence from pg_class c"
            " join pg_attribute a on a.attrelid = c.oid and a.attnum > 0"
            " where c.relnamespace = 'analytics'::regnamespace and c.relkind = 'v'"
        )
    finally:
        await owner.close()
    told = {(row["relname"], row["attname"]): row["sentence"] for row in rows}
    for projection in main.projections():
        for table in projection.tables:
            for column in table.columns:
                assert told[table.name, column.name] == column.sentence


async def test_views_that_are_the_same_are_left_alone(database: Database) -> None:
    owner = await asyncpg.connect(database.owner_dsn)
    try:
        oid = "select 'analytics.statistics'::regclass::oid"
        before = await owner.fetchval(oid)
        await schemas.make_missing(database.owner_dsn, main.projections())
        assert await owner.fetchval(oid) == before
        async with owner.transaction():
            await views.make(owner, main.projections())
        assert await owner.fetchval(oid) != before
    finally:
        await owner.close()
