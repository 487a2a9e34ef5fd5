"""Which day it is in a time zone, for many times in little time."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from lrs.reference.timeline import Timeline

DAY: Final = timedelta(days=1)
REMEMBERED: Final = 1 << 16
Home = TypeVar("Home")


class Turn(NamedTuple):
    """Of a day in UTC: until when it is one local day, and from then on the other."""

    before: date
    at: datetime
    after: date


def local_date(at: datetime, zone: ZoneInfo) -> date:
    """The day that it is in a zone at a time; that of UTC where there is no such day in years of four digits."""
    turn = _turn(at.date(), zone) if at.tzinfo is UTC else None
    if turn is not None:
        return turn.before if at < turn.at else turn.after
    try:
        return at.astimezone(zone).date()
    except OverflowError:
        return at.date()


@lru_cache(REMEMBERED)
def _turn(day: date, zone: ZoneInfo) -> Turn | None:
    """When a local day ends on a day in UTC; None where clocks are put forward or back then, which is once at most."""
    begins = datetime.combine(day, time(), UTC)
    try:
        offset = begins.astimezone(zone).utcoffset() or timedelta()
        last = datetime.combine(day, time.max, UTC).astimezone(zone).utcoffset() or timedelta()
        if offset != last:
            return None
        first = day if offset > timedelta() else day - DAY
        return Turn(first, begins + (first + DAY - day) - offset, first + DAY)
    except OverflowError:
        return None


def zones(
    homes: Timeline[Home], changes: Iterable[date], zone: Callable[[Home, date], ZoneInfo]
) -> Timeline[ZoneInfo | None]:
    """The zone of who is at `homes`, by the day in UTC; None where it is another one the day before or after, so that
    her day may be that of either. By `zone` it may be another one from `changes` on, too.
    """

    def only(day: date) -> ZoneInfo | None:
        found = {zone(homes.on(each), day) for each in _around(day)}
        return found.pop() if len(found) == 1 else None

    borders = sorted({*changes, *(each for day in homes.days for each in _around(day))})
    return Timeline(borders, [only(day) for day in (date.min, *borders)])


def _around(day: date) -> tuple[date, date, date]:
    return (day if day == date.min else day - DAY), day, (day if day == date.max else day + DAY)
