"""The cadence clock against plain counting, and which terms hold a day."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from lrs.reference.model import Org, Pause, Period
from lrs.reference.policy import Periods, Policy
from lrs.reference.reference import EMPTY, Reference

NEW_YEAR = date(2025, 1, 1)
WINTER = Pause(kind="holiday", since=date(2024, 12, 21), until=date(2025, 1, 6))
DAYS = some.dates(date(2024, 1, 1), date(2025, 12, 31))
PAUSES = some.lists(some.builds(lambda since, days: Pause(kind="break", since=since, until=since + timedelta(days)),
                                DAYS, some.integers(0, 90)), max_size=6)  # fmt: skip


def clock(*pauses: Pause) -> Reference:
    return Reference.of(pauses=pauses)


def counted(pauses: list[Pause], a: date, b: date) -> int:
    days = [a + timedelta(each) for each in range((b - a).days)]
    return sum(not any(pause.covers(day) for pause in pauses) for day in days)


def test_breaks_do_not_count() -> None:
    reference = clock(WINTER)
    assert reference.cadence_days(date(2024, 12, 20), date(2025, 1, 7), org=None, person=None) == 2
    assert reference.cadence_date(date(2024, 12, 20), 2, org=None, person=None) == date(2025, 1, 7)
    assert reference.is_paused(NEW_YEAR, org=None, person=None)
    assert not reference.is_paused(date(2025, 1, 6), org=None, person=None)


@given(PAUSES, DAYS, DAYS)
def test_days_are_those_that_one_counts(pauses: list[Pause], a: date, b: date) -> None:
    first, last = sorted((a, b))
    wanted = counted(pauses, first, last)
    assert clock(*pauses).cadence_days(first, last, org=None, person=None) == wanted
    assert clock(*pauses).cadence_days(last, first, org=None, person=None) == -wanted


@given(PAUSES, DAYS, some.integers(1, 200))
def test_date_is_the_first_with_so_many_days(pauses: list[Pause], a: date, n: int) -> None:
    reference = clock(*pauses)
    found = reference.cadence_date(a, n, org=None, person=None)
    assert counted(pauses, a, found) == n
    assert counted(pauses, a, found - timedelta(1)) == n - 1


def test_pause_without_end_never_ends() -> None:
    reference = clock(Pause(kind="leave", since=NEW_YEAR))
    assert reference.cadence_date(NEW_YEAR, 1, org=None, person=None) == date.max
    assert reference.cadence_days(NEW_YEAR, date(2030, 1, 1), org=None, person=None) == 0


def test_pauses_of_district_and_person_add_up() -> None:
    orgs = [Org(id="d", name="", kind="district"), Org(id="s", name="", kind="school", parent="d")]
    snow = Pause(kind="weather", org="d", since=date(2025, 2, 3), until=date(2025, 2, 4))
    leave = Pause(kind="leave", person="ada", since=date(2025, 2, 4), until=date(2025, 2, 6))
    reference = Reference.of(orgs=orgs, pauses=[snow, leave])
    begin, end = date(2025, 2, 1), date(2025, 2, 11)
    assert reference.cadence_days(begin, end, org="s", person="ada") == 7
    assert reference.cadence_days(begin, end, org="s", person="bob") == 9
    assert reference.cadence_days(begin, end, org="other", person="bob") == 10


def year(id_: str, since: date, until: date, org: str | None = None) -> Period:
    return Period(id=id_, org=org, kind="schoolYear", title=id_, since=since, until=until)


def term(id_: str, since: date, until: date, org: str | None = None) -> Period:
    return Period(id=id_, org=org, kind="term", title=id_, since=since, until=until)


YEAR = year("y", date(2024, 8, 20), date(2025, 6, 13))
FALL, SPRING = term("f", date(2024, 8, 20), date(2025, 1, 1)), term("s", date(2025, 1, 1), date(2025, 6, 13))


def ids(reference: Reference, day: date, org: str | None = None) -> list[str]:
    return [each.id for each in reference.periods(org, day)]


def test_without_a_calendar_the_year_begins_in_august() -> None:
    assert [each.title for each in EMPTY.periods(None, date(2025, 7, 31))] == ["2024-25"]
    assert [each.title for each in EMPTY.periods(None, date(2025, 8, 1))] == ["2025-26"]
    (period,) = EMPTY.periods(None, NEW_YEAR)
    assert EMPTY.period(period.id) == period


def test_end_of_a_session_is_outside() -> None:
    reference = Reference.of(periods=[YEAR, FALL, SPRING])
    assert ids(reference, date(2024, 12, 31)) == ["y", "f"]
    assert ids(reference, NEW_YEAR) == ["y", "s"]


def test_summer_goes_to_the_session_before() -> None:
    assert ids(Reference.of(periods=[YEAR, FALL, SPRING]), date(2025, 8, 5)) == ["y", "s"]


def test_summer_goes_where_policy_says() -> None:
    after = [year("z", date(2025, 8, 19), date(2026, 6, 12)), term("g", date(2025, 8, 19), date(2026, 1, 1))]
    every = [YEAR, FALL, SPRING, *after]
    following = Policy(periods=Periods(outside="next"))
    none = Policy(periods=Periods(outside="none"))
    assert ids(Reference.of(periods=every, policies=following), date(2025, 8, 5)) == ["z", "g"]
    assert ids(Reference.of(periods=every, policies=none), date(2025, 8, 5)) == []


def test_days_before_the_first_session_are_not_lost() -> None:
    reference = Reference.of(periods=[YEAR, FALL, SPRING])
    assert ids(reference, date(2024, 8, 5)) == ["y", "f"]
    assert [each.title for each in reference.periods(None, date(2023, 10, 1))] == ["2023-24"]


def test_smallest_session_wins() -> None:
    grading = term("g2", date(2024, 10, 1), date(2024, 11, 15))
    assert ids(Reference.of(periods=[YEAR, FALL, grading]), date(2024, 11, 5)) == ["y", "g2"]


def test_school_goes_by_its_districts_calendar() -> None:
    orgs = [Org(id="d", name="", kind="district"), Org(id="s", name="", kind="school", parent="d")]
    own = term("own", date(2024, 9, 1), date(2025, 2, 1), org="d")
    reference = Reference.of(orgs=orgs, periods=[YEAR, FALL, own])
    assert ids(reference, date(2024, 11, 5), "s") == ["y", "own"]
    assert ids(reference, date(2024, 11, 5), "t") == ["y", "f"]


@pytest.mark.parametrize("at", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
def test_ends_of_time_are_days_too(at: datetime) -> None:
    zones = {"far": "Pacific/Kiritimati", "*": "America/Los_Angeles"}
    reference = Reference.of(policies=Policy(timezone=zones))
    for org in ("far", None):
        day = reference.local_date(at, org)
        assert day in (date.min, date.max)
        assert [each.kind for each in reference.periods(org, day)] == ["schoolYear"]
    assert reference.local_date_of(at, "ada") in (date.min, date.max)
