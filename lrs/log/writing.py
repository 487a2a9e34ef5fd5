"""What a group writes goes to PostgreSQL as one statement, which also moves the head: one round trip, all or nothing.

Each query stays in the `.sql` file of whoever owns the table. Here those of a group become one: an `insert` each in a
`with`, behind the move of the head, from which all take their store. So the head is locked before any row is written,
and nothing is written where the log has gone on since the group was decided.
"""

import functools
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Final

import asyncpg
import msgspec

from lrs.log.store import Store
from lrs.storage import sqlfile
from lrs.storage.pool import Connection
from lrs.storage.sqlfile import PLACE, Query

SQL = sqlfile.load(__package__, "append.sql")
ADVANCE: Final = SQL["advance"]
# Raised by log.advance.
ELSEWHERE: Final = "LRS01"


class Moved(Exception):
    """The log is not where it was thought to be, or has to be locked before this can be written: lock it, go again."""


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """The head before and after a group: its first `stored` lies behind the floor that the head has."""

    after: int
    first: datetime
    position: int
    floor: datetime
    keeps_times: bool


class Writing:
    """The rows of one group, gathered. Unless `locked`, the head is not held yet, and is checked when all is written.

    `looks` is for look-ups on what was there before the group.
    """

    def __init__(self, looks: Connection, store: Store, *, locked: bool) -> None:
        self.looks = looks
        self.locked = locked
        self._store = store
        self._queries: list[Query] = []
        self._values: list[object] = []
        self._afterwards: list[Callable[[Connection], Awaitable[None]]] = []

    def add(self, query: Query, **values: object) -> None:
        """Have an `insert` run with all others of the group; its first parameter is the store, and is not given."""
        _, *own = query.values({"store": self._store.id, **values})
        self._queries.append(query)
        self._values += own

    def insist(self, query: Query, **values: object) -> None:
        """Have a `select` of one boolean run with the rest, in place of a look-up: Moved where it is not true."""
        self.add(query, **values)

    def transaction(self) -> Connection:
        """The transaction that holds the head, to write at once; Moved where there is none yet."""
        if not self.locked:
            raise Moved
        return self.looks

    def afterwards(self, write: Callable[[Connection], Awaitable[None]]) -> None:
        """Have `write` called in the transaction, once all rows are there; Moved where there is no transaction yet."""
        self.transaction()
        self._afterwards.append(write)

    async def run(self, move: Move) -> datetime:
        """Move the head and write everything; the clock of the database. Moved where the head is elsewhere."""
        values = ADVANCE.values({"store": self._store.id, **msgspec.structs.asdict(move)})
        try:
            row = await self.looks.fetchrow(together(tuple(self._queries)), *values, *self._values)
        except asyncpg.PostgresError as error:
            if error.sqlstate == ELSEWHERE:
                raise Moved from error
            raise
        for write in self._afterwards:
            await write(self.looks)
        assert row is not None
        clock: datetime = row["clock"]
        return clock


@functools.lru_cache(maxsize=1_000)
def together(queries: Sequence[Query]) -> str:
    """One statement of the move of the head, `insert`s, and `select`s of what must be true.

    Its parameters are those of the move, then theirs in order.
    """
    writes = [f"head as materialized ({ADVANCE.text})"]
    insisted = []
    taken = len(ADVANCE.parameters)
    for number, query in enumerate(queries):
        text = _renumbered(query, taken)
        taken += len(query.parameters) - 1
        if text.startswith("insert"):
            writes.append(f"write_{number} as ({text})")
        else:
            insisted.append(f", log.insist(({text}))")
    return f"with {', '.join(writes)} select store, clock_timestamp() as clock{''.join(insisted)} from head"  # noqa: S608


def _renumbered(query: Query, taken: int) -> str:
    """Its parameters count on from those taken; the store is that of the head, which is thereby locked first."""
    if query.parameters[0] != "store":
        raise ValueError(f"{query.file}: the first parameter of {query.name} is not the store")
    return PLACE.sub(
        lambda found: "(select store from head)" if found[1] == "1" else f"${int(found[1]) - 1 + taken}", query.text
    )
