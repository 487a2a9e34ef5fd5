"""GET /events/v1: the change feed, as a page of JSON, as a stream of lines or as server-sent events.

Where a reader goes on is its own to remember: the position through which it has everything.
"""

import time
from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

import msgspec
import orjson
from aiohttp import hdrs, web

from lrs.auth.caller import Caller
from lrs.errors import Forbidden, Invalid
from lrs.events import Kind, Look
from lrs.hooks import feed, filters
from lrs.hooks.feed import Portion
from lrs.hooks.filters import Filter
from lrs.http import acceptable, params, responses
from lrs.http.keys import CALLER, DEADLINES
from lrs.log.read import Told
from lrs.log.store import Store
from lrs.resources import event_streams, keys
from lrs.xapi.parameters import Pairs

Form: TypeAlias = Literal["json", "ndjson", "sse"]
TYPES: Final[Mapping[str, Form]] = {
    "application/json": "json",
    "text/event-stream": "sse",
    "application/x-ndjson": "ndjson",
    "application/ndjson": "ndjson",
    "application/jsonl": "ndjson",
}
FORMS: Final[tuple[Form, ...]] = ("json", "ndjson", "sse")
OWN: Final = ("after", "from", "limit", "wait", "format", "why", "store")
LIMIT: Final = 100
MOST: Final = 1_000
# A page ends sooner where it is large, or where a filter finds little in much.
PAGE_BYTES: Final = 4 * 2**20
SCAN_SECONDS: Final = 2.0
LONGEST_WAIT: Final = 60
LONGEST_QUIET: Final = 86_400


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for. `after` is None for the end of the log; `wait` in seconds, None where nothing is said."""

    store: Store
    caller: Caller
    form: Form
    filter: Filter
    kinds: frozenset[Kind]
    after: int | None
    limit: int
    wait: int | None
    why: str

    def look(self, rows: int | None) -> Look:
        """The look that reading this is: at everybody's records."""
        caller = self.caller
        return Look(
            who=caller.key, roles=tuple(sorted(caller.roles)), endpoint="events", filter=self.filter.query(),
            people=(feed.EVERYBODY,), rows=rows, why=self.why,
        )  # fmt: skip


async def get(request: web.Request) -> web.StreamResponse:
    """The events after a position that the caller may see and a filter takes, in order."""
    caller = request[CALLER]
    seen = feed.seen(caller)
    store = await request.app[keys.STORES].get(caller.store)
    asked = _asked(request, store, seen)
    if asked.form == "json":
        return await _page(request, asked)
    if request.method == "HEAD":
        return web.Response(headers=event_streams.headers(asked.form))
    reader = event_streams.Reader(
        store=store, filter=asked.filter, kinds=asked.kinds, after=await _start(request, asked), quiet=asked.wait,
        look=asked.look(None),
    )  # fmt: skip
    return await event_streams.stream(request, reader, asked.form)


async def _page(request: web.Request, asked: Asked) -> web.Response:
    after = await _start(request, asked)
    if not asked.wait or request.method == "HEAD":
        return await _found(request, asked, after, wait=0)
    with request.app[keys.FEED].place():
        request.app[DEADLINES].pause()
        return await _found(request, asked, after, wait=asked.wait)


async def _found(request: web.Request, asked: Asked, after: int, *, wait: int) -> web.Response:
    page = Page(asked, after)
    source = request.app[keys.FEED]
    begun = time.monotonic()
    while True:
        portion = await source.after(asked.store, page.next, asked.kinds)
        page.take(portion)
        if page.is_full or (page.events and page.next >= portion.head):
            break
        if page.next < portion.head:
            if time.monotonic() - begun > SCAN_SECONDS + wait:
                break
        elif not await event_streams.news(request, source, asked.store, page.next, begun + wait):
            break
    if page.is_personal:
        await request.app[keys.SITTINGS].sits(asked.store.id, asked.look(len(page.events)))
    event_streams.count(len(page.events))
    return responses.encoded(page.encode())


