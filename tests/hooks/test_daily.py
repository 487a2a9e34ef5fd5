"""Once a day by the clock on the wall."""

import itertools
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from lrs.hooks.analytic import daily

CHICAGO = ZoneInfo("America/Chicago")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def local(day: str, clock: str, *, fold: int = 0, zone: ZoneInfo = CHICAGO) -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=zone, fold=fold)


def due(at: str, now: datetime, last: str | None = None, since: datetime = LONG_AGO) -> date | None:
    return daily.due(
        time.fromisoformat(at), CHICAGO, now, since=since, last=None if last is None else date.fromisoformat(last)
    )


def test_it_is_due_when_its_time_has_come() -> None:
    assert due("07:00", local("2026-02-10", "06:59:59"), "2026-02-09") is None
    assert due("07:00", local("2026-02-10", "07:00"), "2026-02-09") == date(2026, 2, 10)
    assert due("07:00", local("2026-02-10", "07:00:01"), "2026-02-10") is None


def test_missed_days_are_made_up_for_once() -> None:
    assert due("07:00", local("2026-02-10", "06:00"), "2026-02-05") == date(2026, 2, 9)
    assert due("07:00", local("2026-02-10", "06:01"), "2026-02-09") is None
    assert due("07:00", local("2026-02-10", "12:00"), "2026-02-05") == date(2026, 2, 10)


def test_the_first_time_comes_after_it_was_decided() -> None:
    made = local("2026-02-10", "12:00")
    assert due("07:00", made, since=made) is None
    assert due("07:00", local("2026-02-11", "06:59"), since=made) is None
    assert due("07:00", local("2026-02-11", "07:00"), since=made) == date(2026, 2, 11)
    assert due("13:00", local("2026-02-10", "13:00"), since=made) == date(2026, 2, 10)


def test_a_time_that_the_clock_leaps_over() -> None:
    # On 8 March 2026 the clock goes from 2 to 3.
    assert due("02:30", local("2026-03-08", "01:59:59"), "2026-03-07") is None
    assert due("02:30", local("2026-03-08", "03:00"), "2026-03-07") == date(2026, 3, 8)


def test_a_time_that_the_clock_shows_twice() -> None:
    # On 1 November 2026 the clock goes from 2 back to 1.
    assert due("01:30", local("2026-11-01", "01:30"), "2026-10-31") == date(2026, 11, 1)
    assert due("01:30", local("2026-11-01", "01:10", fold=1), "2026-11-01") is None
    assert due("01:30", local("2026-11-01", "01:30", fold=1), "2026-11-01") is None
    assert due("01:30", local("2026-11-01", "01:10", fold=1), "2026-10-31") == date(2026, 11, 1)


@pytest.mark.parametrize("year", [2025, 2026])
@pytest.mark.parametrize("at", ["00:00", "01:30", "02:30", "23:59"])
@pytest.mark.parametrize("name", ["America/Chicago", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"])
def test_every_day_of_a_year_has_its_turn_once(year: int, at: str, name: str) -> None:
    zone, when = ZoneInfo(name), time.fromisoformat(at)
    now, days = datetime(year, 1, 1, tzinfo=UTC), list[date]()
    since = now
    while now.year == year:
        day = daily.due(when, zone, now, since=since, last=days[-1] if days else None)
        days += [] if day is None else [day]
        now += timedelta(minutes=10)
    assert len(days) == len(set(days))
    assert [after - before for before, after in itertools.pairwise(days)] == [timedelta(1)] * (len(days) - 1)
    assert len(days) in (364, 365)


def test_another_zone_asks_no_day_twice() -> None:
    now = datetime(2026, 2, 10, 8, tzinfo=UTC)
    assert daily.due(time(7), ZoneInfo("UTC"), now, since=LONG_AGO, last=date(2026, 2, 9)) == date(2026, 2, 10)
    later = datetime(2026, 2, 10, 20, tzinfo=UTC)
    for name in ("America/Los_Angeles", "Pacific/Kiritimati"):
        day = daily.due(time(7), ZoneInfo(name), later, since=LONG_AGO, last=date(2026, 2, 10))
        assert day in (None, date(2026, 2, 11))
