"""A load stores and counts each statement once, whatever the database answers and whoever else loads the file."""

from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import orjson
import pytest
import pytest_asyncio

from lrs.errors import Conflict, Unavailable
from lrs.log.append import Appended, Log
from lrs.log.floor import OLDEST
from lrs.log.loads import Counts, File, Load, Loads
from lrs.recording import loading
from lrs.recording.elements import Cutter, Element, Mark
from lrs.recording.judging import Judge, Refusal, Source
from lrs.recording.loading import Loading, Target
from lrs.recording.statements import Authority
from lrs.xapi.limits import Limits
from lrs.xapi.versions import Version
from projections.statements import inline as statements
from tests.world import World, statement

DIGEST = bytes(32)


class Flaky(Log):
    """A log that, unless it is `steady`, loses half of its answers: now before, now after the append took place."""

    appends = 0
    steady = False

    async def append(self, store: int, **given: Any) -> Appended:
        self.appends += 1
        if not self.steady and self.appends % 4 == 3:
            raise Unavailable("gone before", retry_after=0)
        appended = await super().append(store, **given)
        if not self.steady and self.appends % 4 == 1:
            raise Unavailable("gone after", retry_after=0)
        return appended


class Told:
    """What a load reported."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self.marks: list[Mark] = []

    def refused(self, refusals: Sequence[Refusal]) -> None:
        self.numbers += [refusal.mark.number for refusal in refusals]

    def reached(self, mark: Mark, counts: Counts) -> None:
        self.marks.append(mark)


class Bench:
    """Loads of one file into the store of a world."""

    def __init__(self, world: World, content: bytes) -> None:
        self.world = world
        self.content = content
        self.told = Told()
        self.loads = Loads(world.pool)
        self.log = Flaky(world.pool, world.stores, [world.stores, statements.Inline(), self.loads])

    async def begin(self) -> Load:
        file = File(store=self.world.store.id, digest=DIGEST, credential="key", version="1.0.3")
        return await self.loads.begin(file, str(Mark()))

    def loading(self, load: Load) -> Loading:
        authority = Authority.of(self.world.caller)
        source = Source(digest=DIGEST, version=Version.V1_0_3, authority=authority, limits=Limits())
        target = Target(store=self.world.store.id, credential="key", last=OLDEST)
        return Loading(self.log, self.loads, load, Judge(source, lambda: datetime.now(UTC)), target, self.told)

    def elements(self, mark: Mark) -> Iterator[Element]:
        cutter = Cutter(longest=1_000_000, mark=mark)
        yield from cutter.feed(self.content[mark.offset :])
        yield from cutter.finish()

    async def run(self) -> Counts:
        load = await self.begin()
        return await self.loading(load).run(self.elements(Mark.parse(load.previous)))

    async def stored(self) -> int:
        return len(await self.world.find(limit=100))


def lines(*statements: dict[str, Any]) -> bytes:
    return b"".join(orjson.dumps(each) + b"\n" for each in statements)


@pytest_asyncio.fixture
async def bench(world: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    """Ten statements without ids in chunks of three, the fifth of them refused, and the first again at the end."""
    monkeypatch.setattr(loading, "STATEMENTS", 3)
    first = statement(id=str(uuid4()))
    rest = [statement() if number != 5 else statement(verb=None) for number in range(2, 11)]
    made = Bench(world, lines(first, *rest, first))
    yield made
    await made.log.close()


async def test_lost_answers_count_nothing_twice(bench: Bench) -> None:
    assert await bench.run() == Counts(loaded=9, known=1, refused=1)
    assert bench.told.numbers == [5]
    assert [mark.number for mark in bench.told.marks] == [3, 6, 9, 11]
    assert await bench.stored() == 9


async def test_a_load_that_is_cut_tells_again_what_may_not_have_been_told(bench: Bench) -> None:
    load = await bench.begin()
    with pytest.raises(ZeroDivisionError):
        await bench.loading(load).run(each for each in bench.elements(Mark()) if each.mark.number < 7 or 1 / 0)
    cut = await bench.begin()
    assert (Mark.parse(cut.previous).number, Mark.parse(cut.mark).number) == (3, 6)
    assert await bench.run() == Counts(loaded=9, known=1, refused=1)
    assert bench.told.numbers == [5, 5]


async def test_two_loads_of_one_file_do_not_mix(bench: Bench) -> None:
    bench.log.steady = True
    load = await bench.begin()
    await bench.loading(load).run(bench.elements(Mark()))
    with pytest.raises(Conflict, match="another process loads this file"):
        await bench.loading(load).run(bench.elements(Mark()))
    assert await bench.stored() == 9


async def test_a_finished_load_begins_anew(bench: Bench) -> None:
    await bench.run()
    assert await bench.run() == Counts(known=10, refused=1)


async def test_a_database_that_stays_away_is_told_of(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    async def gone(*_: Any, **__: Any) -> Appended:
        raise Unavailable("the database cannot be reached", retry_after=0)

    monkeypatch.setattr(bench.log, "append", gone)
    with pytest.raises(Unavailable, match="run the same command again"):
        await bench.run()
