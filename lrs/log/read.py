"""Reading the log by position. As positions have no gaps and come in commit order, `position > n` misses nothing."""

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from lrs.events import Kind
from lrs.storage import pool as storage
from lrs.storage import sqlfile
from lrs.storage.pool import Connection, Pool

SQL = sqlfile.load(__package__, "read.sql")
PAGE = 1_000
LAST = 2**63 - 1


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """An event as the log holds it; payload, filled and salt are None where it was erased."""

    position: int
    kind: Kind
    stored: datetime
    credential: str | None
    subject: UUID
    commitment: bytes
    leaf: bytes
    payload: bytes | None
    filled: bytes | None
    salt: bytes | None

    @classmethod
    def from_row(cls, row: asyncpg.Record) -> "Record":
        """The record that a row of `after` holds."""
        return cls(**{**dict(row), "kind": Kind(row["kind"])})


class Told(msgspec.Struct, frozen=True):
    """An event as followers are told of it; payload and filled are None where it was erased."""

    position: int
    kind: Kind
    stored: datetime
    subject: UUID
    payload: bytes | None
    filled: bytes | None


class Span(msgspec.Struct, frozen=True):
    """Events in order, the position through which there are no others of the kinds asked for, and the log's end."""

    events: list[Told]
    through: int
    head: int


class End(msgspec.Struct, frozen=True, kw_only=True):
    """The end of a log; `leaf` is None while it is empty."""

    position: int
    floor: datetime
    leaf: bytes | None


class Reader:
    """Reads the logs of every store."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def head(self, store: int) -> End:
        """The end of the store's log."""
        async with storage.connection(self._pool) as connection:
            row = await SQL.fetchone(connection, "head", store=store)
        return End(position=row["position"], floor=row["floor"], leaf=row["leaf"])

    async def after(self, store: int, position: int, *, limit: int = PAGE) -> list[Record]:
        """At most `limit` events after `position`, in order."""
        async with storage.connection(self._pool) as connection:
            rows = await SQL.fetch(connection, "after", store=store, position=position, limit=limit)
        return [Record.from_row(row) for row in rows]

    async def every(self, store: int, *, after: int = 0, through: int | None = None) -> AsyncIterator[Record]:
        """All events after `after`, up to `through` or to the end as it is when it is reached."""
        while records := await self.after(store, after):
            for record in records:
                if through is not None and record.position > through:
                    return
                yield record
            after = records[-1].position

    async def references(self, store: int, *, after: int = 0) -> list[Told]:
        """The ReferenceApplied events after `after`, in order."""
        async with storage.connection(self._pool) as connection:
            return await references(connection, store, after=after)


async def told(connection: Connection, store: int, position: int, *, limit: int) -> list[Told]:
    """At most `limit` events after `position`, in order, for followers."""
    return _told(await SQL.fetch(connection, "told", store=store, position=position, limit=limit))


async def span(
    connection: Connection, store: int, position: int, *, count: int, kinds: Iterable[Kind], size: int
) -> Span:
    """Events of some kinds among the `count` after `position`, no more than `size` bytes of them, but one at least."""
    numbers = [kind.value for kind in kinds]
    rows = await SQL.fetch(connection, "span", store=store, position=position, count=count, kinds=numbers, size=size)
    head: int = rows[0]["head"]
    found = [row for row in rows if row["position"] is not None]
    if found and len(found) < found[0]["total"]:
        through = found[-1]["position"]
    else:
        through = max(position, min(position + count, head))
    return Span([Told(row[2], Kind(row[3]), *row[4:]) for row in found], through, head)


async def references(connection: Connection, store: int, *, after: int = 0, through: int = LAST) -> list[Told]:
    """The ReferenceApplied events in (after, through], in order."""
    return _told(await SQL.fetch(connection, "references", store=store, position=after, through=through))


async def statements(connection: Connection, store: int, positions: Sequence[int]) -> list[Told]:
    """The StatementStored events at these positions, in order."""
    return _told(await SQL.fetch(connection, "statements", store=store, positions=list(positions)))


def _told(rows: list[asyncpg.Record]) -> list[Told]:
    return [Told(position, Kind(kind), *rest) for position, kind, *rest in rows]
