"""A small district, from files to answers: reference data and statements into the log, followed, asked over HTTP."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec
from aiohttp import web

from lrs.auth.caller import Caller
from lrs.config import Settings
from lrs.events import Look
from lrs.http.cors import Origins
from lrs.http.deadlines import Deadlines
from lrs.http.keys import DEADLINES, SETTINGS
from lrs.http.middlewares import Front
from lrs.http.readiness import Readiness
from lrs.reference import incoming
from lrs.reference.applied import Kind
from lrs.reference.incoming import Given
from projections.answers import routes, standing
from projections.answers.ground import GROUND, Ground
from projections.cohort_participation import projection as cohorts
from projections.facts.references import References
from projections.rubric_evidence.projection import PROJECTION
from tests import serving
from tests.conftest import Database
from tests.projections import stage as stages
from tests.projections.answers.asking import Gate
from tests.projections.stage import Stage
from tests.reference.given import csv, package
from tests.serving import Client
from tests.world import World, voids

# Units that precede evidence are asked of the other.
BOTH: Final = (PROJECTION, cohorts.PROJECTION)
NOW: Final = datetime(2026, 3, 2, 20, tzinfo=UTC)
FIRST: Final = date(2025, 8, 1)
TEACHERS: Final = {"ann": "north", "bob": "north", "eva": "north", "sue": "south", "sid": "south"}
OTHERS: Final = {"cam": ("d", "coach"), "dee": ("north", "principal"), "kim": ("south", "coach")}
CASE: Final = "https://case.example.org/"
SCORED: Final = "http://adlnet.gov/expapi/verbs/scored"
JUDGED: Final = "https://w3id.org/xapi/tla/verbs/evaluated"
SUBMITTED: Final = "http://activitystrea.ms/submit"
ACHIEVED: Final = "https://w3id.org/xapi/tla/verbs/achieved"
REVOKED: Final = "https://w3id.org/xapi/tla/verbs/revoked"
BADGE: Final = "http://activitystrea.ms/badge"
PURPOSE: Final = "https://schemas.daybook.example/xapi/extensions/purpose"
USERS: Final = "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,givenName,familyName,email"

ROSTER: Final = {
    "orgs.csv": csv(
        "sourcedId,status,name,type,parentSourcedId",
        "d,,Alder,district,", "north,,North High,school,d", "south,,South High,school,d",
    ),
    "users.csv": csv(
        USERS,
        *(f"{who},,,true,{org},teacher,{who},{who.title()},X,{who}@x.org" for who, org in TEACHERS.items()),
        *(f"{who},,,true,{org},{role},{who},{who.title()},X,{who}@x.org" for who, (org, role) in OTHERS.items()),
    ),
    "academicSessions.csv": csv(
        "sourcedId,status,title,type,startDate,endDate,parentSourcedId,schoolYear",
        "y,,2025-26,schoolYear,2025-08-18,2026-06-13,,2026", "fall,,Fall,term,2025-08-18,2025-12-20,y,2026",
        "spring,,Spring,term,2026-01-05,2026-06-13,y,2026",
    ),
}  # fmt: skip
POLICY: Final = """
timezone: America/Los_Angeles
suppression: {participation_k: 2, performance_k: 2}
freshness_days: 60
"""


def criterion(name: str, domain: str, weight: float) -> dict[str, Any]:
    levels = enumerate(("Starting", "Growing", "Proficient", "Leading"), start=1)
    return {
        "identifier": name, "uri": CASE + name, "category": domain, "description": name.title(), "weight": weight,
        "CFRubricCriterionLevels": [
            {"identifier": f"{name}-{score}", "uri": f"{CASE}{name}/{score}", "quality": level, "score": score}
            for score, level in levels
        ],
    }  # fmt: skip


RUBRIC: Final = package(
    criterion("plan", "Preparing", 1), criterion("ask", "Teaching", 2), criterion("listen", "Teaching", 1)
)


class Town(msgspec.Struct, kw_only=True):
    """The stage, and who asks."""

    stage: Stage
    client: Client
    kept: list[Look]

    async def load(self, kind: Kind, content: Any, day: date = FIRST) -> None:
        """Apply reference data."""
        given = Given(source=kind, files=content) if isinstance(content, dict) else Given.of(f"{kind}.csv", content)
        await self.stage.append_reference(incoming.read(kind, given, day=day).encode())

    async def load_all(self) -> None:
        """Policy, roster and rubric."""
        await self.load("policy", POLICY.encode())
        await self.load("roster", ROSTER)
        await self.load("rubric", RUBRIC)
        await self.load("assignments", csv("coach,educator", *(f"cam,{who}" for who in ("ann", "bob", "eva"))))

    async def tell(self, *statements: dict[str, Any]) -> list[UUID]:
        """Send statements and follow."""
        ids = await self.stage.send(*statements)
        await self.stage.settle()
        return ids

    async def void(self, statement: UUID) -> None:
        """Void one, and follow."""
        await self.stage.world.send(voids(statement))
        await self.stage.settle()

    async def ask(self, path: str, role: str = "coach", person: str = "cam") -> list[dict[str, Any]]:
        """The rows of an answer."""
        answer = await self.send(path, role, person)
        assert answer.status == 200, answer.body
        rows: list[dict[str, Any]] = answer.json["rows"]  # type: ignore[index]
        return rows

    async def send(self, path: str, role: str = "coach", person: str = "cam") -> serving.Answer:
        headers = {"Authorization": serving.basic(role, person)}
        return await self.client.send("GET", f"/analytics/v1/rubric-evidence{path}", headers=headers)

    async def looked(self, store: int, look: Look) -> None:
        """Keep who looked."""
        self.kept.append(look)


class Doors(Gate):
    """Lets everybody in as who they say, to one store."""

    def __init__(self, store: int) -> None:
        self._store = store

    async def identify(self, request: web.Request) -> Caller:
        return msgspec.structs.replace(await super().identify(request), store=self._store)


@asynccontextmanager
async def town(world: World, database: Database) -> AsyncIterator[Town]:
    """An empty one."""
    stage = await stages.make(world, database, BOTH)
    settings = Settings()
    deadlines = Deadlines(settings.answer_seconds, asyncio.get_running_loop().time)
    front = Front(
        settings=settings, gate=Doors(world.store.id), floors=serving.Floors(), origins=Origins((), loopback=False),
        deadlines=deadlines, readiness=Readiness(serving.nothing, serving.nothing),
    )  # fmt: skip
    app = web.Application(middlewares=[front.answer])
    app[SETTINGS], app[DEADLINES] = settings, deadlines
    app.add_routes(routes.routes(PROJECTION.questions))
    kept: list[Look] = []
    made = Town(stage=stage, client=Client(session=None, port=0), kept=kept)  # type: ignore[arg-type]
    app[GROUND] = Ground(
        pool=world.pool, tables=standing.tables(BOTH), now=NOW.timestamp,
        references=standing.References(References(world.pool)), marks=standing.Marks(BOTH), audit=made,
        past=standing.Past(world.stores, BOTH),
    )  # fmt: skip
    async with serving.listening(app, settings) as client:
        made.client = client
        yield made


def agent(who: str) -> dict[str, Any]:
    return {"mbox": f"mailto:{who}@x.org"}


def scored(who: str, by: str | None, score: float, when: str, on: str = "plan", **changes: Any) -> dict[str, Any]:
    """Somebody scored somebody on a criterion, from 1 to 4."""
    visit = changes.pop("visit", str(uuid4()))
    context: dict[str, Any] = {"registration": visit}
    if by is not None and by != who:
        context["instructor"] = agent(by)
    if purpose := changes.pop("purpose", None):
        context["extensions"] = {PURPOSE: purpose}
    return {
        "id": str(uuid4()),
        "actor": agent(who),
        "verb": {"id": JUDGED if by == who else SCORED},
        "object": {"id": CASE + on, "definition": {"type": "http://adlnet.gov/expapi/activities/objective"}},
        "result": {"score": {"raw": score, "min": 1, "max": 4}},
        "context": context,
        "timestamp": when,
    } | changes


def told(rows: Sequence[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in names) for row in rows]
