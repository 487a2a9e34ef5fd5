"""A cohort from files to answers: reference data and statements into the log, followed, asked over HTTP."""

import asyncio
from collections.abc import AsyncIterator
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
from projections.cohort_participation.projection import PROJECTION
from projections.facts.references import References
from tests import serving
from tests.conftest import Database
from tests.projections import stage as stages
from tests.projections.answers.asking import Gate
from tests.projections.stage import Stage
from tests.reference.given import csv
from tests.serving import Answer, Client
from tests.world import World, voids

NOW: Final = datetime(2026, 3, 2, 20, tzinfo=UTC)
FIRST: Final = date(2025, 8, 1)
MEMBERS: Final = ("ann", "bob", "cam", "dee", "eve", "flo")
ADL: Final = "http://adlnet.gov/expapi/"
TINCAN: Final = "http://id.tincanapi.com/"
STREAMS: Final = "http://activitystrea.ms/"
COHORT: Final = {"id": "https://groups.example.org/plc", "definition": {"type": STREAMS + "group"}}
PLANNED: Final = TINCAN + "extension/planned-start-time"

ROSTER: Final = {
    "orgs.csv": csv("sourcedId,status,name,type,parentSourcedId", "d,,Alder,district,", "north,,North High,school,d"),
    "users.csv": csv(
        "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,givenName,familyName,email",
        *(f"{who},,,true,north,teacher,{who},{who.title()},X,{who}@x.org" for who in (*MEMBERS, "fay", "gus")),
    ),
    "academicSessions.csv": csv(
        "sourcedId,status,title,type,startDate,endDate,parentSourcedId,schoolYear",
        "y,,2025-26,schoolYear,2025-08-18,2026-06-13,,2026", "fall,,Fall,term,2025-08-18,2025-12-20,y,2026",
        "spring,,Spring,term,2026-01-05,2026-06-13,y,2026",
    ),
    "classes.csv": csv(
        "sourcedId,status,title,schoolSourcedId,metadata.pd.kind,metadata.pd.targetIntervalDays,metadata.pd.iri",
        "plc,,PLC North,north,cohort,14,https://groups.example.org/plc",
    ),
    "enrollments.csv": csv(
        "sourcedId,status,classSourcedId,schoolSourcedId,userSourcedId,role,beginDate,endDate",
        *(f"e-{who},,plc,north,{who},student,2025-08-01," for who in MEMBERS[:-1]),
        "e-flo,,plc,north,flo,student,2025-10-01,", "e-fay,,plc,north,fay,teacher,2025-08-01,",
    ),
}  # fmt: skip


