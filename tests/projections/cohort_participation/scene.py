"""A small district with two cohorts in two time zones, and facts about its people in the words of a test."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final, TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from lrs.reference.model import Cohort, Link, Membership, Org, Pause, Period, Person, Post
from lrs.reference.reference import Records, Reference
from projections.analytic import Wanted
from projections.cohort_participation.projection import PROJECTION
from projections.cohort_participation.tables import TABLES
from projections.facts.fact import Fact, Kind

Named: TypeAlias = dict[str, Any]

LMS: Final = "account:https://lms.example.org|"
PACIFIC: Final = ZoneInfo("America/Los_Angeles")
COLUMNS: Final = {table.name: [column.name for column in table.columns] for table in TABLES}
KEYS: Final = {table.name: table.key for table in TABLES}


def ifi(name: str) -> str:
    return LMS + name


def year_of(org: str, begins: int) -> tuple[Period, ...]:
    """A school year from mid August to mid June, in two terms, with holes in winter and summer."""
    since, until = date(begins, 8, 15), date(begins + 1, 6, 15)
    winter, spring = date(begins, 12, 20), date(begins + 1, 1, 8)
    name = f"{org}-{begins}"
    return (
        Period(id=name, org=org, kind="schoolYear", title=name, since=since, until=until),
        Period(id=f"{name}-fall", org=org, kind="term", title="Fall", since=since, until=winter),
        Period(id=f"{name}-spring", org=org, kind="term", title="Spring", since=spring, until=until),
    )


YEAR: Final = "alder-2024"
FALL: Final = "alder-2024-fall"
SPRING: Final = "alder-2024-spring"

# ann, bob and cam learn together; fay facilitates; dee comes in October, goes in February; gus is of the network only.
RECORDS: Final = Records(
    orgs=(
        Org(id="state", name="State", kind="state", timezone="America/Chicago"),
        Org(id="alder", name="Alder", kind="district", parent="state", timezone="America/Los_Angeles"),
        Org(id="birch", name="Birch", kind="district", parent="state"),
    ),
    people=tuple(Person(id=name) for name in ("ann", "bob", "cam", "dee", "fay", "gus")),
    posts=(
        *(Post(person=who, org="alder", role="educator", primary=True) for who in ("ann", "bob", "cam", "fay")),
        Post(person="dee", org="alder", role="educator", primary=True, until=date(2025, 1, 6)),
        Post(person="dee", org="birch", role="educator", primary=True, since=date(2025, 1, 6)),
        Post(person="gus", org="birch", role="educator", primary=True),
    ),
    cohorts=(
        Cohort(id="plc", title="PLC", org="alder", plan="plc"),
        Cohort(id="network", title="Network", org="state", target_interval_days=61),
    ),
    memberships=(
        *(Membership(cohort="plc", person=who, role="member") for who in ("ann", "bob", "cam")),
        Membership(cohort="plc", person="dee", role="member", since=date(2024, 10, 10), until=date(2025, 2, 1)),
        Membership(cohort="plc", person="fay", role="facilitator"),
        Membership(cohort="network", person="ann", role="member", since=date(2024, 9, 1)),
        Membership(cohort="network", person="gus", role="member", since=date(2024, 9, 1), until=date(2025, 3, 1)),
        Membership(cohort="network", person="gus", role="member", since=date(2025, 4, 1)),
        Membership(cohort="network", person="dee", role="member", since=date(2025, 1, 10)),
        Membership(cohort="network", person="dee", role="facilitator", since=date(2025, 1, 10)),
    ),
    periods=(*year_of("alder", 2023), *year_of("alder", 2024)),
    pauses=(Pause(kind="break", org="alder", since=date(2024, 11, 25), until=date(2024, 12, 2)),),
    links=(
        *(Link(person=who, ifi=ifi(who)) for who in ("ann", "bob", "cam", "dee", "fay", "gus")),
        Link(person="ann", ifi="mbox:mailto:ann@example.org"),
        Link(person="cam", ifi=ifi("shared"), until=date(2024, 11, 1)),
        Link(person="dee", ifi=ifi("shared"), since=date(2024, 11, 1)),
    ),
)  # fmt: skip
REFERENCE: Final = Reference(RECORDS)


def changed(**changes: Any) -> Reference:
    """The district with other records of some kind."""
    return Reference(msgspec.structs.replace(RECORDS, **changes))


def at(month: int, day: int, hour: int = 16, minute: int = 0, *, year: int = 2024) -> datetime:
    """A time of day on the Pacific coast, as UTC."""
    return datetime(year, month, day, hour, minute, tzinfo=PACIFIC).astimezone(UTC)


class Telling:
    """Makes facts, each of a statement of its own."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []

    def fact(self, kind: Kind, who: str, observed_at: datetime, **fields: Any) -> Fact:
        """A fact about somebody, by name or by IFI."""
        subject = who if ":" in who else ifi(who)
        found = Fact(
            statement=UUID(int=len(self.facts) + 1), n=0, kind=kind, subject=subject, observed_at=observed_at,
            stored_at=observed_at, position=len(self.facts) + 1, rule="r", mapping="m", **fields,
        )  # fmt: skip
        self.facts.append(found)
        return found

    def came(self, who: str, when: datetime, session: str = "one", cohort: str = "plc", **fields: Any) -> Fact:
        return self.fact(Kind.SESSION_ATTENDED, who, when, session=session, cohort=cohort, **fields)

    def left(self, who: str, when: datetime, session: str = "one", cohort: str = "plc", **fields: Any) -> Fact:
        return self.fact(Kind.SESSION_LEFT, who, when, session=session, cohort=cohort, **fields)

    def planned(self, when: datetime, start: datetime, session: str = "one", cohort: str = "plc", **data: Any) -> Fact:
        data = {"planned_start": start.isoformat(), **data}
        return self.fact(Kind.SESSION_SCHEDULED, "fay", when, session=session, cohort=cohort, data=data)

    def cancelled(self, when: datetime, session: str = "one", cohort: str = "plc", **data: Any) -> Fact:
        return self.fact(Kind.SESSION_CANCELLED, "fay", when, session=session, cohort=cohort, data=data)

    def learned(self, who: str, when: datetime, unit: str = "u", state: str = "completed", **fields: Any) -> Fact:
        criteria = fields.pop("criteria", [])
        data = {"state": state, "criteria": criteria}
        return self.fact(Kind.LEARN, who, when, unit=unit, data=data, **fields)

    def applied(self, who: str, when: datetime, unit: str | None = "u", **fields: Any) -> Fact:
        data = {"criteria": fields.pop("criteria", [])}
        return self.fact(Kind.APPLY, who, when, unit=unit, data=data, **fields)

    def shared(self, who: str, when: datetime, thread: str | None = None, **fields: Any) -> Fact:
        data = {"criteria": fields.pop("criteria", [])}
        return self.fact(Kind.SHARE, who, when, thread=thread, data=data, **fields)

    def replied(self, who: str, when: datetime, thread: str | None = None, **fields: Any) -> Fact:
        return self.fact(Kind.PEER, who, when, thread=thread, data={"state": fields.pop("state", "reply")}, **fields)

    def member(self, who: str, when: datetime, state: str = "joined", cohort: str = "plc") -> Fact:
        return self.fact(Kind.MEMBER, who, when, cohort=cohort, data={"state": state})


