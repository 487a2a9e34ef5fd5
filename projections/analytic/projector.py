"""Computes the rows of marked keys anew, for one projection in one schema; any number of processes may stand by.

All marks of a store are worked off in one transaction, over one snapshot of the facts: so at any time all rows of a
projection are those of one position of the log, which is what answers say. One process at a time works for a projection
in a store; others share the work by projection and store.
"""

import time
from collections.abc import Sequence
from typing import Final
from uuid import UUID

import msgspec

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
from projections.analytic import Projection, Row, changes, wanted
from projections.analytic.changes import Recorder
from projections.analytic.tables import Filled
from projections.facts.references import References
from projections.facts.store import ALL, EVER, LAST, SCHEMA, Facts, Marks, batched, decode

FILE: Final = sqlfile.load(__package__, "projector.sql")
BATCH: Final = 400
PAGE: Final = 10_000
PRUNE_SECONDS: Final = 600.0
# Held in common by those who write rows, alone by who switches schemas: no transaction writes to both.
SWITCH: Final = 0x6461_7962_6F6F_6B22
FIRST: Final = UUID(int=0)
Taken = dict[str, int]


class Work(msgspec.Struct, frozen=True):
    """What a round works with: its transaction, the first position at which each key was marked, at which position
    facts are read, and who wants to know of changes.
    """

    tx: Connection
    store: Store
    reference: Reference
    marks: Taken
    at: int
    changes: Recorder | None = None


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
        self._is_live = self.schema == projection.name
        self._pruned = time.monotonic()

    async def turn(self) -> int:
        """One round for each store that has marks; how many marks were taken away in all."""
        async with storage.connection(self._pool) as connection:
            rows = await self._sql.fetch(connection, "stores", target=self.schema)
            if self._is_live and time.monotonic() > self._pruned + PRUNE_SECONDS:
                await changes.prune(connection, self.projection.name)
                self._pruned = time.monotonic()
        return sum([await self.step(await self._stores.get(row["id"])) for row in rows])

    async def drain(self) -> None:
        """Work until no mark is left."""
        while await self.turn():
            pass

    async def step(self, store: Store) -> int:
        """One round of a store: all that is marked at this moment; how many marks were taken away."""
        begun = time.monotonic()
        try:
            done = await self._round(store)
        except Unavailable:
            raise
        except Exception:
            # Something cannot be written, or has moved from one owner to another: more slowly, and key by key there.
            done = await self._round(store, careful=True)
        metrics.FOLLOW_SECONDS.observe(time.monotonic() - begun, self.schema)
        metrics.FOLLOWED.add(self.schema, by=done)
        return done

    async def _round(self, store: Store, *, careful: bool = False) -> int:
        alone = keys.digest(store.secret, f"projector {self.schema}".encode())
        async with storage.transaction(self._pool, isolation="repeatable_read") as tx:
            if not await self._sql.fetchval(tx, "enter", number=SWITCH, alone=alone):
                return 0
            bound = await self._sql.fetchval(tx, "bound", store=store.id, follower=self._facts.schema)
            at = LAST if bound is None else int(str(bound))
            taken = await self._sql.fetch(tx, "take", store=store.id, target=self.schema, through=at)
            if not taken:
                return 0
            marks: Taken = {}
            for position, key in taken:
                marks[key] = min(position, marks.get(key, position))
            applied = min(at, await self._facts.applied(tx, store.id))
            reference = await self._references.as_known(store.id, applied)
            if ALL in marks or EVER in marks:
                last = max(LAST if key == EVER else position for position, key in taken if key in (ALL, EVER))
                await self._mark_all(tx, store, reference, marks, last)
                return len(taken)
            work = Work(tx, store, reference, marks, at, await self._recorder(tx, store))
            for names in batched(list(marks), self._batch):
                await (self._carefully(work, names) if careful else self._compute(work, names))
                if work.changes is not None:
                    await work.changes.bound()
            if work.changes is not None:
                await work.changes.end()
            return len(taken)

    async def _recorder(self, tx: Connection, store: Store) -> Recorder | None:
        """What takes down the changes of this round, if anybody wants them."""
        name = self.projection.name
        number = await changes.recording(tx, store.id, name) if self._is_live else None
        if number is None:
            return None
        through = await FILE.fetchone(tx, "through", store=store.id, target=self.schema, follower=SCHEMA)
        return Recorder(tx, store.id, name, number, through["position"])

    async def _carefully(self, work: "Work", names: Sequence[str]) -> None:
        """Keys, or halves of them where they cannot be written together; one that cannot be alone is set aside."""
        branch = None if work.changes is None else work.changes.branch()
        try:
            with storage.translate():
                async with work.tx.transaction():
                    await self._compute(msgspec.structs.replace(work, changes=branch), names, displace=True)
            if work.changes is not None and branch is not None:
                await work.changes.join(branch)
        except Unavailable:
            raise
        except Exception as error:
            if len(names) == 1:
                await self._park(work, names[0], error)
                return
            middle = len(names) // 2
            await self._carefully(work, names[:middle])
            await self._carefully(work, names[middle:])

    async def _compute(self, work: "Work", names: Sequence[str], *, displace: bool = False) -> None:
        rows: dict[str, dict[str, Sequence[Row]]] = {name: {} for name in self._tables}
        plans, good = {}, []
        for key in names:
            try:
                plans[key] = wanted.several(self.projection.wanted(key, work.reference))
            except Exception as error:
                await self._park(work, key, error)
        facts = await wanted.gather(work.tx, self._facts, work.store, plans, at=work.at)
        for key in plans:
            try:
                made = self.projection.rows(key, facts[key], work.reference)
                for name, table_rows in rows.items():
                    table_rows[key] = made.get(name, ())
                good.append(key)
            except Exception as error:
                await self._park(work, key, error)
        for name, table in self._tables.items():
            await table.replace(work.tx, work.store.id, rows[name], displace=displace, changes=work.changes)
        await parked.SQL.execute(work.tx, "mended", store=work.store.id, follower=self.schema, keys=good)

    async def _park(self, work: "Work", key: str, error: Exception) -> None:
        position = work.marks[key]
        await parked.park(work.tx, store=work.store.id, follower=self.schema, position=position, key=key, error=error)

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
