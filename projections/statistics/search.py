"""GET /analytics/v1/statements: search beyond the standard, with counts and facets.

Who may read statements (a credential with `statements/read`) sees them; a user who is somebody of the roster sees her
own; a director sees how many there are, and nothing of few people.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
import orjson
from aiohttp import web

from lrs.errors import Forbidden, Invalid
from lrs.events import Look
from lrs.http import params, responses
from lrs.http.keys import CALLER
from lrs.reference.reference import Reference
from lrs.storage import pool as storage
from lrs.xapi import formats, values
from lrs.xapi.parameters import Pairs
from projections.answers import routes
from projections.answers.asker import Asker, Role
from projections.answers.ground import GROUND, Ground
from projections.facts import statement
from projections.statistics import expressions, follower, terms
from projections.statistics.expressions import Every, Expression, Is
from projections.statistics.searching import FACETED, Search, Searching

PATH: Final = "/statements"
OWN: Final = ("where", "since", "until", "from", "to", "facets", "count", "limit", "cursor", "why", "store")
# What picks out a person or a thing that few have: not for those who are told sums alone.
TELLING: Final = frozenset({*expressions.AGENTS, "context.registration", "context.statement", "attachment", "void"})
TRUTH: Final = ("true", "false")
MOST: Final = 1_000
LIMIT: Final = 100
FACETS: Final = 5
# One who is told sums may narrow by so many values, facet included.
NARROW: Final = 2


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A search as it was sent."""

    search: Search
    facets: tuple[str, ...]
    counts: bool
    limit: int
    before: int | None
    why: str


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What is found, for the answer."""

    statements: Sequence[Any] | None
    people: frozenset[str]
    next: int | None
    count: Mapping[str, Any] | None
    facets: Mapping[str, Any]


async def get(request: web.Request) -> web.Response:
    """Statements that match, the latest first, how many there are, and the commonest values of some paths."""
    caller = request[CALLER]
    asker = Asker.of(caller)
    ground = request.app[GROUND]
    pairs = params.read(request)
    wanted = _wanted(pairs)
    reference = await ground.references.of(caller.store)
    is_sum = not asker.reads_statements and (Role.DIRECTOR in asker.roles or asker.person is None)
    if is_sum:
        _guard(asker, wanted)
    elif not asker.reads_statements:
        wanted = _own(wanted, reference.ifis(asker.person or ""))
    async with (
        storage.connection(ground.pool) as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        through = await ground.marks.through(connection, caller.store, (follower.NAME,))
        searching = Searching(connection, caller.store, caller.store_secret, wanted.search)
        least = reference.policy(_today(ground)).suppression.participation_k if is_sum else 1
        shown = await _shown(searching, wanted, least, reference, is_sum=is_sum)
    if shown.people:
        await _keep(ground, asker, pairs, wanted, shown)
    said = {"through_position": through.position, "through_stored": through.stored}
    return responses.encoded(_written(shown, wanted, said, _more(request, pairs, shown)))


async def _shown(searching: Searching, wanted: Wanted, least: int, reference: Reference, *, is_sum: bool) -> Shown:
    rows = [] if is_sum else await searching.page(wanted.before, wanted.limit + 1)
    page = rows[: wanted.limit]
    counted = await searching.count() if wanted.counts or is_sum else None
    count = None
    if counted is not None:
        is_small = 0 < counted.people < least
        count = {"statements": None if is_small else counted.statements, "people": None if is_small else counted.people}
        count |= {"more": counted.more} | ({"suppressed": True} if is_small else {})
    return Shown(
        statements=None if is_sum else [formats.exact(row["payload"], row["filled"], row["stored"]) for row in page],
        people=frozenset(person for row in page for person in _people(dict(row), reference)),
        next=page[-1]["position"] if len(rows) > wanted.limit else None,
        count=count,
        facets={path: await searching.facet(path, least) for path in wanted.facets},
    )


def _written(shown: Shown, wanted: Wanted, said: Mapping[str, Any], more: str | None) -> bytes:
    told: dict[str, Any] = {}
    if shown.statements is not None:
        told["statements"] = [orjson.Fragment(each) for each in shown.statements]
    if shown.count is not None:
        told["count"] = shown.count
    if wanted.facets:
        told |= {"facets": shown.facets, "facets_over": FACETED}
    return orjson.dumps({**told, **said, "more": more}, option=orjson.OPT_UTC_Z)


def _wanted(pairs: Pairs) -> Wanted:
    once: dict[str, str] = {}
    by_path: dict[str, list[str]] = {}
    for name, value in pairs:
        if name in OWN:
            if name in once:
                raise Invalid(f"the parameter {name!r} may be given once", rule="parameter")
            once[name] = value
        elif expressions.is_path(name.removeprefix("not.")) and value:
            by_path.setdefault(name, []).append(value)
        else:
            known = ", ".join((*terms.PATHS, *OWN))
            raise Invalid(f"there is no parameter {name!r} here, or it is empty; there are {known}", rule="parameter")
    parts = [expressions.one(path, given) for path, given in by_path.items()]
    if "where" in once:
        parts.append(expressions.parse(once["where"]))
    if once.get("count", "false") not in TRUTH:
        raise Invalid(f"count is one of {', '.join(TRUTH)}, not {once['count'][:80]!r}", rule="parameter")
    facets = tuple(filter(None, once.get("facets", "").split(",")))
    if len(facets) > FACETS or not all(map(expressions.is_path, facets)):
        raise Invalid(f"facets are up to {FACETS} of {', '.join(terms.PATHS)}", rule="parameter")
    return Wanted(
        search=Search(
            expression=Every(tuple(parts)), since=_time(once, "since"), until=_time(once, "until"),
            begin=_time(once, "from"), end=_time(once, "to"),
        ),
        facets=facets,
        counts=once.get("count", "false") == "true",
        limit=min(_whole(once, "limit") or LIMIT, MOST),
        before=_whole(once, "cursor"),
        why=once.get("why", "")[:200],
    )  # fmt: skip


def _guard(asker: Asker, wanted: Wanted) -> None:
    """Forbidden where one who is told sums asks for what could single people out."""
    if Role.DIRECTOR not in asker.roles:
        raise Forbidden(
            "searching statements is for credentials with statements/read, for directors, and for one's own"
        )
    named = list(expressions.terms(wanted.search.expression))
    paths = {path for path, _ in named} | set(wanted.facets)
    if telling := sorted(path for path in paths if path in TELLING or path.startswith(terms.PREFIXES)):
        raise Forbidden(f"sums are not told by {telling[0]}: that would tell of single persons")
    if len(named) + bool(wanted.facets) > NARROW:
        raise Forbidden(f"sums are told by {NARROW} values at most, a facet among them")


def _own(wanted: Wanted, ifis: Sequence[str]) -> Wanted:
    own = Is(tuple(("actor", ifi) for ifi in ifis))
    both: Expression = Every((wanted.search.expression, own))
    return msgspec.structs.replace(wanted, search=msgspec.structs.replace(wanted.search, expression=both))


def _people(row: Mapping[str, Any], reference: Reference) -> list[str]:
    """Who acted in a statement: persons of the roster, or identifiers that are nobody's there."""
    content = statement.content(row["payload"], row["filled"])
    found = [value for path, value in terms.terms(content) if path == "actor"]
    return [reference.person(ifi, row["stored"].date()) for ifi in found]


