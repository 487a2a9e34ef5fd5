"""The change feed: a store's log for readers outside, from any position, in order and whole.

Any number of readers share what they read at the same place at the same time, one look at the heads wakes all who wait
at the end of a log, and only a few batches are read at once: readers who catch up take nothing from those who write.
"""

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Final

from lrs.auth import people, scopes
from lrs.auth.caller import Caller
from lrs.errors import Forbidden, Invalid, Unavailable
from lrs.events import Kind
from lrs.hooks import message
from lrs.hooks.filters import Filter
from lrs.hooks.heads import Heads
from lrs.log import read
from lrs.log.read import Span, Told
from lrs.log.store import Store
from lrs.storage import pool as storage
from lrs.storage.pool import Pool
from lrs.telemetry import metrics

# Of one read: positions, and bytes, since many readers may be slow with as much in their hands.
SPAN: Final = 400
SPAN_BYTES: Final = 512 * 1024
READS_AT_ONCE: Final = 3
# What a reader who is in the middle of taking an answer has to finish at a stop.
LAST_SECONDS: Final = 1.0
LIMIT: Final = "LRS_EVENT_STREAMS"
# Of a look: whose records were shown.
EVERYBODY: Final = "*"

# Who looked at whose data, and who may come in: events that `events/read` alone does not show.
RESTRICTED: Final = frozenset(
    {
        Kind.CREDENTIAL_ISSUED, Kind.CREDENTIAL_ROTATED, Kind.CREDENTIAL_REVOKED, Kind.USER_CHANGED, Kind.HOOK_CHANGED,
        Kind.RECORDS_READ, Kind.RECORDS_EXPORTED, Kind.SIGNED_IN, Kind.ACCESS_REFUSED,
    }
)  # fmt: skip
# What people do and learn: events that `admin` alone does not show, as who sets up sees no content.
CONTENT: Final = frozenset({Kind.STATEMENT_STORED, Kind.DOCUMENT_STORED, Kind.DOCUMENT_DELETED})
# What shows somebody's records, and so is a look at them. A look at looks is none, or there would be no end.
PERSONAL: Final = CONTENT | {Kind.REFERENCE_APPLIED}


def seen(caller: Caller) -> frozenset[Kind]:
    """The kinds of events that a caller may see; Forbidden for one who may read none.

    A credential needs `events/read`; with `admin` it sees all. A user who is an administrator sees all but content.
    """
    if caller.may(scopes.EVENTS_READ):
        return frozenset(Kind) if caller.may(scopes.ADMIN) else frozenset(Kind) - RESTRICTED
    if people.ADMIN in caller.roles and caller.may(scopes.ADMIN):
        return frozenset(Kind) - CONTENT
    raise Forbidden(f"this needs a credential with the scope {scopes.EVENTS_READ}, or a user who is an administrator")


class Portion:
    """Events of a store in order: all of the kinds asked for after the place that was asked for, up to `through`."""

    def __init__(self, store: Store, span: Span) -> None:
        self._store = store
        self._written: dict[int, bytes] = {}
        self.events = span.events
        self.through = span.through
        self.head = span.head

    def taken(self, wanted: Filter) -> list[Told]:
        """Those that a filter takes."""
        return [event for event in self.events if wanted.takes(event)]

    def message(self, event: Told) -> bytes:
        """The message of one of the events, written once for all readers."""
        written = self._written.get(event.position)
        if written is None:
            written = self._written[event.position] = message.of(self._store, event)
        return written


class Feed:
    """The logs of all stores, for at most `places` readers who stay."""

    def __init__(self, pool: Pool, *, places: int) -> None:
        self._pool = pool
        self._places = places
        self._heads = Heads(pool)
        self._reading: dict[tuple[int, int, frozenset[Kind]], asyncio.Task[Portion]] = {}
        self._turns = asyncio.Semaphore(READS_AT_ONCE)
        self._readers: set[asyncio.Task[object]] = set()

    @property
    def is_closed(self) -> bool:
        """Whether readers have to go, as the server stops."""
        return self._heads.is_closed

    async def head(self, store: Store) -> int:
        """The last position of the store's log."""
        async with storage.connection(self._pool) as connection:
            return (await read.span(connection, store.id, read.LAST - 1, count=0, kinds=(), size=0)).head

    async def after(self, store: Store, position: int, kinds: frozenset[Kind]) -> Portion:
        """The events of those kinds that come next; Invalid where `position` lies beyond the end of the log."""
        key = (store.id, position, kinds)
        reading = self._reading.get(key)
        if reading is None:
            reading = self._reading[key] = asyncio.create_task(self._read(store, position, kinds))
        # Others may wait for the same.
        portion = await asyncio.shield(reading)
        if position > portion.head:
            raise Invalid(
                f"the log of this store ends at {portion.head}, and {position} lies beyond: is it of another store, or"
                " was this one restored from a backup? Begin again from a position that there is",
                rule="feed.position",
            )
        return portion

    async def _read(self, store: Store, position: int, kinds: frozenset[Kind]) -> Portion:
        try:
            async with self._turns, storage.connection(self._pool) as connection:
                span = await read.span(connection, store.id, position, count=SPAN, kinds=kinds, size=SPAN_BYTES)
        finally:
            # Who comes from now on wants to know what is there from now on.
            del self._reading[store.id, position, kinds]
        return Portion(store, span)

    async def beyond(self, store: Store, position: int, *, seconds: float) -> bool:
        """Whether the log went on beyond `position` within that time; false at once where the server stops."""
        return await self._heads.beyond(store.id, position, seconds=seconds)

    @contextlib.contextmanager
    def place(self) -> Iterator[None]:
        """A place for the one who calls, to stay as long as the block; Unavailable where all are taken."""
        if self.is_closed:
            raise Unavailable("the server is stopping: go on reading from the same position elsewhere")
        if len(self._readers) >= self._places:
            metrics.REFUSED_LOAD.add("event streams")
            raise Unavailable(
                f"{self._places} readers of events stay here already ({LIMIT}): come again, or poll with wait=0",
                retry_after=5,
            )
        task = asyncio.current_task()
        assert task is not None
        self._readers.add(task)
        metrics.FEED_READERS.set(len(self._readers))
        try:
            yield
        finally:
            self._readers.discard(task)
            metrics.FEED_READERS.set(len(self._readers))

    async def close(self) -> None:
        """Send all readers away: those who wait at once, those who are slow to take what is sent soon after."""
        self._heads.close()
        if self._readers:
            _, slow = await asyncio.wait(self._readers, timeout=LAST_SECONDS)
            for task in slow:
                task.cancel()
