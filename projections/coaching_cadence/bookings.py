"""Bookings: meetings that were planned, and what became of each."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from functools import partial
from itertools import takewhile
from operator import attrgetter
from typing import Final

import msgspec

from lrs.reference.reference import Reference
from projections.analytic.memo import Memo
from projections.coaching_cadence import whereabouts
from projections.coaching_cadence.contacts import Contact
from projections.coaching_cadence.reports import Report
from projections.facts.fact import Fact, Kind

# Where those come that nobody said the start of.
LAST: Final = datetime.max.replace(tzinfo=UTC)


class Booking(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A planned meeting; `start` is None where nobody said; `day` is the local day of it, else of the last word;
    `place` is where it comes among others.
    """

    place: tuple[bool, datetime, date, str]
    session: str | None
    start: datetime | None
    day: date
    scheduled: bool
    cancelled: bool


class _Said:
    """What is said of bookings, word by word in order, and what each comes to."""

    def __init__(self, reference: Reference) -> None:
        self._reference = reference
        self._words: dict[object, list[Report]] = defaultdict(list)
        self._made: dict[object, Booking] = {}
        # Those that something was said of since they were made.
        self._new: dict[object, None] = {}
        self._sorted: list[Booking] = []

    def add(self, report: Report) -> None:
        """One more word."""
        identity = _identity(report.fact)
        self._words[identity].append(report)
        self._new[identity] = None

    def bookings(self) -> list[Booking]:
        """The bookings, by their start; the same list while nothing more is said."""
        if self._new:
            for identity in self._new:
                self._made[identity] = _booking(self._words[identity], self._reference)
            self._sorted = sorted(self._made.values(), key=attrgetter("place"))
            self._new = {}
        return self._sorted


class _Sessions:
    """The sessions of contacts."""

    def __init__(self) -> None:
        self.known = set[str | None]()

    def add(self, contact: Contact) -> None:
        """Those of one more."""
        self.known |= contact.sessions


def of(words: list[Report], reference: Reference, memo: Memo) -> list[Booking]:
    """The bookings that a pair's `words` are about, by their start, one for each session (registration or occurrence).

    What was said last holds: a session that is scheduled again moves or comes back, a cancelled one is off. A word
    without a session is about the meeting of the same planned start.
    """
    return memo.of_one_by_one("said", words, partial(_Said, reference)).bookings()


def unmet(bookings: Sequence[Booking], contacts: list[Contact], reference: Reference, memo: Memo) -> list[Booking]:
    """Those of the bookings that were neither cancelled nor met by a contact, by their start.

    A contact with the booking's registration meets it; else one that nothing else booked, on the planned day or up to
    `report_within_days` later. Each contact meets one booking at the most.
    """
    met = memo.of_one_by_one("sessions", contacts, _Sessions).known
    left = [each for each in bookings if each.session not in met]
    open_ = [each for each in left if each.scheduled and not each.cancelled and each.start is not None]
    if not open_:
        return []
    first = min([each.day for each in open_])
    # Contacts come by their start, from which the local day is one away at the most.
    last = [*takewhile(lambda each: (first - each.day).days <= 2, reversed(contacts))]
    later = [each for each in reversed(last) if each.day >= first]
    if not later:
        return open_
    sessions = {each.session for each in bookings}
    free = [each.day for each in later if sessions.isdisjoint(each.sessions)]
    left = []
    for booking in open_:
        if (day := _meeting(booking, free, reference)) is None:
            left.append(booking)
        else:
            free.remove(day)
    return left


def start_of(fact: Fact) -> datetime | None:
    """When what is scheduled is to begin, in UTC; None where the fact does not say."""
    text = fact.data.get("planned_start")
    if not isinstance(text, str):
        return None
    try:
        start = datetime.fromisoformat(text)
        return start.astimezone(UTC) if start.tzinfo else start.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def text(start: datetime) -> str:
    """A planned start as text, in UTC; texts sort as times do."""
    return start.replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def starts(texts: Iterable[str]) -> list[datetime]:
    """The times of such texts."""
    return [datetime.fromisoformat(each) for each in texts]


def _identity(fact: Fact) -> object:
    return fact.session if fact.session is not None else (start_of(fact) or fact.observed_at)


def _booking(said: Sequence[Report], reference: Reference) -> Booking:
    start = next((start for each in reversed(said) if (start := start_of(each.fact))), None)
    last = said[-1]
    day = whereabouts.of(reference).day(last.fact.subject, last.educator, start) if start else last.day
    return Booking(
        place=(start is None, start or LAST, day, last.fact.session or ""),
        session=last.fact.session,
        start=start,
        day=day,
        scheduled=any(each.fact.kind is Kind.SESSION_SCHEDULED for each in said),
        cancelled=last.fact.kind is Kind.SESSION_CANCELLED,
    )


def _meeting(booking: Booking, free: Sequence[date], reference: Reference) -> date | None:
    """The first of the free contacts' days that is in time for the booking."""
    within = reference.policy(booking.day).cadence.report_within_days
    return next((day for day in free if 0 <= (day - booking.day).days <= within), None)