def rows_of(
    key: str, facts: Iterable[Fact], reference: Reference, as_of: date | None = None
) -> Mapping[str, Sequence[Any]]:
    """The rows of a key, of those facts that it wants."""
    wanted = PROJECTION.wanted(key, reference)
    several = (wanted,) if isinstance(wanted, Wanted) else wanted
    mine = sorted((fact for fact in facts if any(each.takes(fact) for each in several)), key=lambda fact: fact.order)
    return PROJECTION.rows(key, mine, reference, as_of=as_of)


def keys_of(facts: Iterable[Fact], reference: Reference) -> set[str]:
    """Every key that a rebuild computes."""
    return {*PROJECTION.every(reference), *(key for fact in facts for key in PROJECTION.keys(fact, reference))}


def tables(
    facts: Iterable[Fact], reference: Reference = REFERENCE, as_of: date | None = None
) -> dict[str, list[Named]]:
    """All rows of a rebuild by table, named, in no order."""
    facts = list(facts)
    found: dict[str, list[Named]] = {table.name: [] for table in TABLES}
    for key in keys_of(facts, reference):
        for name, rows in rows_of(key, facts, reference, as_of).items():
            found[name] += [dict(zip(COLUMNS[name], row, strict=True)) for row in rows]
    return found


def by_key(name: str, rows: Iterable[Named]) -> dict[tuple[Any, ...], Named]:
    """Rows of a table by key; no two may have the same."""
    found: dict[tuple[Any, ...], Named] = {}
    for row in rows:
        key = tuple(row[column] for column in KEYS[name])
        assert key not in found, (name, key)
        found[key] = row
    return found


def only(rows: Iterable[Named], **values: Any) -> Named:
    """The one row that has these values."""
    found = [row for row in rows if all(row[name] == value for name, value in values.items())]
    assert len(found) == 1, found
    return found[0]
