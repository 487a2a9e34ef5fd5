"""One group, one transaction: look up, decide, write everything, move the head, commit; again where that is safe."""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

import asyncpg
import msgspec

from lrs.errors import LrsError, Unavailable
from lrs.events import Event, Kind
from lrs.log import tables
from lrs.log.group import Decide, Group, Head, Keys, Written
from lrs.log.store import Store
from lrs.log.writing import Move, Moved, Writing
from lrs.storage import pool as storage
from lrs.storage import sqlfile
from lrs.storage.pool import Connection, Pool

SQL = sqlfile.load(__package__, "append.sql")
TRIES = 5
# After another process has appended between, for so long every group is decided under the lock at once.
SHARED_SECONDS = 1.0
# After something was sent that was stored long ago, or by another process, the ids of every group are looked up for so
# long: more may follow.
REPEATED_SECONDS = 1.0
# What is sent twice comes mostly soon after: the ids of so many statements at least are known to be stored.
REMEMBERED = 10_000

Outcome = Sequence[Event] | LrsError


class Inline(Protocol):
    """A projection that is written in the appending transaction, to insert-only tables."""

    kinds: frozenset[Kind]

    async def known(self, tx: Connection, store: Store, keys: Keys) -> Iterable[Event]:
        """The latest events of those of `keys` that are this projection's."""

    async def write(self, to: Writing, store: Store, events: Sequence[Event], *, alone: bool) -> None:
        """Give `to` the rows of `events`, which come in order of position and are all of `kinds`.

        What was remembered of earlier writes to the store holds only if `alone`: since the last of them nobody else has
        appended, and all that was written was committed.
        """


