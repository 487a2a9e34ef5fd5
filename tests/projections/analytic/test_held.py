"""What a projector holds from round to round is what the database has, or is let go."""

import random
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from lrs.errors import Unavailable
from lrs.reference.reference import EMPTY, Reference
from lrs.storage.pool import Connection
from projections import analytic
from projections.analytic import Rows, Wanted, replaying
from projections.analytic.building import Building
from projections.analytic.held import FACT_BYTES, Held, Room
from projections.analytic.projector import Projector
from projections.analytic.tables import Filled
from projections.analytic.warming import Warming
from projections.facts.fact import Fact, Kind
from projections.facts.follower import Follower
from projections.facts.references import References
from projections.facts.store import Facts
from tests.conftest import Database
from tests.projections import stage as stages
from tests.projections.minutes import Minutes
from tests.projections.stage import START, Stage, completed
from tests.world import World, voids

PEOPLE = ("ann", "bob", "cleo", "dora")


@pytest_asyncio.fixture
async def stage(world: World, database: Database) -> Stage:
    return await stages.make(world, database)


def fact(n: int, subject: str = "ann", *, cohort: str | None = None) -> Fact:
    at = START + timedelta(hours=n)
    return Fact(
        statement=UUID(int=n), n=0, kind=Kind.LEARN, subject=subject, observed_at=at, stored_at=at, position=n,
        rule="r", mapping="m", cohort=cohort,
    )  # fmt: skip


def learning(*subjects: str, cohorts: Sequence[str] = ()) -> tuple[Wanted, ...]:
    return (Wanted(kinds=frozenset({Kind.LEARN}), subjects=frozenset(subjects), cohorts=frozenset(cohorts)),)


def test_facts_come_and_go_in_the_lists_of_keys_that_want_them() -> None:
    held = Held(EMPTY)
    first, second, third = fact(1), fact(2, "bob"), fact(3, cohort="c")
    ann = held.put("ann", learning("ann"), [first])
    both = held.put("both", learning("ann", "bob", cohorts=["c"]), [first])
    held.bring([third, second], ())
    assert ann.facts == [first, third]
    assert both.facts == [first, second, third]
    held.bring((), [first, second])
    assert ann.facts == both.facts == [third]
    assert held.size == 4


def test_a_fact_that_ends_as_another_takes_its_place_leaves_the_other() -> None:
    held = Held(EMPTY)
    old = fact(1)
    new = Fact(**{name: getattr(old, name) for name in Fact.__struct_fields__} | {"minutes": 5.0})
    entry = held.put("ann", learning("ann"), [old])
    held.bring([new], [old])
    assert entry.facts == [new]
    assert entry.facts[0].minutes == 5.0


def test_what_was_not_asked_for_longest_is_let_go_first() -> None:
    held = Held(EMPTY)
    for name in PEOPLE:
        held.put(name, learning(name), [fact(1, name)])
    held.get("ann")
    held.shrink(4)
    assert [name for name in PEOPLE if held.get(name)] == ["ann", "dora"]
    held.bring([fact(2, "bob"), fact(3, "ann")], ())
    entry = held.get("ann")
    assert entry is not None
    assert len(entry.facts) == 2


def test_each_has_its_share_of_room_and_what_the_others_leave() -> None:
    room = Room(90 * FACT_BYTES, shares=3)
    assert room.facts("a", 80) == 90
    assert room.facts("b", 10) == 30
    assert room.facts("a", 80) == 80
    assert room.facts("b", 30) == 30
    assert room.facts("c", 0) == 30
    assert room.facts("a", 80) == 60


async def differences(stage: Stage) -> Sequence[object]:
    found = []
    for name in ("facts", "minutes"):
        world = stage.world
        builder = Building(stage.database.owner_dsn, world.pool, world.stores, stage.projections, name)
        found += await builder.compare()
    return found


async def warm(stage: Stage, projector: Projector) -> None:
    """As after a start, from wherever it stands."""
    world = stage.world
    warming = Warming(world.pool, world.stores, References(world.pool), Facts(), projector)
    while await warming.step():
        pass


