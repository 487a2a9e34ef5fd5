"""Changed rows of projections, numbered by store and projection without gaps, in the order in which they became so.

They are recorded in the transaction that changes the rows, and only while somebody wants them: a hook, or a reader of
the feed. Every change of a row that then holds beyond the position at which that began is there.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias

import asyncpg
import msgspec

from lrs.storage import sqlfile
from lrs.storage.pool import Connection
from projections.analytic import Projection, Table

SQL: Final = sqlfile.load(__package__, "changes.sql")
# How long changes are kept, and recorded after they were last asked for. Hooks may fail as long before they are ended.
DAYS: Final = 30
# More are not held in memory: a row that moves from one owner to another is then told as removed and added.
HELD: Final = 20_000
# Columns that say nothing of the row: as SQL has them, in an array.
OURS: Final = "'{store,owner,content}'::text[]"

What: TypeAlias = Literal["added", "changed", "removed", "gap"]


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The last number given, and the position behind which every change is recorded."""

    number: int
    since: int


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A changed row: what it was `before`, and what it is, each by column in the types of JSON; None where it is not.

    After it the projection held through `position`. A `gap` says that changes before it are missing: rows are to be
    read anew.
    """

    number: int
    position: int
    at: datetime
    table: str
    key: Sequence[Any]
    what: What
    before: Mapping[str, Any] | None = None
    row: Mapping[str, Any] | None = None


class Portion(msgspec.Struct, frozen=True, kw_only=True):
    """Changes in order, the last number given, and the position behind which all are recorded."""

    changes: Sequence[Change]
    head: Head


async def want(tx: Connection, store: int, projection: str, *, days: int = DAYS) -> Head:
    """Have changes recorded from now on, for so many days at least; how far they go."""
    named = {"store": store, "projection": projection}
    found = await SQL.fetchrow(tx, "head", **named, days=days)
    if found is not None and not found["ends"]:
        return Head(number=found["number"], since=found["since"])
    await SQL.execute(tx, "begin", **named, days=days)
    if found is not None and found["lapsed"]:
        await SQL.execute(tx, "resume", **named, days=days)
    elif found is not None:
        await SQL.execute(tx, "prolong", **named, days=days)
    found = await SQL.fetchone(tx, "head", **named, days=days)
    return Head(number=found["number"], since=found["since"])


async def after(connection: Connection, store: int, projection: str, number: int, limit: int) -> Portion:
    """The changes behind a number; where some of these are forgotten, a gap comes first."""
    named = {"store": store, "projection": projection}
    head = await SQL.fetchrow(connection, "head", **named, days=DAYS)
    if head is None:
        return Portion(changes=(), head=Head(number=0, since=0))
    rows = await SQL.fetch(connection, "after", **named, number=number, limit=limit)
    changes = [_change(row) for row in rows]
    first = changes[0].number if changes else head["number"] + 1
    if number + 1 < first and number < head["number"]:
        now = changes[0].at if changes else await connection.fetchval("select clock_timestamp()")
        position = changes[0].position if changes else head["since"]
        changes.insert(0, Change(number=first - 1, position=position, at=now, table="", key=(), what="gap"))
    return Portion(changes=changes, head=Head(number=head["number"], since=head["since"]))


async def gap(connection: Connection, projection: str) -> None:
    """Say, wherever changes are recorded, that rows are to be read anew: those of before were dropped."""
    await SQL.execute(connection, "gap", projection=projection)


async def prune(connection: Connection, projection: str) -> int:
    """Forget what is old, and what nobody wants any more; how many changes that were."""
    return await SQL.execute(connection, "prune", projection=projection, days=DAYS)


async def recording(tx: Connection, store: int, projection: str) -> int | None:
    """The last number given, if changes are recorded now."""
    number = await SQL.fetchval(tx, "recording", store=store, projection=projection)
    return None if number is None else int(str(number))


class _Entry:
    """What a row was when it was first touched in a round, and what it is now."""

    def __init__(self, owner: str, before: str | None) -> None:
        self.owner = owner
        self.before = before
        self.after: str | None = None


class Recorder:
    """Takes down the changed rows of one round, which holds through `position`; `number` was the last one given."""

    def __init__(self, tx: Connection, store: int, projection: str, number: int, position: int) -> None:
        self._tx = tx
        self._store = store
        self._projection = projection
        self._first = self._number = number
        self._position = position
        self._entries: dict[tuple[str, str], _Entry] = {}

    def branch(self) -> "Recorder":
        """One for a part of the round that may yet be undone."""
        return Recorder(self._tx, self._store, self._projection, self._number, self._position)

    async def join(self, branch: "Recorder") -> None:
        """Take down what a part that was done has."""
        for place, entry in branch._entries.items():
            self._put(place, entry.owner, gone=entry.before, new=None)
            self._put(place, entry.owner, gone=None, new=entry.after)
        await self.bound()

    def take(self, table: Table, gone: Iterable[asyncpg.Record], new: Iterable[asyncpg.Record]) -> None:
        """Take down rows (owner and row as JSON) that are gone from a table, and then those that are new in it."""
        for record in gone:
            self._put((table.name, _key(table, record["row"])), record["owner"], gone=record["row"], new=None)
        for record in new:
            self._put((table.name, _key(table, record["row"])), record["owner"], gone=None, new=record["row"])

    def _put(self, place: tuple[str, str], owner: str, *, gone: str | None, new: str | None) -> None:
        entry = self._entries.get(place)
        if entry is None:
            if gone is None and new is None:
                return
            entry = self._entries[place] = _Entry(owner, gone)
        if gone is not None:
            entry.after = None
        if new is not None:
            entry.owner, entry.after = owner, new

    async def bound(self) -> None:
        """Write what is held, where it is much."""
        if len(self._entries) > HELD:
            await self._write()

    async def _write(self) -> None:
        """Number what has changed."""
        rows = [
            (table, entry.owner, key, _what(entry), entry.before, entry.after)
            for (table, key), entry in self._entries.items()
            if entry.before != entry.after
        ]
        self._entries.clear()
        if not rows:
            return
        tables, owners, keys, whats, befores, afters = (list(each) for each in zip(*rows, strict=True))
        await SQL.execute(
            self._tx, "add", store=self._store, projection=self._projection, number=self._number,
            position=self._position, tables=tables, owners=owners, keys=keys, whats=whats, befores=befores, rows=afters,
        )  # fmt: skip
        self._number += len(rows)

    async def end(self) -> None:
        """The end of the round: all that changed has its number when its transaction commits."""
        await self._write()
        if self._number > self._first:
            named = {"store": self._store, "projection": self._projection}
            await SQL.execute(self._tx, "move", **named, first=self._first, last=self._number)


async def differ(owner: Connection, projection: Projection, new: str, old: str) -> int:
    """Record by which rows the tables of a schema differ from those of another that they replace; how many rows."""
    found = 0
    for row in await SQL.fetch(owner, "stores", projection=projection.name):
        store, first = row["store"], row["number"]
        last = first
        for table in projection.tables:
            if await owner.fetchval("select to_regclass($1) is not null", f"{old}.{table.name}"):
                status = await owner.execute(_differing(table, new, old), store, projection.name, last, table.name)
                last += int(status.rpartition(" ")[2])
        await SQL.execute(owner, "move", store=store, projection=projection.name, first=first, last=last)
        found += last - first
    return found


def _differing(table: Table, new: str, old: str) -> str:
    """SQL that adds a change for each row that differs; the old table may have had other columns."""
    key = ", ".join(f"to_jsonb(t) -> '{each}'" for each in table.key)
    # Names of schemas, tables and columns were found to be plain words when the projection was loaded.
    of = f"select jsonb_build_array({key}) as key, t.owner, t.content, to_jsonb(t) - {OURS} as row from"
    where = f".{table.name} t where t.store = $1"
    return (
        f"with n as ({of} {new}{where}), o as ({of} {old}{where})"  # noqa: S608
        ' insert into changes.rows (store, projection, number, position, "table", owner, key, what, before, row)'
        " select $1::int, $2::text, $3::bigint + row_number() over (order by coalesce(n.key, o.key)),"
        " coalesce((select position from relay.checkpoints where store = $1 and follower = 'facts'), 0), $4::text,"
        " coalesce(n.owner, o.owner),"
        " coalesce(n.key, o.key), case when o.key is null then 'added' when n.key is null then 'removed'"
        " else 'changed' end, o.row, n.row"
        " from n full join o on n.key = o.key"
        " where n.content is distinct from o.content and n.row is distinct from o.row"
    )


def _key(table: Table, row: str) -> str:
    values = msgspec.json.decode(row)
    return msgspec.json.encode([values[name] for name in table.key]).decode()


def _what(entry: _Entry) -> What:
    if entry.before is None:
        return "added"
    return "removed" if entry.after is None else "changed"


def _change(row: asyncpg.Record) -> Change:
    before, now = row["before"], row["row"]
    return Change(
        number=row["number"],
        position=row["position"],
        at=row["at"],
        table=row["table"],
        key=msgspec.json.decode(row["key"]),
        what=row["what"],
        before=None if before is None else msgspec.json.decode(before),
        row=None if now is None else msgspec.json.decode(now),
    )
