"""A cohort from files to answers: reference data and statements into the log, followed, asked over HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

from projections.cohort_participation.projection import PROJECTION
from tests.conftest import Database
from tests.projections import town as towns
from tests.projections.town import Town
from tests.reference.given import csv
from tests.world import World

NOW: Final = datetime(2026, 3, 2, 20, tzinfo=UTC)
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


class Circle(Town, kw_only=True):
    """A town with a cohort."""

    async def load_all(self, policy: str = "") -> None:
        """Policy and roster."""
        await self.load("policy", f"timezone: America/Los_Angeles\n{policy}".encode())
        await self.load("roster", ROSTER)


@asynccontextmanager
async def circle(world: World, database: Database) -> AsyncIterator[Circle]:
    """An empty one."""
    async with towns.standing_in(
        Circle, world, database, [PROJECTION], PROJECTION.questions, now=NOW, asker=("facilitator", "fay")
    ) as made:
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
