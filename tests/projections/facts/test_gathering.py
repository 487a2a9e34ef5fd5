"""Facts that are kept while they are built are those that the tables hold, or none."""

from uuid import UUID

import pytest
import pytest_asyncio

from lrs.storage import pool as storage
from projections.analytic.running import Running
from projections.facts.fact import Fact, order
from projections.facts.gathering import FACT_BYTES, Gathering
from projections.facts.store import decode
from tests.conftest import Database
from tests.projections import stage as stages
from tests.projections.facts.test_store_reference import identify
from tests.projections.stage import Stage, completed
from tests.world import World, voids


@pytest_asyncio.fixture
async def stage(world: World, database: Database) -> Stage:
    return await stages.make(world, database)


async def follow(stage: Stage, gathering: Gathering) -> Running:
    """Some of everything, in batches of two; what has followed it."""
    first, *_ = await stage.send(completed("ann"), completed("bob"), completed("ann", "2", days=-1))
    late = completed("cleo")
    await stage.world.send(voids(UUID(late["id"])))
    await identify(stage)
    await stage.world.send(voids(first))
    await stage.send(late, completed("ann.lee", "3"), completed("bob", "4"))
    running = stage.another(facts=gathering, batch=2)
    await running.settle()
    return running


async def live(stage: Stage) -> list[Fact]:
    rows = await stage.rows("select body from facts.facts where until is null")
    return sorted((decode(body) for (body,) in rows), key=order)


async def test_what_is_kept_is_what_is_live(stage: Stage) -> None:
    gathering = Gathering("facts")
    running = await follow(stage, gathering)
    assert gathering.named(stage.world.store) is not None
    await stage.send(completed("dora"))
    await running.settle()
    named = gathering.named(stage.world.store)
    assert named is not None
    facts = await live(stage)
    assert len(facts) == 5
    assert {name: list(each) for name, each in named.subjects.items()} == {
        name: [fact for fact in facts if fact.subject == name] for name in {fact.subject for fact in facts}
    }
    assert named.others == named.cohorts == {}


@pytest.mark.parametrize("room", [0, 1, 3])
async def test_nothing_is_kept_without_room_for_all(stage: Stage, room: int) -> None:
    gathering = Gathering("facts", memory=room * FACT_BYTES)
    await follow(stage, gathering)
    assert gathering.named(stage.world.store) is None


async def test_nothing_is_kept_after_what_may_have_been_rolled_back(stage: Stage) -> None:
    gathering = Gathering("facts")
    running = await follow(stage, gathering)
    await stage.append_reference(b"{")
    await running.settle()
    assert gathering.named(stage.world.store) is None
    await stage.send(completed("dora"))
    await running.settle()
    assert gathering.named(stage.world.store) is None


async def test_marks_are_written_at_the_end(stage: Stage) -> None:
    gathering = Gathering("facts")
    await stage.send(completed("ann"))
    running = stage.another(facts=gathering)
    while await running.runner.turn(running.follower):
        pass
    assert await stage.rows("select keys from facts.marks") == []
    for who in ("bob", "cleo"):
        async with storage.transaction(stage.world.pool) as tx:
            await gathering.flush(tx)
        await stage.send(completed(who))
        while await running.runner.turn(running.follower):
            pass
    assert len(await stage.rows("select unnest(keys) from facts.marks")) == 3
