"""The rows that an asker sees of a question, page by page: found, completed, and rid of what is not for her."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from projections.answers import conditions, groups, sight
from projections.answers.asked import Asked
from projections.answers.conditions import Condition
from projections.answers.data import Data, identity
from projections.answers.question import Column, Grant, Question, Row
from projections.answers.sight import Sight

SUPPRESSED: Final = Column("suppressed", "text[]", "Columns that are null since too few people stand behind them.")
NAME: Final = "The name of {0}, as the roster has it; null for one who is not in it."
PSEUDONYM: Final = 16
PARTS_OF_THE_PAST: Final = 5
PORTIONS_OF_THE_PAST: Final = 4
WHO: Final = ("person", "agent")


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Rows as they are shown, whose they are, and the key after which the next page begins, None at the end."""

    rows: Sequence[Row]
    people: frozenset[str]
    next: tuple[Any, ...] | None


class _View(msgspec.Struct, frozen=True):
    """What some grants show of a row: columns as they are, those of people as pseudonyms, and those named besides."""

    plain: tuple[str, ...]
    disguised: tuple[str, ...]
    named: tuple[str, ...]


class Pages:
    """One question as asked by one asker."""

    def __init__(
        self, question: Question, asked: Asked, seen: Sight, data: Data, common: Sequence[Row] | None = None
    ) -> None:
        """`common` are the rows of a question that is computed, where they are known already."""
        self._question = question
        self._asked = asked
        self._seen = seen
        self._data = data
        sight.guard(question, asked, seen)
        self._where = sight.filters(question, asked) + purposes(question, asked)
        if seen.condition is not None:
            self._where.append(seen.condition)
        if question.narrows is not None and not asked.is_live:
            self._where += question.narrows(asked)
        self._computed = None if common is None else self._ordered(common)
        self._groups = groups.Groups(question, asked, data) if question.group else None
        self.columns = self._columns()
        self._names = tuple(each.name for each in self.columns)
        self._views: dict[tuple[Grant, ...], _View] = {}

    async def page(self, after: Sequence[Any] | None, limit: int) -> Page:
        """At most `limit` rows after the row of that key. Of the past there may be less of them, and more to come."""
        found, stopped = await self._found(after, limit + 1)
        rows = found[:limit]
        people = frozenset(str(row[name]) for name in self._people for row in rows if row[name])
        shown = await self._suppressed(rows)
        return Page(
            rows=[self._shown(row) for row in shown],
            people=people,
            next=identity(rows[-1], self._question.key) if len(found) > limit else stopped,
        )

    async def each(self, rows: Sequence[Row]) -> list[Row | None]:
        """Each of these rows of the question's table as the asker sees it, None where she does not, or did not ask."""
        seen = [conditions.meets(row, self._where) for row in rows]
        shown = iter(await self._suppressed([row for row, is_seen in zip(rows, seen, strict=True) if is_seen]))
        return [self._shown(next(shown)) if is_seen else None for is_seen in seen]

    @property
    def _people(self) -> list[str]:
        return [each.name for each in self._question.columns if each.holds in WHO]

    async def _found(self, after: Sequence[Any] | None, limit: int) -> tuple[list[Row], tuple[Any, ...] | None]:
        """At least `limit` rows, where there are so many: of those that are found, `complete` may drop some.

        Rows of the past are costly to find: after some times `limit` of them the search stops, at the key that is told.
        """
        if self._question.table is None:
            return await self._from_computed(after, limit)
        found: list[Row] = []
        parts = PARTS_OF_THE_PAST if not self._asked.is_live else None
        while True:
            part = await self._data.part(self._question.table, self._where, after=after, limit=limit)
            found += chosen(self._question, self._asked, await self._completed(part.rows))
            if part.next is None or len(found) >= limit:
                return found, None
            after = part.next
            parts = None if parts is None else parts - 1
            if parts == 0:
                return found, after

    async def _from_computed(self, after: Sequence[Any] | None, limit: int) -> tuple[list[Row], tuple[Any, ...] | None]:
        """As `_found`: of a question whose rows are computed portion by portion, or all at once."""
        portions = self._question.portions
        if portions is None:
            return self._beyond(after, await self._whole()), None
        found: list[Row] = []
        stopped = None
        parts = PORTIONS_OF_THE_PAST if not self._asked.is_live else None
        async for last, portion in portions(self._asked, self._where, self._data, after):
            if len(found) >= limit:
                return found, None
            if parts == 0:
                return found, stopped
            found += self._beyond(after, await (self._whole() if portion is self._asked else self._compute(portion)))
            stopped = last
            parts = None if parts is None else parts - 1
        return found, None

    async def _whole(self) -> list[Row]:
        """All rows, computed at once for all pages."""
        if self._computed is None:
            self._computed = await self._compute(self._asked)
        return self._computed

    async def _compute(self, asked: Asked) -> list[Row]:
        """Rows that are computed, in order of their key."""
        assert self._question.compute is not None
        return self._ordered(await self._question.compute(asked, self._data))

    def _ordered(self, every: Sequence[Row]) -> list[Row]:
        key = self._question.key
        rows = [row for row in every if conditions.meets(row, self._where)]
        return sorted(chosen(self._question, self._asked, rows), key=lambda row: identity(row, key))

    def _beyond(self, after: Sequence[Any] | None, rows: list[Row]) -> list[Row]:
        """The rows after that key; of a portion that it ends, those that do not begin with it."""
        if after is None:
            return rows
        key = self._question.key[: len(after)]
        return [row for row in rows if identity(row, key) > tuple(after)]

    async def _completed(self, rows: Sequence[Row]) -> Sequence[Row]:
        if self._question.complete is None:
            return rows
        return await self._question.complete(rows, self._asked, self._data)

    async def _suppressed(self, rows: Sequence[Row]) -> Sequence[Row]:
        if self._groups is None:
            return rows
        whole = [any(grant.small for grant in self._admitting(row)) for row in rows]
        return await self._groups.suppress(rows, whole)

    def _admitting(self, row: Row) -> list[Grant]:
        """The grants by which the row is seen."""
        return [
            grant
            for grant, alternatives in self._seen.grants
            if alternatives is None or any(conditions.fits(row, each) for each in alternatives)
        ]

    def _columns(self) -> tuple[Column, ...]:
        """The columns that the asker sees of any row, each of a person's id followed by one of her name."""
        grants = [grant for grant, _ in self._seen.grants]
        columns: list[Column] = []
        for each in self._question.columns:
            if all(_hides(grant, each) for grant in grants):
                continue
            columns.append(each)
            if each.holds == "person" and not all(grant.pseudonyms for grant in grants):
                columns.append(Column(named(each.name), "text", NAME.format(each.name)))
        return (*columns, SUPPRESSED) if self._question.group else tuple(columns)

    def _shown(self, row: Row) -> Row:
        """The row as the asker sees it."""
        grants = tuple(self._admitting(row))
        view = self._views.get(grants)
        if view is None:
            view = self._views[grants] = _view(self._question.columns, grants)
        shown: Row = dict.fromkeys(self._names)
        for each in view.plain:
            shown[each] = row[each]
        for each in view.disguised:
            shown[each] = pseudonym(row[each], self._asked.asker.secret)
        for each in view.named:
            shown[named(each)] = name(self._asked.reference.people, row[each])
        if self._groups is not None:
            shown[SUPPRESSED.name] = row.get(SUPPRESSED.name, [])
        return shown


