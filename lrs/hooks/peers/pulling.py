"""Pulls statements from another LRS into a store: by `since`, oldest first, page by page.

Everything before the cursor is here. Behind it nothing is missed where several have the same `stored`, or one comes
late: a sweep begins a little before the cursor, and no further on than the other LRS vouches for
(X-Experience-API-Consistent-Through); what is known already changes nothing. (1.0.3 Communication 1.5.2, 2.1.3; 2.0
4.1.6.1)
"""

import hashlib
import random
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol
from uuid import UUID

import msgspec

from lrs.errors import Invalid, LrsError, TooLarge, Unavailable
from lrs.hooks.peers import pages
from lrs.hooks.peers.cursors import Cursor, Cursors
from lrs.hooks.peers.forwarding import Trouble
from lrs.hooks.peers.pages import Page
from lrs.hooks.peers.remote import Away, Remote
from lrs.log import refusals
from lrs.log.read import Told
from lrs.log.refusals import Refusal
from lrs.log.store import Store
from lrs.relay.carrier import NEVER
from lrs.relay.checkpoints import LeaseLost
from lrs.storage.pool import Pool
from lrs.telemetry import logs
from lrs.xapi import formats
from lrs.xapi.versions import Version

TURN_SECONDS: Final = 1.0
FIRST_RETRY: Final = 1.0
LAST_RETRY: Final = 60.0
TICK: Final = timedelta(milliseconds=1)
SEEN: Final = 20_000
DAYS: Final = 30
BYTES: Final = 100 * 2**20


