"""Questions over a small table of a test's database, asked over HTTP by whoever the key of the credentials names."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import asyncpg
from aiohttp import web

from lrs.auth import basic
from lrs.auth.caller import Caller
from lrs.config import Settings
from lrs.events import Look
from lrs.http.cors import Origins
from lrs.http.deadlines import Deadlines
from lrs.http.keys import DEADLINES, SETTINGS
from lrs.http.middlewares import Front
from lrs.http.readiness import Readiness
from lrs.reference.model import Assignment, Cohort, Membership, Org, Person, Post
from lrs.reference.reference import Reference
from lrs.storage.pool import Connection
from projections.analytic.standing import Through
from projections.answers import routes
from projections.answers.asker import Role
from projections.answers.conditions import Condition, meets
from projections.answers.data import Moment, Part, Stored, Then
from projections.answers.ground import GROUND, Ground
from projections.answers.question import Column, Filter, Question
from tests import serving
from tests.conftest import Database
from tests.serving import Answer, Client

STORE = 1
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
THROUGH = Through(position=42, stored=datetime(2026, 3, 2, 11, 59, tzinfo=UTC))
# Schools A (five educators), B (two) and C (eight); ed1 and ed2 are cora's; ed1 … ed4 are in cohort plc with fay.
SCHOOLS = {"a": 5, "b": 2, "c": 8}

COLUMNS = (
    Column("person_id", "text", "Who was seen.", "person"),
    Column("day", "date", "On which day."),
    Column("minutes", "integer", "For how long."),
    Column("score", "numeric(6,3)", "How it went."),
    Column("at", "timestamptz", "When exactly."),
    Column("purpose", "text", "To what end."),
    Column("statement_ids", "uuid[]", "What says so.", "trace"),
)
TABLE = """
create schema visits;
create table visits.visit (store int, person_id text, day date, minutes int, score numeric(6,3), at timestamptz,
    purpose text, statement_ids uuid[], primary key (store, person_id, day));
