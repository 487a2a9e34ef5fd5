"""Rows of people summed up by one or two dimensions, small cells suppressed by the same cut whatever is asked of it."""

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

from lrs.errors import Forbidden, Invalid
from projections.answers import conditions, groups, sight, suppression
from projections.answers.asked import STANDARD, Asked
from projections.answers.data import Data
from projections.answers.pages import SUPPRESSED, chosen, purposes
from projections.answers.question import Column, Measure, Question, Row, Summary
from projections.answers.sight import Sight
from projections.answers.slices import slices

PEOPLE: Final = Column("people", "bigint", "How many people stand behind the row.", "people")
DIMENSIONS: Final = 2
# So many rows are completed together, as those of a large page are: some of that asks the database.
COMPLETED: Final = 1_000
UNKNOWN: Final = "(unknown)"

Cell = tuple[str, ...]
T = TypeVar("T")


class Sums:
    """One question summed up as one asker wants it."""

    def __init__(self, question: Question, asked: Asked, seen: Sight, data: Data) -> None:
        assert question.summary is not None
        assert question.person is not None
        self._question = question
        self._summary: Summary = question.summary
        self._person = question.person
        self._asked = asked
        self._data = data
        # One who sees rows may sum them as they are; one who sees pseudonyms might tell who they are by small sums.
        self._is_whole = seen.summary is None and not all(grant.pseudonyms for grant, _ in seen.grants)
        self._by = asked.by or self._summary.default
        self._narrowed = [] if self._is_whole else narrowing(question, asked)
        self._dimensions = tuple(dict.fromkeys((*self._by, *self._narrowed)))
        self._where = self._conditions(seen)
        self.columns = (
            *(Column(name, "text", f"The {name} that is summed up.") for name in self._by),
            PEOPLE,
            *(Column(each.name, each.type, each.sentence) for each in self._summary.measures),
            SUPPRESSED,
        )
        if len(self._dimensions) > DIMENSIONS:
            raise Invalid(f"at most {DIMENSIONS} dimensions may be crossed, filters among them", rule="dimensions")

    async def rows(self) -> list[Row]:
        """A row for each combination that there is, in order."""
        values = [self._value(name) for name in self._dimensions]
        cells: dict[Cell, list[Row]] = defaultdict(list)
        async for some in slices(await self._every()):
            for row in some:
                cells[tuple([value(row) for value in values])].append(row)
        people: dict[Cell, set[str]] = {}
        async for cell, rows in _one_by_one(cells):
            people[cell] = {row[self._person] for row in rows}
        dark = frozenset() if self._is_whole else self._dark(people)
        told: dict[Cell, list[Cell]] = defaultdict(list)
        for cell in sorted(cells):
            told[cell[: len(self._by)]].append(cell)
        found = []
        async for named, parts in _one_by_one(told):
            inside = [cell for cell in parts if self._is_wanted(cell)]
            outside = [cell for cell in parts if cell not in inside]
            if inside:
                # Hidden where it, or what is left out, would tell a hidden part.
                is_open = all(self._tells_nothing(some, people, dark) for some in (inside, outside))
                found.append(self._row(named, [row for cell in inside for row in cells[cell]], is_dark=not is_open))
        return found

    def _is_wanted(self, cell: Cell) -> bool:
        for name, value in zip(self._dimensions, cell, strict=True):
            only = self._asked.values.get(name)
            if only is None or (self._is_whole and name not in self._by):
                continue
            if value not in (sight.beneath(self._asked.reference, only) if name == "org" else only):
                return False
        return True

    def _tells_nothing(self, parts: Sequence[Cell], people: Mapping[Cell, set[str]], dark: frozenset[Cell]) -> bool:
        """Whether the sum of some parts may be told although some of them may not."""
        hidden = [len(people[cell]) for cell in parts if cell in dark]
        is_single = len(self._dimensions) == len(self._by)
        return not hidden or (not is_single and suppression.holds(hidden, self._k()))

    def _people(self, rows: Sequence[Row]) -> int:
        return len({row[self._person] for row in rows})

    def _k(self) -> int:
        return max(self._least(name) for name in self._dimensions)

    def _conditions(self, seen: Sight) -> list[Any]:
        """What narrows rows down before they are counted: of one who sees sums alone, nothing that picks people."""
        question = self._question
        if self._is_whole:
            where = sight.filters(question, self._asked)
            return [*where, *purposes(question, self._asked), *([seen.condition] if seen.condition is not None else [])]
        harmless = {name: each for name, each in question.filters.items() if name in sight.UNNAMING}
        return [
            [{each.column: sight.reached(each, self._asked.values[name], self._asked)}]
            for name, each in harmless.items()
            if name in self._asked.values
        ] + purposes(question, self._asked)

    async def _every(self) -> Sequence[Row]:
        question = self._question
        compute = self._summary.rows or question.compute
        found: list[Row] = []
        if compute is not None:
            async for some in slices(await compute(self._asked, self._data)):
                found += [row for row in some if conditions.meets(row, self._where)]
            return found
        assert question.table is not None
        rows = await self._data.every(question.table, self._where, only=self._summary.needs)
        async for some in slices(rows, COMPLETED):
            completed = some if question.complete is None else await question.complete(some, self._asked, self._data)
            found += chosen(question, self._asked, completed) if self._is_whole else completed
        return found

    def _dark(self, people: Mapping[Cell, set[str]]) -> frozenset[Cell]:
        margins = []
        for number in range(len(self._dimensions)):
            of_value: dict[str, set[str]] = defaultdict(set)
            for cell, each in people.items():
                of_value[cell[number]] |= each
            margins.append({value: len(each) for value, each in of_value.items()})
        return suppression.table({cell: len(each) for cell, each in people.items()}, margins, self._k())

    def _least(self, dimension: str) -> int:
        """The fewest people of whom something is told; a dimension of the roster splits by who people are."""
        own = (*self._summary.dimensions, "org")
        return groups.least(self._summary.kind if dimension in own else "performance", self._asked)

    def _row(self, cell: Cell, rows: Sequence[Row], *, is_dark: bool) -> Row:
        shown: Row = dict(zip(self._by, cell, strict=True))
        hidden = ("people", *(each.name for each in self._summary.measures))
        if is_dark:
            return {**shown, **dict.fromkeys(hidden), "suppressed": list(hidden)}
        measured = {each.name: each.of(rows) for each in self._summary.measures}
        return {**shown, "people": self._people(rows), **measured, "suppressed": []}

    def _value(self, name: str) -> Callable[[Row], str]:
        """What a row has of a dimension."""
        if name in self._summary.dimensions:
            return lambda row: _told(row[name])
        reference, day, person = self._asked.reference, self._asked.as_of, self._person
        if name == "org":
            return lambda row: reference.org_of(row[person], day) or UNKNOWN
        if not any(name in each.dimensions for each in reference.people.values()):
            known = (*self._summary.dimensions, "org", *_dimensions(self._asked))
            raise Invalid(f"there is no dimension {name!r}; there are {', '.join(known)}", rule="dimensions")
        people = reference.people
        return lambda row: people[row[person]].dimensions.get(name, UNKNOWN) if row[person] in people else UNKNOWN


