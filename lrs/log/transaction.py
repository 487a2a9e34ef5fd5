"""One group, one transaction: lock the head, look up, decide, write everything, commit; again where that is safe."""

import asyncio
import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

import asyncpg
import msgspec

from lrs.errors import LrsError, Unavailable
from lrs.events import Event, Kind
from lrs.log import tables
from lrs.log.group import Decide, Group, Head, Keys, Written
from lrs.log.store import Store
from lrs.storage import pool as storage
from lrs.storage import sqlfile
from lrs.storage.pool import Connection, Pool

SQL = sqlfile.load(__package__, "append.sql")
TRIES = 5

Outcome = Sequence[Event] | LrsError


class Inline(Protocol):
    """A projection that is written in the appending transaction, to insert-only tables."""

    kinds: frozenset[Kind]

    async def known(self, tx: Connection, store: Store, keys: Keys) -> Iterable[Event]:
        """The latest events of those of `keys` that are this projection's."""

    async def write(self, tx: Connection, store: Store, events: Sequence[Event], *, alone: bool) -> None:
        """The rows of `events`, which come in order of position and are all of `kinds`.

        What was remembered of earlier writes to the store holds only if `alone`: nobody else has appended since, and
        all that was written was committed.
        """


class Ask(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """What one request wants decided; `blobs` are attachments by raw SHA-2."""

    keys: Keys
    decide: Decide
    credential: str | None
    blobs: Mapping[bytes, bytes]


class Transactions:
    """Writes groups; `deadline` in seconds bounds all tries of one."""

    def __init__(self, pool: Pool, inlines: Sequence[Inline], *, deadline: float) -> None:
        self._pool = pool
        self._inlines = inlines
        self._deadline = deadline
        self._ends: dict[int, int] = {}

    async def write(self, store: Store, asks: Sequence[Ask]) -> tuple[Sequence[Outcome], datetime]:
        """What each request added, or why not; and the floor after them."""
        try:
            async with asyncio.timeout(self._deadline):
                for last in range(TRIES - 1, -1, -1):
                    attempt = Attempt(store, self._inlines, asks, end=self._ends.pop(store.id, None))
                    try:
                        return await self._once(attempt)
                    except Unavailable:
                        if not last:
                            raise
                        await asyncio.sleep(random.uniform(0, 0.05 * 2 ** (TRIES - last)))  # noqa: S311
                    if attempt.committing and await self._committed(attempt):
                        return attempt.result()
        except TimeoutError as error:
            raise Unavailable("the database did not answer in time: send the same again") from error
        raise AssertionError

    async def _once(self, attempt: "Attempt") -> tuple[Sequence[Outcome], datetime]:
        async with storage.connection(self._pool) as connection:
            transaction = connection.transaction()
            await transaction.start()
            try:
                await attempt.run(connection)
            except BaseException:
                if not connection.is_closed():
                    await transaction.rollback()
                raise
            attempt.committing = True
            await transaction.commit()
            if attempt.end is not None:
                self._ends[attempt.store.id] = attempt.end
        return attempt.result()

    async def _committed(self, attempt: "Attempt") -> bool:
        """Whether the commit that went unanswered took place. Its leaf is salted: no other event can have it."""
        if not attempt.written:
            return False
        first = attempt.written[0]
        async with storage.connection(self._pool) as connection:
            leaf = await SQL.fetchval(connection, "committed", store=attempt.store.id, position=first.event.position)
        return leaf == first.leaf


class Attempt:
    """One try to write a group; `end` is where this process left the log, None where it cannot say."""

    def __init__(self, store: Store, inlines: Sequence[Inline], asks: Sequence[Ask], *, end: int | None) -> None:
        self.store = store
        self.end = end
        self._alone = False
        self.committing = False
        self.written: Sequence[Written] = ()
        self._inlines = inlines
        self._asks = asks
        self._outcomes: list[Outcome] = []
        self._through: datetime | None = None

    def result(self) -> tuple[Sequence[Outcome], datetime]:
        """The outcomes, once it ran."""
        assert self._through is not None
        return self._outcomes, self._through

    async def run(self, tx: Connection) -> None:
        """Everything between begin and commit."""
        row = await SQL.fetchone(tx, "lock", store=self.store.id)
        head = Head(position=row["position"], floor=row["floor"], clock=row["clock"])
        self._alone = head.position == self.end
        group = Group(self.store, head, await self._known(tx))
        self._outcomes = [group.add(ask.decide, ask.credential) for ask in self._asks]
        self._through = group.floor if group.written else head.floor
        self.written = group.written
        self.end = group.position
        if self.written:
            await self._write(tx, group)

    async def _known(self, tx: Connection) -> list[Event]:
        keys = Keys.of(ask.keys for ask in self._asks)
        known: list[Event] = []
        if keys.statements:
            rows = await SQL.fetch(tx, "known", store=self.store.id, subjects=keys.statements)
            known += [_statement(self.store, row) for row in rows]
        for inline in self._inlines:
            known += await inline.known(tx, self.store, keys)
        return known

    async def _write(self, tx: Connection, group: Group) -> None:
        written = group.written
        events = [each.event for each in written]
        await tables.add(tx, written)
        await SQL.execute(
            tx,
            "move",
            store=self.store.id,
            position=group.position,
            floor=group.floor,
            keeps_times=group.keeps_times,
        )
        await self._write_blobs(tx)
        for inline in self._inlines:
            mine = [event for event in events if event.kind in inline.kinds]
            if mine:
                await inline.write(tx, self.store, mine, alone=self._alone)

    async def _write_blobs(self, tx: Connection) -> None:
        blobs: dict[bytes, bytes] = {}
        for ask, outcome in zip(self._asks, self._outcomes, strict=True):
            if not isinstance(outcome, LrsError):
                blobs.update(ask.blobs)
        if blobs:
            await SQL.execute(
                tx, "add_blobs", store=self.store.id, digests=list(blobs.keys()), contents=list(blobs.values())
            )


def _statement(store: Store, row: asyncpg.Record) -> Event:
    return Event(
        store=store.id,
        position=row["position"],
        kind=Kind.STATEMENT_STORED,
        stored=row["stored"],
        credential=row["credential"],
        subject=row["subject"],
        payload=row["payload"] or b"",
        filled=row["filled"] or b"{}",
    )
