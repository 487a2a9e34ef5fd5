"""Contacts: meetings of a coach and an educator, each put together from all facts that report it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache, partial
from typing import Final
from uuid import UUID

import msgspec
from msgspec import structs

from lrs.reference.reference import Reference
from projections.analytic.memo import Memo
from projections.coaching_cadence.reports import LONGEST, Pair, Report
from projections.coaching_cadence.years import Place
from projections.facts.fact import Fact, Kind

# So many contacts are remembered.
REMEMBERED: Final = 1 << 15
MEASURED: Final = frozenset({"reported", "paired"})
DEFAULT_KIND: Final = "conference"


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


def measured(contacts: Iterable[Contact]) -> list[float]:
    """The minutes of contacts as sums count them: those planned are an intention."""
    return [each.minutes for each in contacts if each.minutes is not None and each.basis in MEASURED]


class _Open:
    """A contact that may still take reports; when it ends so far, and whether it has a registration."""

    __slots__ = ("_reports", "end", "first", "is_registered", "place")

    def __init__(self, report: Report, place: int) -> None:
        self.first = report
        # Where it comes among the others.
        self.place = place
        self.end = report.end
        self.is_registered = report.is_registered
        self._reports = [report]

    def is_of_year(self, report: Report) -> bool:
        """Whether a report is of the same school year, or of the same term where there is none."""
        return self.first.places is report.places or self.first.places[:1] == report.places[:1]

    def add(self, report: Report) -> None:
        self._reports.append(report)
        self.end = max(self.end, report.end)
        self.is_registered = self.is_registered or report.is_registered

    def contact(self) -> Contact:
        """The contact, by what is reported of it so far."""
        return _contact(*self._reports)


class _Merging:
    """The contacts that reports tell of, which come one by one in their order."""

    def __init__(self, reference: Reference) -> None:
        self._reference = reference
        self._by_session: dict[str, _Open] = {}
        self._every: list[_Open] = []
        self._made: list[Contact] = []
        # Those of which more was told since they were made.
        self._new: dict[int, _Open] = {}
        # Those whose length what was booked, and when somebody left, may tell, by their key.
        self.vague: dict[str, Contact] = {}

    def add(self, report: Report) -> None:
        """Put a report to the contact to which it belongs."""
        session = report.fact.session
        found = self._by_session.get(session) if session else None
        if found is not None and not (found.is_of_year(report) and _lasts(found, report, self._reference)):
            found = None
        if found is None and self._every:
            last = self._every[-1]
            found = last if _goes_on(last, report, self._reference) and last.is_of_year(report) else None
        if found is None:
            found = _Open(report, len(self._every))
            self._every.append(found)
        else:
            found.add(report)
        self._new[found.place] = found
        if session:
            self._by_session[session] = found

    def contacts(self) -> list[Contact]:
        """The contacts, as long as the reports say; the same list while nothing more is told."""
        if self._new:
            made = [*self._made]
            for place, each in self._new.items():
                contact = each.contact()
                made[place : place + 1] = (contact,)
                self.vague.pop(contact.key, None)
                if contact.basis != "reported" and contact.sessions:
                    self.vague[contact.key] = contact
            self._made, self._new = made, {}
        return self._made


def of(pair: Pair, reference: Reference, memo: Memo) -> list[Contact]:
    """The contacts of a pair, in order of their start.

    A report belongs to the contact with its registration that began less than `report_within_days` ago, or with its
    activity on the same local day; else to the last contact, if it starts before that one's end or within
    `merge_minutes` of its start on the same local day, unless both carry registrations; else it is a new one. Reports
    of two school years are never one contact.
    """
    merging = memo.of_one_by_one("merging", pair.met, partial(_Merging, reference))
    met, vague = merging.contacts(), merging.vague
    if not vague:
        return met
    booked = memo.of_sorts("booked by session", pair.booked, _by_session)
    left = memo.of_sorts("left by session", pair.left, _by_session)
    told = {key: (each, _all_of(each, left), _all_of(each, booked)) for key, each in vague.items()}
    measured = memo.of_all("measured", told, lambda _, each: _measured(*each))
    return [measured.get(each.key, each) for each in met]


def _lasts(found: _Open, report: Report, reference: Reference) -> bool:
    days = (report.day - found.first.day).days
    if not report.is_registered:
        return days == 0
    return days < reference.policy(report.day).cadence.report_within_days


def _goes_on(last: _Open, report: Report, reference: Reference) -> bool:
    if last.is_registered and report.is_registered:
        return False
    start = report.fact.observed_at
    if start < last.end:
        return True
    if report.day != last.first.day:
        return False
    merged = timedelta(minutes=reference.policy(report.day).cadence.merge_minutes)
    return start - last.first.fact.observed_at <= merged


@lru_cache(REMEMBERED)
def _contact(*reports: Report) -> Contact:
    """What they report; as the same ones tell of it in the rows of her, of her year and of her coach's year."""
    first, facts = reports[0], [report.fact for report in reports]
    minutes, basis = _minutes(facts)
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


def _all_of(contact: Contact, by_session: Mapping[str, Sequence[Fact]]) -> list[Fact]:
    """The facts of a contact's sessions."""
    return [fact for session in contact.sessions for fact in by_session.get(session, ())]


def _minutes(facts: Sequence[Fact]) -> tuple[float | None, str]:
    """How long it was, as reports of it say: the longest that is reported, else from start to the report of its end.

    The longest and not the sum, since several durations of one contact are as a rule several reports of one meeting.
    """
    reported = [fact.minutes for fact in facts if fact.minutes]
    if reported:
        return max(reported), "reported"
    paired = _until(facts[0].observed_at, (fact for fact in facts if fact.data.get("means_end")))
    return (max(paired), "paired") if paired else (None, "unknown")


def _measured(contact: Contact, left: Sequence[Fact], booked: Sequence[Fact]) -> Contact:
    """A contact whose length nobody reported: till somebody left, else as long as was planned last."""
    planned = [fact for fact in booked if fact.kind is Kind.SESSION_SCHEDULED]
    paired = _until(contact.at, left)
    if contact.minutes is not None:
        paired.append(contact.minutes)
    if paired:
        return structs.replace(contact, minutes=max(paired), basis="paired")
    minutes = max(planned, key=lambda fact: fact.order).data.get("planned_minutes") if planned else None
    if isinstance(minutes, int | float) and minutes > 0:
        return structs.replace(contact, minutes=float(minutes), basis="planned")
    return contact


def _until(start: datetime, ends: Iterable[Fact]) -> list[float]:
    """The minutes from a start to those of the ends that may be its own."""
    spans = (fact.observed_at - start for fact in ends)
    return [span.total_seconds() / 60 for span in spans if timedelta(0) < span <= LONGEST]
