"""School years as this projection keeps its rows by: which periods hold a day, and what days a year and its terms have.

A term belongs to the school year that holds its first day, its home; rows are computed a home at a time.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

import msgspec

from lrs.reference import calendar
from lrs.reference.model import Period
from lrs.reference.reference import Reference
from lrs.reference.timeline import Timeline

DAY: Final = timedelta(days=1)
# Days outside are in no year: timestamps there are mistakes, and the years that may have rows can so be named.
EARLIEST: Final = date(1969, 8, 1)
LATEST: Final = date(2100, 8, 1)
# For how many school years after it was opened a thread's author is known to those who reply.
FOLLOWING: Final = 3


class Span(msgspec.Struct, frozen=True):
    """A period of a year: `period` as the calendar has it, [since, until) around all days that count for it."""

    period: Period
    since: date | None
    until: date | None


class Year(msgspec.Struct, frozen=True):
    """A home with its terms. `slots` gives, for a day, which of `spans` it counts for; [since, until) holds them all.

    `is_known` says whether a calendar has it, or it is only what stands in where there is none.
    """

    id: str
    spans: tuple[Span, ...]
    slots: Timeline[tuple[int, ...]]
    since: date | None
    until: date | None
    is_known: bool

    @property
    def days(self) -> tuple[date, date]:
        """[since, until), the ends of time where it has no bound."""
        return self.since or date.min, self.until or date.max

    @property
    def names(self) -> tuple[str, ...]:
        """The ids of its periods."""
        return tuple(span.period.id for span in self.spans)


class Years:
    """The school years of one organisation."""

    def __init__(self, reference: Reference, org: str | None) -> None:
        self._reference = reference
        self._org = org
        self._calendared = {each.id for each in reference.records.periods}
        self._homes: dict[date, tuple[str, ...]] = {}
        self._years: dict[str, Year | None] = {}
        self._after: dict[str, tuple[str, ...]] = {}
        self._known: tuple[str, ...] | None = None

    def homes(self, day: date) -> tuple[str, ...]:
        """The homes of the periods that hold a day: one nearly always, none where the calendar says so."""
        found = self._homes.get(day)
        if found is None:
            every = self._reference.periods(self._org, day) if EARLIEST <= day < LATEST else ()
            found = self._homes[day] = tuple(dict.fromkeys(self._home(each) for each in every))
        return found

    def year(self, home: str) -> Year | None:
        """The year of that id; None where no day of the organisation is in it."""
        if home not in self._years:
            self._years[home] = self._year(home)
        return self._years[home]

    def of_period(self, period: str) -> tuple[str, ...]:
        """The home of a period, if it is one of this organisation."""
        named = self._reference.calendar.period(period)
        homes = () if named is None or named.since is None else self.homes(named.since)
        return tuple(home for home in homes if (year := self.year(home)) and period in year.names)

    def after(self, home: str) -> tuple[str, ...]:
        """The years that follow, at most FOLLOWING."""
        found = self._after.get(home)
        if found is None:
            found = self._after[home] = self._follow(home, FOLLOWING)
        return found

    @property
    def every(self) -> tuple[str, ...]:
        """Every year that any fact may be of."""
        return self.until(EARLIEST, LATEST)

    @property
    def known(self) -> tuple[str, ...]:
        """Every year that the calendar has for this organisation."""
        if self._known is None:
            days = _borders(self._reference)
            homes = dict.fromkeys(home for day in days for home in self.homes(day))
            self._known = tuple(home for home in homes if home in self._calendared)
        return self._known

    def until(self, since: date, until: date) -> tuple[str, ...]:
        """The years that hold a day of [since, until)."""
        found: dict[str, None] = {}
        day, until = max(since, EARLIEST), min(until, LATEST)
        while day < until:
            homes = self.homes(day)
            found.update(dict.fromkeys(homes))
            ends = [year.until for home in homes if (year := self.year(home)) is not None]
            if not homes or None in ends:
                later = [each for each in _borders(self._reference) if each > day]
                if not later:
                    break
                day = later[0]
            else:
                day = max(day + DAY, min(each for each in ends if each is not None))
        return tuple(found)

    def _follow(self, home: str, most: int) -> tuple[str, ...]:
        found: list[str] = []
        while len(found) < most:
            year = self.year(found[-1] if found else home)
            fresh = [each for each in self.homes(year.until) if each != home] if year and year.until else []
            if not fresh or fresh[0] in found:
                break
            found.append(fresh[0])
        return tuple(found)

    def _home(self, period: Period) -> str:
        if period.kind == "schoolYear" or period.since is None:
            return period.id
        holding = self._reference.periods(self._org, period.since)
        return next((each.id for each in holding if each.kind == "schoolYear"), period.id)

    def _year(self, home: str) -> Year | None:
        named = self._reference.calendar.period(home)
        if named is None:
            return None
        extra = [day for day in (named.since, named.until) if day is not None]
        borders = sorted(each for each in {*_borders(self._reference), *extra} if EARLIEST <= each <= LATEST)
        spans: dict[str, Span] = {}
        values = []
        for since, until in _segments(borders):
            held = self._reference.periods(self._org, since) if since and since < LATEST else ()
            mine = [each for each in held if self._home(each) == home]
            for each in mine:
                first = spans[each.id].since if each.id in spans else since
                spans[each.id] = Span(each, first, until)
            values.append(tuple(list(spans).index(each.id) for each in mine))
        if not spans:
            return None
        held_days = [between for between, slots in zip(_segments(borders), values, strict=True) if slots]
        slots = Timeline(borders, values)
        is_known = home in self._calendared
        return Year(home, tuple(spans.values()), slots, held_days[0][0], held_days[-1][1], is_known)


def _segments(borders: list[date]) -> Iterable[tuple[date | None, date | None]]:
    return list(zip([None, *borders], [*borders, None], strict=True))


@lru_cache(4)
def _borders(reference: Reference) -> tuple[date, ...]:
    """Every day on which it may change which period holds it."""
    named = [day for each in reference.records.periods for day in (each.since, each.until) if day is not None]
    changes = [day for day, _ in reference.policies.dated if day > date.min]
    august = [day for each in named for day in (calendar.year_of(each).since, calendar.year_of(each).until) if day]
    return tuple(sorted({*named, *changes, *august, EARLIEST, LATEST}))


@lru_cache(4)
def _of(reference: Reference) -> dict[str | None, Years]:
    return {}


def of(reference: Reference, org: str | None) -> Years:
    """The school years of an organisation; what was found once is remembered with `reference`."""
    every = _of(reference)
    found = every.get(org)
    if found is None:
        found = every[org] = Years(reference, org)
    return found
