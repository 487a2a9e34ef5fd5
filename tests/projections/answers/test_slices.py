"""Long answers make room for whatever else an event loop has to do."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from projections.answers import slices as slicing
from projections.answers.asked import Asked
from projections.answers.asker import Role
from projections.answers.data import Data, Row
from projections.answers.question import Grant, Rows, Summary
from projections.answers.slices import slices
from projections.answers.summaries import total
from tests.conftest import Database
from tests.projections.answers.asking import COLUMNS, SCHOOLS, asking, question, visit

SUMMED = {
    "sees": {Role.DIRECTOR: Grant(rows=Rows.SUMMARY), Role.RESEARCHER: Grant(rows=Rows.ALL, pseudonyms=True)},
    "summary": Summary(measures=(total("minutes", "Minutes.", "minutes"),)),
}
PEOPLE = sum(SCHOOLS.values())


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Others go first after each slice."""
    monkeypatch.setattr(slicing, "STRETCH_SECONDS", 0.0)


async def test_others_go_on_between_slices() -> None:
    turns: list[str] = []

    async def other() -> None:
        while True:
            turns.append("other")
            await asyncio.sleep(0)

    going = asyncio.create_task(other())
    async for some in slices(range(10), 4):
        # One by one, as others take turns between.
        turns.append("".join(map(str, some)))  # noqa: PERF401
    going.cancel()
    assert turns == ["0123", "other", "4567", "other", "89"]


async def test_others_wait_for_the_end_of_a_stretch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slicing, "STRETCH_SECONDS", 60.0)
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    going = asyncio.create_task(other())
    assert [some async for some in slices([1, 2, 3], 1)] == [[1], [2], [3]]
    going.cancel()
    assert turns == 0


async def test_few_rows_wait_for_nobody() -> None:
    assert [some async for some in slices([1, 2], 4)] == [[1, 2]]
    empty: list[int] = []
    assert [some async for some in slices(empty, 4)] == []


class Watched:
    """Completes rows, and counts how many are completed before others had a turn."""

    def __init__(self) -> None:
        self.most = 0
        self.now = 0

    async def complete(self, rows: Sequence[Row], asked: Asked, data: Data) -> Sequence[Row]:
        self.now += len(rows)
        self.most = max(self.most, self.now)
        return rows

    async def others(self) -> None:
        while True:
            self.now = 0
            await asyncio.sleep(0)


async def test_sums_over_many_rows_do_not_hold_up_the_rest(database: Database) -> None:
    watched = Watched()
    asked = question(**SUMMED, complete=watched.complete)
    async with asking(database, [asked]) as it:
        it.standing.then = [_then(n) for n in range(5_000)]
        others = asyncio.create_task(watched.others())
        found = await it.rows("visits?by=org&as_of=2026-02-20", role="director")
        others.cancel()
        assert [row["org"] for row in found] == [*SCHOOLS]
        assert 0 < watched.most <= 1_000


def _then(number: int) -> dict[str, Any]:
    row = visit(f"ed{1 + number % PEOPLE}", 1 + number % 28)
    return dict(zip((each.name for each in COLUMNS), row, strict=True))


async def test_a_sum_that_is_kept_waits_for_none_that_is_made(database: Database) -> None:
    hold = asyncio.Event()
    hold.set()
    begun = asyncio.Event()

    async def complete(rows: Sequence[Row], asked: Asked, data: Data) -> Sequence[Row]:
        begun.set()
        await hold.wait()
        return rows

    async with asking(database, [question(**SUMMED, complete=complete)], [visit("ed1")]) as it:
        it.standing.then = [_then(0)]
        kept = await it.rows("visits?by=org&as_of=2026-02-10", role="director")
        hold.clear()
        begun.clear()
        making = asyncio.create_task(it.rows("visits?by=org&as_of=2026-02-11", role="director"))
        await begun.wait()
        async with asyncio.timeout(5):
            assert await it.rows("visits?by=org&as_of=2026-02-10", role="director") == kept
        assert not making.done()
        hold.set()
        await making


async def test_sums_are_made_one_after_the_other(database: Database) -> None:
    going = most = 0

    async def complete(rows: Sequence[Row], asked: Asked, data: Data) -> Sequence[Row]:
        nonlocal going, most
        going += 1
        most = max(most, going)
        await asyncio.sleep(0.01)
        going -= 1
        return rows

    async with asking(database, [question(**SUMMED, complete=complete)], [visit("ed1")]) as it:
        paths = [f"visits?by=org&as_of=2026-02-{day}" for day in range(10, 16)]
        it.standing.then = [_then(0)]
        await asyncio.gather(*(it.rows(path, role="director") for path in paths))
        assert most == 1
        # Pages need not wait for them.
        await asyncio.gather(*(it.rows("visits?as_of=2026-02-20", role="researcher") for _ in range(3)))
        assert most > 1
