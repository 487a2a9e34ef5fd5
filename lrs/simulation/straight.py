"""The straight count: what the records of the simulation amount to, by the documented rules and nothing else.

It shares no code with the projections and reads no statement. Voided reports are left out of the records, those made
again are in them once, and days are those of the district, all as the records have them.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Final, NamedTuple, TypeVar

from lrs.simulation.calendar import DAY, days
from lrs.simulation.district import Cohort, District, Pair
from lrs.simulation.records import Applied, Met, Rating, Records, Said, Studied, Visit

T = TypeVar("T")
K = TypeVar("K")

GRACE: Final = 3
DUE_SOON: Final = 3
WINDOW: Final = timedelta(days=60)


class Span(NamedTuple):
    """A period with its days; July, which is in no term, goes to the one before."""

    id: str
    since: date
    until: date

    def has(self, day: date) -> bool:
        """Whether it is a day of it."""
        return self.since <= day < self.until


def year(first: int) -> Span:
    """The school year that begins in August of `first`."""
    return Span(f"sy-{first}", date(first, 8, 1), date(first + 1, 8, 1))


def fall(first: int) -> Span:
    """Its first term."""
    return Span(f"sy-{first}-fall", date(first, 8, 1), date(first + 1, 1, 1))


def spring(first: int) -> Span:
    """Its second term."""
    return Span(f"sy-{first}-spring", date(first + 1, 1, 1), date(first + 1, 8, 1))


class Straight:
    """Counts over the records of one simulation."""

    def __init__(self, district: District, records: Records) -> None:
        self.district, self.records = district, records
        self._pairs_of_coach = _by(district.pairs, lambda each: each.coach.id)
        self._pairs_of_educator = _by(district.pairs, lambda each: each.educator.id)
        self._visits = _by(records.visits, lambda each: each.pair)
        self._meetings = _by(records.meetings, lambda each: each.cohort)
        self._studied = _by(records.studied, lambda each: each.person)
        self._applied = _by(records.applied, lambda each: each.person)
        self._said_by = _by(records.said, lambda each: each.person)
        self._said_in = _by(records.said, lambda each: each.cohort)
        self._ratings = _by(records.ratings, lambda each: each.person)

    def running(self, since: date, until: date, educator: str) -> int:
        """The days from `since` up to `until` that are neither in a break nor in her leave."""
        known = self.district.educators[educator]
        off = self.district.calendar.is_off
        return sum(
            not off(known.person.district, day) and not self.district.is_away(known.person, day)
            for day in days(since, until)
        )

    def visits(self, *, pair: Pair | None = None, coach: str | None = None, educator: str | None = None) -> list[Visit]:
        """The planned visits of a pair, a coach or an educator, by day."""
        pairs = [pair] if pair is not None else self.district.pairs
        if coach is not None:
            pairs = self._pairs_of_coach.get(coach, [])
        if educator is not None:
            pairs = self._pairs_of_educator.get(educator, [])
        found = [visit for each in pairs for visit in self._visits.get(each.number, ())]
        return sorted(found, key=lambda each: each.day)

    def contacts(self, visits: Iterable[Visit], span: Span | None = None) -> list[Visit]:
        """Those that took place and are reported, by day."""
        return [
            each for each in visits if each.outcome == "held" and each.reported and (span is None or span.has(each.day))
        ]

    def status(self, pair: Pair, as_of: date) -> str:
        """How it stands with a pair on a day on which no visit is booked."""
        if self.running(as_of, as_of + DAY, pair.educator.id) == 0:
            return "paused"
        if pair.until is not None and pair.until <= as_of:
            return "ended"
        met = [each.day for each in self.contacts(self.visits(pair=pair)) if each.day <= as_of]
        since = self.running(met[-1] if met else pair.since, as_of, pair.educator.id)
        if since > pair.target + GRACE:
            return "overdue"
        if since > pair.target:
            return "due"
        if not met:
            return "not_started"
        return "due_soon" if since > pair.target - DUE_SOON else "on_track"

    def next_due(self, pair: Pair, as_of: date) -> date:
        """The first day by which the target is used up since the last contact."""
        met = [each.day for each in self.contacts(self.visits(pair=pair)) if each.day <= as_of]
        day = begin = met[-1] if met else pair.since
        while self.running(begin, day, pair.educator.id) < pair.target:
            day += DAY
        return day

    def meetings(self, cohort: Cohort, span: Span) -> list[Met]:
        """The meetings of a cohort in a period to which somebody came."""
        return [
            each for each in self._meetings.get(cohort.id, ()) if each.attended and span.has(each.day)
        ]  # fmt: skip

    def members(self, cohort: Cohort, day: date) -> set[str]:
        """Who is a member on a day."""
        return {each.id for each in cohort.on(day)}

    def attended(self, person: str, span: Span) -> int:
        """How many meetings, of whichever cohort, she came to."""
        return sum(person in each.attended and span.has(each.day) for each in self.records.meetings)

    def studied(self, person: str, span: Span) -> list[Studied]:
        """Her sittings with units in a period."""
        return [each for each in self._studied.get(person, ()) if span.has(each.day)]

    def said(self, cohort: Cohort, span: Span) -> list[Said]:
        """Posts, replies and reactions in a cohort."""
        return [each for each in self._said_in.get(cohort.id, ()) if span.has(each.day)]

    def ties(self, cohort: Cohort, span: Span) -> set[tuple[str, str]]:
        """Who replied to whom, both members on the day of the reply."""
        return {
            (each.person, each.author) for each in self.said(cohort, span)
            if each.author is not None and not each.like
            and {each.person, each.author} <= self.members(cohort, each.day)
        }  # fmt: skip

    def ratings(self, person: str, criterion: str, span: Span, role: str) -> list[Rating]:
        """Her scores on a criterion by somebody in a role, in order of time."""
        found = (
            each for each in self._ratings.get(person, ())
            if (each.criterion, each.role) == (criterion, role) and span.has(each.day)
        )  # fmt: skip
        return sorted(found, key=lambda each: each.at)

    def funnel(self, person: str, span: Span) -> Counter[str]:
        """Of the units that she completed in a period, how many were applied in time, and how many shared."""
        learned = {each.unit: each for each in self._studied.get(person, ()) if each.completed}
        applied = [each for each in self._applied.get(person, ()) if each.stays]
        shared = [each for each in self._said_by.get(person, ()) if each.unit is not None]
        count: Counter[str] = Counter()
        for unit, at in learned.items():
            if not span.has(at.day):
                continue
            used = self._used(unit, at, learned, applied)
            count["completed"] += 1
            count["applied"] += used is not None
            count["shared"] += _is_told(at, used, shared)
        return count

    def _about(self, unit: int, other: int, learned: dict[int, Studied]) -> bool:
        """Whether what was done with `other` may count for `unit`: it is that unit, or it was never completed and bears
        on a criterion of it.
        """
        if other == unit or other in learned:
            return other == unit
        units = self.district.units
        return bool(set(units[unit - 1].named) & set(units[other - 1].named))

    def _used(
        self, unit: int, at: Studied, learned: dict[int, Studied], applied: list[Applied]
    ) -> Applied | None:  # fmt: skip
        found = [
            each for each in applied
            if at.at < each.at and each.day <= at.day + WINDOW and self._about(unit, each.unit, learned)
        ]  # fmt: skip
        return min(found, key=lambda each: (each.unit != unit, each.at), default=None)


def _is_told(at: Studied, used: Applied | None, shared: list[Said]) -> bool:
    """Whether it was shared in time, after it was applied or else completed. What is shared names no criterion: it
    counts for its own unit alone.
    """
    begins: list[Applied | Studied] = [at] if used is None else [used, at]
    return any(
        each.unit == at.unit and begin.at < each.at and each.day <= begin.day + WINDOW
        for begin in begins
        for each in shared
    )


def _by(records: Iterable[T], key: Callable[[T], K]) -> dict[K, list[T]]:
    found: dict[K, list[T]] = {}
    for each in records:
        found.setdefault(key(each), []).append(each)
    return found


def decaying(scores: list[int], weight: int = 65) -> float:
    """The standard decaying average."""
    value = float(scores[0])
    for score in scores[1:]:
        value = (weight * score + (100 - weight) * value) / 100
    return value
