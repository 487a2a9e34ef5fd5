"""The bound that PostgreSQL sets: COPY of the very rows that the server has just written.

Into copies of the same tables with all their indexes and constraints, in one connection, binary and encoded beforehand,
so that no CPU is spent on anything but storing. The copies hold what the tables hold, as both grow by the same rows.
No look-ups, no head row, no positions to give: a server cannot do less than this.
"""

import io
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import asyncpg

TABLES: Final = (
    "log.events",
    "log.payloads",
    "statements.statements",
    "statements.also",
    "statements.related",
    "statements.voided",
    "people.names",
    "activities.definitions",
)
SCHEMA: Final = "bench"
Range = tuple[int, int]
Parts = list[tuple[str, bytes]]


@dataclass(frozen=True, kw_only=True)
class Copied:
    """How many statements were copied, in how many transactions, and how long that took."""

    statements: int
    transactions: int
    seconds: float

    @property
    def rate(self) -> float:
        """Statements a second."""
        return self.statements / self.seconds


class Copies:
    """Copies of the tables of a database, on a connection of its owner; `store` is the one that is written to."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]", store: int) -> None:
        self._connection = connection
        self._store = store
        self._columns: dict[str, str] = {}

    async def make(self) -> None:
        """The copies, with all that the tables hold."""
        await self._connection.execute(f"drop schema if exists {SCHEMA} cascade; create schema {SCHEMA}")
        for table in TABLES:
            name = _name(table)
            await self._connection.execute(f"create table {SCHEMA}.{name} (like {table} including all)")
            await self._connection.execute(f"insert into {SCHEMA}.{name} select * from {table}")  # noqa: S608
            columns = (await self._connection.prepare(f"select * from {table}")).get_attributes()  # noqa: S608
            self._columns[table] = ", ".join(column.name for column in columns)

    async def position(self) -> int:
        """The last position of the store."""
        found: int = await self._connection.fetchval("select position from log.heads where store = $1", self._store)
        return found

    async def take(self, after: int) -> list[Range]:
        """Hold ready the rows that were written since a position; first and last position of each transaction."""
        await self._connection.execute(
            "drop table if exists pg_temp.written; create temporary table written as"  # noqa: S608
            " select xmin::text as tx, min(position) as first, max(position) as last from log.events"
            f" where store = {self._store} and position > {after} group by xmin::text"
        )
        for table in TABLES:
            # A row may be about an older statement: it belongs where its transaction does.
            await self._connection.execute(
                f"drop table if exists pg_temp.new_{_name(table)};"  # noqa: S608
                f" create temporary table new_{_name(table)} as"
                f" select t.*, greatest(t.position, w.first) as place from {table} t"
                f" join written w on w.tx = t.xmin::text where t.store = {self._store};"
                f" create index on new_{_name(table)} (place)"
            )
        rows = await self._connection.fetch("select first, last from written order by first")
        return [(row["first"], row["last"]) for row in rows]

    async def replay(self, groups: Sequence[Range]) -> Copied:
        """COPY what was taken, each range of positions in a transaction of its own; encoding it is not timed."""
        prepared = [await self._encoded(*group) for group in groups]
        begun = time.perf_counter()
        for parts in prepared:
            async with self._connection.transaction():
                for table, content in parts:
                    await self._connection.copy_to_table(
                        _name(table), schema_name=SCHEMA, source=io.BytesIO(content), format="binary"
                    )
        return Copied(
            statements=sum(last - first + 1 for first, last in groups),
            transactions=len(groups),
            seconds=time.perf_counter() - begun,
        )

    async def _encoded(self, first: int, last: int) -> Parts:
        parts: Parts = []
        for table in TABLES:
            content = io.BytesIO()
            status = await self._connection.copy_from_query(
                f"select {self._columns[table]} from new_{_name(table)} where place between {first} and {last}",  # noqa: S608
                output=content,
                format="binary",
            )
            if status != "COPY 0":
                parts.append((table, content.getvalue()))
        return parts


def sliced(groups: Sequence[Range], size: int) -> list[Range]:
    """The same positions in ranges of `size` at most."""
    return [
        (start, min(last, start + size - 1)) for first, last in groups for start in range(first, last + 1, size)
    ]  # fmt: skip


def _name(table: str) -> str:
    return table.replace(".", "_")
