from datetime import date
from typing import Any

import pytest

from lrs.reference.model import Assignment, Link, Org, Period, Post
from lrs.reference.reference import Reference
from projections.facts.fact import Fact, Kind
from tests.projections.coaching_cadence.scene import FALL, SPRING, YEAR, at, booked, fact, met, reference, row, tables

KNOWN = reference()


def learn(when: str, state: str = "completed", subject: str = "ed", **fields: Any) -> Fact:
    """A word about unit u1."""
    return fact(Kind.LEARN, when, subject, None, state=state, unit=fields.pop("unit", "u1"), **fields)


def attended(when: str, subject: str = "ed", **fields: Any) -> Fact:
    """Attendance at meeting m1 of cohort plc."""
    defaults: dict[str, Any] = {"cohort": "plc", "session": "m1"}
    return fact(Kind.SESSION_ATTENDED, when, subject, None, **{**defaults, **fields})


def support(*facts: Fact, known: Reference = KNOWN, period: str = "y24") -> dict[str, Any]:
    """The row of Ed."""
    return row(facts, known, "support", "ed", period)


def test_an_educator_whom_nobody_saw_has_rows() -> None:
    assert set(tables([], KNOWN)["support"]) == {
        (who, period) for who in ("ed", "eve") for period in ("y24", "fall", "spring")
    }
    assert support() == {
        "educator_id": "ed", "period_id": "y24", "contacts": 0, "minutes": 0.0, "minutes_known_share": None,
        "distinct_coaches": 0, "last_contact_at": None, "gaps_on_time": 0, "gaps_total": 0, "on_time_ratio": None,
        "sessions_attended": 0, "learning_minutes": 0.0, "units_completed": 0,
    }  # fmt: skip


def test_what_a_year_amounts_to() -> None:
    facts = [
        met("2024-09-10", minutes=30.0), met("2024-10-08"), met("2025-02-04", "ed", "cole", minutes=20.0),
        attended("2024-09-11"), attended("2024-09-25", session="m2"), attended("2025-02-05", session="m3"),
        learn("2024-09-12", minutes=12.5), learn("2024-09-13", unit="u2", minutes=8.0), learn("2025-02-13", unit="u3"),
    ]  # fmt: skip
    year = support(*facts)
    assert (year["contacts"], year["minutes"], year["minutes_known_share"], year["distinct_coaches"]) == (
        3, 50.0, 0.667, 2,
    )  # fmt: skip
    assert (year["last_contact_at"], year["gaps_on_time"], year["gaps_total"], year["on_time_ratio"]) == (
        at("2025-02-04"), 1, 2, 0.5,
    )  # fmt: skip
    assert (year["sessions_attended"], year["learning_minutes"], year["units_completed"]) == (3, 20.5, 3)
    fall, spring = support(*facts, period="fall"), support(*facts, period="spring")
    assert (fall["contacts"], fall["gaps_on_time"], fall["gaps_total"], fall["sessions_attended"]) == (2, 1, 1, 2)
    assert (spring["contacts"], spring["gaps_on_time"], spring["gaps_total"], spring["units_completed"]) == (1, 0, 1, 1)


def test_a_change_of_coach_neither_makes_nor_hides_a_gap() -> None:
    known = reference(
        assignments=[
            Assignment(coach="cara", educator="ed", since=date(2024, 9, 1), until=date(2024, 10, 1)),
            Assignment(coach="cole", educator="ed", since=date(2024, 10, 1)),
        ]
    )
    facts = [met("2024-09-20"), met("2024-10-11", "ed", "cole")]
    assert support(*facts, known=known)["on_time_ratio"] == 1
    assert row(facts, known, "pairs", "cara", "ed", "")["gaps_total"] == 0
    late = [met("2024-09-02"), met("2024-10-11", "ed", "cole")]
    assert support(*late, known=known)["on_time_ratio"] == 0


def test_the_shortest_target_in_force_counts() -> None:
    known = reference(
        assignments=[
            Assignment(coach="cara", educator="ed", target_interval_days=28),
            Assignment(coach="cole", educator="ed", target_interval_days=7),
        ]
    )
    assert support(met("2024-09-10"), met("2024-09-21"), known=known)["on_time_ratio"] == 0


def test_two_identifiers_of_one_person_are_one_educator() -> None:
    known = reference(
        links=[Link(person="ed", ifi="mbox:mailto:ed@x.y"), Link(person="ed", ifi="account:https://a|ed")]
    )
    facts = [learn("2024-09-12", subject="mbox:mailto:ed@x.y"), learn("2024-09-13", subject="account:https://a|ed")]
    assert support(*facts, known=known)["units_completed"] == 1


def test_a_meeting_counts_once() -> None:
    facts = [attended("2024-09-11"), attended("2024-09-11 10:40")]
    assert support(*facts)["sessions_attended"] == 1


def test_a_meeting_without_cohort_is_no_session() -> None:
    assert support(attended("2024-09-11", cohort=None))["sessions_attended"] == 0


