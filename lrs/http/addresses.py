"""Addresses at which there is nothing: what to tell who came there, and which address she may have meant."""

import difflib
from typing import Final

from aiohttp import web

NEAR: Final = 3
CLOSE: Final = 0.75
XAPI: Final = "/xAPI"
ANALYTICS: Final = "/analytics/v1"
WELCOME: Final = (
    "this is Daybook, a Learning Record Store, and it has no page here: clients of xAPI are given the address /xAPI/"
    " with a key and a secret, GET /analytics/v1 lists the questions that may be asked of the analytics, /events/v1 is"
    " the change feed, and /health/ready says how the server is. README.md and docs/, which come with it, tell the rest"
)


def words(request: web.Request) -> str:
    """What is said of an address at which there is nothing: of addresses beside it alone is told."""
    path = request.path
    if path == "/":
        return WELCOME
    if path == f"{ANALYTICS}/":
        return f"there is nothing at this address: GET {ANALYTICS}, without the last slash, lists the questions"
    near = difflib.get_close_matches(path, _beside(request), NEAR, CLOSE)
    meant = f": did you mean {' or '.join(near)}?" if near else ""
    if path.startswith(f"{ANALYTICS}/"):
        asked = path.removeprefix(f"{ANALYTICS}/")[:80]
        return f"there is no question {asked!r}{meant or ':'} GET {ANALYTICS} lists those that you may ask"
    if near:
        return f"there is nothing at this address{meant}"
    if path.lower().startswith(XAPI.lower()) or path.rsplit("/", 1)[-1] in ("statements", "about", "activities"):
        return f"there is nothing at this address: xAPI is at {XAPI}/, such as {XAPI}/statements; case matters"
    return "there is nothing at this address: GET / says what there is"


def _beside(request: web.Request) -> list[str]:
    """The addresses that begin as this one does, to whose beginning the caller was let in."""
    first = request.path.split("/", 2)[1:2]
    every = (resource.canonical for resource in request.app.router.resources())
    return sorted({each for each in every if each.split("/", 2)[1:2] == first})
