"""A small school to tell of: facts by a word each, and the tables that they make."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from lrs.reference.model import Assignment, Org, Period, Person, Post
from lrs.reference.policy import Policy
from lrs.reference.reference import Reference
from projections.analytic import Projection, Wanted
from projections.coaching_cadence.projection import CoachingCadence
from projections.facts.fact import Fact, Kind, Value

PACIFIC = ZoneInfo("America/Los_Angeles")
SPACE = UUID("6f1d0c52-6f5e-4a53-9c39-0f3a5b8f2a11")
PROJECTION: Projection = CoachingCadence()

ORGS = (Org(id="alder", name="Alder", kind="district"), Org(id="elm", name="Elm", kind="school", parent="alder"))
YEAR = Period(id="y24", org=None, kind="schoolYear", title="2024-25", since=date(2024, 8, 15), until=date(2025, 6, 15))
FALL = Period(id="fall", org=None, kind="term", title="Fall", since=date(2024, 8, 15), until=date(2025, 1, 10))
SPRING = Period(id="spring", org=None, kind="term", title="Spring", since=date(2025, 1, 10), until=date(2025, 6, 15))


def reference(
    *,
    assignments: Iterable[Assignment] = (Assignment(coach="cara", educator="ed", since=date(2024, 9, 2)),),
    posts: Iterable[Post] = (),
    policy: Policy | None = None,
    **others: Any,
) -> Reference:
    """Ed, Eve and the coaches Cara and Cole at school Elm, in Los Angeles; Ed is assigned to Cara."""
    people = [Person(id=each) for each in ("ed", "eve", "cara", "cole")]
    held = [
        Post(person=each, org="elm", role="coach" if each.startswith("c") else "educator") for each in named(people)
    ]
    policies = policy or Policy(timezone="America/Los_Angeles")
    given = {"orgs": ORGS, "people": people, "periods": (YEAR, FALL, SPRING), "policies": policies, **others}
    return Reference.of(posts=[*held, *posts], assignments=assignments, **given)


def named(people: Iterable[Person]) -> list[str]:
    """The ids of people."""
    return [each.id for each in people]


def at(text: str) -> datetime:
    """A time in Los Angeles: `2024-09-10` is ten in the morning there, `2024-09-10 17:30` half past five."""
    return (
        datetime.fromisoformat(text if " " in text else f"{text} 10:00")
        .replace(tzinfo=PACIFIC)
        .astimezone(ZoneInfo("UTC"))
    )


def fact(
    kind: Kind, when: str | datetime, subject: str | None = "ed", other: str | None = "cara", **fields: Any
) -> Fact:
    """A fact with an id that follows from what it says, but for `name`, which tells two alike apart.

    A `session` is that registration, unless it is an IRI.
    """
    name = str(fields.pop("name", ""))
    if kind is not Kind.CYCLE and "://" not in (session := fields.get("session", "://")):
        fields["session"] = str(uuid5(SPACE, session))
    known = {each: fields.pop(each) for each in tuple(fields) if each in Fact.__struct_fields__}
    data: Mapping[str, Value] = fields
    observed = at(when) if isinstance(when, str) else when
    return Fact(
        statement=uuid5(SPACE, f"{kind}{observed}{subject}{other}{known}{data}{name}"),
        n=0,
        kind=kind,
        subject=subject or "",
        other=other,
        observed_at=observed,
        stored_at=at("2025-06-01"),
        position=1,
        rule="r",
        mapping="m",
        data=data,
        **known,
    )


def met(when: str | datetime, *people: str | None, **fields: Any) -> Fact:
    """A contact of Ed and Cara, or of others."""
    return fact(Kind.COACH_CONTACT, when, *people, **fields)


def booked(when: str, start: str, *people: str | None, **fields: Any) -> Fact:
    """A meeting of Ed and Cara, or of others, booked for a time."""
    return fact(Kind.SESSION_SCHEDULED, when, *people, planned_start=at(start).isoformat(), **fields)


def called_off(when: str, *people: str | None, **fields: Any) -> Fact:
    """A meeting that was cancelled."""
    return fact(Kind.SESSION_CANCELLED, when, *people, **fields)


def cycle(when: str | datetime, state: str, *people: str | None, **fields: Any) -> Fact:
    """A word of cycle `c1`."""
    return fact(Kind.CYCLE, when, *people, session=fields.pop("session", "c1"), state=state, **fields)


def step(when: str | datetime, state: str, *people: str | None, **fields: Any) -> Fact:
    """A word of step `s1`."""
    return fact(Kind.STEP, when, *people, unit=fields.pop("unit", "s1"), state=state, **fields)


Tables = dict[str, dict[tuple[Any, ...], dict[str, Any]]]


def tables(facts: Iterable[Fact], known: Reference, as_of: date | None = None) -> Tables:
    """All tables by name, each row by its key: what the framework keeps, key by key."""
    every = sorted(facts, key=lambda each: each.order)
    keys = {key for each in every for key in PROJECTION.keys(each, known)} | set(PROJECTION.every(known))
    found: Tables = {table.name: {} for table in PROJECTION.tables}
    for key in sorted(keys):
        for name, rows in rows_of(key, every, known, as_of).items():
            for identity, row in rows.items():
                assert identity not in found[name], f"two keys have row {identity} of {name}"
                found[name][identity] = row
    return found


def rows_of(
    key: str, facts: Sequence[Fact], known: Reference, as_of: date | None = None
) -> dict[str, dict[tuple[Any, ...], dict[str, Any]]]:
    """The rows of one key, from those of the facts that it wants."""
    wanted = PROJECTION.wanted(key, known)
    ranges = (wanted,) if isinstance(wanted, Wanted) else wanted
    mine = [each for each in facts if any(one.takes(each) for one in ranges)]
    made = PROJECTION.rows(key, mine, known, as_of=as_of)
    found: dict[str, dict[tuple[Any, ...], dict[str, Any]]] = {}
    for table in PROJECTION.tables:
        names = [column.name for column in table.columns]
        dicts = [dict(zip(names, row, strict=True)) for row in made.get(table.name, ())]
        found[table.name] = {tuple(row[name] for name in table.key): row for row in dicts}
        assert len(found[table.name]) == len(dicts)
    return found


def row(facts: Iterable[Fact], known: Reference, table: str, *key: Any, as_of: date | None = None) -> dict[str, Any]:
    """One row of one table."""
    return tables(facts, known, as_of)[table][key]


def only(facts: Iterable[Fact], known: Reference, table: str) -> dict[str, Any]:
    """The only row of a table."""
    (found,) = tables(facts, known)[table].values()
    return found
