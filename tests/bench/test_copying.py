from uuid import uuid4

import asyncpg

from tests import world as worlds
from tests.bench.copying import TABLES, Copies, sliced
from tests.conftest import Database
from tests.world import World


async def rows(connection: "asyncpg.Connection[asyncpg.Record]", table: str) -> list[str]:
    return [row["text"] for row in await connection.fetch(f"select t::text as text from {table} t order by 1")]  # noqa: S608


async def test_copies_are_the_rows(database: Database, world: World) -> None:
    connection = await asyncpg.connect(database.owner_dsn)
    copies = Copies(connection, world.store.id)
    target = uuid4()
    await world.send(worlds.statement(id=str(target)))
    await copies.make()
    after = await copies.position()
    await world.send(worlds.statement(), worlds.voids(target))
    await world.send(worlds.refers(target, actor={"mbox": worlds.MBOX, "name": "Ada"}))
    groups = await copies.take(after)
    copied = await copies.replay(groups)
    assert (copied.statements, copied.transactions) == (3, 2)
    for table in TABLES:
        assert await rows(connection, f"bench.{table.replace('.', '_')}") == await rows(connection, table)
    await connection.close()


def test_slices_stay_within_groups() -> None:
    assert sliced([(1, 120), (121, 130)], 50) == [(1, 50), (51, 100), (101, 120), (121, 130)]
