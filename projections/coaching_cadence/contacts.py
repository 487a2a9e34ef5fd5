"""Contacts: meetings of a coach and an educator, each put together from all facts that report it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from lrs.reference.reference import Reference
from projections.coaching_cadence import years
from projections.coaching_cadence.reports import Report
from projections.coaching_cadence.years import Place
from projections.facts.fact import Fact, Kind

# No meeting is longer: a wrong duration must not swallow the contacts of the weeks after it.
LONGEST: Final = timedelta(hours=24)
REGISTRATION: Final = 36
MEASURED: Final = frozenset({"reported", "paired"})
DEFAULT_KIND: Final = "conference"
# Where in a Pair the reports of a kind are.
FIELDS: Final = {Kind.COACH_CONTACT: 0, Kind.SESSION_SCHEDULED: 1, Kind.SESSION_CANCELLED: 2, Kind.SESSION_LEFT: 3}


class Contact(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One meeting. `key` is the id of its first fact, `plan` what facts say, `places` the periods it counts for."""

    key: str
    coach: str
    educator: str
    plan: str | None
    at: datetime
    day: date
    places: tuple[Place, ...]
    minutes: float | None
    basis: str
    kind: str
    cycle: str | None
    phase: str | None
    purpose: str
    statements: tuple[UUID, ...]
    sessions: frozenset[str]

    @property
    def measured(self) -> float | None:
        """Its minutes as sums count them: those planned are an intention."""
        return self.minutes if self.basis in MEASURED else None


class Pair(NamedTuple):
    """What is reported of meetings of a coach and an educator, by kind and in order."""

    met: list[Report]
    booked: list[Report]
    cancelled: list[Report]
    left: list[Report]


class _Open:
    """A contact that may still take facts; where its end lies, and which registrations it has."""

    __slots__ = ("day", "end", "facts", "is_registered", "places", "sessions", "start")

    def __init__(self, report: Report, places: tuple[Place, ...]) -> None:
        self.day = report.day
        self.places = places
        self.start = report.fact.observed_at
        self.end = self.start
        self.facts: list[Fact] = []
        self.sessions: set[str] = set()
        self.is_registered = False

    def is_of(self, places: tuple[Place, ...]) -> bool:
        """Whether these are of the same school year, or of the same term where there is none."""
        return self.places[:1] == places[:1]

    def add(self, fact: Fact) -> None:
        self.facts.append(fact)
        if fact.session is not None:
            self.sessions.add(fact.session)
            self.is_registered = self.is_registered or is_registration(fact.session)
        if fact.minutes:
            self.end = max(self.end, fact.observed_at + min(timedelta(minutes=fact.minutes), LONGEST))


def sorted_out(found: Iterable[Report]) -> dict[tuple[str, str], Pair]:
    """Reports of meetings by coach and educator."""
    pairs: dict[tuple[str, str], Pair] = {}
    for report in found:
        field = FIELDS.get(report.fact.kind)
        if field is None or report.coach is None:
            continue
        key = (report.coach, report.educator)
        pair = pairs.get(key)
        if pair is None:
            pair = pairs[key] = Pair([], [], [], [])
        pair[field].append(report)
    return pairs


def of(pair: Pair, reference: Reference) -> list[Contact]:
    """The contacts of a pair, in order of their start.

    A report belongs to the contact with its registration that began less than `report_within_days` ago, or with its
    activity on the same local day; else to the last contact, if it starts before that one's end or within
    `merge_minutes` of its start on the same local day, unless both carry registrations; else it is a new one. Reports
    of two school years are never one contact.
    """
    planned, left = _by_session(pair.booked), _by_session(pair.left)
    return [_contact(each, planned, left, pair.met[0]) for each in _merged(pair.met, reference)]


