"""The change feed without an end: lines of JSON, or server-sent events, for as long as the reader stays.

A reader that is slow holds one portion of events and no more; one that takes nothing for too long loses the connection.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Final, Protocol

import msgspec
from aiohttp import web

from lrs.errors import LrsError
from lrs.events import Kind, Look
from lrs.hooks import feed
from lrs.hooks.feed import Feed, Portion
from lrs.hooks.filters import Filter
from lrs.http.keys import CALLER, DEADLINES, SETTINGS
from lrs.log.read import Told
from lrs.log.store import Store
from lrs.resources import keys
from lrs.telemetry import logs, metrics

# What is said though nothing happened: so that proxies keep the connection, and a reader knows that we are there.
HEARTBEAT_SECONDS: Final = 15.0
# How often a reader whose filter takes little is told how far it has come.
PROGRESS_SECONDS: Final = 1.0
# How often it is looked whether the reader is still there, and whether it still may.
LOOK_SECONDS: Final = 1.0
PROVE_SECONDS: Final = 10.0
RETRY_MILLISECONDS: Final = 2_000
PIECE: Final = 100


class Reader(msgspec.Struct, frozen=True, kw_only=True):
    """Who reads what: the events of `kinds` after a position that the filter takes.

    `quiet` is after how many seconds without news at the end of the log it has enough, None for never.
    """

    store: Store
    filter: Filter
    kinds: frozenset[Kind]
    after: int
    quiet: int | None
    look: Look


class Writing(Protocol):
    """How a stream is written."""

    content_type: str

    def begin(self, after: int) -> bytes:
        """The first bytes."""

    def events(self, portion: Portion, taken: Sequence[Told]) -> bytes:
        """Events."""

    def progress(self, through: int) -> bytes:
        """That there is nothing more for this reader up to there."""


class Lines:
    """JSON Lines: events, and objects with no more than `through`."""

    content_type = "application/x-ndjson"

    def begin(self, after: int) -> bytes:
        """Where it begins."""
        return self.progress(after)

    def events(self, portion: Portion, taken: Sequence[Told]) -> bytes:
        """A line for each."""
        return b"\n".join([portion.message(event) for event in taken]) + b"\n"

    def progress(self, through: int) -> bytes:
        """A line that is no event."""
        return b'{"through":%d}\n' % through


class ServerSent:
    """Server-sent events: the id is the position. (HTML, 9.2)"""

    content_type = "text/event-stream"

    def begin(self, after: int) -> bytes:
        """When to come again, and where it begins."""
        return b"retry: %d\n%b" % (RETRY_MILLISECONDS, self.progress(after))

    def events(self, portion: Portion, taken: Sequence[Told]) -> bytes:
        """An event for each, of the type `message`."""
        return b"".join([b"id: %d\ndata: %b\n\n" % (event.position, portion.message(event)) for event in taken])

    def progress(self, through: int) -> bytes:
        """A comment, and an id without data: it moves what a browser sends as Last-Event-ID, and tells nobody."""
        return b": through %d\nid: %d\n\n" % (through, through)


FORMS: Final[dict[str, Writing]] = {"ndjson": Lines(), "sse": ServerSent()}


def headers(form: str) -> dict[str, str]:
    """What a stream says of itself; proxies are not to hold it back."""
    return {
        "Content-Type": FORMS[form].content_type,
        "Cache-Control": "no-store",
        "X-Accel-Buffering": "no",
        "X-Content-Type-Options": "nosniff",
        "Server": "Daybook",
    }


async def stream(request: web.Request, reader: Reader, form: str) -> web.StreamResponse:
    """The events from where the reader is, until it leaves, has enough or has to go."""
    source = request.app[keys.FEED]
    with source.place():
        request.app[DEADLINES].pause()
        # Before the first byte, so that what is wrong has its status.
        first = await source.after(reader.store, reader.after, reader.kinds)
        answer = web.StreamResponse(headers=headers(form))
        await answer.prepare(request)
        try:
            await _Stream(request, answer, reader, FORMS[form]).run(first)
        except LrsError as error:
            # The status is said already: the stream ends, and its reader goes on from where it is.
            logs.info("a stream of events ends", reason=error.detail)
        return answer


async def news(request: web.Request, source: Feed, store: Store, after: int, until: float) -> bool:
    """Whether the log goes on beyond `after` by that time of the monotonic clock; false sooner if nobody waits."""
    while (left := until - time.monotonic()) > 0 and not (source.is_closed or is_gone(request)):
        if await source.beyond(store, after, seconds=min(left, LOOK_SECONDS)):
            return True
    return False


def is_gone(request: web.Request) -> bool:
    """Whether the one who asked has hung up."""
    return request.transport is None or request.transport.is_closing()


def count(events: int) -> None:
    """Count events that are told."""
    metrics.FEED_EVENTS.add(by=events)


class _Stream:
    def __init__(self, request: web.Request, answer: web.StreamResponse, reader: Reader, writing: Writing) -> None:
        self._request = request
        self._answer = answer
        self._reader = reader
        self._writing = writing
        self._source = request.app[keys.FEED]
        self._after = reader.after
        self._said = reader.after
        self._written = self._proven = self._news = time.monotonic()

    async def run(self, portion: Portion) -> None:
        await self._write(self._writing.begin(self._after))
        coming: asyncio.Future[Portion] | None = None
        try:
            while True:
                # The database reads on while we write.
                coming = self._next(portion.through) if portion.through < portion.head else None
                await self._tell(portion)
                if coming is None and not await self._wait():
                    break
                if self._source.is_closed or is_gone(self._request):
                    break
                await self._prove()
                portion = await (coming or self._next(self._after))
        finally:
            if coming is not None and not coming.cancel() and not coming.cancelled():
                # It failed while we did: nobody else asks why.
                coming.exception()
        if self._said < self._after and not is_gone(self._request):
            await self._progress()

    def _next(self, after: int) -> asyncio.Future[Portion]:
        return asyncio.ensure_future(self._source.after(self._reader.store, after, self._reader.kinds))

    async def _tell(self, portion: Portion) -> None:
        taken = portion.taken(self._reader.filter)
        if any(event.kind in feed.PERSONAL for event in taken):
            await self._request.app[keys.SITTINGS].sits(self._reader.store.id, self._reader.look)
        for begin in range(0, len(taken), PIECE):
            piece = taken[begin : begin + PIECE]
            await self._write(self._writing.events(portion, piece))
            self._said = piece[-1].position
        count(len(taken))
        self._after = portion.through
        if taken:
            self._news = time.monotonic()
        if self._said < self._after and time.monotonic() - self._written > PROGRESS_SECONDS:
            await self._progress()

    async def _wait(self) -> bool:
        """Whether there is more, told of in between; false where the reader has enough or has to go."""
        while True:
            now = time.monotonic()
            until = now + LOOK_SECONDS
            if self._reader.quiet is not None:
                until = min(until, self._news + self._reader.quiet)
            if await news(self._request, self._source, self._reader.store, self._after, until):
                return True
            now = time.monotonic()
            has_enough = self._reader.quiet is not None and now >= self._news + self._reader.quiet
            if has_enough or self._source.is_closed or is_gone(self._request):
                return False
            await self._prove()
            is_behind = self._said < self._after and now - self._written > PROGRESS_SECONDS
            if is_behind or now - self._written > HEARTBEAT_SECONDS:
                await self._progress()

    async def _prove(self) -> None:
        """See again whether the reader may: credentials are revoked, scopes and roles change."""
        if time.monotonic() - self._proven > PROVE_SECONDS:
            caller = await self._request.app[keys.GATE].identify(self._request)
            if caller.store != self._request[CALLER].store or not self._reader.kinds <= feed.seen(caller):
                raise _Changed("what this reader may see has changed")
            self._proven = time.monotonic()

    async def _progress(self) -> None:
        self._said = self._after
        await self._write(self._writing.progress(self._after))

    async def _write(self, content: bytes) -> None:
        settings = self._request.app[SETTINGS]
        try:
            async with asyncio.timeout(settings.answer_seconds + len(content) / settings.body_rate):
                await self._answer.write(content)
        except TimeoutError:
            if self._request.transport is not None:
                self._request.transport.abort()
            raise ConnectionResetError("the reader takes nothing") from None
        self._written = time.monotonic()


class _Changed(LrsError):
    """The reader may see less than when it came."""
