"""Reference data over HTTP: PUT applies what is sent, with `dry_run=true` only tells the difference; GET tells it."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, Final, cast

import msgspec
from aiohttp import web

from lrs.auth import scopes
from lrs.errors import Invalid, NotFound
from lrs.http import body, params, responses
from lrs.http.keys import CALLER
from lrs.recording.reference import Known, Outcome, Wanted
from lrs.reference import case
from lrs.reference.applied import Head, Kind
from lrs.reference.difference import counts
from lrs.reference.incoming import Given
from lrs.reference.model import Rubric
from lrs.resources.documents import Handler
from lrs.resources.keys import NOW, REFERENCES

PARAMETERS: Final = ("dry_run", "effective_from", "file")
TOLD: Final = 1_000
NAMES: Final = {"mapping": "mapping.yaml", "policy": "policy.yaml", "roster": "roster.zip", "rubric": "rubric.json"}


class Asked(msgspec.Struct, frozen=True):
    """The parameters of a PUT: `dry_run`, `effective_from`, and `file`, the name of a CSV that comes alone."""

    dry_run: bool = False
    effective_from: date | None = None
    file: str | None = None


def put(kind: Kind) -> Handler:
    """The handler that applies reference data of a kind."""

    async def handler(request: web.Request) -> web.Response:
        """Apply what is sent."""
        request[CALLER].must(scopes.ADMIN)
        return await _apply(request, kind, await body.read(request))

    return handler


def get(kind: Kind) -> Handler:
    """The handler that tells what of a kind is applied."""

    async def handler(request: web.Request) -> web.Response:
        """What was applied last, and what it comes to."""
        known = await _known(request)
        head = known.state.heads.get(kind)
        if head is None:
            raise NotFound(f"no {kind} has been applied: PUT one here, or use `lrs reference import`")
        return responses.json({"kind": kind, **_head(head), **TELLING[kind](known)})

    return handler


async def get_rubrics(request: web.Request) -> web.Response:
    """Every rubric, in each of its versions, without criteria."""
    known = await _known(request)
    return responses.json({"rubrics": [_rubric(each) for each in known.reference.records.rubrics]})


async def get_rubric(request: web.Request) -> web.Response:
    """The versions of one rubric, oldest first, with criteria and levels."""
    known = await _known(request)
    id_ = request.match_info["id"].lower()
    versions = known.reference.versions(id_)
    if not versions:
        raise NotFound(f"there is no rubric {id_!r}: GET /admin/v1/rubrics lists those there are")
    told = [{**_rubric(each), "criteria": msgspec.to_builtins(each.criteria)} for each in versions]
    return responses.json({"id": id_, "versions": told})


async def put_rubric(request: web.Request) -> web.Response:
    """Apply a CASE package, which must have the rubric or document that the path names."""
    request[CALLER].must(scopes.ADMIN)
    content = await body.read(request)
    package = case.parse(content, NAMES["rubric"])
    held = {package.document, *(rubric.id for rubric in package.rubrics)}
    if request.match_info["id"].lower() not in held:
        raise Invalid(f"the package has no such rubric: it has {', '.join(sorted(held))}", rule="rubric.id")
    return await _apply(request, "rubric", content)


async def _known(request: web.Request) -> Known:
    caller = request[CALLER].must(scopes.ADMIN)
    return await request.app[REFERENCES].known(caller.store)


async def _apply(request: web.Request, kind: Kind, content: bytes) -> web.Response:
    caller, asked = request[CALLER], _asked(request)
    wanted = Wanted(
        kind=kind,
        given=Given.of(asked.file or NAMES.get(kind, f"{kind}.csv"), content),
        day=datetime.fromtimestamp(request.app[NOW](), UTC).date(),
        effective_from=asked.effective_from,
    )
    outcome = await request.app[REFERENCES].apply(caller.store, wanted, by=caller.key, dry_run=asked.dry_run)
    return responses.json(told(outcome, dry_run=asked.dry_run))


def _asked(request: web.Request) -> Asked:
    given: dict[str, str] = {}
    for name, value in params.read(request):
        if name not in PARAMETERS or name in given:
            raise Invalid(
                f"parameters are {', '.join(PARAMETERS)}, each once, and not {name[:80]!r}", rule="parameters"
            )
        given[name] = value
    try:
        return msgspec.convert(given, Asked, strict=False)
    except msgspec.ValidationError as error:
        raise Invalid(f"dry_run is true or false, effective_from a date like 2024-08-31: {error}") from error


def told(outcome: Outcome, *, dry_run: bool) -> dict[str, Any]:
    """What became of an application, in JSON: of its changes the first thousand, and how many there are of each."""
    return {
        "kind": outcome.kind,
        "source": outcome.source,
        "sha256": outcome.sha256,
        "effective_from": outcome.effective_from,
        "dry_run": dry_run,
        "known_already": outcome.is_known,
        "position": outcome.position,
        "counts": counts(outcome.changes),
        "changes": [msgspec.structs.asdict(each) for each in outcome.changes[:TOLD]],
        "more": max(0, len(outcome.changes) - TOLD),
    }


def _head(head: Head) -> dict[str, Any]:
    return cast(dict[str, Any], msgspec.to_builtins(head))


def _rubric(rubric: Rubric) -> dict[str, Any]:
    return {
        "id": rubric.id, "uri": rubric.uri, "title": rubric.title, "version": rubric.version, "since": rubric.since,
        "until": rubric.until, "criteria": len(rubric.criteria),
    }  # fmt: skip


def _roster(known: Known) -> dict[str, Any]:
    records = known.reference.records
    names = ("orgs", "people", "posts", "cohorts", "memberships", "assignments", "periods")
    return {"counts": {name: len(getattr(records, name)) for name in names}}


def _assignments(known: Known) -> dict[str, Any]:
    return {"assignments": msgspec.to_builtins(known.reference.records.assignments)}


def _policies(known: Known) -> dict[str, Any]:
    return {"documents": [
        {"effective_from": since, "content": text} for since, text in sorted(known.state.policies.items())
    ]}  # fmt: skip


def _rows(kind: Kind) -> Callable[[Known], dict[str, Any]]:
    return lambda known: {"rows": known.state.rows.get(kind, [])}


TELLING: Final[dict[Kind, Callable[[Known], dict[str, Any]]]] = {
    "roster": _roster,
    "calendar": _rows("calendar"),
    "identities": _rows("identities"),
    "alignments": _rows("alignments"),
    "assignments": _assignments,
    "mapping": lambda known: {"content": known.state.mapping},
    "policy": _policies,
}
