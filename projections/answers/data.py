"""Rows of the tables of projections: as they are now, or as they were, in the same form.

In rows, uuids and lists of them are text, numerics are floats, times are aware and in UTC, and jsonb is decoded.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, Protocol, TypeAlias

import msgspec

from lrs.log.read import LAST
from lrs.reference.reference import Reference
from lrs.storage.pool import Connection
from projections.answers import conditions
from projections.answers.conditions import Condition
from projections.answers.slices import slices

Row: TypeAlias = dict[str, Any]

# How a column is read so that it comes in the form above; every other type comes so by itself.
READ: Final = {
    "uuid": "t.{0}::text as {0}",
    "uuid[]": "t.{0}::text[] as {0}",
    "numeric(6,3)": "t.{0}::float8 as {0}",
    "numeric(7,4)": "t.{0}::float8 as {0}",
}

RESTORE: Final[Mapping[str, Callable[[str], Any]]] = {
    "bigint": int,
    "integer": int,
    "date": date.fromisoformat,
    "timestamptz": datetime.fromisoformat,
}


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """A table of a projection: the types of its columns by name, the columns of its key, and of these those that move
    (`projections.analytic.Table`).
    """

    types: Mapping[str, str]
    key: tuple[str, ...]
    moves: frozenset[str] = frozenset()


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """A time in the past: the facts live at position `known_at` (None: at `through`, the position that the answer will
    give), observed through `as_of` (None: all).
    """

    as_of: date | None
    known_at: int | None
    through: int

    @property
    def at(self) -> int:
        """The position at which facts were live."""
        return self.through if self.known_at is None else self.known_at


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """Rows in order of their key, and the key after which there may be more; None at the end."""

    rows: list[Row]
    next: tuple[Any, ...] | None = None


class Then(Protocol):
    """Rows as they were at one moment."""

    async def part(
        self, table: str, where: Sequence[Condition], *, after: Sequence[Any] | None, limit: int | None,
        only: Collection[str] = (),
    ) -> Part:  # fmt: skip
        """Rows of `table` (`schema.table`) that meet `where`, after the row of that key: those of about `limit` rows of
        now, or of some times as many. What is not among `only` may be left out.
        """


class Past(Protocol):
    """What was, at any moment."""

    def at(
        self, connection: Connection, store: int, reference: Reference, moment: Moment, tick: Callable[[], object]
    ) -> Then:
        """The rows of that moment; `tick` is called now and then while they are computed."""


class Data:
    """What a question may read, all of it in one transaction; without `then`, what is live.

    `through` is the position that the answer will give: who reads facts reads those that were live there.
    """

    def __init__(
        self, connection: Connection, store: int, tables: Mapping[str, Stored], then: Then | None = None,
        through: int = LAST,
    ) -> None:  # fmt: skip
        self.connection = connection
        self.store = store
        self.through = through
        self._tables = tables
        self._then = then

    def types(self, table: str) -> Mapping[str, str]:
        """The types of the columns of `table` (`schema.table`)."""
        return self._tables[table].types

    async def rows(self, table: str, where: Mapping[str, Collection[str]] = {}) -> list[Row]:
        """Every row of `table` (`schema.table`) whose columns are among these values, in order of its key."""
        among = {column: frozenset(map(str, values)) for column, values in where.items()}
        return await self.every(table, [(among,)] if among else [])

    async def every(self, table: str, where: Sequence[Condition], *, only: Collection[str] = ()) -> list[Row]:
        """Every row of `table` that meets `where`, in order of its key; what is not among `only` may be left out."""
        return (await self.part(table, where, only=only)).rows

    async def part(
        self, table: str, where: Sequence[Condition], *, after: Sequence[Any] | None = None, limit: int | None = None,
        only: Collection[str] = (),
    ) -> Part:  # fmt: skip
        """At most `limit` rows of `table` that meet `where`, in order of its key, after the row of that key."""
        if self._then is not None:
            return await self._then.part(table, where, after=after, limit=limit, only=only)
        stored = self._tables[table]
        types = {name: type_ for name, type_ in stored.types.items() if not only or name in only}
        what = selected(Stored(types=types, key=stored.key))
        text, values = selecting(table, stored, where, what, self.store, after, limit)
        decoded = [name for name, type_ in types.items() if type_ == "jsonb"]
        rows: list[Row] = []
        async for some in slices(await self.connection.fetch(text, *values)):
            made = [dict(each) for each in some]
            _decode(made, decoded)
            rows += made
        is_full = limit is not None and len(rows) == limit
        return Part(rows=rows, next=identity(rows[-1], stored.key) if rows and is_full else None)

    async def first(
        self, table: str, column: str, where: Sequence[Condition], *, after: str | None, limit: int
    ) -> list[str]:
        """The first `limit` values of a column of text after one, in order, of rows that meet `where` now.

        In the past as well, as far as they meet it in columns that do not move: rows of then are those of keys that
        have rows now, but as they were known earlier.
        """
        stored = self._tables[table]
        where = where if self._then is None else conditions.without(where, stored.moves)
        found = conditions.sql(where, stored.types, first=4)
        by = f"t.{column}{await collation(self.connection)}"
        text = (
            f"select distinct {by} as {column} from {table} t"  # noqa: S608 - names of declarations
            f" where t.store = $1 and ($2::text is null or {by} > $2){found.sql} order by {by} limit $3"
        )
        return [row[column] for row in await self.connection.fetch(text, self.store, after, limit, *found.values)]


async def collation(connection: Connection) -> str:
    """What has text ordered as it is ordered here; nothing where the database does so by itself, and by its indexes."""
    return "" if await connection.fetchval("select 'a' > 'B'") else ' collate "C"'


def selecting(
    table: str, stored: Stored, where: Sequence[Condition], what: str, store: int, after: Sequence[Any] | None,
    limit: int | None, collation: str = "", *, back: bool = False,
) -> tuple[str, list[Any]]:  # fmt: skip
    """A query for some of a table, and its values; all names in it are those of declarations.

    Without a `collation` rows come as the database orders text: that will do where nobody else compares keys. `back`
    asks for the row of that key and those before it, the last first.
    """
    key = [f"t.{name}{collation if stored.types[name] == 'text' else ''}" for name in stored.key]
    found = conditions.sql(where, stored.types, first=2)
    text = f"select {what} from {table} t where t.store = $1{found.sql}"  # noqa: S608
    values: list[Any] = [store, *found.values]
    if after is not None:
        text += f" and ({', '.join(key)}) {'<=' if back else '>'} ({_places(stored, len(values) + 1)})"
        values += map(str, after)
    text += f" order by {', '.join(f'{each} desc' if back else each for each in key)}"
    return (text if limit is None else f"{text} limit {int(limit)}"), values


def identity(row: Mapping[str, Any], key: Sequence[str]) -> tuple[Any, ...]:
    """What a row is known by."""
    return tuple(row[name] for name in key)


def restored(texts: Sequence[str], types: Sequence[str]) -> tuple[Any, ...]:
    """Values of a key as rows have them, from their texts; ValueError for what is none."""
    return tuple(RESTORE.get(type_, str)(text) for text, type_ in zip(texts, types, strict=True))


def selected(stored: Stored) -> str:
    """The columns of a table, each so that its values come in the form of rows."""
    return ", ".join(READ.get(type_, "t.{0}").format(name) for name, type_ in stored.types.items())


def _places(stored: Stored, first: int) -> str:
    return ", ".join(f"${number}::text::{stored.types[name]}" for number, name in enumerate(stored.key, first))


def _decode(rows: Sequence[Row], names: Sequence[str]) -> None:
    for name in names:
        for row in rows:
            if row[name] is not None:
                row[name] = msgspec.json.decode(row[name])
