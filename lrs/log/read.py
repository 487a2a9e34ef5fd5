"""Reading the log by position. As positions have no gaps and come in commit order, `position > n` misses nothing."""

from collections.abc import AsyncIterator
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from lrs.events import Kind
from lrs.storage import pool as storage
from lrs.storage import sqlfile
from lrs.storage.pool import Pool

SQL = sqlfile.load(__package__, "read.sql")
PAGE = 1_000


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
