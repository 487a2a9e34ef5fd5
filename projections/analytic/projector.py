"""Computes the rows of marked keys anew, for one projection in one schema; any number of processes may share the work.

Some marks are taken away; each of their keys is locked until the transaction ends, and only then are its facts read. So
of two who compute a key, the later sees what the earlier saw and more. A key that another has locked is left marked.
"""

import time
from collections.abc import Sequence
from typing import Final
from uuid import UUID

import asyncpg

from lrs.errors import Unavailable
from lrs.log.store import Store
from lrs.log.stores import Stores
from lrs.reference.reference import Reference
from lrs.relay import parked
from lrs.storage import pool as storage
from lrs.storage import sqlfile
from lrs.storage.pool import Connection, Pool
from lrs.telemetry import metrics
from projections import keys
from projections.analytic import Projection, Row, wanted
from projections.analytic.tables import Filled
from projections.facts.references import References
from projections.facts.store import ALL, EVER, LAST, SCHEMA, Facts, Marks, decode

FILE: Final = sqlfile.load(__package__, "projector.sql")
BATCH: Final = 400
PAGE: Final = 10_000
# Held in common by those who write rows, alone by who switches schemas: no transaction writes to both.
SWITCH: Final = 0x6461_7962_6F6F_6B22
FIRST: Final = UUID(int=0)
Taken = dict[str, int]


class Projector:
    """Keeps the tables of `projection` in `schema` after the facts."""

    def __init__(
        self,
        pool: Pool,
        stores: Stores,
        references: References,
        facts: Facts,
        projection: Projection,
        schema: str | None = None,
        *,
        batch: int = BATCH,
    ) -> None:
        self.projection = projection
        self.schema = schema or projection.name
        self._pool = pool
        self._stores = stores
        self._references = references
        self._facts = facts
        self._sql = FILE if facts.schema == SCHEMA else FILE.within({SCHEMA: facts.schema})
        self._tables = {table.name: Filled(table, self.schema) for table in projection.tables}
        self._batch = batch

    async def turn(self) -> int:
        """One batch for each store that has marks; how many marks were taken away in all."""
        async with storage.connection(self._pool) as connection:
            rows = await self._sql.fetch(connection, "stores", target=self.schema)
        return sum([await self.step(await self._stores.get(row["id"])) for row in rows])

    async def drain(self) -> None:
        """Work until no mark is left."""
        while await self.turn():
            pass

    async def step(self, store: Store) -> int:
        """One batch of a store; how many marks were taken away."""
        begun = time.monotonic()
        done = await self._attempt(store, self._batch)
        metrics.FOLLOW_SECONDS.observe(time.monotonic() - begun, self.schema)
        metrics.FOLLOWED.add(self.schema, by=done)
        return done

    async def _attempt(self, store: Store, limit: int) -> int:
        """A batch; where it fails, less and less of it, until what remains is one key, which is set aside."""
        try:
            try:
                return await self._once(store, limit)
            except asyncpg.UniqueViolationError:
                return await self._once(store, limit, displace=True)
        except Unavailable:
            raise
        except Exception as error:
            if limit > 1:
                return await self._attempt(store, max(1, limit // 8))
            return await self._set_aside(store, error)

    async def _once(self, store: Store, limit: int, *, displace: bool = False) -> int:
        async with storage.transaction(self._pool) as tx:
            await self._sql.execute(tx, "enter", number=SWITCH)
            taken = await self._sql.fetch(tx, "take", store=store.id, target=self.schema, limit=limit)
            if not taken:
                return 0
            marks: Taken = {}
            for position, key in taken:
                marks[key] = min(position, marks.get(key, position))
            reference = await self._references.at(store.id, await self._facts.applied(tx, store.id))
            if ALL in marks or EVER in marks:
                last = max(LAST if key == EVER else position for position, key in taken if key in (ALL, EVER))
                await self._mark_all(tx, store, reference, marks, last)
                return len(taken)
            mine = await self._lock(tx, store, marks)
            await self._compute(tx, store, mine, reference, displace=displace)
            return len(taken)

    async def _set_aside(self, store: Store, error: Exception) -> int:
        async with storage.transaction(self._pool) as tx:
            taken = await self._sql.fetch(tx, "take", store=store.id, target=self.schema, limit=1)
            if taken:
                position, key = min(map(tuple, taken))
                await self._park(tx, store, key, position, error)
            return len(taken)

    async def _lock(self, tx: Connection, store: Store, marks: Taken) -> Taken:
        """The keys that nobody else is at; those of others stay marked."""
        names = list(marks)
        hashes = [keys.digest(store.secret, f"{self.schema} {key}".encode()) for key in names]
        free = {names[row["number"] - 1] for row in await self._sql.fetch(tx, "lock", hashes=hashes)}
        busy = Marks()
        for key in marks.keys() - free:
            busy.add(self.schema, (key,), marks[key])
        await self._facts.mark(tx, store, busy)
        return {key: position for key, position in marks.items() if key in free}

    async def _compute(
        self, tx: Connection, store: Store, marks: Taken, reference: Reference, *, displace: bool
    ) -> None:
        rows: dict[str, dict[str, Sequence[Row]]] = {name: {} for name in self._tables}
        plans, good = {}, []
        for key, position in marks.items():
            try:
                plans[key] = wanted.several(self.projection.wanted(key, reference))
            except Exception as error:
                await self._park(tx, store, key, position, error)
        facts = await wanted.gather(tx, self._facts, store, plans)
        for key in plans:
            try:
                made = self.projection.rows(key, facts[key], reference)
                for name, table_rows in rows.items():
                    table_rows[key] = made.get(name, ())
                good.append(key)
            except Exception as error:
                await self._park(tx, store, key, marks[key], error)
        for name, table in self._tables.items():
            await table.replace(tx, store.id, rows[name], displace=displace)
        await parked.SQL.execute(tx, "mended", store=store.id, follower=self.schema, keys=good)

    async def _park(self, tx: Connection, store: Store, key: str, position: int, error: Exception) -> None:
        await parked.park(tx, store=store.id, follower=self.schema, position=position, key=key, error=error)

    async def _mark_all(self, tx: Connection, store: Store, reference: Reference, marks: Taken, last: int) -> None:
        """Mark every key: of facts, of reference data, and of rows that there are; those taken beside stay marked.

        Facts that came after `last`, where all were marked, have marks of their own.
        """
        found = set(self.projection.every(reference))
        first = min(marks.pop(ALL, LAST), marks.pop(EVER, LAST))
        place, n = FIRST, -1
        values = {"store": store.id, "through": last, "limit": PAGE}
        while page := await self._facts.sql.fetch(tx, "page", **values, statement=place, n=n):
            for row in page:
                fact = decode(row["body"])
                if fact.kind in self.projection.kinds:
                    found.update(self.projection.keys(fact, reference))
            place, n = page[-1]["statement"], page[-1]["n"]
        for table in self._tables.values():
            found.update(await table.owners(tx, store.id))
        again = Marks()
        for key, position in marks.items():
            again.add(self.schema, (key,), position)
        await self._facts.mark(tx, store, again)
        again = Marks()
        again.add(self.schema, found, first)
        await self._facts.mark(tx, store, again)
