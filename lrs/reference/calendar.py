"""Calendar mathematics: the cadence clock, which stands still on paused days, and the terms that hold a day."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import lru_cache
from typing import Final, Literal, TypeAlias

from lrs.reference.model import Interval, Pause, Period

Outside: TypeAlias = Literal["previous", "next", "none"]

FIRST_DAY: Final = date.min.toordinal()
LAST_DAY: Final = date.max.toordinal()
# Where no calendar says otherwise, a school year begins on the first of August.
YEAR_BEGINS: Final = 8
YEAR: Final = "year:"


class Clock:
    """The cadence clock of somebody: days that count, and days on which it stands still."""

    __slots__ = ("_before", "_counted", "_starts", "_stops", "_total")

    def __init__(self, pauses: Iterable[Interval]) -> None:
        merged = _merged(pauses)
        self._starts = [start for start, _ in merged]
        self._stops = [stop for _, stop in merged]
        # Paused days before the start of each pause, and counted days before it.
        self._before: list[int] = []
        self._total = 0
        for start, stop in merged:
            self._before.append(self._total)
            self._total += stop - start
        self._before.append(self._total)
        self._counted = [start - before for start, before in zip(self._starts, self._before, strict=False)]

    def days(self, begin: date, end: date) -> int:
        """Calendar days in [begin, end) minus paused ones; negative where `end` comes first."""
        first, last = begin.toordinal(), end.toordinal()
        if not self._starts:
            return last - first
        return last - first - self._paused(last) + self._paused(first)

    def after(self, begin: date, days: int) -> date:
        """The first day on which `days` have been counted since `begin`; the last there is where none will be."""
        if days <= 0:
            return begin
        first = begin.toordinal()
        wanted = first - self._paused(first) + days
        found = wanted + self._before[bisect_left(self._counted, wanted)]
        return date.fromordinal(min(found, LAST_DAY))

    def is_paused(self, day: date) -> bool:
        """Whether it stands still on `day`."""
        at = bisect_right(self._starts, day.toordinal()) - 1
        return at >= 0 and day.toordinal() < self._stops[at]

    def _paused(self, day: int) -> int:
        """Paused days before `day`."""
        at = bisect_right(self._starts, day) - 1
        return 0 if at < 0 else self._before[at] + min(day, self._stops[at]) - self._starts[at]


def _merged(pauses: Iterable[Interval]) -> list[tuple[int, int]]:
    """The pauses as ordinals, in order, none touching another."""
    spans = sorted(
        (each.since.toordinal() if each.since else FIRST_DAY, each.until.toordinal() if each.until else LAST_DAY + 1)
        for each in pauses
    )
    merged: list[tuple[int, int]] = []
    for start, stop in spans:
        if start >= stop:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], stop))
        else:
            merged.append((start, stop))
    return merged


class Sessions:
    """The sessions of one kind that an organisation goes by."""

    __slots__ = ("_every",)

    def __init__(self, periods: Sequence[Period]) -> None:
        self._every = sorted(periods, key=lambda each: (each.since or date.min, each.until or date.max, each.id))

    def holding(self, day: date, outside: Outside) -> Period | None:
        """The smallest session that holds `day`; where there is none, the one before or after, as `outside` says."""
        inside = [each for each in self._every if each.covers(day)]
        if inside:
            return min(inside, key=_length)
        before = [each for each in self._every if each.until is not None and each.until <= day]
        after = [each for each in self._every if each.since is not None and each.since > day]
        if outside == "previous":
            return _last(before) or _soon(after, day)
        return _first(after) if outside == "next" else None


class Calendar:
    """The terms and pauses of all organisations; `chain` gives an organisation with all that it belongs to."""

    def __init__(
        self, periods: Sequence[Period], pauses: Sequence[Pause], chain: Callable[[str | None], tuple[str, ...]]
    ) -> None:
        sessions: dict[tuple[str | None, str], list[Period]] = defaultdict(list)
        for period in periods:
            sessions[period.org, period.kind].append(period)
        self._sessions = {key: Sessions(every) for key, every in sessions.items()}
        self._periods = {each.id: each for each in periods}
        self._of_org: dict[str | None, list[Pause]] = defaultdict(list)
        self._of_person: dict[str | None, list[Pause]] = defaultdict(list)
        for pause in pauses:
            (self._of_org[pause.org] if pause.person is None else self._of_person[pause.person]).append(pause)
        self._chain = chain
        self._clocks: dict[tuple[str | None, str | None], Clock] = {}
        self._holding: dict[tuple[str | None, date], tuple[Period, ...]] = {}

    def periods(self, org: str | None, day: date, outside: Outside) -> tuple[Period, ...]:
        """The school year and the term that hold a day."""
        key = (org, day)
        found = self._holding.get(key)
        if found is None:
            found = self._holding[key] = self._find(org, day, outside)
        return found

    def _find(self, org: str | None, day: date, outside: Outside) -> tuple[Period, ...]:
        found: list[Period] = []
        for kind in ("schoolYear", "term"):
            sessions = self._of(org, kind)
            period = sessions.holding(day, outside) if sessions else None
            if period is None and kind == "schoolYear" and (sessions is None or outside != "none"):
                period = year_of(day)
            if period is not None:
                found.append(period)
        return tuple(found)

    def _of(self, org: str | None, kind: str) -> Sessions | None:
        for each in (*self._chain(org), None):
            if sessions := self._sessions.get((each, kind)):
                return sessions
        return None

    def period(self, id_: str) -> Period | None:
        """The period of that id, if there is one."""
        return self._periods.get(id_) or year_named(id_)

    def clock(self, org: str | None, person: str | None) -> Clock:
        """The cadence clock of a person at an organisation."""
        key = (org, person if person in self._of_person else None)
        found = self._clocks.get(key)
        if found is None:
            pauses = [pause for each in (*self._chain(org), None) for pause in self._of_org.get(each, ())]
            found = self._clocks[key] = Clock((*pauses, *self._of_person.get(key[1], ())))
        return found


def year_of(day: date) -> Period:
    """The school year from August to July that holds `day`, for where no calendar says otherwise."""
    begins = day.year if day.month >= YEAR_BEGINS else day.year - 1
    return _year(min(max(begins, date.min.year), date.max.year - 1))


def year_named(period: str) -> Period | None:
    """The school year of that id as `year_of` gives it, if it is one."""
    begins = period.removeprefix(YEAR)[:4]
    if not period.startswith(YEAR) or not begins.isascii() or not begins.isdigit():
        return None
    found = _year(min(max(int(begins), date.min.year), date.max.year - 1))
    return found if found.id == period else None


@lru_cache(1024)
def _year(begins: int) -> Period:
    title = f"{begins:04}-{(begins + 1) % 100:02}"
    since, until = date(begins, YEAR_BEGINS, 1), date(begins + 1, YEAR_BEGINS, 1)
    return Period(id=f"{YEAR}{title}", org=None, kind="schoolYear", title=title, since=since, until=until)


def _length(period: Period) -> tuple[int, date, str]:
    since, until = period.since or date.min, period.until or date.max
    return (until - since).days, since, period.id


def _last(periods: Sequence[Period]) -> Period | None:
    """The session that ended last; of those that ended together, the smallest."""
    if not periods:
        return None
    last = max(each.until or date.max for each in periods)
    return min((each for each in periods if each.until == last), key=_length)


def _first(periods: Sequence[Period]) -> Period | None:
    if not periods:
        return None
    first = min(each.since or date.min for each in periods)
    return min((each for each in periods if each.since == first), key=_length)


def _soon(periods: Sequence[Period], day: date) -> Period | None:
    """The first session of all, for a day before it in the same year from August to July."""
    first = _first(periods)
    return first if first and first.since and year_of(first.since) == year_of(day) else None