async def _keep(ground: Ground, asker: Asker, pairs: Pairs, wanted: Wanted, shown: Shown) -> None:
    look = Look(
        who=asker.name,
        roles=tuple(sorted(asker.roles)),
        endpoint="statements",
        filter=urlencode([(name, value) for name, value in pairs if name not in ("cursor", "limit", "why")]),
        people=tuple(sorted(shown.people)),
        rows=len(shown.statements or ()),
        why=wanted.why,
    )
    await ground.audit.looked(asker.store, look)


def _more(request: web.Request, pairs: Pairs, shown: Shown) -> str | None:
    if shown.next is None:
        return None
    rest = [(name, value) for name, value in pairs if name != "cursor"]
    return f"{request.path}?{urlencode([*rest, ('cursor', str(shown.next))])}"


def _time(once: Mapping[str, str], name: str) -> datetime | None:
    if name not in once:
        return None
    try:
        return values.instant(once[name])
    except (ValueError, OverflowError):
        raise Invalid(
            f"{name} is a time such as 2026-01-31T12:00:00Z, not {once[name]!r:.80}", rule="parameter"
        ) from None


def _whole(once: Mapping[str, str], name: str) -> int | None:
    if name not in once:
        return None
    if not once[name].isascii() or not once[name].isdecimal() or not 0 < len(once[name]) < 19:
        raise Invalid(f"{name} is a whole number, not {once[name]!r:.80}", rule="parameter")
    return int(once[name])


def _today(ground: Ground) -> date:
    return datetime.fromtimestamp(ground.now(), UTC).date()


ROUTES: Final = (routes.route(PATH, get),)