def _merged(met: Sequence[Report], reference: Reference) -> list[_Open]:
    held = years.of(reference)
    last: _Open | None = None
    by_session: dict[str, _Open] = {}
    every: list[_Open] = []
    for report in met:
        fact = report.fact
        places = held.places(reference.org_of(report.educator, report.day), report.day)
        cadence = reference.policy(report.day).cadence
        found = by_session.get(fact.session) if fact.session else None
        if found and not (found.is_of(places) and _lasts(found, report, cadence.report_within_days)):
            found = None
        if found is None and last and last.is_of(places) and _goes_on(last, report, cadence.merge_minutes):
            found = last
        if found is None:
            found = last = _Open(report, places)
            every.append(found)
        found.add(fact)
        if fact.session:
            by_session[fact.session] = found
    return every


def is_registration(session: str) -> bool:
    """Whether a session is told by its registration, a UUID, and not by the activity, which may be any day's."""
    return len(session) == REGISTRATION and session[8] == session[13] == session[18] == session[23] == "-"


def _lasts(found: _Open, report: Report, within: int) -> bool:
    days = (report.day - found.day).days
    return days < within if is_registration(report.fact.session or "") else days == 0


def _goes_on(last: _Open, report: Report, merge_minutes: int) -> bool:
    fact = report.fact
    if last.is_registered and fact.session and is_registration(fact.session):
        return False
    if fact.observed_at < last.end:
        return True
    return report.day == last.day and fact.observed_at - last.start <= timedelta(minutes=merge_minutes)


def _contact(
    open_: _Open, planned: Mapping[str, Sequence[Fact]], left: Mapping[str, Sequence[Fact]], any_: Report
) -> Contact:
    facts = open_.facts
    minutes, basis = _minutes(open_, planned, left)
    return Contact(
        key=facts[0].id,
        coach=any_.coach or "",
        educator=any_.educator,
        plan=_said(facts, "plan"),
        at=open_.start,
        day=open_.day,
        places=open_.places,
        minutes=minutes,
        basis=basis,
        kind=_said(facts, "contact_kind") or DEFAULT_KIND,
        cycle=_said(facts, "cycle"),
        phase=_said(facts, "phase"),
        purpose=next((fact.purpose for fact in facts if fact.purpose != "unspecified"), "unspecified"),
        statements=tuple(dict.fromkeys(fact.statement for fact in facts)),
        sessions=frozenset(open_.sessions),
    )


def _said(facts: Sequence[Fact], name: str) -> str | None:
    """What the first fact that says anything says."""
    for fact in facts:
        value = fact.data.get(name)
        if isinstance(value, str) and value:
            return value
    return None


def _by_session(found: Iterable[Report]) -> dict[str, list[Fact]]:
    facts: dict[str, list[Fact]] = defaultdict(list)
    for report in found:
        if report.fact.session is not None:
            facts[report.fact.session].append(report.fact)
    return facts


def _minutes(
    open_: _Open, planned: Mapping[str, Sequence[Fact]], left: Mapping[str, Sequence[Fact]]
) -> tuple[float | None, str]:
    """How long it was: the longest that is reported, else from start to the report of its end, else as planned.

    The longest and not the sum, since several durations of one contact are as a rule several reports of one meeting.
    """
    reported = [fact.minutes for fact in open_.facts if fact.minutes]
    if reported:
        return max(reported), "reported"
    ends = [fact.observed_at for fact in open_.facts if fact.data.get("means_end")]
    ends += [fact.observed_at for session in open_.sessions for fact in left.get(session, ())]
    spans = [end - open_.start for end in ends if timedelta(0) < end - open_.start <= LONGEST]
    if spans:
        return max(spans).total_seconds() / 60, "paired"
    bookings = [fact for session in open_.sessions for fact in planned.get(session, ())]
    minutes = max(bookings, key=lambda fact: fact.order).data.get("planned_minutes") if bookings else None
    if isinstance(minutes, int | float) and minutes > 0:
        return float(minutes), "planned"
    return None, "unknown"