def narrowing(question: Question, asked: Asked) -> list[str]:
    """The filters that pick people by a dimension; Forbidden for one that could pick a single person."""
    assert question.summary is not None
    own = [each.name for each in question.parameters if each.name in asked.values]
    given = [name for name in STANDARD if name in asked.values and name not in sight.UNNAMING]
    for name in (*given, *own):
        if name != "org" and name not in question.summary.dimensions:
            raise Forbidden(f"sums are not told by {name}: a filter that singles people out would tell of each of them")
    return [*given, *own]


def share(name: str, sentence: str, holds: Callable[[Row], bool | None]) -> Measure:
    """The share of rows for which something holds, of those of which it can be said."""

    def of(rows: Sequence[Row]) -> float | None:
        said = [held for row in rows if (held := holds(row)) is not None]
        return sum(said) / len(said) if said else None

    return Measure(name, "double precision", sentence, of)


def mean(name: str, sentence: str, column: str) -> Measure:
    """The mean of a column, nulls passed over."""

    def of(rows: Sequence[Row]) -> float | None:
        values = [row[column] for row in rows if row[column] is not None]
        return sum(values) / len(values) if values else None

    return Measure(name, "double precision", sentence, of)


def median(name: str, sentence: str, column: str) -> Measure:
    """The median of a column, nulls passed over."""

    def of(rows: Sequence[Row]) -> float | None:
        values = sorted(row[column] for row in rows if row[column] is not None)
        middle = len(values) // 2
        return (values[middle] + values[~middle]) / 2 if values else None

    return Measure(name, "double precision", sentence, of)


def total(name: str, sentence: str, column: str) -> Measure:
    """The sum of a column, nulls passed over."""
    return Measure(name, "double precision", sentence, lambda rows: float(sum(row[column] or 0 for row in rows)))


def _dimensions(asked: Asked) -> list[str]:
    return sorted({name for each in asked.reference.people.values() for name in each.dimensions})


async def _one_by_one(cells: Mapping[Cell, T]) -> AsyncIterator[tuple[Cell, T]]:
    """Cells with what they hold: behind each there may be many rows."""
    async for some in slices(list(cells.items()), 1):
        for each in some:
            yield each


def _told(value: Any) -> str:  # noqa: ANN401 - whatever a row holds
    if value is None:
        return UNKNOWN
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
