"""While several processes follow partitions, rows are at any time those of the position that answers name.

Kafka is played by lists in memory: what is told there comes in pieces, to whom and when the dice say.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
import pytest_asyncio

from lrs.config import Settings
from lrs.hooks.kafka import records, relay, topics
from lrs.hooks.kafka.source import Got, Place, Turn
from lrs.log import read
from lrs.log.store import Store
from lrs.log.stores import Stores
from lrs.reference import lists
from lrs.relay.checkpoints import Checkpoints
from lrs.storage import pool as storage
from projections.analytic import standing
from projections.facts import partitioned
from projections.facts.partitioned import Partitioned
from tests.conftest import Database
from tests.projections import stage as stages
from tests.projections.stage import Stage, completed
from tests.world import World, voids

SETTINGS = Settings()
PARTITIONS = 3
# Whose statements lie in different partitions; to the roster ann and lea are one.
PEOPLE = ("ann", "lea", "bob", "cam", "dee", "eve")
IDENTITIES = b"""\
person_sourcedId,ifi_type,value,homePage,from,to
p1,mbox,mailto:ann@example.org,,,
p1,mbox,mailto:lea@example.org,,,
"""
FOREVER = 2**63


@dataclass
class Told:
    """What the log was told: of each unit who completed it, since when, and at which positions it was voided."""

    units: list[tuple[str, UUID]] = field(default_factory=list)
    positions: dict[UUID, int] = field(default_factory=dict)
    voids: dict[UUID, list[UUID]] = field(default_factory=dict)
    joined: int = FOREVER

    def at(self, position: int) -> dict[str, int]:
        """How many units count for each at a position."""
        counts: dict[str, int] = {}
        for who, id in self.units:
            if self.positions[id] <= position < (self._end(id) or FOREVER):
                person = "p1" if self.joined <= position and who in ("ann", "lea") else who
                counts[person] = counts.get(person, 0) + 1
        return counts

    def ends(self) -> dict[UUID, int | None]:
        """Where each unit ended."""
        return {id: self._end(id) for _, id in self.units}

    def _end(self, id: UUID) -> int | None:
        return min((self.positions[each] for each in self.voids.get(id, ())), default=None)


@dataclass
class Topic:
    """A topic in memory, those who read it together, and what was sent there."""

    stage: Stage
    dice: random.Random
    name: str
    sent: list[list[Got]] = field(default_factory=lambda: [[] for _ in range(PARTITIONS)])
    readers: list["Source"] = field(default_factory=list)

    async def relay(self) -> None:
        """Send all that the log has, then say so."""
        pool, store = self.stage.world.pool, self.stage.world.store
        async with storage.connection(pool) as connection:
            done = await connection.fetchval(
                "select coalesce(max(position), 0) from relay.checkpoints where follower = $1", relay.NAME
            )
            events = await read.told(connection, store.id, done, limit=10_000)
            for event in events:
                for each in records.of(store, event, PARTITIONS):
                    own = self.sent[each.partition]
                    own.append(Got(len(own), each.key, each.value, each.headers))
            await connection.execute(
                "insert into relay.checkpoints (store, follower, position) values ($1, $2, $3)"
                " on conflict (store, follower) do update set position = excluded.position",
                store.id, relay.NAME, events[-1].position if events else done,
            )  # fmt: skip

    def of(self, reader: "Source") -> set[Place]:
        """The partitions of one reader."""
        mine = range(self.readers.index(reader), PARTITIONS, len(self.readers))
        return {Place(self.name, number) for number in mine}


class Source:
    """Reads a topic in memory, as one of a group; stands in for `lrs.hooks.kafka.source.Source`."""

    topic: Topic

    def __init__(self, settings: Settings) -> None:
        self._ours: dict[Place, int | None] = {}
        self._paused: set[Place] = set()
        self.topic.readers.append(self)

    async def turn(self, *, ends: bool) -> Turn:
        await asyncio.sleep(self.topic.dice.uniform(0, 0.01))
        assigned = self.topic.of(self)
        fresh = assigned - set(self._ours)
        gone = frozenset(set(self._ours) - assigned)
        self._ours = {place: self._ours.get(place) for place in assigned}
        got = {place: found for place in assigned if (found := self._some(place))}
        read = [place for place, offset in self._ours.items() if offset == len(self.topic.sent[place.number])]
        return Turn(
            given=dict.fromkeys(fresh, PARTITIONS),
            gone=gone,
            got=got,
            ends={place: len(self.topic.sent[place.number]) for place in read} if ends else {},
        )

    def _some(self, place: Place) -> Sequence[Got]:
        offset = self._ours[place]
        if offset is None or place in self._paused or self.topic.dice.random() < 0.4:
            return ()
        found = self.topic.sent[place.number][offset : offset + self.topic.dice.choice((1, 2, 5))]
        self._ours[place] = offset + len(found)
        return found

    async def seek(self, place: Place, *, offset: int | None, since: datetime | None) -> None:
        if place in self._ours:
            self._ours[place] = offset or 0

    async def pause(self, place: Place) -> None:
        self._paused.add(place)

    async def resume(self, place: Place) -> None:
        self._paused.discard(place)

    def close(self) -> None:
        if self in self.topic.readers:
            self.topic.readers.remove(self)

    async def closed(self) -> None:
        self.close()


class Telling(msgspec.Struct, kw_only=True):
    """Tells the log what people complete, and what is voided, by others and twice at times."""

    stage: Stage
    dice: random.Random
    told: Told

    async def tell(self, count: int) -> None:
        sent: list[dict[str, Any]] = []
        for _ in range(count):
            who = self.dice.choice(PEOPLE)
            if self.told.units and self.dice.random() < 0.35:
                _, target = self.dice.choice(self.told.units[-8:])
                by = {"mbox": f"mailto:{who}@example.org"}
                each = voids(target, id=str(uuid4()), actor=by)
                self.told.voids.setdefault(target, []).append(UUID(each["id"]))
            else:
                each = completed(who, str(len(self.told.units)))
                self.told.units.append((who, UUID(each["id"])))
            sent.append(each)
        for each in sent:
            await self.stage.world.send(each)
        await self._note()

    async def join(self) -> None:
        await self.stage.apply("identities", lists.parse("identities", IDENTITIES, "identities.csv"))
        ((self.told.joined,),) = await self.stage.rows("select max(position) from log.events")

    async def _note(self) -> None:
        rows = await self.stage.rows("select subject, position from log.events where kind = 1")
        self.told.positions = dict(rows)


class Judging(msgspec.Struct, kw_only=True):
    """Reads rows and the position that an answer would give, over and over."""

    stage: Stage
    seen: dict[int, set[frozenset[tuple[str, int]]]] = {}

    async def look(self) -> int:
        """The position."""
        store = self.stage.world.store.id
        async with (
            storage.connection(self.stage.world.pool) as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            through = (await standing.through(connection, store, "minutes")).position
            found = await connection.fetch("select person_id, units from minutes.learned where store = $1", store)
        self.seen.setdefault(through, set()).add(frozenset((name(row["person_id"]), row["units"]) for row in found))
        return through

    async def go_on(self) -> None:
        """Look until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(0.003)

    def wrong(self, told: Told) -> list[str]:
        """What was read that is not what the log says of that position."""
        return [
            f"at {through}: {_apart(dict(counts), told.at(through))}"
            for through, every in sorted(self.seen.items())
            for counts in every
            if dict(counts) != told.at(through)
        ]