class Door(Gate):
    """Lets everybody in as who they say, into a store with a secret."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    async def identify(self, request: web.Request) -> Caller:
        return msgspec.structs.replace(await super().identify(request), store_secret=self._secret)


class Circle(msgspec.Struct, kw_only=True):
    """The stage, and who asks."""

    stage: Stage
    client: Client
    kept: list[Look]

    async def load(self, kind: Kind, content: Any, day: date = FIRST) -> None:
        """Apply reference data."""
        given = Given(source=kind, files=content) if isinstance(content, dict) else Given.of(f"{kind}.csv", content)
        await self.stage.append_reference(incoming.read(kind, given, day=day).encode())

    async def load_all(self, policy: str = "") -> None:
        """Policy and roster."""
        await self.load("policy", f"timezone: America/Los_Angeles\n{policy}".encode())
        await self.load("roster", ROSTER)

    async def tell(self, *statements: dict[str, Any]) -> list[UUID]:
        """Send statements and follow."""
        ids = await self.stage.send(*statements)
        await self.stage.settle()
        return ids

    async def void(self, statement: UUID) -> None:
        """Void one, and follow."""
        await self.stage.world.send(voids(statement))
        await self.stage.settle()

    async def send(self, path: str, role: str = "facilitator", person: str = "fay") -> Answer:
        """An answer."""
        headers = {"Authorization": serving.basic(role, person)}
        return await self.client.send("GET", f"/analytics/v1/{path}", headers=headers)

    async def ask(self, path: str, role: str = "facilitator", person: str = "fay") -> list[dict[str, Any]]:
        """The rows of an answer."""
        answer = await self.send(path, role, person)
        assert answer.status == 200, answer.body
        rows: list[dict[str, Any]] = answer.json["rows"]  # type: ignore[index]
        return rows

    async def looked(self, store: int, look: Look) -> None:
        """Keep who looked."""
        self.kept.append(look)


@asynccontextmanager
async def circle(world: World, database: Database) -> AsyncIterator[Circle]:
    """An empty one."""
    stage = await stages.make(world, database, (PROJECTION,))
    settings = Settings()
    deadlines = Deadlines(settings.answer_seconds, asyncio.get_running_loop().time)
    front = Front(
        settings=settings, gate=Door(world.store.secret), floors=serving.Floors(), origins=Origins((), loopback=False),
        deadlines=deadlines, readiness=Readiness(serving.nothing, serving.nothing),
    )  # fmt: skip
    app = web.Application(middlewares=[front.answer])
    app[SETTINGS], app[DEADLINES] = settings, deadlines
    app.add_routes(routes.routes(PROJECTION.questions))
    made = Circle(stage=stage, client=Client(session=None, port=0), kept=[])  # type: ignore[arg-type]
    app[GROUND] = Ground(
        pool=world.pool, tables=standing.tables([PROJECTION]), now=NOW.timestamp,
        references=standing.References(References(world.pool)), marks=standing.Marks([PROJECTION]), audit=made,
        past=standing.Past(world.stores, [PROJECTION]),
    )  # fmt: skip
    async with serving.listening(app, settings) as client:
        made.client = client
        yield made


def agent(who: str) -> dict[str, Any]:
    return {"mbox": f"mailto:{who}@x.org"}


def statement(who: str, verb: str, what: dict[str, Any], when: str, **changes: Any) -> dict[str, Any]:
    """Somebody did something, in the cohort."""
    return {
        "id": str(uuid4()),
        "actor": agent(who),
        "verb": {"id": verb},
        "object": what,
        "context": {"contextActivities": {"grouping": [COHORT]}},
        "timestamp": when,
    } | changes


def activity(name: str, type_: str) -> dict[str, Any]:
    return {"id": f"https://x.org/{name}", "definition": {"type": type_}}


def met(when: str, *who: str, **changes: Any) -> dict[str, Any]:
    """They met: one statement of a group."""
    group = {"objectType": "Group", "member": [agent(each) for each in who]}
    place = activity("room", ADL + "activities/meeting")
    return statement("", ADL + "verbs/attended", place, when, actor=group, result={"duration": "PT45M"}, **changes)


def announced(start: str, when: str, verb: str = "schedule") -> dict[str, Any]:
    """A meeting is announced, or called off."""
    place = activity("room", ADL + "activities/meeting")
    context = {"contextActivities": {"grouping": [COHORT]}, "extensions": {PLANNED: start}}
    return statement("fay", STREAMS + verb, place, when, context=context)


def completed(who: str, unit: str, when: str, minutes: int = 10) -> dict[str, Any]:
    place = activity(unit, ADL + "activities/lesson")
    return statement(who, ADL + "verbs/completed", place, when, context={}, result={"duration": f"PT{minutes}M"})


def applied(who: str, unit: str, when: str) -> dict[str, Any]:
    place = activity(unit, ADL + "activities/lesson")
    return statement(who, "https://w3id.org/xapi/dod-isd/verbs/applied", place, when, context={})


def posted(who: str, thread: str, when: str) -> dict[str, Any]:
    return statement(who, "https://w3id.org/xapi/acrossx/verbs/posted", _thread(thread), when)


def replied(who: str, thread: str, when: str) -> dict[str, Any]:
    return statement(who, TINCAN + "verb/replied", _thread(thread), when)


def _thread(name: str) -> dict[str, Any]:
    return activity(name, TINCAN + "activitytype/discussion")
