"""GET /analytics/v1/changes: the changed rows of a projection behind a number, as the asker sees them, page by page.

Where a reader goes on is its own to remember: the number up to which it has everything. To read is to want: from the
first read on changes are recorded, and until some days after the last.
"""

import asyncio
import contextlib
import time
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
import orjson
from aiohttp import web

from lrs.errors import Invalid, LrsError
from lrs.http import acceptable, params, responses
from lrs.http.keys import CALLER, DEADLINES
from lrs.resources import event_streams, keys
from lrs.xapi.parameters import Pairs
from projections.answers import routes
from projections.answers.asker import Asker
from projections.answers.changed import CHANGED, FILTERS, Told, Wanted

LIMIT: Final = 100
MOST: Final = 1_000
LONGEST: Final = 2_000
LONGEST_WAIT: Final = 60
# A page looks through so many changes to find its own; then it says how far it has come.
SCANNED: Final = 5_000
POLL_SECONDS: Final = 0.5
# Server-sent events end after so long: who reads them comes again by herself, and is asked again who she is.
STREAM_SECONDS: Final = 60.0
HEARTBEAT_SECONDS: Final = 15.0
# Whether it is told as a stream.
TYPES: Final = {"application/json": False, "text/event-stream": True}
MANY: Final = ("table", *FILTERS, "state")
ONCE: Final = ("projection", "after", "from", "limit", "wait", "why", "store")


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """From where on, how many, and how long to wait for the first."""

    after: int | None
    limit: int
    wait: int
    why: str


async def get(request: web.Request) -> web.StreamResponse:
    """The changes behind a number that the caller sees and asked for, in order: a page, or server-sent events."""
    asker = Asker.of(request[CALLER])
    changed = request.app[CHANGED]
    wanted, place = parse(params.read(request))
    changed.check(wanted)
    is_stream = acceptable.chosen(request.headers.get("Accept", ""), TYPES)
    if is_stream and "Last-Event-ID" in request.headers:
        last = {"Last-Event-ID": request.headers["Last-Event-ID"]}
        place = msgspec.structs.replace(place, after=_whole(last, "Last-Event-ID", 0, most=2**62))
    # Who sees nothing of it has nothing recorded.
    await changed.after(asker, wanted, 0, 0, why=place.why)
    head = await changed.want(asker.store, wanted.projection)
    after = head.number if place.after is None else place.after
    if after > head.number:
        raise Invalid(
            f"the last change has the number {head.number}, {after} lies beyond: begin again", rule="parameter"
        )
    if is_stream:
        return await _stream(request, asker, wanted, after, place)
    if place.wait and after == head.number:
        await _news(request, asker.store, wanted.projection, after, place.wait)
    rows, told = await _page(request, asker, wanted, after, place)
    said = {
        "projection": wanted.projection, "after": after, "next": told.next, "head": told.head.number,
        "complete_from": told.head.since, "changes": rows,
    }  # fmt: skip
    return responses.encoded(orjson.dumps(said, option=orjson.OPT_UTC_Z))


async def _stream(request: web.Request, asker: Asker, wanted: Wanted, after: int, place: Place) -> web.StreamResponse:
    """Changes as they come, for a minute; the id of each is its number. (HTML, 9.2)"""
    source = request.app[keys.FEED]
    with source.place():
        request.app[DEADLINES].pause()
        # Before the first byte, so that what is wrong has its status.
        rows, told = await _page(request, asker, wanted, after, place)
        answer = web.StreamResponse(headers=event_streams.headers("sse"))
        await answer.prepare(request)
        # The status is said already: where something goes wrong the stream ends, and its reader comes again.
        with contextlib.suppress(LrsError, ConnectionResetError):
            await _write(request, answer, asker, wanted, place, rows, told)
        return answer


async def _write(
    request: web.Request, answer: web.StreamResponse, asker: Asker, wanted: Wanted, place: Place,
    rows: Sequence[Mapping[str, object]], told: Told,
) -> None:  # fmt: skip
    source = request.app[keys.FEED]
    until = time.monotonic() + STREAM_SECONDS
    while True:
        await answer.write(_written(rows, told.next))
        if told.next >= told.head.number:
            left = min(until - time.monotonic(), HEARTBEAT_SECONDS)
            await _beyond(request, asker.store, wanted.projection, told.next, left)
        if time.monotonic() >= until or source.is_closed or event_streams.is_gone(request):
            return
        rows, told = await _page(request, asker, wanted, told.next, place)


