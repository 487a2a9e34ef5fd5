"""A page of the past costs about as much whatever is asked: it may end early, and tells where to go on."""

from collections.abc import AsyncIterator, Sequence
from datetime import date
from typing import Any, cast

import msgspec
import pytest

from lrs.reference.reference import EMPTY
from projections.answers import sight
from projections.answers.asked import Asked, Parameter
from projections.answers.asker import Asker, Role
from projections.answers.conditions import Condition, meets
from projections.answers.data import Data, Part
from projections.answers.pages import PARTS_OF_THE_PAST, PORTIONS_OF_THE_PAST, Pages
from projections.answers.question import Column, Grant, Question, Row, Rows

DAY = date(2026, 2, 1)
QUESTION = Question(
    path="numbers",
    sentence="Numbers.",
    table="numbers.number",
    key=("number",),
    columns=(Column("number", "integer", "One."), Column("last", "integer", "Its last digit.")),
    parameters=(Parameter("last", "Only those that end so.", "last"),),
    sees={Role.DIRECTOR: Grant(rows=Rows.ALL)},
)


class Numbers:
    """The numbers below a hundred, as data; notes how many were read."""

    def __init__(self) -> None:
        self.read = 0

    async def part(
        self, table: str, where: Sequence[Condition], *, after: Sequence[Any] | None, limit: int, only: object = ()
    ) -> Part:
        rows = [{"number": each, "last": each % 10} for each in range(100) if after is None or each > after[0]]
        rows = [row for row in rows if meets(row, where)][:limit]
        self.read += len(rows)
        return Part(rows=rows, next=(rows[-1]["number"],) if len(rows) == limit else None)


def asked(*, past: bool) -> Asked:
    asker = Asker(store=1, name="d", roles=frozenset({Role.DIRECTOR}), secret=b"")
    today = date(2026, 3, 1) if past else DAY
    return Asked(asker=asker, reference=EMPTY, values={"last": ("9",)}, as_of=DAY, today=today)


def pages(numbers: Numbers, question: Question = QUESTION, *, past: bool, common: Sequence[Row] | None = None) -> Pages:
    wanted = asked(past=past)
    return Pages(question, wanted, sight.of(question, wanted), cast(Data, numbers), common)


async def every(made: Pages, limit: int) -> list[list[Row]]:
    """All pages."""
    found, after = [], None
    while True:
        page = await made.page(after, limit)
        found.append(list(page.rows))
        after = page.next
        if after is None:
            return found


async def test_a_page_of_the_past_ends_after_some_parts() -> None:
    numbers = Numbers()
    page = await pages(numbers, past=True).page(None, 3)
    assert numbers.read == 4 * PARTS_OF_THE_PAST
    assert [row["number"] for row in page.rows] == [9, 19]
    assert page.next == (19,)


async def test_pages_of_the_past_miss_nothing() -> None:
    found = await every(pages(Numbers(), past=True), 2)
    assert [row["number"] for page in found for row in page] == list(range(9, 100, 10))
    assert min(map(len, found)) < 2


async def test_a_page_of_today_is_full() -> None:
    page = await pages(Numbers(), past=False).page(None, 3)
    assert [row["number"] for row in page.rows] == [9, 19, 29]


async def test_what_narrows_spares_rows_of_the_past() -> None:
    def narrows(asked: Asked) -> Sequence[Condition]:
        return [[{"last": frozenset({"8", "9"})}]]

    question = Question(**{name: getattr(QUESTION, name) for name in QUESTION.__struct_fields__} | {"narrows": narrows})
    numbers = Numbers()
    found = await every(pages(numbers, question, past=True), 50)
    assert [row["number"] for row in found[0]] == list(range(9, 100, 10))
    assert numbers.read == 20


class Computed:
    """The numbers below a hundred, computed ten at a time; notes which tens were."""

    def __init__(self) -> None:
        self.tens: list[int] = []
        self.question = Question(
            path="numbers", sentence="Numbers.", key=("number",), columns=QUESTION.columns, sees=QUESTION.sees,
            parameters=QUESTION.parameters, compute=self.compute, portions=self.portions,
        )  # fmt: skip

    async def compute(self, asked: Asked, data: Data) -> Sequence[Row]:
        self.tens.append(int(asked.values["ten"][0]))
        return [{"number": 10 * self.tens[-1] + each, "last": each} for each in range(10)]

    async def portions(
        self, asked: Asked, where: Sequence[Condition], data: Data, after: Sequence[int] | None
    ) -> AsyncIterator[tuple[tuple[int], Asked]]:
        for ten in range(0 if after is None else (after[0] + 1) // 10, 10):
            yield (10 * ten + 9,), msgspec.structs.replace(asked, values={**asked.values, "ten": (str(ten),)})


@pytest.mark.parametrize("past", [True, False])
@pytest.mark.parametrize("limit", [1, 2, 3, 50])
async def test_pages_of_portions_miss_nothing(limit: int, past: bool) -> None:
    computed = Computed()
    found = await every(pages(Numbers(), computed.question, past=past), limit)
    assert [row["number"] for page in found for row in page] == list(range(9, 100, 10))


async def test_of_portions_no_more_are_computed_than_a_page_has() -> None:
    computed = Computed()
    page = await pages(Numbers(), computed.question, past=False).page((25,), 2)
    assert [row["number"] for row in page.rows] == [29, 39]
    assert (page.next, computed.tens) == ((39,), [2, 3, 4])


async def test_rows_that_are_known_are_not_computed() -> None:
    computed = Computed()
    question = msgspec.structs.replace(computed.question, portions=None)
    known = pages(Numbers(), question, past=False, common=[{"number": 19, "last": 9}, {"number": 9, "last": 9}])
    assert [row["number"] for row in (await known.page(None, 5)).rows] == [9, 19]
    assert computed.tens == []


async def test_what_is_one_portion_is_computed_once_for_all_pages() -> None:
    async def at_once(
        asked: Asked, where: Sequence[Condition], data: Data, after: Sequence[int] | None
    ) -> AsyncIterator[tuple[tuple[int, ...], Asked]]:
        yield (), asked

    async def compute(asked: Asked, data: Data) -> Sequence[Row]:
        computed.tens.append(0)
        return [{"number": each, "last": each % 10} for each in range(100)]

    computed = Computed()
    question = msgspec.structs.replace(computed.question, portions=at_once, compute=compute)
    found = await every(pages(Numbers(), question, past=True), 3)
    assert [row["number"] for page in found for row in page] == list(range(9, 100, 10))
    assert computed.tens == [0]


async def test_a_page_of_the_past_ends_after_some_portions() -> None:
    computed = Computed()
    page = await pages(Numbers(), computed.question, past=True).page(None, 50)
    assert computed.tens == list(range(PORTIONS_OF_THE_PAST))
    assert page.next == (10 * PORTIONS_OF_THE_PAST - 1,)
