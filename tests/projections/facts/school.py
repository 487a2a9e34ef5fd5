"""A small school for the mapper: Cora coaches Ann and Ben, Eve evaluates; there are a cohort, a rubric and a task."""

from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from lrs.reference import mapping as mappings
from lrs.reference.model import (
    Alignment,
    Assignment,
    Cohort,
    Criterion,
    Level,
    Link,
    Membership,
    Org,
    Person,
    Post,
    Rubric,
)  # fmt: skip
from lrs.reference.reference import EMPTY, Reference
from projections.facts.fact import Fact
from projections.facts.mapper import Explanation, Mapped, Mapper
from tests.factories import HOME, Json, account, activity, statement

ID = UUID("6690e6c9-3ef0-4ed3-8b37-7f3964730bee")
STORED = datetime(2024, 11, 6, 9, 0, tzinfo=UTC)
AT = "2024-11-05T19:40:00Z"
ADL = "http://adlnet.gov/expapi/verbs/"
ADL_TYPE = "http://adlnet.gov/expapi/activities/"
TC = "http://id.tincanapi.com/verb/"
TC_TYPE = "http://id.tincanapi.com/activitytype/"
TC_EXT = "http://id.tincanapi.com/extension/"
AS = "http://activitystrea.ms/"
AX = "https://w3id.org/xapi/acrossx/"
TLA = "https://w3id.org/xapi/tla/"
DOD = "https://w3id.org/xapi/dod-isd/verbs/"
ADB = "https://w3id.org/xapi/adb/verbs/"
EDLM = "https://xapi.edlm/profiles/edlm-lms/concepts/"
LIS = "http://purl.imsglobal.org/vocab/lis/v2/membership"
CMI5 = "https://w3id.org/xapi/cmi5/context/"
REGISTRATION = "0f1d7a3e-0c0c-4a53-8c34-1b8a2f3d9c11"

CRITERION = "https://rubrics.example.org/case/items/wait-time"
OTHER_CRITERION = "https://rubrics.example.org/case/items/routines"
LEVEL = "https://rubrics.example.org/case/levels/wait-time-3"
COHORT = "https://lms.example.org/groups/7"

ANN, BEN, CORA, EVE, ZOE = (account(name) for name in ("ann", "ben", "cora", "eve", "zoe"))


def ifi(name: str) -> str:
    """The identifier of one of them, as facts carry it."""
    return f"account:{HOME}|{name}"


@lru_cache
def school() -> Reference:
    """Since August 2024: Cora coaches Ann and Ben, who are in the cohort; a task is aligned with a criterion."""
    since = date(2024, 8, 1)
    levels = (
        Level(id="l2", uri="https://rubrics.example.org/case/levels/wait-time-2", name="Basic", score=2),
        Level(id="l3", uri=LEVEL, name="Proficient", score=3),
    )
    criteria = tuple(
        Criterion(
            id=id_, uri=uri, title=id_, domain="Teaching", weight=1, position=at, levels=levels if at == 0 else (),
            iris=(uri, f"urn:uuid:{id_}"),
        )
        for at, (id_, uri) in enumerate(
            {
                "11111111-1111-4111-8111-111111111111": CRITERION,
                "22222222-2222-4222-8222-222222222222": OTHER_CRITERION,
            }.items()
        )
    )  # fmt: skip
    posts = {"ann": "educator", "ben": "educator", "cora": "coach", "eve": "evaluator"}
    return Reference.of(
        orgs=[
            Org(id="west", name="West", kind="school", timezone="America/Los_Angeles"),
            Org(id="east", name="East", kind="school", timezone="Europe/Berlin"),
        ],
        people=[Person(id=f"p-{name}") for name in posts],
        posts=[
            Post(person=f"p-{name}", org="west", role=role, since=since, primary=True) for name, role in posts.items()
        ],
        cohorts=[Cohort(id="plc", title="PLC", org="west", iris=(COHORT,))],
        memberships=[
            Membership(cohort="plc", person="p-ann", role="member", since=since),
            Membership(cohort="plc", person="p-ben", role="member", since=date(2025, 1, 1)),
        ],
        assignments=[Assignment(coach="p-cora", educator=f"p-{name}", since=since) for name in ("ann", "ben")],
        links=[Link(person=f"p-{name}", ifi=ifi(name)) for name in posts],
        alignments=[Alignment(activity="https://lms.example.org/activities/task", criterion=OTHER_CRITERION)],
        rubrics=[Rubric(id="r", uri="https://rubrics.example.org/case/r", title="R", version="1", criteria=criteria)],
    )  # fmt: skip


WAIT_TIME = "11111111-1111-4111-8111-111111111111"
ROUTINES = "22222222-2222-4222-8222-222222222222"


@lru_cache
def mapper(name: str = "default", *, known: bool = True) -> Mapper:
    """By a shipped mapping; without any reference data if not `known`."""
    return Mapper(mappings.shipped(name), school() if known else EMPTY)


def mapped(by: Mapper | None = None, /, **parts: object) -> Mapped:
    """What the smallest statement with these parts becomes; Ann acts, in November, unless they say otherwise."""
    return run(by or mapper(), statement(**{"actor": ANN, "timestamp": AT, **parts}))


def run(by: Mapper, content: Json) -> Mapped:
    """What a statement becomes."""
    return by.map(content, id=ID, position=7, stored=STORED, authority="account:https://lrs.example.org|key")


def explained(by: Mapper | None = None, /, **parts: object) -> Explanation:
    """Why it becomes that."""
    content = statement(**{"actor": ANN, "timestamp": AT, **parts})
    return (by or mapper()).explain(content, id=ID, position=7, stored=STORED, authority="")


def fact(by: Mapper | None = None, /, **parts: object) -> Fact:
    """The one fact that it becomes."""
    (found,) = mapped(by, **parts).facts
    return found


def typed(type_: str, name: str = "thing", **extensions: Any) -> Json:
    """An activity of a type."""
    definition: Json = {"type": type_}
    if extensions:
        definition["extensions"] = extensions
    return activity(name, definition=definition)


def context(**parts: Any) -> Json:
    """A context; parent, grouping, category and other are lists of IRIs or activities."""
    related = {
        name: [each if isinstance(each, dict) else {"id": each} for each in parts.pop(name)]
        for name in ("parent", "grouping", "category", "other") if name in parts
    }  # fmt: skip
    return {**parts, **({"contextActivities": related} if related else {})}


def spoken(agent: Json, type_: str) -> Json:
    """A contextAgent of xAPI 2.0."""
    return {"objectType": "contextAgent", "agent": agent, "relevantTypes": [type_]}


def own(rules: str, extra: str = "") -> Mapper:
    """By rules written in the test, over the default's sets and without its rules."""
    gone = ", ".join(rule.id for rule in mappings.default().rules)
    text = f"mapping: own\nversion: 3\nextends: [default]\nwithout: [{gone}]\n{extra}\nrules:\n{rules}"
    return Mapper(mappings.parse(text), school())
