"""Contacts: meetings of a coach and an educator, each put together from all facts that report it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from lrs.reference.reference import Reference
from projections.analytic.memo import Memo
from projections.coaching_cadence.reports import Report
from projections.coaching_cadence.years import Place
from projections.facts.fact import Fact, Kind

# No meeting is longer: a wrong duration must not swallow the contacts of the weeks after it.
LONGEST: Final = timedelta(hours=24)
REGISTRATION: Final = 36
MEASURED: Final = frozenset({"reported", "paired"})
DEFAULT_KIND: Final = "conference"
# Where in a Pair the reports of a kind are.
FIELDS: Final = {Kind.COACH_CONTACT: 0, Kind.SESSION_SCHEDULED: 1, Kind.SESSION_CANCELLED: 1, Kind.SESSION_LEFT: 2}


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
    """What is reported of meetings of a coach and an educator, in order: contacts, what was booked or called off, and
    ends.
    """

    met: list[Report]
    booked: list[Report]
    left: list[Report]


class _Open:
    """A contact that may still take reports; where its end lies, and which sessions it has."""

    __slots__ = ("end", "first", "is_registered", "reports", "sessions")

    def __init__(self, first: Report) -> None:
        self.first = first
        self.end = first.fact.observed_at
        self.reports: list[Report] = []
        self.sessions: set[str] = set()
        self.is_registered = False

    def is_of_year(self, report: Report) -> bool:
        """Whether a report is of the same school year, or of the same term where there is none."""
        return self.first.places is report.places or self.first.places[:1] == report.places[:1]

    def add(self, report: Report) -> None:
        self.reports.append(report)
        fact = report.fact
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
            pair = pairs[key] = Pair([], [], [])
        pair[field].append(report)
    return pairs


def of(pair: Pair, reference: Reference, memo: Memo) -> list[Contact]:
    """The contacts of a pair, in order of their start.

    A report belongs to the contact with its registration that began less than `report_within_days` ago, or with its
    activity on the same local day; else to the last contact, if it starts before that one's end or within
    `merge_minutes` of its start on the same local day, unless both carry registrations; else it is a new one. Reports
    of two school years are never one contact.
    """
    planned = _by_session(each for each in pair.booked if each.fact.kind is Kind.SESSION_SCHEDULED)
    left = _by_session(pair.left)
    # By the object that the first report is: it stays while the fact does, and nothing tells it apart for less.
    merged = {
        id(each.first): (
            each.reports,
            [fact for session in each.sessions for fact in planned.get(session, ())],
            [fact for session in each.sessions for fact in left.get(session, ())],
        )
        for each in _merged(pair.met, reference)
    }
    return list(memo.of_all("contacts", merged, lambda _, told: _contact(*told)).values())


def _merged(met: Sequence[Report], reference: Reference) -> list[_Open]:
    last: _Open | None = None
    by_session: dict[str, _Open] = {}
    every: list[_Open] = []
    for report in met:
        session = report.fact.session
        found = by_session.get(session) if session else None
        if found is not None and not (found.is_of_year(report) and _lasts(found, report, reference)):
            found = None
        if found is None and last is not None and last.is_of_year(report) and _goes_on(last, report, reference):
            found = last
        if found is None:
            found = last = _Open(report)
            every.append(found)
        found.add(report)
        if session:
            by_session[session] = found
    return every


def is_registration(session: str) -> bool:
    """Whether a session is told by its registration, a UUID, and not by the activity, which may be any day's."""
    return len(session) == REGISTRATION and session[8] == session[13] == session[18] == session[23] == "-"


def _lasts(found: _Open, report: Report, reference: Reference) -> bool:
    days = (report.day - found.first.day).days
    if not is_registration(report.fact.session or ""):
        return days == 0
    return days < reference.policy(report.day).cadence.report_within_days


def _goes_on(last: _Open, report: Report, reference: Reference) -> bool:
    fact = report.fact
    if last.is_registered and fact.session and is_registration(fact.session):
        return False
    if fact.observed_at < last.end:
        return True
    if report.day != last.first.day:
        return False
    merge_minutes = reference.policy(report.day).cadence.merge_minutes
    return fact.observed_at - last.first.fact.observed_at <= timedelta(minutes=merge_minutes)


def _contact(reports: Sequence[Report], planned: Sequence[Fact], left: Sequence[Fact]) -> Contact:
    first, facts = reports[0], [report.fact for report in reports]
    minutes, basis = _minutes(facts, planned, left)
    return Contact(
        key=first.fact.id,
        coach=first.coach or "",
        educator=first.educator,
        plan=_said(facts, "plan"),
        at=first.fact.observed_at,
        day=first.day,
        places=first.places,
        minutes=minutes,
        basis=basis,
        kind=_said(facts, "contact_kind") or DEFAULT_KIND,
        cycle=_said(facts, "cycle"),
        phase=_said(facts, "phase"),
        purpose=next((fact.purpose for fact in facts if fact.purpose != "unspecified"), "unspecified"),
        statements=tuple(dict.fromkeys(fact.statement for fact in facts)),
        sessions=frozenset(fact.session for fact in facts if fact.session is not None),
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


def _minutes(facts: Sequence[Fact], planned: Sequence[Fact], left: Sequence[Fact]) -> tuple[float | None, str]:
    """How long it was: the longest that is reported, else from start to the report of its end, else as planned.

    The longest and not the sum, since several durations of one contact are as a rule several reports of one meeting.
    """
    reported = [fact.minutes for fact in facts if fact.minutes]
    if reported:
        return max(reported), "reported"
    start = facts[0].observed_at
    ends = [fact.observed_at for fact in (*(fact for fact in facts if fact.data.get("means_end")), *left)]
    spans = [end - start for end in ends if timedelta(0) < end - start <= LONGEST]
    if spans:
        return max(spans).total_seconds() / 60, "paired"
    minutes = max(planned, key=lambda fact: fact.order).data.get("planned_minutes") if planned else None
    if isinstance(minutes, int | float) and minutes > 0:
        return float(minutes), "planned"
    return None, "unknown"
