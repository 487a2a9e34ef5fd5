"""Marked keys become rows: once, by whoever takes them, whatever order the events came in."""

import asyncio
from uuid import UUID

import pytest
import pytest_asyncio

from lrs.log.stores import Stores
from lrs.reference import lists
from lrs.storage import pool as storage
from lrs.telemetry import logs
from projections import analytic
from projections.analytic.held import Room
from projections.analytic.projector import Projector
from projections.analytic.turns import Turns
from projections.analytic.warming import Warming
from projections.facts.references import References
from projections.facts.store import Facts
from tests.conftest import Database
from tests.projections import minutes
from tests.projections import stage as stages
from tests.projections.stage import Stage, completed
from tests.world import World, voids


@pytest_asyncio.fixture
async def stage(world: World, database: Database) -> Stage:
    return await stages.make(world, database)


class Failing(minutes.Minutes):
    """Cannot compute rows of those whose name begins with b, until it is mended."""

    mended = False

    def rows(self, key, facts, reference, *, as_of=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
        if "bob" in key and not self.mended:
            raise LookupError("no rows for bob")
        return super().rows(key, facts, reference, as_of=as_of)


async def marks(stage: Stage) -> int:
    found = await stage.rows("select count(key) from facts.marks, unnest(keys) key where target = 'minutes'")
    return int(found[0][0])


async def test_marks_are_gone_when_rows_are_there(stage: Stage) -> None:
    await stage.send(completed("ann"), completed("bob"))
    await stage.settle()
    assert await marks(stage) == 0
    assert await stage.learned() == {"ann": (1, 10), "bob": (1, 10)}


async def test_rows_that_stay_the_same_are_left_alone(stage: Stage) -> None:
    await stage.send(completed("ann"), completed("bob"))
    await stage.settle()
    before = dict(await stage.rows("select person_id, xmin::text from minutes.learned"))
    await stage.send(completed("ann", "2"))
    projector = stage.running.projectors[0]
    await stage.running.runner.turn(stage.running.follower)
    await stage.rows("insert into facts.marks select store, 'minutes', 3, array[owner], array[3] from minutes.learned")
    await projector.drain()
    after = dict(await stage.rows("select person_id, xmin::text from minutes.learned"))
    changed = {person for person, version in after.items() if before[person] != version}
    assert changed == {"mbox:mailto:ann@example.org"}


async def test_a_key_that_raises_is_parked_and_others_go_on(world: World, database: Database) -> None:
    failing = Failing()
    stage = await stages.make(world, database, (failing,))
    await stage.send(completed("ann"), completed("bob"), completed("cleo"))
    await stage.settle()
    assert await stage.learned() == {"ann": (1, 10), "cleo": (1, 10)}
    assert await stage.parked() == [("minutes", 2, analytic.key("mbox:mailto:bob@example.org"))]
    failing.mended = True
    await stage.send(completed("bob", "2"))
    await stage.settle()
    assert (await stage.learned())["bob"] == (2, 20)
    assert await stage.parked() == []


class Bad(minutes.Minutes):
    """Gives rows that its table cannot hold, for bob."""

    def rows(self, key, facts, reference, *, as_of=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
        made = super().rows(key, facts, reference, as_of=as_of)
        return {"learned": [(*row[:2], 1e9, *row[3:]) for row in made["learned"]]} if "bob" in key else made


async def test_rows_that_do_not_fit_are_parked_and_others_go_on(world: World, database: Database) -> None:
    stage = await stages.make(world, database, (Bad(),))
    await stage.send(*(completed(f"person{number}") for number in range(20)), completed("bob"))
    await stage.settle()
    assert len(await stage.learned()) == 20
    assert [key for _, _, key in await stage.parked()] == [analytic.key("mbox:mailto:bob@example.org")]


async def test_a_row_may_move_to_another_key(
    world: World, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logs.LOGGER.name)
    stage = await stages.make(world, database)
    await stage.send(completed("ann"))
    await stage.settle()
    # As if another key had made the row, and is computed later.
    await stage.rows("update minutes.learned set owner = 'another'")
    await stage.send(completed("ann", "2"))
    await stage.settle()
    assert await stage.rows("select owner, units from minutes.learned") == [
        (analytic.key("mbox:mailto:ann@example.org"), 2)
    ]
    told = [record for record in caplog.records if record.message == "a round is done again with care"]
    assert [(vars(each)["projection"], vars(each)["error"]) for each in told] == [("minutes", "UniqueViolationError")]


async def test_several_processes_share_the_work(stage: Stage) -> None:
    await stage.send(*(completed(f"p{number}") for number in range(60)))
    while await stage.running.runner.turn(stage.running.follower):
        pass
    others = [stage.another().projectors[0] for _ in range(3)]
    await asyncio.gather(*(each.drain() for each in (stage.running.projectors[0], *others)))
    await stage.settle()
    assert len(await stage.learned()) == 60
    assert await marks(stage) == 0


async def test_what_is_marked_while_a_round_waits_for_its_turn_is_in_it(stage: Stage) -> None:
    turns = Turns(most=60)
    pool = stage.world.pool
    projector = Projector(pool, stage.world.stores, References(pool), Facts(), stage.projections[0], turns=turns)
    await stage.send(completed("ann"))
    await stage.running.runner.turn(stage.running.follower)
    async with turns.one():
        round_ = asyncio.create_task(projector.step(stage.world.store))
        await asyncio.sleep(0)
        await stage.send(completed("bob"))
        await stage.running.runner.turn(stage.running.follower)
        assert await marks(stage) == 2
        assert not round_.done()
    await round_
    assert await marks(stage) == 0
    assert await stage.learned() == {"ann": (1, 10), "bob": (1, 10)}


async def test_every_order_of_arrival_gives_the_same_rows(world: World, database: Database) -> None:
    stage = await stages.make(world, database)
    told = [completed("ann", str(number), days=number % 5) for number in range(8)]
    gone = [voids(UUID(told[2]["id"])), voids(UUID(told[5]["id"]))]
    for each in (gone[0], *told[::-1], gone[1]):
        await stage.world.send(each)
        await stage.settle()
    assert await stage.learned() == {"ann": (6, 60)}


async def test_all_keys_are_marked_by_one_mark(stage: Stage) -> None:
    await stage.send(completed("ann"), completed("bob"))
    await stage.settle()
    before = await stage.digest()
    await stage.rows("delete from minutes.learned where person_id like '%ann%'")
    await stage.rows("update minutes.learned set units = 7, content = 0")
    await stage.rows("insert into facts.marks values ($1, 'minutes', 2, '{*}', '{2}')", stage.world.store.id)
    await stage.settle()
    assert await stage.digest() == before


async def test_a_round_does_with_one_connection_and_so_does_warming(stage: Stage) -> None:
    """Where each of many projections waited for a second one, none would get it."""
    identities = lists.parse(
        "identities", b"person_sourcedId,ifi_type,value\np1,mbox,mailto:ann@example.org\n", "i.csv"
    )
    await stage.apply("identities", identities)
    await stage.send(completed("ann"), completed("bob"))
    await stage.running.runner.turn(stage.running.follower)
    pool = await storage.open(stage.database.dsn, size=1)
    try:
        for _ in range(2):
            references, facts, room = References(pool), Facts(), Room()
            projector = Projector(pool, Stores(pool), references, facts, stage.projections[0], room=room)
            await projector.drain()
            warming = Warming(pool, Stores(pool), References(pool), facts, projector)
            while await warming.step():
                pass
            assert await stage.learned() == {"p1": (1, 10), "bob": (1, 10)}
            await stage.send(completed("bob", "2"))
    finally:
        await pool.close()