def _written(rows: Sequence[Mapping[str, object]], through: int) -> bytes:
    """Changes as server-sent events; at the end an id without data, which tells nobody and is where to go on."""
    lines = [
        b"id: %b\ndata: %b\n\n" % (str(row["number"]).encode(), orjson.dumps(row, option=orjson.OPT_UTC_Z))
        for row in rows
    ]
    return b"".join((*lines, b": through %d\nid: %d\n\n" % (through, through)))


async def _page(
    request: web.Request, asker: Asker, wanted: Wanted, after: int, place: Place
) -> tuple[list[Mapping[str, object]], Told]:
    rows: list[Mapping[str, object]] = []
    reached = after
    while True:
        told = await request.app[CHANGED].after(asker, wanted, reached, place.limit - len(rows), why=place.why)
        rows += [each.told for each in told.changes if each.told is not None]
        reached = told.next
        if len(rows) >= place.limit or reached >= told.head.number or reached - after >= SCANNED or not told.changes:
            return rows, told


async def _news(request: web.Request, store: int, projection: str, after: int, seconds: int) -> None:
    """Wait in a place of those who may stay."""
    with request.app[keys.FEED].place():
        request.app[DEADLINES].pause()
        await _beyond(request, store, projection, after, seconds)


async def _beyond(request: web.Request, store: int, projection: str, after: int, seconds: float) -> None:
    """Wait for a change behind that number, so long at most."""
    source = request.app[keys.FEED]
    until = time.monotonic() + seconds
    while time.monotonic() < until and not (source.is_closed or event_streams.is_gone(request)):
        if await request.app[CHANGED].beyond(store, projection, after):
            return
        await asyncio.sleep(POLL_SECONDS)


def parse(pairs: Pairs) -> tuple[Wanted, Place]:
    """What is asked for; Invalid names what is wrong."""
    once: dict[str, str] = {}
    many: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        if name not in (*MANY, *ONCE):
            raise Invalid(f"there is no parameter {name!r:.80} here; there are {', '.join((*ONCE, *MANY))}",
                          rule="parameter")  # fmt: skip
        if not value or len(value) > LONGEST or "\0" in value:
            raise Invalid(f"the parameter {name!r} needs a value of 1 to {LONGEST} characters", rule="parameter")
        if name in ONCE and name in once:
            raise Invalid(f"the parameter {name} may be given once", rule="parameter")
        if name in ONCE:
            once[name] = value
        else:
            many[name] = (*many.get(name, ()), value)
    wanted = Wanted(
        projection=once.get("projection", ""),
        tables=many.get("table", ()),
        values={name: many[name] for name in FILTERS if name in many},
        state=_state(many.get("state", ())),
    )
    return wanted, _place(once)


def _place(once: Mapping[str, str]) -> Place:
    if "from" in once and ("after" in once or once["from"] != "now"):
        raise Invalid("from is `now`, and takes the place of after", rule="parameter")
    return Place(
        after=None if "from" in once else _whole(once, "after", 0, most=2**62),
        limit=_whole(once, "limit", LIMIT, least=1, most=MOST),
        wait=_whole(once, "wait", 0, most=LONGEST_WAIT),
        why=once.get("why", "")[:200],
    )


def _state(texts: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    state: dict[str, tuple[str, ...]] = {}
    for text in texts:
        column, is_there, value = text.partition("=")
        if not is_there:
            raise Invalid(f"state is COLUMN=VALUE, such as mastered=true, not {text!r:.80}", rule="parameter")
        state[column] = (*state.get(column, ()), value)
    return state


def _whole(once: Mapping[str, str], name: str, usual: int, *, most: int, least: int = 0) -> int:
    text = once.get(name, str(usual))
    if not (text.isascii() and text.isdecimal() and len(text) < 20 and least <= int(text) <= most):
        raise Invalid(f"{name} is a whole number from {least}, at most {most}, not {text!r:.80}", rule="parameter")
    return int(text)


ROUTES: Final = (routes.route("/changes", get),)
