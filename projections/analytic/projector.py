"""Computes the rows of marked keys anew, for one projection in one schema; any number of processes may stand by.

All marks of a store are worked off in one transaction, over one snapshot of the facts: so at any time all rows of a
projection are those of one position of the log, which is what answers say. One process at a time works for a projection
in a store; others share the work by projection and store.
"""

import asyncio
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, TypeAlias
from uuid import uuid4

import asyncpg
import msgspec

from lrs.errors import Unavailable
from lrs.log.store import Store
from lrs.log.stores import Stores
from lrs.reference.reference import Reference
from lrs.relay import parked
from lrs.storage import pool as storage
from lrs.storage import sqlfile
from lrs.storage.pool import Connection, Pool
from lrs.telemetry import logs, metrics
from projections import keys
from projections.analytic import Projection, Remembering, Row, Rows, changes, wanted
from projections.analytic.changes import Recorder
from projections.analytic.held import Entry, Held, Room
from projections.analytic.tables import Filled
from projections.analytic.turns import Turns
from projections.facts.references import References
from projections.facts.store import ALL, EVER, LAST, SCHEMA, Facts, Marks, batched, decode, decoded

FILE: Final = sqlfile.load(__package__, "projector.sql")
BATCH: Final = 100
# Of keys that are held nothing is read: so many of them are computed together.
HELD_KEYS: Final = 1_000
# So many keys are computed at a stretch: who waits for the database meanwhile is not to look frozen.
STRETCH: Final = 10
PAGE: Final = 10_000
# Where more facts than that came and went since the last round, keys are read anew.
NEWS: Final = 20_000
PRUNE_SECONDS: Final = 600.0
# Held in common by those who write rows, alone by who switches schemas: no transaction writes to both.
SWITCH: Final = 0x6461_7962_6F6F_6B22
Mark: TypeAlias = tuple[int, str]
Taken: TypeAlias = dict[str, int]


class Work(msgspec.Struct, frozen=True):
    """What a round works with: its transaction, the first position at which each key was marked, at which position
    facts are read, what is held of keys, and who wants to know of changes.
    """

    tx: Connection
    store: Store
    reference: Reference
    marks: Taken
    at: int
    held: Held | None = None
    changes: Recorder | None = None