class Ask(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """What one request wants decided; `blobs` are attachments by raw SHA-2."""

    keys: Keys
    decide: Decide
    credential: str | None
    blobs: Mapping[bytes, bytes]


class Tail(msgspec.Struct, frozen=True, kw_only=True):
    """Where this process left a log; `clock` was the database's at `at` by our own."""

    position: int
    floor: datetime
    clock: datetime
    at: float

    def head(self, now: float) -> Head:
        """The head as it must be, if nobody else has appended since."""
        return Head(position=self.position, floor=self.floor, clock=self.clock + timedelta(seconds=now - self.at))


class Latest:
    """The ids of the statements that were written last."""

    def __init__(self) -> None:
        self._ids: set[UUID] = set()
        self._before: set[UUID] = set()

    def __contains__(self, id: UUID) -> bool:
        return id in self._ids or id in self._before

    def add(self, ids: Iterable[UUID]) -> None:
        """Remember more, and forget the oldest."""
        self._ids.update(ids)
        if len(self._ids) >= REMEMBERED:
            self._ids, self._before = set(), self._ids


class Turn:
    """A connection that is kept from group to group, so that the next is on its way before the last is answered."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._stack = contextlib.AsyncExitStack()
        self._held: Connection | None = None

    @contextlib.asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """The connection; after an error it is another one, and the driver's errors become ours."""
        if self._held is None:
            self._held = await self._stack.enter_async_context(storage.connection(self._pool))
        try:
            yield self._held
        except BaseException as error:
            self._held = None
            await self._stack.__aexit__(type(error), error, error.__traceback__)
            raise

    async def end(self) -> None:
        """Give the connection back."""
        self._held = None
        await self._stack.aclose()


class Transactions:
    """Writes groups; `deadline` in seconds bounds all tries of one.

    Whoever appends alone knows where the head is: the group is decided without a lock, and its one statement checks
    that nobody came between. Where somebody did, it is decided again under the lock, and so are others for a while.
    So it is where an id was taken; after that, ids are looked up without the lock for a while. Those that were written
    last always are.
    """

    def __init__(self, pool: Pool, inlines: Sequence[Inline], *, deadline: float) -> None:
        self._pool = pool
        self._inlines = inlines
        self._deadline = deadline
        self._tails: dict[int, Tail] = {}
        self._shared_until: dict[int, float] = {}
        self._repeated_until: dict[int, float] = {}
        self._latest: dict[int, Latest] = {}
        # By store those that have written nothing since somebody else may have appended, or an attempt was undone.
        self._doubted: dict[int, set[Inline]] = {}

    async def write(self, turn: "Turn", store: Store, asks: Sequence[Ask]) -> tuple[Sequence[Outcome], datetime]:
        """What each request added, or why not; and the floor after them."""
        try:
            async with asyncio.timeout(self._deadline):
                for last in range(TRIES - 1, -1, -1):
                    doubted = self._doubted.setdefault(store.id, set(self._inlines))
                    attempt = Attempt(store, self._inlines, asks, doubted, self._latest.setdefault(store.id, Latest()))
                    try:
                        async with turn.connection() as connection:
                            return await self._once(attempt, connection, self._tails.pop(store.id, None))
                    except Unavailable:
                        if not last:
                            raise
                        await asyncio.sleep(random.uniform(0, 0.05 * 2 ** (TRIES - last)))  # noqa: S311
                    if attempt.committing and await self._committed(attempt):
                        return attempt.result()
        except TimeoutError as error:
            raise Unavailable("the database did not answer in time: send the same again") from error
        raise AssertionError

    def turn(self) -> "Turn":
        """For a row of groups that follow one another."""
        return Turn(self._pool)

    async def _once(
        self, attempt: "Attempt", connection: Connection, tail: Tail | None
    ) -> tuple[Sequence[Outcome], datetime]:
        store = attempt.store.id
        now = time.monotonic()
        if tail is None or now < self._shared_until.get(store, 0):
            await self._locked(attempt, connection, tail)
        else:
            try:
                looked_up = now < self._repeated_until.get(store, 0)
                await attempt.run(connection, tail.head(now), now, alone=True, locked=False, looked_up=looked_up)
            except (Moved, asyncpg.IntegrityConstraintViolationError):
                await self._locked(attempt, connection, tail, again=True)
        if attempt.repeats:
            self._repeated_until[store] = time.monotonic() + REPEATED_SECONDS
        if attempt.tail is not None:
            self._tails[store] = attempt.tail
        return attempt.result()

    async def _locked(
        self, attempt: "Attempt", connection: Connection, tail: Tail | None, *, again: bool = False
    ) -> None:
        transaction = connection.transaction()
        await transaction.start()
        try:
            head = await self._lock(connection, attempt.store.id)
            now = time.monotonic()
            is_there = tail is not None and tail.position == head.position
            if tail is not None and not is_there:
                self._shared_until[attempt.store.id] = now + SHARED_SECONDS
            await attempt.run(connection, head, now, alone=is_there and not again, locked=True)
        except BaseException:
            if not connection.is_closed():
                await transaction.rollback()
            raise
        attempt.committing = True
        await transaction.commit()

    async def _lock(self, connection: Connection, store: int) -> Head:
        row = await SQL.fetchone(connection, "lock", store=store)
        return Head(position=row["position"], floor=row["floor"], clock=row["clock"])

    async def _committed(self, attempt: "Attempt") -> bool:
        """Whether the commit that went unanswered took place. Its leaf is salted: no other event can have it."""
        if not attempt.written:
            return False
        first = attempt.written[0]
        async with storage.connection(self._pool) as connection:
            leaf = await SQL.fetchval(connection, "committed", store=attempt.store.id, position=first.event.position)
        return leaf == first.leaf


class Attempt:
    """One try to write a group; `tail` is where it leaves the log once it is committed, None where it cannot say.

    `repeats` says whether a statement was found to be stored already that is not among the `latest`. What inlines
    remember holds, save for those that are `doubted`.
    """

    def __init__(
        self, store: Store, inlines: Sequence[Inline], asks: Sequence[Ask], doubted: set[Inline], latest: Latest
    ) -> None:
        self.store = store
        self.tail: Tail | None = None
        self.repeats = False
        self.committing = False
        self.written: Sequence[Written] = ()
        self._inlines = inlines
        self._doubted = doubted
        self._latest = latest
        self._asks = asks
        self._outcomes: list[Outcome] = []
        self._through: datetime | None = None

    def result(self) -> tuple[Sequence[Outcome], datetime]:
        """The outcomes, once it ran."""
        assert self._through is not None
        return self._outcomes, self._through

    async def run(
        self, connection: Connection, head: Head, now: float, *, alone: bool, locked: bool, looked_up: bool = False
    ) -> None:
        """Decide on what there is at `head`, and write it: in the transaction that locked it, or in one of its own.

        Unless it is locked or all ids are `looked_up`, only those of the latest are; that another is taken is for the
        constraint to say: most are new. `now` is when the head's clock was read, by our own. If it fails, the next to
        run is not `alone`.
        """
        self.committing = False
        if not alone:
            self._doubted.update(self._inlines)
        group = Group(self.store, head, await self._known(connection, looked_up=locked or looked_up))
        self._outcomes = [group.add(ask.decide, ask.credential) for ask in self._asks]
        self._through = group.floor if group.written else head.floor
        self.written = group.written
        clock, at = head.clock, now
        if self.written:
            clock = await self._write(Writing(connection, self.store, locked=locked), group, head)
            at = time.monotonic()
        self._latest.add(each.event.subject for each in group.written if each.event.kind is Kind.STATEMENT_STORED)
        self.tail = Tail(position=group.position, floor=group.floor, clock=clock, at=at)

    async def _known(self, connection: Connection, *, looked_up: bool) -> list[Event]:
        keys = Keys.of(ask.keys for ask in self._asks)
        known: list[Event] = []
        ids = [id for id in keys.statements if looked_up or id in self._latest]
        if ids:
            rows = await SQL.fetch(connection, "known", store=self.store.id, subjects=ids)
            known += [_statement(self.store, row) for row in rows]
            self.repeats = any(event.subject not in self._latest for event in known)
        for inline in self._inlines:
            known += await inline.known(connection, self.store, keys)
        return known

    async def _write(self, to: Writing, group: Group, head: Head) -> datetime:
        events = [each.event for each in group.written]
        tables.add(to, group.written, self._blobs())
        for inline in self._inlines:
            mine = [event for event in events if event.kind in inline.kinds]
            if mine:
                await inline.write(to, self.store, mine, alone=inline not in self._doubted)
                self._doubted.discard(inline)
        move = Move(
            after=head.position,
            first=events[0].stored,
            position=group.position,
            floor=group.floor,
            keeps_times=group.keeps_times,
        )
        self.committing = True
        return await to.run(move)

    def _blobs(self) -> Mapping[bytes, bytes]:
        blobs: dict[bytes, bytes] = {}
        for ask, outcome in zip(self._asks, self._outcomes, strict=True):
            if not isinstance(outcome, LrsError):
                blobs.update(ask.blobs)
        return blobs


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
