"""What is live is what the log says; and building it anew disturbs nobody."""

import asyncio
from datetime import date
from uuid import UUID

import pytest
import pytest_asyncio

from lrs.errors import CannotStart, Conflict
from lrs.reference import incoming
from lrs.reference.applied import Kind
from lrs.reference.incoming import Given
from projections.analytic import replaying
from projections.analytic.building import Building
from projections.facts.follower import Follower
from projections.facts.gathering import BYTES
from tests.conftest import Database
from tests.projections import minutes
from tests.projections import stage as stages
from tests.projections.facts.test_store_reference import identify
from tests.projections.stage import Stage, completed
from tests.world import World, voids

NAMES = ["facts", "minutes"]


@pytest_asyncio.fixture
async def stage(world: World, database: Database) -> Stage:
    return await stages.make(world, database)


def building(stage: Stage, name: str, *, memory: int = BYTES) -> Building:
    world = stage.world
    return Building(stage.database.owner_dsn, world.pool, world.stores, stage.projections, name, memory=memory)


async def tell(stage: Stage) -> None:
    """Some of everything, in several batches."""
    first, *_ = await stage.send(completed("ann"), completed("bob"), completed("ann", "2"))
    await stage.settle()
    late = completed("cleo")
    await stage.world.send(voids(UUID(late["id"])))
    await identify(stage)
    await stage.world.send(voids(first))
    await stage.send(late, completed("ann.lee", "3"))
    await stage.settle()


@pytest.mark.parametrize("memory", [0, BYTES])
@pytest.mark.parametrize("name", NAMES)
async def test_live_equals_what_the_log_says(stage: Stage, name: str, memory: int) -> None:
    await tell(stage)
    before = await stage.digest()
    assert await building(stage, name, memory=memory).compare() == []
    assert await stage.digest() == before
    left = await stage.rows("select nspname::text from pg_namespace where nspname ~ '_(next|old)$'")
    assert left == []


@pytest.mark.parametrize(
    ("harm", "found"),
    [
        ("update minutes.learned set units = units + 1", "minutes"),
        ("delete from minutes.learned where person_id = 'p1'", "minutes"),
        ("update facts.facts set until = null", "facts"),
        ("update facts.facts set body = replace(body, '10', '11')", "facts"),
    ],
)
async def test_harm_is_found_and_mended(stage: Stage, harm: str, found: str) -> None:
    await tell(stage)
    before = await stage.digest()
    await stage.rows(harm)
    assert found in {each.schema for each in await building(stage, "facts").compare()}
    await building(stage, "facts").switch()
    assert await stage.digest() == before
    assert await building(stage, "facts").compare() == []


@pytest.mark.parametrize("name", NAMES)
async def test_following_goes_on_after_a_switch(stage: Stage, name: str) -> None:
    await tell(stage)
    await building(stage, name).switch()
    await stage.send(completed("dora"))
    await stage.settle()
    assert await stage.learned() == {"p1": (2, 20), "bob": (1, 10), "dora": (1, 10)}
    assert await building(stage, "facts").compare() == []


@pytest.mark.parametrize("name", NAMES)
async def test_nothing_is_missed_while_writing(stage: Stage, name: str) -> None:
    await tell(stage)
    async with stage.busy(30, batch=7):
        await building(stage, name).switch()
    await stage.settle()
    assert await building(stage, "facts").compare() == []
    assert len(await stage.learned()) == 2 + 30


async def test_a_build_that_was_cut_begins_again(stage: Stage) -> None:
    await tell(stage)
    before = await stage.digest()

    class Cut(Exception):
        pass

    def tell_(words: str) -> None:
        if "filled" in words:
            raise Cut

    world = stage.world
    for name in NAMES:
        cut = Building(stage.database.owner_dsn, world.pool, world.stores, stage.projections, name, tell_)
        with pytest.raises(Cut):
            await cut.switch()
        assert await stage.digest() == before
        await building(stage, name).switch()
        assert await stage.digest() == before


