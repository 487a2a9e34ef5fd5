"""Rows of the past are computed from the facts that were live, or from what had happened by a day."""

from datetime import timedelta
from uuid import UUID

import pytest_asyncio

from projections import analytic
from projections.analytic.past import past
from projections.analytic.standing import every, through
from projections.facts.references import References
from tests.conftest import Database
from tests.projections import minutes
from tests.projections import stage as stages
from tests.projections.stage import START, Stage, completed
from tests.world import World, voids

ANN = analytic.key("mbox:mailto:ann@example.org")


@pytest_asyncio.fixture
async def stage(world: World, database: Database) -> Stage:
    return await stages.make(world, database)


async def units(stage: Stage, **when: object) -> int | None:
    world = stage.world
    reference = await References(world.pool).latest(world.store.id)
    rows = await past(world.pool, world.store, minutes.PROJECTION, [ANN], reference, **when)  # type: ignore[arg-type]
    return rows["learned"][0][1] if rows["learned"] else None


async def test_as_of_a_day(stage: Stage) -> None:
    await stage.send(*(completed("ann", str(day), days=day) for day in range(5)))
    await stage.settle()
    assert await units(stage, as_of=START.date() + timedelta(days=2)) == 3
    assert await units(stage, as_of=START.date() - timedelta(days=1)) is None
    assert await units(stage) == 5


async def test_as_known_at_a_position(stage: Stage) -> None:
    told = completed("ann")
    await stage.send(told, completed("ann", "2"))
    await stage.world.send(voids(UUID(told["id"])))
    await stage.settle()
    assert [await units(stage, as_known_at=position) for position in (0, 1, 2, 3)] == [None, 1, 2, 1]


async def test_how_far_rows_hold_is_told(stage: Stage) -> None:
    await stage.send(completed("ann"), completed("bob"))
    await stage.running.runner.turn(stage.running.follower)
    stores = await stage.world.stores.all()
    facts, held = await every(stage.world.pool, stores, stage.projections)
    assert (facts.name, facts.through, facts.head, facts.rows) == ("facts", 2, 2, 2)
    assert (held.name, held.through, held.marked, held.rows) == ("minutes", 0, 2, 0)
    await stage.settle()
    async with stage.world.pool.acquire() as connection:
        now = await through(connection, stage.world.store.id, "minutes")
    assert now.position == 2
    assert now.stored is not None