class Projector:
    """Keeps the tables of `projection` in `schema` after the facts. `seconds` is how long all its rounds took, without
    the time in which they waited for their turns.
    """

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
        room: Room | None = None,
        turns: Turns | None = None,
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
        self._room = room
        self._turns = turns or Turns()
        self.seconds = 0.0
        self._held: dict[int, Held] = {}
        self._again = projection.again if isinstance(projection, Remembering) else None
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
        """One round of a store: all that is marked when its turn comes; how many marks were taken away."""
        async with self._turns.one():
            return await self._step(store)

    async def _step(self, store: Store) -> int:
        begun = time.monotonic()
        held = self._held.pop(store.id, None)
        try:
            done, held = await self._round(store, held)
        except Unavailable:
            raise
        except Exception as error:
            # Something cannot be written, or has moved from one owner to another: more slowly, and key by key there.
            # The error's words may name people.
            logs.info("a round is done again with care", projection=self.schema, error=type(error).__name__)
            done, held = await self._round(store, None, careful=True)
        # What a round that failed has brought forward is not as the database has it, and stays let go.
        if held is not None:
            self._held[store.id] = held
        took = time.monotonic() - begun
        self.seconds += took
        metrics.FOLLOW_SECONDS.observe(took, self.schema)
        metrics.FOLLOWED.add(self.schema, by=done)
        return done

    async def hold(self, store: Store, names: Sequence[str]) -> bool:
        """Hold keys that are not marked, as they are in the database; whether there was room for all that is held.

        No row is written: one that is not in the database as it is computed is left to a round, and its key not held.
        """
        if self._room is None:
            return False
        held = self._held.pop(store.id, None)
        async with self._turns.one(), storage.transaction(self._pool, isolation="repeatable_read") as tx:
            bound = await self._sql.fetchrow(tx, "bound", store=store.id, follower=self._facts.schema)
            last = await self._sql.fetchrow(tx, "last", store=store.id, target=self.schema)
            if bound is None or bound["is_apart"] or last is None:
                return False
            token = last["token"]
            reference = await self._references.as_known(store.id, await self._facts.applied(tx, store.id), tx)
            held = held if held is not None and held.token == token else None
            held = await self._brought(tx, store, held, reference, bound["position"])
            held.token = token
            await self._hold(Work(tx, store, reference, {}, LAST, held), [key for key in names if key not in held])
        size = held.size
        self._shrink(held)
        self._held[store.id] = held
        return held.size == size

    async def _hold(self, work: "Work", names: Sequence[str]) -> None:
        assert work.held is not None
        entries = await self._entries(work, names)
        rows = await self._made(work, entries)
        for name, table in self._tables.items():
            standing = await table.standing(work.tx, work.store.id, rows[name])
            for key in entries:
                if key in standing:
                    entries[key].written[name] = standing[key]
                else:
                    work.held.drop(key)

    def _shrink(self, used: Held) -> None:
        """Let go of what was not used longest, where too much is held."""
        every = (used, *reversed(self._held.values()))
        if self._room is not None:
            left = self._room.facts(self.schema, sum(held.size for held in every))
            for held in every:
                held.shrink(left)
                left -= held.size

    async def _round(self, store: Store, held: Held | None, *, careful: bool = False) -> tuple[int, Held | None]:
        alone = keys.digest(store.secret, f"projector {self.schema}".encode())
        async with storage.transaction(self._pool, isolation="repeatable_read") as tx:
            if not await self._sql.fetchval(tx, "enter", number=SWITCH, alone=alone):
                return 0, held
            bound = await self._sql.fetchrow(tx, "bound", store=store.id, follower=self._facts.schema)
            at = LAST if bound is None or not bound["is_apart"] else bound["position"]
            taken = await self._take(tx, store, at)
            if not taken:
                return 0, held
            # Whatever this round does, what others hold is not as the database has it afterwards.
            token = uuid4()
            left = await self._sql.fetchval(tx, "leave", store=store.id, target=self.schema, token=token)
            marks = _first(taken)
            applied = min(at, await self._facts.applied(tx, store.id))
            reference = await self._references.as_known(store.id, applied, tx)
            if ALL in marks or EVER in marks:
                last = max(LAST if key == EVER else position for position, key in taken if key in (ALL, EVER))
                await self._mark_all(tx, store, reference, marks, last)
                return len(taken), None
            if careful or self._room is None or bound is None:
                held = None
            else:
                held = held if held is not None and held.token == left else None
                held = await self._brought(tx, store, held, reference, bound["position"])
                held.token = token
            work = Work(tx, store, reference, marks, at, held, await self._recorder(tx, store))
            for names in self._batches(marks, held):
                await (self._carefully(work, names) if careful else self._compute(work, names))
                if held is not None:
                    self._shrink(held)
                if work.changes is not None:
                    await work.changes.bound()
            if work.changes is not None:
                await work.changes.end()
            else:
                # Nobody was told of these rows under a number, who must not be told of others under the same.
                await self._sql.execute(tx, "soon")
            return len(taken), held

    async def _take(self, tx: Connection, store: Store, at: int) -> Sequence[Mark]:
        try:
            rows = await self._sql.fetch(tx, "take", store=store.id, target=self.schema, through=at)
            return [mark for row in rows for mark in zip(row["positions"], row["keys"], strict=True)]
        except asyncpg.SerializationError:
            # Another process took them, whose round ended after this one had begun to look.
            return ()

    def _batches(self, marks: Taken, held: Held | None) -> Iterator[Sequence[str]]:
        """The keys that are marked, so many at a time: of those that are held nothing is to be read."""
        known = [] if held is None else [key for key in marks if key in held]
        yield from batched(known, HELD_KEYS)
        yield from batched(sorted(marks.keys() - known, key=_near), self._batch)

    async def _brought(
        self, tx: Connection, store: Store, held: Held | None, reference: Reference, position: int
    ) -> Held:
        """What is held, brought forward to this round; nothing, where that cannot be."""
        if held is not None and (held.reference is not reference or held.position > position):
            held = None
        if held is not None and held.size:
            values = {"store": store.id, "kinds": sorted(self.projection.kinds), "limit": NEWS}
            news = await self._facts.sql.fetch(tx, "between", **values, after=held.position, through=position)
            begun = [decoded(row["body"]) for row in news if row["is_live"]]
            ended = [decoded(row["body"]) for row in news if not row["is_live"]]
            held = held if len(news) < NEWS else None
            if held is not None:
                held.bring(begun, ended)
        held = held or Held(reference)
        held.position = position
        return held

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
        entries = await self._entries(work, names)
        rows = await self._made(work, entries)
        for name, table in self._tables.items():
            before = {key: entry.written[name] for key, entry in entries.items() if name in entry.written}
            written = await table.replace(
                work.tx, work.store.id, rows[name], before, displace=displace, changes=work.changes
            )
            for key, each in written.items():
                entries[key].written[name] = each
        await parked.SQL.execute(work.tx, "mended", store=work.store.id, follower=self.schema, keys=list(entries))

    async def _made(self, work: "Work", entries: dict[str, Entry]) -> dict[str, dict[str, Sequence[Row]]]:
        """By table and key the rows that keys are to have; those that have none to be computed are set aside."""
        rows: dict[str, dict[str, Sequence[Row]]] = {name: {} for name in self._tables}
        if not entries:
            return rows
        for n, (key, entry) in enumerate(list(entries.items())):
            if n % STRETCH == 0:
                await asyncio.sleep(0)
            try:
                made = self._rows(key, entry, work)
            except Exception as error:
                await self._park(work, key, error)
                del entries[key]
                if work.held is not None:
                    work.held.drop(key)
                continue
            for name, table_rows in rows.items():
                table_rows[key] = made.get(name, ())
        return rows

    def _rows(self, key: str, entry: Entry, work: "Work") -> Rows:
        if work.held is None or self._again is None:
            return self.projection.rows(key, entry.facts, work.reference)
        entry.memo.begin()
        made = self._again(key, entry.facts, work.reference, entry.memo)
        entry.memo.end()
        return made

    async def _entries(self, work: "Work", names: Sequence[str]) -> dict[str, Entry]:
        """Keys with the facts that they want: as held, else read."""
        held = work.held
        entries = {} if held is None else {key: entry for key in names if (entry := held.get(key)) is not None}
        plans = {}
        for key in names:
            try:
                if key not in entries:
                    plans[key] = wanted.several(self.projection.wanted(key, work.reference))
            except Exception as error:
                await self._park(work, key, error)
        if plans:
            facts = await wanted.gather(work.tx, self._facts, work.store, plans, at=work.at)
            for key, wants in plans.items():
                own = facts[key]
                entries[key] = Entry(wants=wants, facts=own) if held is None else held.put(key, wants, own)
        return entries

    async def _park(self, work: "Work", key: str, error: Exception) -> None:
        position = work.marks.get(key)
        if position is None:
            # It is held before it is marked: its round set it aside, or will.
            return
        await parked.park(work.tx, store=work.store.id, follower=self.schema, position=position, key=key, error=error)

    async def _mark_all(self, tx: Connection, store: Store, reference: Reference, marks: Taken, last: int) -> None:
        """Mark every key: of facts, of reference data, and of rows that there are; those taken beside stay marked.

        Facts that came after `last`, where all were marked, have marks of their own.
        """
        found = set(self.projection.every(reference))
        first = min(marks.pop(ALL, LAST), marks.pop(EVER, LAST))
        place, n = 0, -1
        values = {"store": store.id, "through": last, "limit": PAGE}
        while page := await self._facts.sql.fetch(tx, "page", **values, position=place, n=n):
            for row in page:
                fact = decode(row["body"])
                if fact.kind in self.projection.kinds:
                    found.update(self.projection.keys(fact, reference))
            place, n = page[-1]["position"], page[-1]["n"]
        for table in self._tables.values():
            found.update(await table.owners(tx, store.id))
        again = Marks()
        for key, position in marks.items():
            again.add(self.schema, (key,), position)
        await self._facts.mark(tx, store, again)
        again = Marks()
        again.add(self.schema, found, first)
        await self._facts.mark(tx, store, again)


def _near(key: str) -> tuple[str, str]:
    """Puts keys of one person or cohort side by side, as they want the same facts: what is behind its first part."""
    return (key.partition(",")[2] or key, key)


def _first(taken: Iterable[Mark]) -> Taken:
    """By key the first position at which it was marked."""
    marks: Taken = {}
    for position, key in taken:
        marks[key] = min(position, marks.get(key, position))
    return marks