@pytest.mark.parametrize("hold", [0, 3, 1_000])
async def test_round_after_round_gives_the_rows_of_a_build(stage: Stage, hold: int) -> None:
    dice = random.Random(hold)
    other = stage.another()
    sent: list[UUID] = []
    for _ in range(12):
        running = dice.choice((stage.running, stage.running, other))
        running.projectors[0]._room = Room(hold * FACT_BYTES)
        for _ in range(dice.randrange(1, 4)):
            if sent and dice.random() < 0.3:
                await stage.send(voids(sent.pop(dice.randrange(len(sent)))))
            else:
                days, unit = dice.randrange(-20, 20), str(dice.randrange(4))
                sent += await stage.send(completed(dice.choice(PEOPLE), unit, days=days))
        if dice.random() < 0.5:
            await warm(stage, running.projectors[0])
        await running.settle()
    assert await stage.learned()
    assert await differences(stage) == []


async def test_rows_that_were_replaced_meanwhile_are_read_again(stage: Stage) -> None:
    await stage.send(completed("ann"), completed("bob"))
    await stage.settle()
    world = stage.world
    for name in ("minutes", "facts"):
        await stage.send(completed("ann", name))
        await Building(stage.database.owner_dsn, world.pool, world.stores, stage.projections, name).switch()
        await stage.send(completed("ann", f"{name}-again"), completed("bob", name))
        await stage.settle()
    assert await stage.learned() == {"ann": (5, 50), "bob": (3, 30)}
    assert await differences(stage) == []


