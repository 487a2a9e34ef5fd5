"""School years: what rows are kept by, and which facts belong to one.

A term belongs to the school year that holds its first day: its home. All rows of a home are computed together, so a
term that lies across two years has one row all the same.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias, TypeVar

from lrs.errors import NotFound
from lrs.reference.calendar import year_of
from lrs.reference.model import Interval, Period
from lrs.reference.policy import DEFAULT
from lrs.reference.reference import Reference
from lrs.reference.timeline import Timeline

T = TypeVar("T")
V = TypeVar("V")

# Around the days of a year, besides the days in which a contact may be reported: time zones, and meetings at midnight.
MARGIN: Final = timedelta(days=3)
# Where a person works on a day: `reference.homes(person).on`.
OrgOf: TypeAlias = Callable[[date], str | None]


class Place(NamedTuple):
    """A period that a day counts for, and its home, both by id."""

    period: str
    home: str


class Years:
    """The school years of a `Reference`."""

    def __init__(self, reference: Reference) -> None:
        self._reference = reference
        self._periods = sorted(reference.records.periods, key=lambda each: (each.since or date.min, each.id))
        self._places: dict[tuple[str | None, date], tuple[Place, ...]] = {}
        self._alike: dict[tuple[str | None, int, str], tuple[Place, ...]] = {}
        borders = {day for each in self._periods for day in (each.since, each.until) if day is not None}
        self._borders = sorted(borders | {since for since, _ in reference.policies.dated})
        self._windows: dict[str, tuple[datetime | None, datetime | None]] = {}
        self._held: dict[str, tuple[Period, ...]] = {}
        self._kin: dict[tuple[str | None, str], frozenset[str]] = {}
        policies = [policy for _, policy in reference.policies.dated] or [DEFAULT]
        self._margin = MARGIN + timedelta(days=max(each.cadence.report_within_days for each in policies))

    def places(self, org: str | None, day: date) -> tuple[Place, ...]:
        """The periods that a day at an organisation counts for: the school year first, then the term."""
        key = (org, day)
        found = self._places.get(key)
        if found is None:
            found = self._places[key] = self._find(org, day)
        return found

    def _find(self, org: str | None, day: date) -> tuple[Place, ...]:
        """The places of a day: those of any other between the same days on which anything begins or ends."""
        key = (org, bisect_right(self._borders, day), year_of(day).id)
        found = self._alike.get(key)
        if found is None:
            found = self._alike[key] = tuple(
                Place(each.id, self._home(org, each)) for each in self._reference.periods(org, day)
            )
        return found

    def kin(self, org: str | None, day: date) -> frozenset[str]:
        """The homes of all days in the school year of a day: what happens on it may bear on the rows of each.

        Nearly always one: that year. More where a term lies across two years.
        """
        places = self.places(org, day)
        if not places:
            return frozenset()
        year = places[0].period
        found = self._kin.get((org, year))
        if found is None:
            since, until = self._widened(self._reference.period(year))
            terms = (each for each in self._periods if each.kind == "term" and _meets(each, since, until))
            days = [each.since for each in terms if each.since is not None]
            starting = {place.home for each in days for place in self.places(org, each)}
            found = self._kin[org, year] = frozenset(starting | {place.home for place in places})
        return found

    def window(self, home: str) -> tuple[datetime | None, datetime | None]:
        """[since, until) around everything that can count for a home: None where the calendar sets no end to it."""
        found = self._windows.get(home)
        if found is None:
            spans = [self._widened(each) for each in self.periods(home)] or [(None, None)]
            since = min((first or date.min for first, _ in spans))
            until = max((last or date.max for _, last in spans))
            found = self._windows[home] = (
                None if since == date.min else _midnight(since) - self._margin,
                None if until == date.max else _midnight(until) + self._margin,
            )
        return found

    def periods(self, home: str) -> tuple[Period, ...]:
        """A home and the terms that may belong to it; none where there is no such period."""
        found = self._held.get(home)
        if found is None:
            try:
                year = self._reference.period(home)
            except NotFound:
                return ()
            since, until = self._widened(year)
            terms = (each for each in self._periods if each.kind == "term" and each.id != home)
            held = (each for each in terms if _within(each.since, since, until))
            found = self._held[home] = (year, *held)
        return found

    def first_day(self, period: Period, home: str, org_of: OrgOf, intervals: Iterable[Interval]) -> date | None:
        """The first day of a period, as part of `home`, that is in one of the intervals, where she works then."""
        begins, ends = period.since or date.min, period.until or date.max
        wanted = Place(period.id, home)
        days = []
        for each in intervals:
            day = begins if each.since is None or each.since < begins else each.since
            if day < ends and (each.until is None or day < each.until):
                days.append(day)
        return next((day for day in sorted(days) if wanted in self.places(org_of(day), day)), None)

    def shared(self, home: str, org_of: OrgOf, intervals: Sequence[Interval], as_of: date | None) -> list[str]:
        """The periods of a home that have a day in common with the intervals, by id; begun so by `as_of`."""
        if not intervals:
            return []
        first = ((each.id, self.first_day(each, home, org_of, intervals)) for each in self.periods(home))
        return [id_ for id_, day in first if day is not None and (as_of is None or day <= as_of)]

    def homes(self, org_of: OrgOf, intervals: Sequence[Interval]) -> set[str]:
        """The homes of all periods of the calendar that share a day with the intervals.

        Where there is no calendar: those of the first and last days of the intervals, as what was never said to end
        would go on for ever.
        """
        found: set[str] = set()
        years = [each for each in self._periods if each.kind == "schoolYear"]
        for interval in intervals:
            days = [day for day in (interval.since, _last(interval)) if day is not None]
            days += [each.since for each in self._periods if each.since is not None and interval.covers(each.since)]
            days += [last for each in years if (last := _last(each)) is not None and interval.covers(last)]
            found.update(place.home for day in days for place in self.places(org_of(day), day))
        return found

    def _home(self, org: str | None, period: Period) -> str:
        if period.kind == "schoolYear" or period.since is None:
            return period.id
        held = self._reference.periods(org, period.since)
        return next((each.id for each in held if each.kind == "schoolYear"), period.id)

    def _widened(self, period: Period) -> tuple[date | None, date | None]:
        """A period with the days before and after it that are in no other of its kind and organisation."""
        if period not in self._periods:
            return period.since, period.until
        alike = [each for each in self._periods if (each.kind, each.org) == (period.kind, period.org)]
        since = period.since
        if since is not None:
            since = max((each.until for each in alike if each.until and each.until <= since), default=None)
        until = period.until
        if until is not None:
            until = min((each.since for each in alike if each.since and each.since >= until), default=None)
        return since, until


@lru_cache(maxsize=4)
def of(reference: Reference) -> Years:
    """The school years of `reference`, remembered, as a `Reference` never changes."""
    return Years(reference)


def sorted_in(found: Iterable[tuple[T, Sequence[Place]]], home: str) -> dict[str, list[T]]:
    """Things with the places of their day, by those periods that belong to `home`; in their order. Things hold their
    places.
    """
    by_period: dict[str, list[T]] = {}
    # Those of one period have the same places, the same object mostly.
    lists_of: dict[int, list[list[T]]] = {}
    for each, places in found:
        lists = lists_of.get(id(places))
        if lists is None:
            mine = [place.period for place in places if place.home == home]
            lists = lists_of[id(places)] = [by_period.setdefault(period, []) for period in mine]
        for of_period in lists:
            of_period.append(each)
    return by_period


def intervals(timeline: Timeline[V], wanted: Callable[[V], bool]) -> list[Interval]:
    """When the value of a timeline is wanted."""
    borders = [None, *timeline.days, None]
    return [
        Interval(since=borders[at], until=borders[at + 1]) for at, value in enumerate(timeline.values) if wanted(value)
    ]


def _within(day: date | None, since: date | None, until: date | None) -> bool:
    return day is None or ((since is None or since <= day) and (until is None or day < until))


def _meets(period: Period, since: date | None, until: date | None) -> bool:
    begins = until is None or period.since is None or period.since < until
    return begins and (since is None or period.until is None or since < period.until)


def _last(interval: Interval) -> date | None:
    return None if interval.until is None or interval.until == date.min else interval.until - timedelta(days=1)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
