"""A small district, from files to answers: reference data and statements into the log, followed, asked over HTTP."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

from projections.cohort_participation import projection as cohorts
from projections.rubric_evidence.projection import PROJECTION
from tests.conftest import Database
from tests.projections import town as towns
from tests.reference.given import csv, package
from tests.serving import Answer
from tests.world import World

# Units that precede evidence are asked of the other.
BOTH: Final = (PROJECTION, cohorts.PROJECTION)
NOW: Final = datetime(2026, 3, 2, 20, tzinfo=UTC)
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


class Town(towns.Town, kw_only=True):
    """One that is asked of rubric evidence."""

    async def load_all(self) -> None:
        """Policy, roster and rubric."""
        await self.load("policy", POLICY.encode())
        await self.load("roster", ROSTER)
        await self.load("rubric", RUBRIC)
        await self.load("assignments", csv("coach,educator", *(f"cam,{who}" for who in ("ann", "bob", "eva"))))

    async def send(self, path: str, role: str | None = None, person: str | None = None) -> Answer:
        """A question beneath `rubric-evidence`."""
        return await super().send(f"rubric-evidence{path}", role, person)


@asynccontextmanager
async def town(world: World, database: Database) -> AsyncIterator[Town]:
    """An empty one."""
    async with towns.standing_in(
        Town, world, database, BOTH, PROJECTION.questions, now=NOW, asker=("coach", "cam")
    ) as made:
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
