"""Once a day at a time of the clock on the wall, whatever the clock does there. No I/O."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)


def passed(at: time, zone: ZoneInfo, now: datetime) -> date:
    """The last local day whose time `at` has come: today, or yesterday.

    A time that the clock leaps over has come after the leap; one that it shows twice has come the first time.
    """
    local = now.astimezone(zone)
    return local.date() if local.time() >= at or _has_been(at, local) else local.date() - DAY


def due(at: time, zone: ZoneInfo, now: datetime, *, since: datetime, last: date | None) -> date | None:
    """The day that something is to be done for now; None where it is done, or its first time is yet to come.

    `since` is when that was decided, `last` the last day for which it was done. Days that were missed are made up for
    at once, by the last of them.
    """
    day = passed(at, zone, now)
    if day <= passed(at, zone, since) or (last is not None and day <= last):
        return None
    return day


def _has_been(at: time, local: datetime) -> bool:
    """Whether the clock was set back today, behind a time that it had shown before."""
    return local.fold == 1 and local.time() < at and _before_set_back(local).time() >= at


def _before_set_back(local: datetime) -> datetime:
    """What the clock would show had it not been set back."""
    earlier = local.replace(fold=0).utcoffset() or timedelta()
    later = local.utcoffset() or timedelta()
    return local + (earlier - later)
