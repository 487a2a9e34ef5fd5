"""A small district, from files to answers: reference data and statements into the log, followed, asked over HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import uuid4

from lrs.reference.applied import Kind
from projections.coaching_cadence.projection import CoachingCadence
from tests.conftest import Database
from tests.projections import town as towns
from tests.projections.town import FIRST
from tests.reference.given import csv
from tests.world import World

PROJECTION: Final = CoachingCadence()
NOW: Final = datetime(2025, 12, 1, 20, tzinfo=UTC)
TEACHERS: Final = {"ann": "north", "bob": "north", "eva": "north", "sue": "south", "sid": "south"}
OTHERS: Final = {"cam": ("d", "coach"), "kim": ("south", "coach"), "dee": ("north", "principal")}
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
ASSIGNED: Final = csv(
    "coach,educator,plan,beginDate,endDate,targetIntervalDays",
    "cam,ann,,2025-09-02,,14", "cam,bob,,2025-09-02,,28", "cam,sue,,2025-09-02,,28", "kim,sid,,2025-09-02,,28",
)  # fmt: skip
CALENDAR: Final = csv("org,from,to,kind,person", "d,2025-11-24,2025-11-29,Holiday,")
POLICY: Final = """
timezone: America/Los_Angeles
suppression: {participation_k: 2, performance_k: 2}
cadence: {by_phase: {learn: 20}}
"""

COACHED: Final = "http://id.tincanapi.com/verb/mentored"
ATTENDED: Final = "http://adlnet.gov/expapi/verbs/attended"
SCHEDULE: Final = "http://activitystrea.ms/schedule"
CANCEL: Final = "http://activitystrea.ms/cancel"
STARTED: Final = "http://adlnet.gov/expapi/verbs/initialized"
PROGRESSED: Final = "http://adlnet.gov/expapi/verbs/progressed"
COMPLETED: Final = "http://adlnet.gov/expapi/verbs/completed"
SESSION: Final = "http://id.tincanapi.com/activitytype/tutor-session"
CYCLE: Final = "https://schemas.daybook.example/xapi/activity-types/coaching-cycle"
LESSON: Final = "http://adlnet.gov/expapi/activities/lesson"
MENTOR: Final = "http://purl.imsglobal.org/vocab/lis/v2/membership#Mentor"
EXTENSIONS: Final = "https://schemas.daybook.example/xapi/extensions/"


class Town(towns.Town, kw_only=True):
    """One that follows as soon as anything is loaded."""

    async def load(self, kind: Kind, content: Any, day: date = FIRST) -> None:
        """Apply reference data, and follow."""
        await super().load(kind, content, day)
        await self.stage.settle()

    async def load_all(self) -> None:
        """Policy, roster, assignments and calendar."""
        await self.load("policy", POLICY.encode())
        await self.load("roster", ROSTER)
        await self.load("assignments", ASSIGNED)
        await self.load("calendar", CALENDAR)


@asynccontextmanager
async def town(world: World, database: Database) -> AsyncIterator[Town]:
    """An empty one."""
    async with towns.standing_in(
        Town, world, database, [PROJECTION], PROJECTION.questions, now=NOW, asker=("coach", "cam")
    ) as made:
        yield made


def agent(who: str) -> dict[str, Any]:
    """By mbox."""
    return {"mbox": f"mailto:{who}@x.org"}


def told(actor: Any, verb: str, object_: Any, when: str, **more: Any) -> dict[str, Any]:
    """A statement."""
    said = {"id": str(uuid4()), "actor": actor, "verb": {"id": verb}, "object": object_, "timestamp": when}
    return {**said, **more}


def coached(who: str, when: str, *, by: str = "cam", minutes: int = 35, session: str | None = None) -> dict[str, Any]:
    """The coach says that they met."""
    context = {"registration": session or str(uuid4())}
    object_ = {"objectType": "Agent", **agent(who)}
    return told(agent(by), COACHED, object_, when, context=context, result={"duration": f"PT{minutes}M"})


def planned(who: str, when: str, start: str, *, by: str = "cam", session: str) -> dict[str, Any]:
    """The coach plans to meet."""
    object_ = {"objectType": "Agent", **agent(who)}
    sub = {"objectType": "SubStatement", "actor": agent(by), "verb": {"id": COACHED}, "object": object_}
    return told(agent(by), SCHEDULE, {**sub, "timestamp": start}, when, context={"registration": session})


def activity(id_: str, type_: str) -> dict[str, Any]:
    """An activity of a type."""
    return {"id": id_, "definition": {"type": type_}}