async def test_one_builds_at_a_time(stage: Stage) -> None:
    await tell(stage)
    first, second = building(stage, "minutes"), building(stage, "minutes")
    outcomes = await asyncio.gather(first.switch(), second.switch(), return_exceptions=True)
    assert [type(each) for each in outcomes if each is not None] in ([], [CannotStart])


async def test_an_unknown_name_is_told(stage: Stage) -> None:
    with pytest.raises(Conflict, match="there are facts, minutes"):
        building(stage, "hours")


async def test_parked_events_are_replayed_after_the_fix(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    await stage.send(completed("ann"))
    whole = Follower._write

    async def broken(self, tx, store, gathered, marking, reference):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        if any("bad" in each.fact.subject for each in gathered.facts):
            raise ZeroDivisionError
        await whole(self, tx, store, gathered, marking, reference)

    with monkeypatch.context() as patch:
        patch.setattr(Follower, "_write", broken)
        await stage.send(completed("bad"), completed("bob"), completed("ann", "2"))
        await stage.settle()
    assert await stage.learned() == {"ann": (2, 20), "bob": (1, 10)}
    assert await stage.parked() == [("facts", 2, "")]
    await replaying.facts(stage.world.pool, stage.world.store, 2)
    await stage.settle()
    assert await stage.learned() == {"ann": (2, 20), "bob": (1, 10), "bad": (1, 10)}
    assert await stage.parked() == []
    assert await building(stage, "facts").compare() == []


async def test_a_projection_is_replayed_from_a_position(stage: Stage) -> None:
    await tell(stage)
    before = await stage.digest()
    await stage.rows("delete from minutes.learned where person_id = 'p1'")
    world = stage.world
    assert await replaying.projection(world.pool, world.store, minutes.PROJECTION, 3) > 0
    await stage.settle()
    assert await stage.digest() == before


async def test_every_event_delivered_twice_changes_nothing(stage: Stage) -> None:
    await tell(stage)
    before = await stage.digest()
    await replaying.facts(stage.world.pool, stage.world.store, 1)
    stage.running = stage.another(batch=3)
    await stage.settle()
    assert await stage.digest() == before


POLICY = b"policy: a\neffective_from: 2025-08-01\ntimezone: America/New_York\n"
ROSTER = {
    "orgs.csv": b"sourcedId,status,name,type\nd,active,D,district\n",
    "users.csv": b"sourcedId,status,enabledUser,orgSourcedIds,role,username,givenName,familyName,email\n"
    b"p1,active,true,d,teacher,ann,Ann,Lee,ann@example.org\n",
    "academicSessions.csv": b"sourcedId,status,title,type,startDate,endDate,schoolYear\n"
    b"Y26,active,Y,schoolYear,2025-08-01,2026-07-31,2026\n",
}


async def touch_everything(stage: Stage, kind: Kind, given: Given) -> None:
    """Apply what has every key computed anew."""
    applied = incoming.read(kind, given, day=date(2025, 8, 1))
    await stage.append_reference(applied.encode())


@pytest.mark.parametrize("together", [False, True])
async def test_what_came_between_two_changes_of_everything_is_computed(stage: Stage, together: bool) -> None:
    await touch_everything(stage, "policy", Given.of("policy.yaml", POLICY))
    if not together:
        await stage.settle()
    await stage.send(completed("ann"), completed("bob"))
    if not together:
        await stage.settle()
    # It gives ann's facts to somebody of whom no statement speaks by name.
    await touch_everything(stage, "roster", Given(source="roster", files=ROSTER))
    await stage.settle()
    assert await stage.learned() == {"p1": (1, 10), "bob": (1, 10)}
    assert await building(stage, "facts").compare() == []
    await building(stage, "facts").switch()
    assert await stage.learned() == {"p1": (1, 10), "bob": (1, 10)}