def test_a_unit_counts_once() -> None:
    assert support(learn("2024-09-12"), learn("2024-09-19"))["units_completed"] == 1


def test_a_unit_begun_is_not_completed() -> None:
    assert support(learn("2024-09-12", "started"), learn("2024-09-12", "time"))["units_completed"] == 0


def test_waived_is_completed_without_minutes() -> None:
    found = support(learn("2024-09-12", "waived", minutes=10.0))
    assert (found["units_completed"], found["learning_minutes"]) == (1, 0)


@pytest.mark.parametrize("order", [("completed", "time"), ("time", "completed")])
def test_a_sitting_counts_once(order: tuple[str, str]) -> None:
    minutes = {"completed": 9.0, "time": 12.0}
    facts = [learn(f"2024-09-12 10:{at_}", state, session="s1", minutes=minutes[state]) for at_, state in zip(
        ("00", "05"), order, strict=True
    )]  # fmt: skip
    assert support(*facts)["learning_minutes"] == 12


def test_two_sittings_add_up() -> None:
    facts = [learn("2024-09-12", "time", session=each, minutes=9.0) for each in ("s1", "s2")]
    assert support(*facts)["learning_minutes"] == 18


def test_days_between_school_years_count_for_the_one_before() -> None:
    assert support(met("2025-07-01"))["contacts"] == 1
    assert support(met("2025-07-01"), period="spring")["contacts"] == 1


def test_a_night_at_the_border_is_of_the_local_day() -> None:
    # 21:00 on 9 January in Los Angeles is 10 January in UTC, when spring begins.
    assert support(met("2025-01-09 21:00"), period="fall")["contacts"] == 1
    assert support(met("2025-01-09 21:00"), period="spring")["contacts"] == 0


def test_a_gap_over_the_summer_is_of_no_year() -> None:
    later = Period(
        id="y25", org=None, kind="schoolYear", title="2025-26", since=date(2025, 8, 15), until=date(2026, 6, 15)
    )
    facts = [met("2025-06-10"), met("2025-09-10")]
    found = tables(facts, reference(periods=(YEAR, later)))["support"]
    assert (found["ed", "y24"]["gaps_total"], found["ed", "y25"]["gaps_total"]) == (0, 0)


def test_a_term_over_two_years_has_one_row() -> None:
    next_ = Period(
        id="y25", org=None, kind="schoolYear", title="2025-26", since=date(2025, 6, 15), until=date(2026, 6, 15)
    )
    summer = Period(id="su", org=None, kind="term", title="Summer", since=date(2025, 6, 1), until=date(2025, 8, 1))
    known = reference(periods=(YEAR, next_, FALL, SPRING, summer))
    facts = [met("2025-06-10"), met("2025-06-20"), met("2025-07-20"), learn("2025-07-20")]
    assert support(*facts, known=known, period="su")["contacts"] == 3
    assert support(*facts, known=known, period="su")["gaps_total"] == 1
    assert support(*facts, known=known, period="su")["units_completed"] == 1
    assert support(*facts, known=known, period="y25")["contacts"] == 2


def test_without_a_calendar_years_begin_in_august() -> None:
    known = reference(periods=())
    assert support(met("2024-09-10"), known=known, period="year:2024-25")["contacts"] == 1


def test_a_move_keeps_what_was_before() -> None:
    orgs = [Org(id="a", name="A", kind="school"), Org(id="b", name="B", kind="school")]
    posts = [
        Post(person="ed", org="a", role="educator", until=date(2024, 11, 1)),
        Post(person="ed", org="b", role="educator", since=date(2024, 11, 1)),
        Post(person="cara", org="b", role="coach"),
    ]
    periods = [
        Period(id=f"y{org}", org=org, kind="schoolYear", title=org, since=date(2024, 8, 1), until=date(2025, 8, 1))
        for org in ("a", "b")
    ]
    known = Reference.of(orgs=orgs, posts=posts, periods=periods)
    facts = [met("2024-10-30"), met("2024-11-02"), met("2024-11-12")]
    found = tables(facts, known)["support"]
    assert {key: each["contacts"] for key, each in found.items()} == {("ed", "ya"): 1, ("ed", "yb"): 2}


def test_planned_minutes_are_in_no_sum() -> None:
    booking = booked("2024-09-03", "2024-09-10", session="r1", planned_minutes=45)
    found = support(met("2024-09-10", session="r1"), booking)
    assert (found["minutes"], found["minutes_known_share"]) == (0, 0)


def test_as_of_a_day() -> None:
    facts = [met("2024-09-10"), met("2024-10-08"), learn("2024-10-09"), learn("2024-10-10", unit="u2")]
    found = tables(facts, KNOWN, date(2024, 10, 9))["support"]
    assert (found["ed", "y24"]["contacts"], found["ed", "y24"]["units_completed"]) == (2, 1)
    assert ("ed", "spring") not in found
    assert not tables(facts, reference(posts=()), date(2024, 8, 1))["support"]
