"""Two small districts in two time zones, with a rubric of two versions; and facts about their people."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

from lrs.reference.model import (
    Assignment,
    Criterion,
    Interval,
    Level,
    Link,
    Org,
    Period,
    Person,
    Post,
    Rubric,
)  # fmt: skip
from lrs.reference.policy import Mastery, Policy, Purposes
from lrs.reference.reference import Records, Reference
from projections.facts.fact import Fact, Kind

LMS: Final = "account:https://lms.example.org|"
NAMES: Final = {1: "Below", 2: "Near", 3: "Proficient", 4: "Above", 5: "Far above"}


def ifi(name: str) -> str:
    return LMS + name


def levels(criterion: str, highest: int) -> tuple[Level, ...]:
    return tuple(
        Level(
            id=f"{criterion}-{score}",
            uri=f"https://case.example.org/{criterion}/{score}",
            name=NAMES[score],
            score=score,
        )
        for score in range(1, highest + 1)
    )


def criterion(
    id_: str, domain: str, *, weight: float = 1, highest: int = 4, replaces: tuple[str, ...] = ()
) -> Criterion:
    return Criterion(
        id=id_, uri=f"https://case.example.org/{id_}", title=id_.upper(), domain=domain, weight=weight, position=1,
        levels=levels(id_, highest), replaces=replaces,
    )  # fmt: skip


TURN: Final = date(2025, 2, 1)
OLD: Final = Rubric(
    id="lantern", uri="https://case.example.org/lantern", title="Lantern", version="1", until=TURN,
    criteria=(criterion("plan", "Preparing"), criterion("ask", "Teaching", weight=2), criterion("listen", "Teaching")),
)  # fmt: skip
NEW: Final = Rubric(
    id="lantern-2", uri="https://case.example.org/lantern-2", title="Lantern", version="2", since=TURN,
    criteria=(
        criterion("plan2", "Preparing", replaces=("plan",)),
        criterion("ask2", "Teaching", highest=5, replaces=("ask",)),
    ),
)  # fmt: skip


def sessions(org: str, shift: int) -> tuple[Period, ...]:
    """School years and terms of an organisation, with holes between them."""
    step = timedelta(days=shift)
    found = []
    for year in (2023, 2024):
        begin, end = date(year, 8, 20) + step, date(year + 1, 6, 10) + step
        middle = date(year, 12, 20) + step
        found += [
            Period(id=f"{org}-{year}", org=org, kind="schoolYear", title=str(year), since=begin, until=end),
            Period(id=f"{org}-{year}-fall", org=org, kind="term", title="Fall", since=begin, until=middle),
            Period(
                id=f"{org}-{year}-spring",
                org=org,
                kind="term",
                title="Spring",
                since=middle + timedelta(days=16),
                until=end,
            ),
        ]
    return tuple(found)


MOVE: Final = date(2024, 11, 4)
RECORDS: Final = Records(
    orgs=(
        Org(id="alder", name="Alder", kind="district", timezone="America/Los_Angeles"),
        Org(id="north", name="North", kind="school", parent="alder"),
        Org(id="south", name="South", kind="school", parent="alder"),
        Org(id="birch", name="Birch", kind="district", timezone="America/New_York"),
        Org(id="hill", name="Hill", kind="school", parent="birch"),
    ),
    people=tuple(Person(id=each) for each in ("ann", "bob", "cam", "dee", "eve", "fay", "gus")),
    posts=(
        Post(person="ann", org="north", role="educator", primary=True),
        Post(person="bob", org="south", role="educator", primary=True, until=MOVE),
        Post(person="bob", org="hill", role="educator", primary=True, since=MOVE),
        Post(person="cam", org="alder", role="coach", primary=True),
        Post(person="dee", org="north", role="principal", primary=True),
        Post(person="eve", org="south", role="educator", primary=True),
        Post(person="gus", org="south", role="principal", primary=True),
        Post(person="gus", org="south", role="coach", since=date(2024, 9, 1)),
    ),
    assignments=(Assignment(coach="eve", educator="ann", since=date(2024, 10, 1), until=date(2025, 1, 15)),),
    links=(
        *(Link(person=each, ifi=ifi(each)) for each in ("ann", "bob", "cam", "dee", "eve", "gus")),
        Link(person="ann", ifi="mbox:mailto:ann@alder.example.org"),
        # An account that was handed on.
        Link(person="bob", ifi=ifi("shared"), until=date(2024, 10, 20)),
        Link(person="ann", ifi=ifi("shared"), since=date(2024, 10, 20)),
    ),
    periods=(*sessions("alder", 0), *sessions("birch", 14)),
    rubrics=(OLD, NEW),
)


def reference(policy: Policy | None = None, **changes: Any) -> Reference:
    policies = () if policy is None else ((None, policy),)
    return Reference(msgspec.structs.replace(RECORDS, **{"policies": policies, **changes}))


def mastery(**settings: Any) -> Policy:
    return Policy(mastery=Mastery(**settings))


def purposes(**settings: Any) -> Policy:
    return Policy(purposes=Purposes(**settings))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def fact(number: int, when: datetime | str, **fields: Any) -> Fact:
    """A score of 3 on `plan` for Ann by her coach, unless said otherwise; `data` goes on top."""
    observed = at(when) if isinstance(when, str) else when
    data: Mapping[str, Any] = fields.pop("data", {"raw": 3})
    whole: dict[str, Any] = {
        "statement": UUID(int=number), "n": 0, "kind": Kind.RUBRIC_SCORE, "subject": ifi("ann"), "other": ifi("cam"),
        "observed_at": observed, "stored_at": observed + timedelta(minutes=1), "position": number, "rule": "r",
        "mapping": "m", "criterion": "plan", "purpose": "formative", "data": data,
    }  # fmt: skip
    return Fact(**(whole | fields))


def is_in(interval: Interval, day: date) -> bool:
    return (interval.since is None or interval.since <= day) and (interval.until is None or day < interval.until)