def chosen(question: Question, asked: Asked, rows: Sequence[Row]) -> list[Row]:
    """The completed rows that the question's own parameters let through."""
    own = [
        (each.column, asked.values[each.name])
        for each in question.parameters
        if each.column is not None and each.name in asked.values
    ]
    return [row for row in rows if all(_text(row[column]) in values for column, values in own)]


def purposes(question: Question, asked: Asked) -> list[Condition]:
    """What rows must meet by the purposes that may be shown, where they have one."""
    if question.purpose is None or asked.purposes is None:
        return []
    return [[{question.purpose: asked.purposes}]]


def pseudonym(person: str | None, secret: bytes) -> str | None:
    """A name for a person that says nothing of her, the same in every answer of a store."""
    if person is None:
        return None
    return "p-" + hmac.new(secret, b"pseudonym\0" + person.encode(), hashlib.sha256).hexdigest()[:PSEUDONYM]


def named(column: str) -> str:
    """The column that has the name of whom another one has the id."""
    return column.removesuffix("_id") + "_name"


def name(people: Mapping[str, Any], person: str | None) -> str | None:
    """What a person is called."""
    known = None if person is None else people.get(person)
    return None if known is None else f"{known.given_name} {known.family_name}".strip() or None


def _view(columns: Sequence[Column], grants: Sequence[Grant]) -> _View:
    told = [each for each in columns if not all(_hides(grant, each) for grant in grants)]
    if all(grant.pseudonyms for grant in grants):
        plain = tuple(each.name for each in told if each.holds not in WHO)
        return _View(plain, tuple(each.name for each in told if each.holds in WHO), ())
    return _View(tuple(each.name for each in told), (), tuple(each.name for each in told if each.holds == "person"))


def _hides(grant: Grant, column: Column) -> bool:
    return column.name in grant.hides or (grant.pseudonyms and column.holds == "trace")


def _text(value: Any) -> str:  # noqa: ANN401 - whatever a row holds
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