grant usage on schema visits to lrs_app;
grant select on visits.visit to lrs_app;
"""


def reference() -> Reference:
    people = [f"ed{number}" for number in range(1, sum(SCHOOLS.values()) + 1)]
    homes = [school for school, count in SCHOOLS.items() for _ in range(count)]
    posts = [Post(person=person, org=org, role="educator") for person, org in zip(people, homes, strict=True)]
    dimensions = {person: {"level": "new" if person == "ed1" else "old"} for person in people}
    return Reference.of(
        orgs=[Org(id="d", name="D", kind="district"), *(Org(id=s, name=s, kind="school", parent="d") for s in SCHOOLS)],
        people=[
            *(
                Person(id=each, given_name=each.title(), family_name="X", dimensions=dimensions[each])
                for each in people
            ),
            Person(id="pat", given_name="Pat"),
        ],
        posts=[*posts, Post(person="pat", org="a", role="principal")],
        assignments=[Assignment(coach="cora", educator="ed1"), Assignment(coach="cora", educator="ed2")],
        cohorts=[Cohort(id="plc", title="PLC", org="a")],
        memberships=[
            *(Membership(cohort="plc", person=each, role="member") for each in people[:4]),
            Membership(cohort="plc", person="fay", role="facilitator"),
        ],
    )


@dataclass
class Standing:
    """Stands in for what main hands down."""

    now: Reference = field(default_factory=reference)
    kept: list[Look] = field(default_factory=list)
    then: Sequence[Mapping[str, Any]] = ()
    moments: list[Moment] = field(default_factory=list)
    reached: Through = THROUGH
    switched: bool = False

    async def of(self, store: int) -> Reference:
        return self.now

    async def through(self, connection: Connection, store: int, projections: Sequence[str]) -> Through:
        return self.reached

    async def told(
        self, connection: Connection, store: int, position: int, projections: Sequence[str], *, day: date | None = None
    ) -> int:
        return position

    async def is_switched(self, connection: Connection, projections: Sequence[str]) -> bool:
        return self.switched

    async def looked(self, store: int, look: Look) -> None:
        self.kept.append(look)

    async def as_known(self, store: int, position: int, connection: Connection | None = None) -> Reference:
        return self.now

    def at(
        self, connection: Connection, store: int, reference: Reference, moment: Moment, tick: Callable[[], object]
    ) -> Then:
        self.moments.append(moment)
        return self

    async def part(
        self, table: str, where: Sequence[Condition], *, after: Sequence[Any] | None, limit: int | None,
        only: Collection[str] = (),
    ) -> Part:  # fmt: skip
        return Part(rows=[dict(row) for row in self.then if meets(row, where)])


class Gate:
    """Lets everybody in as who they say: the key is `role` or `role:person`, the secret does not matter."""

    async def identify(self, request: web.Request) -> Caller:
        key, person = basic.parse(request.headers.get("Authorization"))
        scopes = frozenset({"analytics/read"}) if key == "credential" else frozenset[str]()
        roles = frozenset(key.split("+")) & frozenset(Role)
        return Caller(
            store=STORE, key=key, scopes=scopes, authority=b"{}", authority_ifi="", store_secret=b"secret", roles=roles,
            person=person or None,
        )  # fmt: skip


@dataclass
class Asking:
    """Asks, as a role and a person."""

    client: Client
    standing: Standing

    async def ask(self, path: str, role: str = "coach", person: str = "", **headers: str) -> Answer:
        sent = {"Authorization": serving.basic(role, person), **headers}
        return await self.client.send("GET", "/analytics/v1/" + path, headers=sent)

    async def rows(self, path: str, role: str = "coach", person: str = "") -> list[dict[str, Any]]:
        answer = await self.ask(path, role, person)
        assert answer.status == 200, answer.body
        rows: list[dict[str, Any]] = answer.json["rows"]  # type: ignore[index]
        return rows


def stored(columns: Sequence[Column] = COLUMNS, key: tuple[str, ...] = ("person_id", "day")) -> Stored:
    return Stored(types={each.name: each.type for each in columns}, key=key)


async def fill(database: Database, rows: Sequence[tuple[Any, ...]]) -> None:
    owner = await asyncpg.connect(database.owner_dsn)
    try:
        await owner.execute(TABLE)
        await owner.executemany("insert into visits.visit values (1, $1, $2, $3, $4, $5, $6, $7)", rows)
    finally:
        await owner.close()


def visit(person: str, day: int = 1, minutes: int = 30, score: float | None = None, purpose: str = "formative") -> Any:
    return (person, date(2026, 2, day), minutes, score, datetime(2026, 2, day, 8, tzinfo=UTC), purpose, [])


def question(**changes: Any) -> Question:
    """Who was visited when, changed."""
    return Question(**{
        "path": "visits",
        "sentence": "Who was visited when.",
        "table": "visits.visit",
        "key": ("person_id", "day"),
        "columns": COLUMNS,
        "person": "person_id",
        "purpose": "purpose",
        "filters": {"person": Filter("person_id"), "org": Filter("person_id", "org-of-person")},
        "sees": {},
    } | changes)  # fmt: skip


@asynccontextmanager
async def asking(
    database: Database, questions: Sequence[Question], rows: Sequence[tuple[Any, ...]] = ()
) -> AsyncIterator[Asking]:
    """These questions, over these visits."""
    await fill(database, rows)
    settings = Settings()
    standing = Standing()
    deadlines = Deadlines(settings.answer_seconds, asyncio.get_running_loop().time)
    front = Front(
        settings=settings, gate=Gate(), floors=serving.Floors(), origins=Origins((), loopback=False),
        deadlines=deadlines, readiness=Readiness(serving.nothing, serving.nothing),
    )  # fmt: skip
    app = web.Application(middlewares=[front.answer])
    app[SETTINGS], app[DEADLINES] = settings, deadlines
    app[GROUND] = Ground(
        pool=database.pool, tables={"visits.visit": stored()}, references=standing, marks=standing, audit=standing,
        now=NOW.timestamp, past=standing,
    )  # fmt: skip
    app.add_routes(routes.routes(questions))
    async with serving.listening(app, settings) as client:
        yield Asking(client=client, standing=standing)
