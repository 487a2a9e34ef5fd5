"""Why a number is what it is: the rule that took a statement, the facts it made, and the rows these count in.

And what a mapping would make of statements that are pasted or were the last to come, before it is applied.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

import msgspec
import orjson
from aiohttp import web

from lrs.auth import scopes
from lrs.errors import Invalid, NotFound
from lrs.events import Kind, Look
from lrs.http import body, params, responses
from lrs.http.keys import CALLER, SETTINGS
from lrs.log.read import Told
from lrs.reference.reference import Reference
from lrs.storage import pool as storage
from lrs.storage import sqlfile
from lrs.storage.pool import Connection
from lrs.xapi import misfit, values
from lrs.xapi import statements as xapi
from lrs.xapi.versions import Version
from projections.analytic import Projection
from projections.answers import routes
from projections.answers.asker import Asker
from projections.answers.ground import GROUND, Ground
from projections.facts import statement
from projections.facts.fact import Fact
from projections.facts.mapper import Mapped, Mapper
from projections.facts.store import SCHEMA, decoded

SQL: Final = sqlfile.load(__package__, "explaining.sql")
MOST: Final = 1_000
ROWS: Final = 100
ALLOWED: Final = frozenset({"store", "why"})


class Test(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is tested: given statements, or the last so many; by a given mapping, or the one in force."""

    statements: msgspec.Raw = msgspec.Raw()
    last: int | None = None
    mapping: str | None = None


class Life(msgspec.Struct, frozen=True):
    """A fact, and the positions between which it is live; `until` is None where it has not ended."""

    fact: Fact
    since: int
    until: int | None

    def is_live(self, position: int) -> bool:
        """Whether it is, at a position."""
        return self.since <= position and (self.until is None or position < self.until)


