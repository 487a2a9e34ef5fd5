"""Facts that begin anew, as after an upgrade, are built to the end of the log, whatever goes on meanwhile."""

import asyncio

import msgspec
import pytest
import pytest_asyncio

from lrs.errors import CannotStart
from lrs.recording import stores as recording
from lrs.relay import checkpoints
from lrs.relay.partitions import Partitions
from lrs.storage import pool as storage
from lrs.storage.pool import Connection
from projections.analytic import changes, replaying, schemas, standing
from projections.analytic.building import Building, Tell
from projections.answers.standing import Marks
from tests.conftest import Database
from tests.projections import stage as stages
from tests.projections.stage import Stage, completed
from tests.world import World


@pytest_asyncio.fixture
async def stage(world: World, database: Database) -> Stage:
    return await stages.make(world, database)


def building(stage: Stage, tell: Tell = lambda _: None) -> Building:
    world = stage.world
    return Building(stage.database.owner_dsn, world.pool, world.stores, stage.projections, "facts", tell)


async def begin_anew(stage: Stage, to: int = 0) -> None:
    """As an upgrade leaves facts that makes their tables anew, once they have come to a position again."""
    for table in ("facts", "asked", "voids", "applied", "marks"):
        await stage.rows(f"delete from facts.{table}")  # noqa: S608 - names of ours
    await stage.rows("delete from minutes.learned")
    async with storage.transaction(stage.world.pool) as tx:
        await schemas.SQL.execute(tx, "forget", follower="facts")
    if to:
        live = stage.another()
        assert await live.runner.reach(live.follower, stage.world.store.id, to)
        for each in live.projectors:
            await each.drain()
        await live.runner.release()


async def settle(stage: Stage) -> None:
    """Follow by another process, as all that followed before have ended."""
    await stage.release()
    await stage.another().settle()


async def send(stage: Stage, count: int) -> None:
    await stage.send(*(completed(f"person{number}") for number in range(count)))


@pytest.mark.parametrize("to", [0, 2])
async def test_facts_are_built_to_the_end_of_the_log(stage: Stage, to: int) -> None:
    await send(stage, 6)
    await stage.settle()
    await begin_anew(stage, to)
    await building(stage).switch()
    assert not await checkpoints.waiting(stage.world.pool, "facts")
    assert len(await stage.learned()) == 6
    await stage.send(completed("dora"))
    await settle(stage)
    assert len(await stage.learned()) == 7
    assert await building(stage).compare() == []


async def test_nothing_is_missed_while_the_live_ones_catch_up(stage: Stage) -> None:
    await send(stage, 40)
    await stage.settle()
    async with storage.transaction(stage.world.pool) as tx:
        await changes.want(tx, stage.world.store.id, "minutes")
    await begin_anew(stage, 2)
    async with stage.busy(30, batch=3):
        await building(stage).switch()
    await settle(stage)
    assert await building(stage).compare() == []
    assert len(await stage.learned()) == 40 + 30
    told = await stage.rows("select number, position from changes.rows order by number")
    assert [number for number, _ in told] == list(range(1, len(told) + 1))
    assert [position for _, position in told] == sorted(position for _, position in told)


async def test_an_answer_that_began_before_a_switch_is_found_out(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    await send(stage, 6)
    await stage.settle()
    await begin_anew(stage, 2)
    rename, marks = Building._rename, Marks(stage.projections)
    async with storage.connection(stage.world.pool) as connection:
        reading = connection.transaction(isolation="repeatable_read", readonly=True)

        async def after_a_look(self: Building, owner: Connection) -> None:
            await reading.start()
            assert (await standing.through(connection, stage.world.store.id, "minutes")).position == 2
            await rename(self, owner)

        monkeypatch.setattr(Building, "_rename", after_a_look)
        switched = asyncio.Event()
        switching = asyncio.create_task(
            building(stage, lambda said: switched.set() if said == "switched" else None).switch()
        )
        await switched.wait()
        # The rows are those of the end of the log.
        assert await connection.fetchval("select count(*) from minutes.learned") == 6
        assert await marks.is_switched(connection, ["minutes"])
        await reading.rollback()
        assert not await marks.is_switched(connection, ["minutes"])
    await switching


async def test_what_is_compared_is_of_one_position(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    await send(stage, 6)
    await stage.settle()
    catch_up = Building._catch_up

    async def after_a_replay(self: Building, owner: Connection, *, ahead: bool = False) -> None:
        await replaying.facts(stage.world.pool, stage.world.store, 3)
        await catch_up(self, owner, ahead=ahead)

    monkeypatch.setattr(Building, "_catch_up", after_a_replay)
    with pytest.raises(CannotStart, match="run it again"):
        await building(stage).compare()


async def test_a_store_that_is_new_at_the_end_is_built_too(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    await stage.send(completed("ann"))
    await stage.settle()
    world, catch_up = stage.world, Building._catch_up

    async def after_a_new_store(self: Building, owner: Connection, *, ahead: bool = False) -> None:
        new = await recording.create(world.log, world.stores, "later")
        caller = msgspec.structs.replace(world.caller, store=new.id, store_secret=new.secret)
        await world.send(completed("zoe"), by=caller)
        await catch_up(self, owner, ahead=ahead)
        # Nobody can begin to follow it in the tables that go.
        live = stage.another()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await live.runner.reach(live.follower, new.id, 1)

    monkeypatch.setattr(Building, "_catch_up", after_a_new_store)
    await building(stage).switch()
    await settle(stage)
    assert set(await stage.learned()) == {"ann", "zoe"}


async def test_partitions_are_forgotten_with_the_facts(stage: Stage) -> None:
    await send(stage, 6)
    store = stage.world.store
    partitions = Partitions(stage.world.pool, "facts", "group")

    async def undo(tx: Connection, through: int) -> None:
        raise AssertionError("nothing was done")

    await begin_anew(stage)
    part = await partitions.take(store.id, 0, 1, undo, number=replaying.apart(store))
    assert part is not None
    async with storage.transaction(stage.world.pool) as tx:
        await partitions.fence(tx, part)
        await partitions.move(tx, part, to=3, next_offset=3)
    await partitions.through(part)
    await begin_anew(stage)
    again = await partitions.take(store.id, 0, 1, undo, number=replaying.apart(store))
    assert again is not None
    assert (again.position, again.next_offset) == (0, None)
