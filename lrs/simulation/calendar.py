"""The school years of the simulation: terms, breaks, and days on which the cadence clock runs."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

LAST_YEAR = 2025
"""The calendar year in which the last school year ends: all of it lies in the past, so no clock is ahead by itself."""

DAY = timedelta(days=1)
ZONES = {"alder": ZoneInfo("America/Los_Angeles"), "birch": ZoneInfo("America/Chicago")}


class Break(msgspec.Struct, frozen=True, kw_only=True):
    """Days without school in a district, from `since` up to but without `until`; or the leave of one person."""

    kind: str
    since: date
    until: date
    district: str
    person: str | None = None


class Term(msgspec.Struct, frozen=True, kw_only=True):
    """A school year or a half of it, from `since` up to but without `until`."""

    id: str
    kind: str
    title: str
    since: date
    until: date
    parent: str | None
    year: int


def thanksgiving(year: int) -> date:
    """The fourth Thursday of November."""
    first = date(year, 11, 1)
    return first + timedelta(days=(3 - first.weekday()) % 7 + 21)


def breaks(district: str, year: int) -> tuple[Break, ...]:
    """The breaks of the school year that begins in August of `year`, summer last."""
    thursday = thanksgiving(year)
    spring = date(year + 1, 3, 24) if district == "alder" else date(year + 1, 3, 10)
    summer = (date(year + 1, 6, 14), date(year + 1, 8, 15)) if district == "alder" else (
        date(year + 1, 6, 1), date(year + 1, 8, 8))  # fmt: skip
    spans = [
        ("Holiday", thursday - DAY, thursday + timedelta(days=4)),
        ("Winter break", date(year, 12, 21), date(year + 1, 1, 4)),
        ("Spring break", spring, spring + timedelta(days=7)),
        ("Summer", *summer),
    ]
    return tuple(Break(kind=kind, since=since, until=until, district=district) for kind, since, until in spans)


class Calendar:
    """The days of `years` school years, from 1 August of the first through 31 July after the last."""

    def __init__(self, years: int) -> None:
        self.first_year = LAST_YEAR - years
        self.years = range(self.first_year, LAST_YEAR)
        self.first = date(self.first_year, 8, 1)
        self.end = date(LAST_YEAR, 8, 1)
        self.breaks = {name: self._breaks(name) for name in ZONES}
        self._paused = {name: self._days_off(name) for name in ZONES}
        self._clock = {name: self._count(name) for name in ZONES}

    def _breaks(self, district: str) -> tuple[Break, ...]:
        before = Break(
            kind="Summer", since=self.first, until=breaks(district, self.first_year - 1)[-1].until, district=district
        )  # fmt: skip
        return (before, *(each for year in self.years for each in breaks(district, year)))

    def _days_off(self, district: str) -> frozenset[date]:
        return frozenset(day for each in self.breaks[district] for day in days(each.since, each.until))

    def _count(self, district: str) -> dict[date, int]:
        clock, running = {}, 0
        for day in days(self.first, self.end + timedelta(days=400)):
            clock[day] = running
            running += day not in self._paused[district]
        return clock

    def clock(self, district: str, day: date) -> int:
        """How many days that were not paused in the district lie before `day`."""
        return self._clock[district][day]

    def is_off(self, district: str, day: date) -> bool:
        """Whether it is a day of a break."""
        return day in self._paused[district]

    def is_school_day(self, district: str, day: date) -> bool:
        """Whether it is a weekday outside breaks."""
        return day.weekday() < 5 and day not in self._paused[district]

    def school_day(self, district: str, day: date) -> date:
        """The first school day on or after `day`."""
        while not self.is_school_day(district, day):
            day += DAY
        return day

    def after(self, district: str, day: date, running: int) -> date:
        """The first day by which the clock has run `running` days since `day`."""
        wanted = self._clock[district][day] + running
        while self._clock[district][day] < wanted:
            day += DAY
        return day

    def months(self) -> Iterator[tuple[date, date]]:
        """The months, each with the first day of the next."""
        begin = self.first
        while begin < self.end:
            end = (begin.replace(day=1) + timedelta(days=32)).replace(day=1)
            yield begin, end
            begin = end

    def terms(self) -> list[Term]:
        """The school years (1 August up to 1 July) with their two terms."""
        found = []
        for year in self.years:
            name, begin, turn, end = f"sy-{year}", date(year, 8, 1), date(year + 1, 1, 1), date(year + 1, 7, 1)
            spans = (
                (name, "schoolYear", f"School year {year}-{(year + 1) % 100:02}", begin, end, None),
                (f"{name}-fall", "term", f"Fall {year}", begin, turn, name),
                (f"{name}-spring", "term", f"Spring {year + 1}", turn, end, name),
            )
            for id_, kind, title, since, until, parent in spans:
                found.append(
                    Term(id=id_, kind=kind, title=title, since=since, until=until, parent=parent, year=year + 1)
                )
        return found


def days(since: date, until: date) -> Iterator[date]:
    """The days from `since` up to but without `until`."""
    while since < until:
        yield since
        since += DAY


def year_of(day: date) -> int:
    """The year in which the school year of `day` began; July belongs to the year before."""
    return day.year if day.month >= 8 else day.year - 1


def instant(day: date, seconds: int, district: str) -> datetime:
    """The time in UTC at which clocks of the district show `seconds` past midnight of `day`."""
    local = datetime(day.year, day.month, day.day, tzinfo=ZONES[district])
    hours, rest = divmod(seconds, 3600)
    return local.replace(hour=hours, minute=rest // 60, second=rest % 60).astimezone(UTC)


def local_day(at: datetime, district: str) -> date:
    """The day that calendars of the district show at `at`."""
    return at.astimezone(ZONES[district]).date()