class Page:
    """A page as it is filled: `next` is the position through which it holds everything that was asked for."""

    def __init__(self, asked: Asked, after: int) -> None:
        self._asked = asked
        self._after = after
        self._size = 0
        self.next = after
        self.head = after
        self.events: list[bytes] = []
        self.is_personal = False

    @property
    def is_full(self) -> bool:
        """Whether no more has room."""
        return len(self.events) >= self._asked.limit or self._size >= PAGE_BYTES

    def take(self, portion: Portion) -> None:
        """Take what has room of the events that come next."""
        self.head = portion.head
        for event in portion.events:
            if self._asked.filter.takes(event):
                if self.is_full:
                    return
                self._add(event, portion.message(event))
            self.next = event.position
        self.next = portion.through

    def _add(self, event: Told, message: bytes) -> None:
        self.events.append(message)
        self._size += len(message)
        self.is_personal |= event.kind in feed.PERSONAL

    def encode(self) -> bytes:
        """The page as JSON."""
        said = {"store": self._asked.store.name, "after": self._after, "next": self.next, "head": self.head}
        return orjson.dumps({**said, "events": [orjson.Fragment(each) for each in self.events]})


async def _start(request: web.Request, asked: Asked) -> int:
    if asked.after is not None:
        return asked.after
    return await request.app[keys.FEED].head(asked.store)


def _asked(request: web.Request, store: Store, seen: frozenset[Kind]) -> Asked:
    pairs = params.read(request)
    once = _once(pairs)
    wanted = filters.of_pairs(pairs)
    if wanted.kinds and (hidden := sorted(kind.label for kind in wanted.wanted - seen)):
        raise Forbidden(f"you may not see {', '.join(hidden)}: content needs events/read, what administers needs admin")
    form = _form(request, once)
    if form != "json" and "limit" in once:
        raise Invalid("limit is for pages: a stream ends when its reader does", rule="feed.limit")
    if form == "sse" and "wait" in once:
        raise Invalid("wait has no place here: server-sent events go on for ever", rule="feed.wait")
    wait = _whole(once, "wait", most=LONGEST_WAIT if form == "json" else LONGEST_QUIET)
    limit = _whole(once, "limit", most=MOST, least=1)
    return Asked(
        store=store, caller=request[CALLER], form=form, filter=wanted, kinds=wanted.wanted & seen,
        after=_after(request, once, form), limit=LIMIT if limit is None else limit, wait=wait,
        why=once.get("why", "")[:200],
    )  # fmt: skip


def _once(pairs: Pairs) -> dict[str, str]:
    once: dict[str, str] = {}
    for name, value in pairs:
        if name in filters.NAMES:
            continue
        if name not in OWN:
            known = ", ".join((*filters.NAMES, *OWN))
            raise Invalid(f"there is no parameter {name!r:.80} here; there are {known}", rule="parameter")
        if name in once:
            raise Invalid(f"the parameter {name} may be given once", rule="parameter")
        once[name] = value
    return once


def _form(request: web.Request, once: Mapping[str, str]) -> Form:
    if "format" in once:
        found = next((form for form in FORMS if form == once["format"]), None)
        if found is None:
            raise Invalid(f"format is one of {', '.join(FORMS)}, not {once['format']!r:.80}", rule="feed.format")
        return found
    return acceptable.chosen(request.headers.get(hdrs.ACCEPT, ""), TYPES)


def _after(request: web.Request, once: Mapping[str, str], form: Form) -> int | None:
    """Where to begin: what a browser says that it had last goes before what the address says."""
    last = request.headers.get("Last-Event-ID", "") if form == "sse" else ""
    if last:
        return _number("Last-Event-ID", last, most=2**62)
    if "from" not in once:
        return _whole(once, "after", most=2**62) or 0
    if "after" in once or once["from"] != "now":
        raise Invalid("from is `now`, and takes the place of after", rule="feed.position")
    return None


def _whole(once: Mapping[str, str], name: str, *, most: int, least: int = 0) -> int | None:
    return _number(name, once[name], most=most, least=least) if name in once else None


def _number(name: str, text: str, *, most: int, least: int = 0) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 20 and least <= int(text) <= most):
        upto = f" from {least} to {most}" if most < 2**62 else f" from {least}"
        raise Invalid(f"{name} is a whole number{upto}, not {text!r:.80}", rule="parameter")
    return int(text)
