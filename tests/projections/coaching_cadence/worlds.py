"""Worlds drawn at random for property tests: facts of a few people, dense enough that rules meet each other."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from lrs.reference.model import Assignment, Link, Org, Pause, Period, Person, Post
from lrs.reference.policy import Policy
from lrs.reference.reference import Reference
from projections.facts.fact import Fact, Kind

ZONE = ZoneInfo("America/Los_Angeles")
POLICY = Policy(timezone="America/Los_Angeles")
PEOPLE = ("ed", "eve", "una", "cara", "cole")
# Ed and Eve have two identifiers each, Una was given Ed's old account, the coaches have one.
LINKS = (
    Link(person="ed", ifi="mbox:mailto:ed@x.y"),
    Link(person="ed", ifi="account:https://a|t1", until=date(2024, 11, 1)),
    Link(person="una", ifi="account:https://a|t1", since=date(2024, 11, 1)),
    Link(person="eve", ifi="mbox:mailto:eve@x.y"),
    Link(person="eve", ifi="mbox:mailto:eve.other@x.y"),
    Link(person="cara", ifi="mbox:mailto:cara@x.y"),
    Link(person="cole", ifi="mbox:mailto:cole@x.y"),
)
SUBJECTS = (*(link.ifi for link in LINKS[:5] if link.person != "una"), "openid:https://stranger")
COACHES = ("mbox:mailto:cara@x.y", "mbox:mailto:cole@x.y")
ORGS = (
    Org(id="alder", name="Alder", kind="district"),
    Org(id="elm", name="Elm", kind="school", parent="alder"),
    Org(id="oak", name="Oak", kind="school", parent="alder"),
)
PERIODS = (
    Period(id="y23", org=None, kind="schoolYear", title="2023-24", since=date(2023, 8, 15), until=date(2024, 6, 15)),
    Period(id="y24", org=None, kind="schoolYear", title="2024-25", since=date(2024, 8, 15), until=date(2025, 6, 15)),
    Period(id="fall23", org=None, kind="term", title="Fall", since=date(2023, 8, 15), until=date(2024, 1, 10)),
    Period(id="spring24", org=None, kind="term", title="Spring", since=date(2024, 1, 10), until=date(2024, 6, 15)),
    Period(id="fall24", org=None, kind="term", title="Fall", since=date(2024, 8, 15), until=date(2025, 1, 10)),
    Period(id="spring25", org=None, kind="term", title="Spring", since=date(2025, 1, 10), until=date(2025, 6, 15)),
)
PAUSES = (
    Pause(org="alder", kind="Holiday", since=date(2024, 11, 2), until=date(2024, 11, 5)),
    Pause(person="ed", kind="Leave", since=date(2024, 10, 28), until=date(2024, 11, 1)),
)
ASSIGNMENTS = (
    Assignment(coach="cara", educator="ed", since=date(2024, 5, 1), until=date(2024, 11, 4)),
    Assignment(coach="cole", educator="ed", since=date(2024, 11, 4), target_interval_days=2),
    Assignment(coach="cara", educator="eve", since=date(2024, 10, 30), target_interval_days=5),
)
POSTS = (
    Post(person="ed", org="elm", role="educator", until=date(2024, 11, 3)),
    Post(person="ed", org="oak", role="educator", since=date(2024, 11, 3)),
    Post(person="eve", org="elm", role="educator"),
    Post(person="una", org="oak", role="educator"),
    Post(person="cara", org="alder", role="coach"),
)


def reference(**changed: Any) -> Reference:
    """Alder with all of this, or with other records of some kind."""
    given: dict[str, Any] = {
        "orgs": ORGS, "people": [Person(id=each) for each in PEOPLE], "posts": POSTS, "periods": PERIODS,
        "pauses": PAUSES, "assignments": ASSIGNMENTS, "links": LINKS, "policies": POLICY,
    }  # fmt: skip
    return Reference.of(**{**given, **changed})


# Around the changes above: the end of daylight saving (3 November 2024), and the border of two school years.
DAYS = st.one_of(
    st.integers(0, 11).map(lambda each: date(2024, 10, 28) + timedelta(days=each)),
    st.sampled_from([date(2024, 8, 14), date(2024, 8, 15), date(2024, 6, 14), date(2025, 1, 9), date(2025, 1, 10)]),
)
MINUTES = st.one_of(
    st.integers(0, 6).map(lambda each: 8 * 60 + 25 * each), st.sampled_from([0, 30, 17 * 60, 23 * 60 + 50])
)


@st.composite
def moments(draw: st.DrawFn) -> datetime:
    """A time, in UTC."""
    day, minutes = draw(DAYS), draw(MINUTES)
    local = datetime(day.year, day.month, day.day, minutes // 60, minutes % 60, tzinfo=ZONE)
    return local.astimezone(ZoneInfo("UTC"))


def _data(draw: st.DrawFn, kind: Kind) -> dict[str, Any]:
    if kind is Kind.COACH_CONTACT:
        return {"says_coaching": True} if draw(st.integers(0, 9)) == 0 else {}
    if kind is Kind.SESSION_SCHEDULED:
        return {"planned_start": draw(moments()).isoformat(), "planned_minutes": draw(st.sampled_from([30, 45]))}
    if kind is Kind.LEARN:
        return {"state": draw(st.sampled_from(["started", "completed", "time", "waived"]))}
    if kind is Kind.CYCLE:
        return {
            "state": draw(st.sampled_from(["opened", "phase", "phase", "closed"])),
            "phase": draw(st.sampled_from([None, "learn", "improve"])),
        }
    return {"state": draw(st.sampled_from(["open", "closed"]))} if kind is Kind.STEP else {}


COACHING = (
    Kind.COACH_CONTACT, Kind.COACH_CONTACT, Kind.COACH_CONTACT, Kind.SESSION_SCHEDULED, Kind.SESSION_CANCELLED,
    Kind.SESSION_LEFT,
)  # fmt: skip
EVERY = (*COACHING, Kind.LEARN, Kind.SESSION_ATTENDED, Kind.CYCLE, Kind.STEP)
SESSIONS = (str(UUID(int=1)), str(UUID(int=2)), "https://lms/meeting/1")
SESSIONLESS = (Kind.COACH_CONTACT, Kind.LEARN)


@st.composite
def facts(draw: st.DrawFn, kinds: tuple[Kind, ...] = EVERY) -> Fact:
    """A fact of one of the kinds."""
    kind = draw(st.sampled_from(kinds))
    alone = kind in (Kind.LEARN, Kind.SESSION_ATTENDED)
    session = None if kind in SESSIONLESS and draw(st.booleans()) else draw(st.sampled_from(SESSIONS))
    other = None if alone else draw(st.sampled_from([*COACHES, "mbox:mailto:eve@x.y"]))
    moment = draw(moments())
    return Fact(
        statement=UUID(int=draw(st.integers(1, 2**128 - 1)), version=4),
        n=0,
        kind=kind,
        subject=draw(st.sampled_from(SUBJECTS)),
        other=other,
        observed_at=moment,
        stored_at=moment,
        position=1,
        rule="r",
        mapping="m",
        cohort="plc" if kind is Kind.SESSION_ATTENDED else None,
        session=session,
        unit=draw(st.sampled_from(["u1", "u2"])) if kind in (Kind.LEARN, Kind.STEP) else None,
        minutes=draw(st.sampled_from([None, None, 10.0, 40.0, 200.0])) if alone or kind is Kind.COACH_CONTACT else None,
        data=_data(draw, kind),
    )


def many(kinds: tuple[Kind, ...] = EVERY, most: int = 25) -> st.SearchStrategy[list[Fact]]:
    """Some facts, each of a statement of its own."""
    return st.lists(facts(kinds), min_size=1, max_size=most, unique_by=lambda fact: fact.statement)
