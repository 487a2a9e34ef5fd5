"""GET /analytics/v1/changes: the changed rows of a projection behind a number, as the asker sees them, page by page.

Where a reader goes on is its own to remember: the number up to which it has everything. To read is to want: from the
first read on changes are recorded, and until some days after the last.
"""

import asyncio
import time
from collections.abc import Mapping
from typing import Final

import msgspec
import orjson
from aiohttp import web

from lrs.errors import Invalid
from lrs.http import params, responses
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
MANY: Final = ("table", *FILTERS, "state")
ONCE: Final = ("projection", "after", "from", "limit", "wait", "why", "store")


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """From where on, how many, and how long to wait for the first."""

    after: int | None
    limit: int
    wait: int
    why: str


async def get(request: web.Request) -> web.Response:
    """The changes behind a number that the caller sees and asked for, in order."""
    asker = Asker.of(request[CALLER])
    changed = request.app[CHANGED]
    wanted, place = parse(params.read(request))
    changed.check(wanted)
    # Who sees nothing of it has nothing recorded.
    await changed.after(asker, wanted, 0, 0, why=place.why)
    head = await changed.want(asker.store, wanted.projection)
    after = head.number if place.after is None else place.after
    if after > head.number:
        raise Invalid(
            f"the last change has the number {head.number}, {after} lies beyond: begin again", rule="parameter"
        )
    if place.wait and after == head.number:
        await _news(request, asker.store, wanted.projection, after, place.wait)
    rows, told = await _page(request, asker, wanted, after, place)
    said = {
        "projection": wanted.projection, "after": after, "next": told.next, "head": told.head.number,
        "complete_from": told.head.since, "changes": rows,
    }  # fmt: skip
    return responses.encoded(orjson.dumps(said, option=orjson.OPT_UTC_Z))


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
    """Wait for a change behind that number."""
    source = request.app[keys.FEED]
    with source.place():
        request.app[DEADLINES].pause()
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
