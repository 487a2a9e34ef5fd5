"""Meetings: whether they were held, when, for how long, and who was there."""

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from tests.projections.cohort_participation.scene import (
    FALL,
    RECORDS,
    YEAR,
    Named,
    Telling,
    at,
    changed,
    ifi,
    only,
    tables,
)


def session(telling: Telling, **values: Any) -> Named:
    return only(tables(telling.facts)["sessions"], **values)


def test_held_with_members_and_guests() -> None:
    t = Telling()
    for who in ("ann", "bob", "gus", "zoe", "fay"):
        t.came(who, at(9, 10))
    row = session(t)
    assert (row["status"], row["expected"], row["attended"], row["guests"]) == ("held", 3, 2, 2)
    assert row["attendance_rate"] == 0.667
    assert row["facilitator_id"] == "fay"
    assert row["statement_ids"] == [fact.statement for fact in t.facts]
    assert (row["period_id"], row["period_ids"]) == (YEAR, [YEAR, FALL])


def test_expects_members_of_its_day() -> None:
    t = Telling()
    t.came("ann", at(10, 9), "before")
    t.came("ann", at(10, 10), "first")
    t.came("ann", at(1, 31, year=2025), "last")
    t.came("ann", at(2, 1, year=2025), "after")
    rows = tables(t.facts)["sessions"]
    assert {row["session_key"]: row["expected"] for row in rows} == {"before": 3, "first": 4, "last": 4, "after": 3}


def test_one_who_came_twice_counts_once() -> None:
    t = Telling()
    t.came("ann", at(9, 10))
    t.came("mbox:mailto:ann@example.org", at(9, 10, 17))
    assert session(t)["attended"] == 1


def test_evening_on_the_coast_is_that_day() -> None:
    t = Telling()
    came = t.came("ann", at(9, 10, 21, 30))
    assert came.observed_at.date() == date(2024, 9, 11)
    assert session(t)["local_date"] == date(2024, 9, 10)


@pytest.mark.parametrize("day", [(11, 3), (3, 9)])
def test_days_of_23_and_25_hours(day: tuple[int, int]) -> None:
    t = Telling()
    year = 2024 if day[0] == 11 else 2025
    t.came("ann", at(*day, 0, 5, year=year), "early")
    t.came("ann", at(*day, 23, 55, year=year), "late")
    assert {row["local_date"] for row in tables(t.facts)["sessions"]} == {date(year, *day)}


def test_planned_and_not_come_about() -> None:
    t = Telling()
    t.planned(at(9, 1), at(9, 10, 15, 30))
    row = session(t)
    assert (row["status"], row["was_planned"], row["expected"], row["attendance_rate"]) == ("scheduled", True, 3, None)
    assert row["planned_start"] == row["start_at"] == at(9, 10, 15, 30)


def test_planned_anew_moves() -> None:
    t = Telling()
    t.planned(at(9, 1), at(9, 10))
    t.planned(at(9, 2), at(9, 17))
    assert session(t)["local_date"] == date(2024, 9, 17)


def test_called_off_is_not_held() -> None:
    t = Telling()
    t.planned(at(9, 1), at(9, 10))
    t.cancelled(at(9, 9))
    assert session(t)["status"] == "cancelled"


def test_announced_again_after_being_called_off() -> None:
    t = Telling()
    t.cancelled(at(9, 5))
    t.planned(at(9, 6), at(9, 10))
    assert session(t)["status"] == "scheduled"


def test_called_off_but_somebody_came() -> None:
    t = Telling()
    t.cancelled(at(9, 9))
    t.came("ann", at(9, 10))
    assert session(t)["status"] == "held"


def test_called_off_without_ever_being_announced_takes_the_time_that_it_names() -> None:
    t = Telling()
    t.cancelled(at(9, 5), planned_start=at(9, 10).isoformat())
    assert session(t)["local_date"] == date(2024, 9, 10)


def test_announced_in_june_for_august_counts_in_august() -> None:
    t = Telling()
    t.planned(at(6, 1), at(8, 20))
    assert session(t)["period_id"] == YEAR