def name(person: str) -> str:
    return person.removeprefix("mbox:mailto:").removesuffix("@example.org")


def _apart(counts: Mapping[str, int], must: Mapping[str, int]) -> str:
    names = [each for each in sorted({*counts, *must}) if counts.get(each) != must.get(each)]
    return ", ".join(f"{each} has {counts.get(each)} and not {must.get(each)}" for each in names)


@pytest_asyncio.fixture
async def stage(world: World, database: Database) -> Stage:
    return await stages.make(world, database)


@asynccontextmanager
async def going(*tasks: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """All of these meanwhile; what one of them fell over is told."""
    running = [asyncio.create_task(each) for each in tasks]
    try:
        yield
    finally:
        for each in running:
            each.cancel()
        for found in await asyncio.gather(*running, return_exceptions=True):
            if isinstance(found, Exception):
                raise found


async def projecting(stage: Stage, dice: random.Random) -> None:
    """Compute what is marked, now and then."""
    (projector,) = stage.running.projectors
    while True:
        await projector.turn()
        await asyncio.sleep(dice.uniform(0, 0.03))


def process(stage: Stage) -> Partitioned:
    """One of those who follow together."""
    return Partitioned(SETTINGS, stage.world.pool, Stores(stage.world.pool), stage.projections)


async def takes_over(stage: Stage) -> None:
    """The lease runs out, and another takes it who follows the log."""
    await stage.world.pool.execute("update relay.checkpoints set expires = '-infinity' where follower = 'facts'")
    other = Checkpoints(stage.world.pool, str(uuid4()))
    assert await other.take(stage.world.store.id, "facts") is not None
    await asyncio.sleep(0.3)
    await other.release()


async def ends(stage: Stage) -> dict[UUID, int | None]:
    """Where the facts of each unit ended."""
    return dict(await stage.rows("select statement, min(until) from facts.facts group by statement"))


@pytest.fixture
def topic(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Topic:
    made = Topic(stage=stage, dice=random.Random(), name=topics.name(SETTINGS, stage.world.store))
    monkeypatch.setattr(partitioned, "Source", type("Own", (Source,), {"topic": made}))
    for wait in ("TELL_SECONDS", "WAIT_SECONDS", "RETRY_SECONDS"):
        monkeypatch.setattr(partitioned, wait, 0.02)
    return made


@pytest.mark.parametrize("seed", range(4))
async def test_rows_are_those_of_the_position_that_answers_name(stage: Stage, topic: Topic, seed: int) -> None:
    dice = topic.dice = random.Random(seed)
    telling = Telling(stage=stage, dice=dice, told=Told())
    judging = Judging(stage=stage)

    async def tell(steps: int) -> None:
        for _ in range(steps):
            await telling.tell(dice.choice((1, 3, 8)))
            if dice.random() < 0.7:
                await topic.relay()
            await asyncio.sleep(dice.uniform(0, 0.08))

    async with going(projecting(stage, dice), judging.go_on()):
        async with going(process(stage).run()):
            async with going(process(stage).run()):
                await tell(8)
                await telling.join()
                await tell(6)
            await tell(4)
        await takes_over(stage)
        # Somebody follows the log now, and has yet to begin.
        await tell(2)
        await stage.running.settle()
        await judging.look()
    assert judging.wrong(telling.told) == []
    assert await ends(stage) == telling.told.ends()
    assert len(judging.seen) > 3


async def test_what_is_cut_off_in_the_middle_is_not_remembered(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    followed = Partitioned(SETTINGS, stage.world.pool, stage.world.stores, stage.projections)
    forgotten: list[Store] = []

    async def cut_off(*_: object) -> None:
        raise asyncio.CancelledError

    monkeypatch.setattr(followed, "_effect", cut_off)
    monkeypatch.setattr(followed._follower, "forget", forgotten.append)
    lane: Any = SimpleNamespace(store=stage.world.store)
    with pytest.raises(asyncio.CancelledError):
        await followed._handle(lane, [])
    assert forgotten == [stage.world.store]
