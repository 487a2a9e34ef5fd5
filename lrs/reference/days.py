"""Which day it is in a time zone, for many times in little time."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

DAY: Final = timedelta(days=1)
REMEMBERED: Final = 1 << 16


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