def test_minutes_by_join_and_leave() -> None:
    t = Telling()
    t.came("ann", at(9, 10, 16, 5))
    t.came("bob", at(9, 10, 16, 0))
    t.left("bob", at(9, 10, 16, 20))
    t.came("bob", at(9, 10, 16, 30))
    t.left("bob", at(9, 10, 16, 50))
    t.left("ann", at(9, 10, 16, 50))
    assert session(t)["minutes"] == 45


def test_minutes_as_reported_come_first() -> None:
    t = Telling()
    t.came("ann", at(9, 10), minutes=40.0)
    t.left("ann", at(9, 10, 18))
    t.came("bob", at(9, 10), minutes=50.0)
    t.came("bob", at(9, 10, 17), minutes=45.0)
    assert session(t)["minutes"] == 50


@pytest.mark.parametrize("minutes", [None, 0.0])
def test_no_minutes_are_unknown(minutes: float | None) -> None:
    t = Telling()
    t.came("ann", at(9, 10), minutes=minutes)
    assert session(t)["minutes"] is None


def test_who_forgot_to_leave_says_nothing_of_its_length() -> None:
    t = Telling()
    came = t.came("ann", at(9, 10))
    t.left("ann", came.observed_at + timedelta(hours=25))
    assert session(t)["minutes"] is None


def test_leaving_alone_is_no_attendance() -> None:
    t = Telling()
    t.left("ann", at(9, 10))
    assert tables(t.facts)["sessions"] == []


def test_modality_and_facilitator_as_reported() -> None:
    t = Telling()
    t.planned(at(9, 1), at(9, 10), modality="face-to-face")
    t.came("ann", at(9, 10), other=ifi("gus"), data={"modality": "online"})
    row = session(t)
    assert (row["modality"], row["facilitator_id"]) == ("online", "gus")


def test_modality_as_announced() -> None:
    t = Telling()
    t.planned(at(9, 1), at(9, 10), modality="face-to-face")
    t.came("ann", at(9, 10))
    assert session(t)["modality"] == "face-to-face"


def test_a_key_used_in_two_years_is_two_meetings() -> None:
    t = Telling()
    t.came("ann", at(5, 10))
    t.came("ann", at(9, 10))
    rows = tables(t.facts)["sessions"]
    assert sorted(row["period_id"] for row in rows) == ["alder-2023", YEAR]


def test_summer_counts_for_the_year_before() -> None:
    t = Telling()
    t.came("ann", at(8, 1))
    assert session(t)["period_id"] == "alder-2023"


def test_a_district_without_calendar_has_years_from_august() -> None:
    t = Telling()
    t.came("ann", at(9, 10), cohort="network")
    row = only(tables(t.facts, changed(periods=()))["sessions"])
    assert (row["period_id"], row["period_ids"]) == ("year:2024-25", ["year:2024-25"])


def test_meetings_of_coaching_are_none_of_a_cohort() -> None:
    t = Telling()
    t.came("ann", at(9, 10), cohort=None, other=ifi("fay"))  # type: ignore[arg-type]
    t.came("ann", at(9, 10), cohort="gone")
    assert tables(t.facts)["sessions"] == []


def test_no_facilitator_where_there_are_two() -> None:
    t = Telling()
    t.came("ann", at(9, 10))
    both = [
        msgspec.structs.replace(each, role="facilitator") if each.person == "bob" else each
        for each in RECORDS.memberships
    ]
    assert only(tables(t.facts, changed(memberships=tuple(both)))["sessions"])["facilitator_id"] is None


def test_a_start_that_cannot_be_read_is_as_if_not_given() -> None:
    t = Telling()
    t.planned(at(9, 1), at(9, 10), planned_start="soon")
    assert session(t)["local_date"] == date(2024, 9, 1)


def test_timestamps_of_the_beginning_of_time_are_in_no_year() -> None:
    t = Telling()
    t.came("ann", at(9, 10).replace(year=1))
    t.learned("ann", at(9, 10).replace(year=1))
    found = tables(t.facts)
    assert found["sessions"] == []
    assert only(found["followthrough"])["period_ids"] == []