class Record(Protocol):
    """Who records what was pulled; `main` hands it down."""

    async def __call__(
        self, store: int, credential: str, statements: Sequence[bytes], data: Mapping[str, bytes], *, version: Version
    ) -> tuple[int, Sequence[tuple[bytes, LrsError]]]:
        """Record statements of another LRS by the authority of a credential of the store.

        How many were new, and those that were refused with the reason. `data` is that of attachments by SHA-2.
        """


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is pulled: by whose authority (`credential` is a key of the store), how often, and from when on.

    `query` holds further parameters of a GET of statements. `days` and `size` bound what is kept of refused ones.
    """

    credential: str
    since: datetime | None = None
    every: float = 60.0
    limit: int = 100
    overlap: float = 60.0
    query: Mapping[str, str] = {}
    days: int = DAYS
    size: int = BYTES


class Named(msgspec.Struct, frozen=True):
    """A statement as far as its id goes."""

    id: str = ""


class Pulling:
    """Pulls from `source` into a store; a carrier that is told no event and only tends."""

    start = NEVER

    def __init__(
        self,
        hook: UUID,
        store: int,
        source: Remote,
        wanted: Wanted,
        *,
        pool: Pool,
        record: Record,
        trouble: Trouble | None = None,
    ) -> None:
        self.name = f"pull:{hook}"
        self.stores: frozenset[int] | None = frozenset({store})
        self._hook = hook
        self._source = source
        self._wanted = wanted
        self._pool = pool
        self._record = record
        self._trouble = trouble
        self._is_failing = True
        self._cursors = Cursors(pool)
        self._begin()

    def _begin(self) -> None:
        self._cursor: Cursor | None = None
        self._kept = Cursor()
        self._limit = self._wanted.limit
        self._overlap = timedelta(seconds=self._wanted.overlap)
        self._with_data = True
        self._failures = 0
        self._restarted: tuple[datetime | None] | None = None
        self._seen: dict[bytes, None] = {}

    async def aclose(self) -> None:
        """Let go of the connections."""
        await self._source.close()

    def forget(self, store: Store) -> None:
        """Look up anew how far it has come."""
        self._begin()

    async def carry(self, store: Store, events: Sequence[Told]) -> int:
        """Nothing: what is told here goes nowhere."""
        return events[-1].position

    async def tend(self, store: Store) -> float:
        """Pull for a second or so; in how many seconds there is more to do."""
        begun = time.monotonic()
        has_more = True
        try:
            while has_more and time.monotonic() < begun + TURN_SECONDS:
                has_more = await self.step(store)
        except LeaseLost:
            raise
        except Away as error:
            return await self._later(store, error, error.seconds)
        except Unavailable as error:
            return await self._later(store, error, float(error.retry_after))
        except LrsError as error:
            return await self._later(store, error, LAST_RETRY)
        if self._is_failing and self._trouble is not None:
            await self._trouble.recover()
        self._is_failing = False
        return 0.0 if has_more else self._wanted.every

    async def step(self, store: Store) -> bool:
        """One page; whether there is more at once. Raises LrsError where there is none now."""
        cursor = self._cursor
        if cursor is None:
            cursor = await self._cursors.load(store.id, self._hook, Cursor(since=self._wanted.since))
            self._cursor = self._kept = cursor
        page = await self._page(cursor)
        if page is None:
            return True
        refused = await self._take(store, cursor, page)
        more = self._following(store, page)
        await self._move(store, cursor.after(page, more, refused))
        self._failures = 0
        has_more = bool(page.more) and (bool(more) or self._came_on(cursor))
        # The next sweep begins where this one ended, and not before, if it had to be broken off.
        self._overlap = TICK if has_more and not more else timedelta(seconds=self._wanted.overlap)
        if not has_more:
            self._limit, self._with_data = self._wanted.limit, True
        return has_more

    def _came_on(self, before: Cursor) -> bool:
        return self._cursor is not None and self._cursor.since != before.since

    async def _page(self, cursor: Cursor) -> Page | None:
        """The next page; None where it must be asked for in another way."""
        url = cursor.more or self._source.first(self._query(cursor))
        try:
            return pages.read(await self._source.page(url), version=self._source.endpoint.version)
        except TooLarge:
            if self._limit == 1 and not self._with_data:
                raise
            # One statement whose attachments are too much comes without them.
            self._with_data = self._limit > 1
            self._limit = max(self._limit // 2, 1)
        except Invalid as error:
            if not cursor.more:
                raise
            self._restart(cursor)
            # Once at once; a page that breaks again and again is waited for.
            if self._restarted == (cursor.since,):
                raise Away(error.detail) from error
            self._restarted = (cursor.since,)
            return None
        self._restart(cursor)
        return None

    def _restart(self, cursor: Cursor) -> None:
        """A `more` that is good no longer, or has too much: again from the cursor."""
        self._cursor = msgspec.structs.replace(cursor, more="", newest=None, ordered=True)
        self._overlap = TICK if cursor.ordered else self._overlap

    def _query(self, cursor: Cursor) -> Mapping[str, str]:
        asked = cursor.asked(self._overlap)
        return {
            **self._wanted.query,
            "ascending": "true",
            "attachments": "true" if self._with_data else "false",
            "limit": str(self._limit),
            **({} if asked is None else {"since": formats.instant(asked)}),
        }

    def _following(self, store: Store, page: Page) -> str:
        """The URL of the next page; "" where there is none, or none that may be followed."""
        if not page.more:
            return ""
        try:
            return self._source.following(page.more)
        except Invalid as error:
            logs.warning("more is not followed", follower=self.name, store=store.id, reason=error.detail)
            return ""

    async def _take(self, store: Store, cursor: Cursor, page: Page) -> Sequence[str]:
        """Record what is new of a page; the ids of what was refused for the first time."""
        known = frozenset(cursor.refused)
        fresh = {_digest(each): each for each in page.statements}
        statements = [each for digest, each in fresh.items() if digest not in self._seen and _name(each) not in known]
        if not statements:
            return ()
        _, refused = await self._record(
            store.id, self._wanted.credential, statements, page.data, version=self._source.endpoint.version
        )
        for raw, error in refused:
            await self._keep(store, raw, error)
        self._seen |= dict.fromkeys(fresh)
        for digest in list(self._seen)[: max(len(self._seen) - SEEN, 0)]:
            del self._seen[digest]
        return [_name(raw) for raw, _ in refused]

    async def _keep(self, store: Store, raw: bytes, error: LrsError) -> None:
        """Keep a refused statement in the quarantine, with where it comes from."""
        refusal = Refusal(
            store=store.id,
            credential=self._wanted.credential,
            version=self._source.endpoint.version.value,
            content_type="application/json",
            body=raw,
            reason=f"pulled from {self._source.endpoint.url}: {error.detail}",
            pointer=error.pointer,
            rule=error.rule,
        )
        await refusals.keep(self._pool, refusal, days=self._wanted.days, size=self._wanted.size)

    async def _move(self, store: Store, new: Cursor) -> None:
        await self._cursors.move(store.id, self._hook, self._kept, new)
        self._cursor = self._kept = new

    async def _later(self, store: Store, error: LrsError, seconds: float | None) -> float:
        """When to try again: as the other LRS says, else later and later."""
        self._failures += 1
        logs.warning("nothing is pulled", follower=self.name, store=store.id, reason=error.detail)
        self._is_failing = True
        if self._trouble is not None:
            await self._trouble.fail(error.detail)
        jitter = random.uniform(0.8, 1.2)  # noqa: S311 - nobody gains by guessing it
        waited = min(FIRST_RETRY * 2 ** min(self._failures - 1, 20), LAST_RETRY) * jitter
        return waited if seconds is None else max(seconds, FIRST_RETRY)


def _digest(raw: bytes) -> bytes:
    return hashlib.blake2b(raw, digest_size=16).digest()


def _name(raw: bytes) -> str:
    """What a refused statement is remembered by: its id, or its digest where it has none."""
    try:
        return msgspec.json.decode(raw, type=Named).id[:36] or _digest(raw).hex()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _digest(raw).hex()
