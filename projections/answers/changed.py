"""Changed rows of projections as somebody sees them: by the roles, scopes and suppression of the questions about them.

A row is shown by the question that is asked of its table. Where a row comes to be seen by the change, it is told as
added, where it no longer is, as removed; who sees sums alone is told nothing.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from aiohttp import web

from lrs.errors import Forbidden, Invalid
from lrs.events import Look
from lrs.storage import pool as storage
from projections.analytic import Projection, Table, changes
from projections.analytic.changes import Change, Head
from projections.answers import sight
from projections.answers.asked import Asked
from projections.answers.asker import Asker
from projections.answers.data import Data, Row
from projections.answers.ground import Ground
from projections.answers.pages import WHO, Pages
from projections.answers.question import Question

FILTERS: Final = ("person", "org", "cohort")


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which changes are asked for: of `tables` of a projection, empty for all, of rows by the standard filters, and
    of those that have, before or after, one of the values of each column of `state`.
    """

    projection: str
    tables: tuple[str, ...] = ()
    values: Mapping[str, tuple[str, ...]] = {}
    state: Mapping[str, tuple[str, ...]] = {}

    @property
    def text(self) -> str:
        """What is asked for, for the audit."""
        named = {"projection": (self.projection,), "table": self.tables, **self.values}
        pairs = [(name, value) for name, values in sorted(named.items()) for value in values]
        return urlencode([*pairs, *(("state", f"{name}={value}") for name in self.state for value in self.state[name])])


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A change as it is told, in the types of JSON; None where it does not concern the asker."""

    number: int
    told: Mapping[str, Any] | None


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """All changes up to number `next`, of `head.number` that there are, each shown or not."""

    changes: Sequence[Shown]
    next: int
    head: Head


def tables(projections: Sequence[Projection]) -> Mapping[str, Mapping[str, Table]]:
    """The tables of projections, by name."""
    return {each.name: {table.name: table for table in each.tables} for each in projections}


def check(known: Mapping[str, Mapping[str, Table]], wanted: Wanted) -> None:
    """Invalid, with what there is, where something is named that there is not."""
    tables = known.get(wanted.projection)
    if tables is None:
        raise Invalid(f"projection is one of {', '.join(known)}", pointer="/projection", rule="parameter")
    for name in wanted.tables:
        if name not in tables:
            words = f"a table of {wanted.projection} is one of {', '.join(tables)}"
            raise Invalid(words, pointer="/tables", rule="parameter")
    meant = [tables[name] for name in wanted.tables or tables]
    for name in wanted.state:
        if all(name != column.name for table in meant for column in table.columns):
            raise Invalid(f"there is no column {name[:80]!r} there", pointer="/state", rule="parameter")


class Changed:
    """The changes of projections, by the questions of their tables."""

    def __init__(self, ground: Ground, questions: Sequence[Question]) -> None:
        self._ground = ground
        self._questions = {each.table: each for each in reversed(questions) if each.table is not None}
        self._tables = tables(ground.projections)

    def check(self, wanted: Wanted) -> None:
        """Invalid, with what there is, where something is named that there is not."""
        check(self._tables, wanted)

    async def want(self, store: int, projection: str) -> Head:
        """Have the changes of a projection recorded; how far they go."""
        async with storage.transaction(self._ground.pool) as tx:
            return await changes.want(tx, store, projection)

    async def beyond(self, store: int, projection: str, number: int) -> bool:
        """Whether there are changes behind a number."""
        async with storage.connection(self._ground.pool) as connection:
            return bool((await changes.after(connection, store, projection, number, 1)).changes)

    async def after(
        self, asker: Asker, wanted: Wanted, number: int, limit: int, *, why: str = "", endpoint: str = "changes"
    ) -> Told:
        """What is told of at most `limit` changes behind a number; whose rows are shown is kept in the audit first.

        Forbidden where the asker sees no row of any of the tables.
        """
        self.check(wanted)
        ground = self._ground
        reference = await ground.references.of(asker.store)
        day = reference.local_date(datetime.fromtimestamp(ground.now(), UTC), None)
        asked = Asked(asker=asker, reference=reference, values=wanted.values, as_of=day, today=day)
        async with (
            storage.connection(ground.pool) as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            views = self._views(asked, wanted, Data(connection, asker.store, ground.tables))
            portion = await changes.after(connection, asker.store, wanted.projection, number, limit)
            shown = await _shown(portion.changes, views, wanted)
        told = {each.number for each in shown if each.told is not None}
        people = frozenset[str]().union(*(_people(each, views) for each in portion.changes if each.number in told))
        if people:
            look = Look(
                who=asker.name, roles=tuple(sorted(asker.roles)), endpoint=endpoint, filter=wanted.text,
                people=tuple(sorted(people)), rows=len(told), why=why,
            )  # fmt: skip
            await ground.audit.looked(asker.store, look)
        through = portion.changes[-1].number if portion.changes else number
        return Told(changes=shown, next=through, head=portion.head)

    def _views(self, asked: Asked, wanted: Wanted, data: Data) -> Mapping[str, "_View"]:
        """The tables of which the asker sees rows."""
        views: dict[str, _View] = {}
        refused: Forbidden | None = None
        for name in wanted.tables or self._tables[wanted.projection]:
            question = self._questions.get(f"{wanted.projection}.{name}")
            if question is None or not set(asked.values) <= set(question.filters):
                continue
            try:
                views[name] = _View(_plain(question, data.types(question.table or "")), asked, data)
            except Forbidden as error:
                refused = error
        if not views:
            raise refused or Forbidden("no question is asked of these tables by these filters: so nobody sees them")
        return views


class _View:
    """The rows of one table as the asker sees them."""

    def __init__(self, question: Question, asked: Asked, data: Data) -> None:
        seen = sight.of(question, asked)
        if not seen.grants:
            raise Forbidden("you see sums of these rows alone, and there are no changes of sums: ask a question")
        if question.minds_purpose and any(grant.purposes is not None for grant, _ in seen.grants):
            raise Forbidden("these rows are of several purposes, and you see some of them: ask a question")
        self.question = question
        self._pages = Pages(question, asked, seen, data)
        self._times = [each.name for each in question.columns if each.type == "timestamptz"]

    async def each(self, rows: Sequence[Mapping[str, Any] | None]) -> list[Row | None]:
        """The rows as they are shown, None where they are not."""
        known = iter(await self._pages.each([self._restored(row) for row in rows if row is not None]))
        return [None if row is None else next(known) for row in rows]

    def key(self, row: Row) -> dict[str, Any]:
        """What the row is known by."""
        return {name: row[name] for name in self.question.key if name in row}

    def _restored(self, row: Mapping[str, Any]) -> Row:
        restored: Row = {each.name: row.get(each.name) for each in self.question.columns}
        for name in self._times:
            if restored[name] is not None:
                restored[name] = datetime.fromisoformat(restored[name]).astimezone(UTC)
        return restored


def _plain(question: Question, types: Mapping[str, str]) -> Question:
    """The question of the rows as they are stored, without what is worked out when it is asked."""
    return msgspec.structs.replace(
        question,
        columns=tuple(each for each in question.columns if each.name in types),
        complete=None,
        narrows=None,
        parameters=(),
        summary=None,
    )


async def _shown(found: Sequence[Change], views: Mapping[str, _View], wanted: Wanted) -> list[Shown]:
    """The changes, each as it is told."""
    sides: dict[int, tuple[Row | None, Row | None]] = {}
    for table, view in views.items():
        own = [each for each in found if each.table == table]
        olds = await view.each([each.before for each in own])
        news = await view.each([each.row for each in own])
        sides |= {each.number: (old, new) for each, old, new in zip(own, olds, news, strict=True)}
    shown = []
    for each in found:
        before, after = sides.get(each.number, (None, None))
        told = None
        if each.what == "gap":
            told = _message(each, "gap", {}, None, None)
        elif before != after and (_fits(before, wanted) or _fits(after, wanted)):
            what = "added" if before is None else "removed" if after is None else "changed"
            told = _message(each, what, views[each.table].key(after or before or {}), before, after)
        shown.append(Shown(number=each.number, told=told))
    return shown


def _message(each: Change, what: str, key: Row, before: Row | None, after: Row | None) -> dict[str, Any]:
    return {
        "number": each.number, "position": each.position, "at": each.at.astimezone(UTC), "what": what,
        "table": each.table or None, "key": key or None, "before": before, "row": after,
    }  # fmt: skip


def _fits(row: Row | None, wanted: Wanted) -> bool:
    """Whether a row, as it is shown, has what is asked for."""
    return row is not None and all(
        name in row and _text(row[name]) in values and name not in row.get("suppressed", ())
        for name, values in wanted.state.items()
    )


def _people(change: Change, views: Mapping[str, _View]) -> frozenset[str]:
    """Whose row it is."""
    view = views.get(change.table)
    names = [each.name for each in view.question.columns if each.holds in WHO] if view is not None else []
    rows = [row for row in (change.before, change.row) if row is not None]
    return frozenset(str(row[name]) for row in rows for name in names if row.get(name))


def _text(value: Any) -> str:  # noqa: ANN401 - whatever a row holds
    if isinstance(value, bool):
        return "true" if value else "false"
    return "null" if value is None else str(value)


CHANGED: Final[web.AppKey[Changed]] = web.AppKey("changed", Changed)