async def test_a_round_that_fails_leaves_nothing_behind(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    await stage.send(completed("ann"), completed("bob"))
    await stage.settle()
    whole = Filled._write

    async def cut(self: Filled, tx: Connection, *given: object, **named: object) -> None:
        await whole(self, tx, *given, **named)  # type: ignore[arg-type]
        raise Unavailable("the connection is lost")

    await stage.send(completed("ann", "2"))
    with monkeypatch.context() as patch:
        patch.setattr(Filled, "_write", cut)
        with pytest.raises(Unavailable):
            await stage.settle()
    assert (await stage.learned())["ann"] == (1, 10)
    await stage.send(completed("ann", "3"))
    await stage.settle()
    assert (await stage.learned())["ann"] == (3, 30)
    assert await differences(stage) == []


async def test_rows_that_another_process_wrote_with_care_are_read_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stage.send(completed("ann"), completed("bob"))
    await stage.settle()
    other, compute, calls = stage.another(), Projector._compute, []

    async def once(self: Projector, *given: Any, **named: Any) -> None:
        calls.append(self)
        if len(calls) == 1:
            raise ZeroDivisionError
        await compute(self, *given, **named)

    (second,) = await stage.send(completed("ann", "2"))
    await stage.running.runner.turn(stage.running.follower)
    with monkeypatch.context() as patch:
        patch.setattr(Projector, "_compute", once)
        await other.projectors[0].drain()
    assert (await stage.learned())["ann"] == (2, 20)
    # The row is what it was when we last wrote it.
    await stage.send(voids(second))
    await stage.settle()
    assert (await stage.learned())["ann"] == (1, 10)
    assert await differences(stage) == []


async def test_facts_that_were_followed_again_are_read_again(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Follower._write

    async def broken(self: Follower, tx: Any, store: Any, gathered: Any, marking: Any, reference: Any) -> None:
        if any("bad" in str(each.fact.unit) for each in gathered.facts):
            raise ZeroDivisionError
        await whole(self, tx, store, gathered, marking, reference)

    with monkeypatch.context() as patch:
        patch.setattr(Follower, "_write", broken)
        await stage.send(completed("ann"), completed("ann", "bad"), completed("ann", "3"))
        await stage.settle()
    assert (await stage.learned())["ann"] == (2, 20)
    await replaying.facts(stage.world.pool, stage.world.store, 2)
    other = stage.another()
    while await other.runner.turn(other.follower):
        pass
    # It takes the mark of all, and leaves those of each key to others.
    await other.projectors[0].turn()
    await stage.settle()
    assert (await stage.learned())["ann"] == (3, 30)
    assert await differences(stage) == []


async def test_a_round_reads_no_more_than_what_is_new(stage: Stage) -> None:
    await stage.send(*(completed("ann", str(n)) for n in range(5)))
    await stage.settle()
    held = stage.running.projectors[0]._held[stage.world.store.id]
    entry = held.get(analytic.key("mbox:mailto:ann@example.org"))
    assert entry is not None
    before = list(entry.facts)
    await stage.send(completed("ann", "9", days=1))
    await stage.settle()
    after = stage.running.projectors[0]._held[stage.world.store.id].get(analytic.key("mbox:mailto:ann@example.org"))
    assert after is entry
    assert all(one is other for one, other in zip(before, entry.facts, strict=False))
    assert len(entry.facts) == len(before) + 1


async def test_a_start_holds_what_is_likely_to_be_marked(stage: Stage) -> None:
    await stage.send(completed("ann"), completed("bob"))
    await stage.settle()
    (projector,) = stage.another().projectors
    await warm(stage, projector)
    held = projector._held[stage.world.store.id]
    entries = [held.get(analytic.key(f"mbox:mailto:{who}@example.org")) for who in ("ann", "bob")]
    assert [entry and (len(entry.facts), list(entry.written)) for entry in entries] == [(1, ["learned"])] * 2
    await stage.send(completed("ann", "2"))
    await stage.running.runner.turn(stage.running.follower)
    await projector.drain()
    assert projector._held[stage.world.store.id] is held
    assert (await stage.learned())["ann"] == (2, 20)
    assert await differences(stage) == []


async def test_a_start_leaves_alone_what_is_to_be_computed(stage: Stage) -> None:
    await stage.send(completed("ann"), completed("bob"))
    await stage.settle()
    await stage.rows("update minutes.learned set content = content + 1 where person_id like '%bob%'")
    await stage.send(completed("ann", "2"))
    await stage.running.runner.turn(stage.running.follower)
    (projector,) = stage.another().projectors
    await warm(stage, projector)
    assert projector._held[stage.world.store.id].size == 0
    assert (await stage.learned())["ann"] == (1, 10)
    await projector.drain()
    assert (await stage.learned())["ann"] == (2, 20)


async def test_a_start_holds_no_more_than_there_is_room_for(stage: Stage) -> None:
    await stage.send(*(completed(who) for who in PEOPLE))
    await stage.settle()
    projector = stage.another(memory=3 * FACT_BYTES).projectors[0]
    await warm(stage, projector)
    assert 0 < projector._held[stage.world.store.id].size <= 3


async def test_a_start_sets_nothing_aside(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    await stage.send(completed("ann"))
    await stage.settle()
    (projector,) = stage.another().projectors

    def broken(*_: object, **__: object) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(projector, "_rows", broken)
    await warm(stage, projector)
    assert projector._held[stage.world.store.id].size == 0
    assert await stage.parked() == []


class Keyless(Minutes):
    """One that has no keys for what bob did."""

    def keys(self, fact: Fact, reference: Reference) -> Iterable[str]:
        if "bob" in fact.subject:
            raise ZeroDivisionError
        return super().keys(fact, reference)


class Ragged(Minutes):
    """One whose rows of bob cannot be written."""

    def rows(self, key: str, facts: Sequence[Fact], reference: Reference, *, as_of: date | None = None) -> Rows:
        return {"learned": [("bob",)]} if "bob" in key else super().rows(key, facts, reference, as_of=as_of)


@pytest.mark.parametrize("projection", [Keyless(), Ragged()])
async def test_what_was_set_aside_stops_no_start(world: World, database: Database, projection: Minutes) -> None:
    stage = await stages.make(world, database, (projection,))
    await stage.send(completed("ann"), completed("bob"))
    await stage.settle()
    assert len(await stage.parked()) == 1
    (projector,) = stage.another().projectors
    await warm(stage, projector)
    assert analytic.key("mbox:mailto:ann@example.org") in projector._held[stage.world.store.id]
    assert analytic.key("mbox:mailto:bob@example.org") not in projector._held[stage.world.store.id]


async def test_what_was_built_anew_may_be_held(stage: Stage) -> None:
    await stage.send(completed("ann"))
    await stage.settle()
    world = stage.world
    for name in ("facts", "minutes"):
        await Building(stage.database.owner_dsn, world.pool, world.stores, stage.projections, name).switch()
        (projector,) = stage.another().projectors
        await warm(stage, projector)
        assert projector._held[stage.world.store.id].size == 2


async def test_nothing_is_held_before_the_first_round(stage: Stage) -> None:
    await stage.send(completed("ann"))
    await stage.running.runner.turn(stage.running.follower)
    await stage.rows("delete from facts.rounds")
    (projector,) = stage.another().projectors
    await warm(stage, projector)
    assert projector._held == {}