async def explain(request: web.Request) -> web.Response:
    """One stored statement: the rules that were tried, its facts, and the keys and rows that they count in."""
    caller = request[CALLER]
    asker = Asker.of(caller)
    ground = request.app[GROUND]
    if unknown := [name for name, _ in params.read(request) if name not in ALLOWED]:
        known = ", ".join(sorted(ALLOWED))
        raise Invalid(f"there is no parameter {unknown[0][:80]!r} here; there are {known}", rule="parameter")
    latest = await ground.references.of(caller.store)
    async with (
        storage.connection(ground.pool) as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        through = await ground.marks.through(connection, caller.store, (SCHEMA,))
        row = await _stored(connection, caller.store, request.match_info["statement"])
        lives = await _lives(connection, caller.store, row["position"], through.position)
        # Whom it concerns goes by what is known now; what it tells, by what was known where the answer holds.
        people = _people(row, [each.fact for each in lives], latest)
        _may(asker, people)
        told = _explained(row, await ground.references.as_known(caller.store, through.position, connection))
        told["facts"] = [{**_fact(each.fact), "since": each.since, "until": each.until} for each in lives]
        told["counts_in"] = [
            await _counts_in(connection, caller.store, each, lives, ground) for each in ground.projections
        ]
    await _keep(ground, asker, str(row["subject"]), people, request)
    said = {"through_position": through.position, "through_stored": through.stored}
    return responses.encoded(orjson.dumps({**told, **said}, default=str, option=orjson.OPT_UTC_Z))


async def test(request: web.Request) -> web.Response:
    """What a mapping makes of statements: rule, facts and keys of each, and what no rule took by verb and type."""
    caller = request[CALLER].must(scopes.ADMIN)
    ground = request.app[GROUND]
    sent = _test(await body.read(request))
    reference = await ground.references.of(caller.store)
    mapper = Mapper.of(reference) if sent.mapping is None else Mapper(sent.mapping, reference)
    if bytes(sent.statements):
        given = _given(request, bytes(sent.statements), ground)
    else:
        caller.must(scopes.STATEMENTS_READ)
        given = await _last(ground, caller.store, sent.last or 0)
    results, unmatched = [], Counter[tuple[str, str]]()
    for event in given:
        content = statement.parse(event)
        if content is None:
            continue
        mapped = statement.mapped(mapper, event, content)
        results.append({"id": str(event.subject), **_mapped(mapped, ground.projections, reference)})
        if mapped.rule is None and mapped.voids is None:
            unmatched[statement.pattern(content)] += 1
    told = {
        "mapping": mapper.mapping.label,
        "statements": results,
        "unmatched": [{"verb": verb, "type": type_, "statements": n} for (verb, type_), n in unmatched.most_common()],
    }
    return responses.encoded(orjson.dumps(told, default=str, option=orjson.OPT_UTC_Z))


def _explained(row: Mapping[str, Any], reference: Reference) -> dict[str, Any]:
    event = _event(row)
    content = statement.parse(event)
    told: dict[str, Any] = {
        "statement": str(event.subject), "position": event.position, "stored": event.stored, "voided": row["voided"],
    }  # fmt: skip
    if content is None:
        return {**told, "erased": True}
    explanation = Mapper.of(reference).explain(
        content, id=event.subject, position=event.position, stored=event.stored, authority=""
    )
    return {
        **told,
        "mapping": explanation.mapping,
        "verb": explanation.verb,
        "verb_sets": explanation.verb_sets,
        "object": explanation.object,
        "type": explanation.type,
        "type_sets": explanation.type_sets,
        "rule": explanation.mapped.rule,
        "tried": [msgspec.to_builtins(each) for each in explanation.tried],
    }


async def _lives(connection: Connection, store: int, position: int, through: int) -> list[Life]:
    """The facts of the statement at a position as they were at another: what came or ended later has not."""
    return [
        Life(decoded(each["body"]), each["since"], each["until"])
        for each in await SQL.fetch(connection, "facts", store=store, position=position, through=through)
    ]


async def _counts_in(
    connection: Connection, store: int, projection: Projection, lives: Sequence[Life], ground: Ground
) -> dict[str, Any]:
    """The keys of a projection that facts bear on, and what identifies their rows, of each table some.

    All of it as of the position through which these rows hold, which may be before that of the facts.
    """
    through = (await ground.marks.through(connection, store, (projection.name,))).position
    reference = await ground.references.as_known(store, through, connection)
    facts = [each.fact for each in lives if each.fact.kind in projection.kinds and each.is_live(through)]
    keys = sorted({key for fact in facts for key in projection.keys(fact, reference)})
    rows: dict[str, Any] = {}
    for table in projection.tables if keys else ():
        text = (
            f"select {', '.join(table.key)} from {projection.name}.{table.name}"  # noqa: S608
            f" where store = $1 and owner = any($2::text[]) order by {', '.join(table.key)} limit {ROWS}"
        )
        rows[table.name] = [dict(each) for each in await connection.fetch(text, store, keys)]
    return {"projection": projection.name, "through_position": through, "keys": keys, "rows": rows}


def _mapped(mapped: Mapped, projections: Sequence[Projection], reference: Reference) -> dict[str, Any]:
    keys = {
        projection.name: sorted(
            {key for fact in mapped.facts if fact.kind in projection.kinds for key in projection.keys(fact, reference)}
        )
        for projection in projections
    }
    return {
        "rule": mapped.rule,
        "voids": None if mapped.voids is None else str(mapped.voids),
        "facts": [_fact(fact) for fact in mapped.facts],
        "keys": {name: each for name, each in keys.items() if each},
    }


def _fact(fact: Fact) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(fact)
    return told


def _may(asker: Asker, people: frozenset[str]) -> None:
    """NotFound for a statement that does not concern the asker: that there is one is nothing to her."""
    if not asker.reads_statements and asker.person not in people:
        raise NotFound("there is no statement of that id that you may see")


def _people(row: Mapping[str, Any], facts: Sequence[Fact], reference: Reference) -> frozenset[str]:
    """Whom a statement concerns."""
    named = {ifi for fact in facts for ifi in (fact.subject, fact.other) if ifi is not None}
    return frozenset(reference.person(ifi, row["stored"].date()) for ifi in named)


async def _keep(ground: Ground, asker: Asker, id_: str, people: frozenset[str], request: web.Request) -> None:
    if not people:
        return
    look = Look(
        who=asker.name, roles=tuple(sorted(asker.roles)), endpoint="explain", filter=f"statement={id_}",
        people=tuple(sorted(people)), rows=1, why=request.query.get("why", "")[:200],
    )  # fmt: skip
    await ground.audit.looked(asker.store, look)


async def _stored(connection: Connection, store: int, text: str) -> Mapping[str, Any]:
    try:
        id_ = values.uuid(text)
    except ValueError:
        id_ = None
    if id_ is None:
        raise Invalid(f"a statement's id is a UUID, not {text[:80]!r}", rule="parameter")
    row = await SQL.fetchrow(connection, "statement", store=store, id=id_)
    if row is None:
        raise NotFound("there is no statement of that id that you may see")
    return dict(row)


async def _last(ground: Ground, store: int, count: int) -> list[Told]:
    if not 0 < count <= MOST:
        raise Invalid(f"last is a number from 1 to {MOST}", rule="parameter")
    async with storage.connection(ground.pool) as connection:
        return [_event(dict(row)) for row in await SQL.fetch(connection, "last", store=store, limit=count)]


def _given(request: web.Request, content: bytes, ground: Ground) -> list[Told]:
    """Pasted statements as if they had just been stored; Invalid for what could not be."""
    limits = request.app[SETTINGS].limits
    receipt = xapi.receive(content, "application/json", version=Version.V2_0_0, ids=uuid4, limits=limits)
    now = datetime.fromtimestamp(ground.now(), UTC)
    return [Told(0, Kind.STATEMENT_STORED, now, each.id, each.payload, b"{}") for each in receipt.statements]


def _test(content: bytes) -> Test:
    try:
        sent = msgspec.json.decode(content, type=Test)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise misfit.refused(error, "a test (statements or last, and mapping)", rule="mapping") from error
    if bool(bytes(sent.statements)) == (sent.last is not None):
        raise Invalid("a test has either statements or last", rule="mapping")
    return sent


def _event(row: Mapping[str, Any]) -> Told:
    return Told(row["position"], Kind(row["kind"]), row["stored"], row["subject"], row["payload"], row["filled"])


ROUTES: Final = (
    routes.route("/explain/{statement}", explain),
    web.post("/admin/v1/mapping:test", test),
)
