from datetime import UTC, date, datetime
from typing import Any

import pytest

from lrs.reference.model import Assignment, Link, Pause, Person
from lrs.reference.policy import Cadence, Policy
from lrs.reference.reference import Reference
from projections.analytic.memo import AFRESH
from projections.coaching_cadence import contacts, standing
from projections.coaching_cadence.bookings import of, unmet
from projections.coaching_cadence.reports import Pair, Report
from projections.facts.fact import Fact, Kind
from tests.projections.coaching_cadence.scene import (
    at,
    booked,
    called_off,
    cycle,
    fact,
    met,
    reference,
    row,
    step,
    tables,
)

KNOWN = reference()
SINCE = date(2024, 9, 2)


def pair(*facts: Fact, known: Reference = KNOWN, plan: str = "") -> dict[str, Any]:
    """The row of Cara and Ed."""
    return row(facts, known, "pairs", "cara", "ed", plan)


def assigned(**fields: Any) -> Assignment:
    """Ed to Cara."""
    return Assignment(coach="cara", educator="ed", **fields)


def test_assigned_and_never_met() -> None:
    assert pair() == {
        "coach_id": "cara", "educator_id": "ed", "plan_id": "", "assigned_from": SINCE, "assigned_to": None,
        "is_assigned": True, "target_interval_days": 28, "contacts": 0, "minutes": 0.0, "minutes_known": 0,
        "first_at": None, "last_at": None, "prev_at": None, "median_gap": None, "mean_gap": None, "max_gap": None,
        "gaps_on_time": 0, "gaps_total": 0, "on_time_ratio": None, "next_due_on": date(2024, 9, 30),
        "scheduled": 0, "cancelled": 0, "open_bookings": [], "open_steps": 0, "closed_steps": 0,
        "median_step_days": None, "cycle_id": None,
    }  # fmt: skip


def test_what_three_contacts_amount_to() -> None:
    # Gaps of 30 and 33 days; 28 and 3 days of grace allow 31.
    found = pair(met("2024-09-10", minutes=30.0), met("2024-10-10"), met("2024-11-12", minutes=40.5))
    assert (found["contacts"], found["minutes"], found["minutes_known"]) == (3, 70.5, 2)
    assert (found["first_at"], found["prev_at"], found["last_at"]) == (
        at("2024-09-10"), at("2024-10-10"), at("2024-11-12"),
    )  # fmt: skip
    assert (found["median_gap"], found["mean_gap"], found["max_gap"]) == (31.5, 31.5, 33)
    assert (found["gaps_on_time"], found["gaps_total"], found["on_time_ratio"]) == (1, 2, 0.5)
    assert found["next_due_on"] == date(2024, 12, 10)


def test_breaks_stop_the_clock() -> None:
    # From 9 December to 13 January are 35 days, 14 of them holidays; the next 28 end on 10 February.
    known = reference(pauses=[Pause(org="alder", kind="Holiday", since=date(2024, 12, 21), until=date(2025, 1, 4))])
    found = pair(met("2024-12-09"), met("2025-01-13"), known=known)
    assert (found["max_gap"], found["gaps_on_time"], found["next_due_on"]) == (21, 1, date(2025, 2, 10))


def test_leave_of_the_educator_stops_the_clock_but_not_that_of_the_coach() -> None:
    leave: dict[str, Any] = {"kind": "Leave", "since": date(2024, 10, 1), "until": date(2024, 10, 11)}
    facts = [met("2024-09-25"), met("2024-10-25")]
    assert pair(*facts, known=reference(pauses=[Pause(person="ed", **leave)]))["max_gap"] == 20
    assert pair(*facts, known=reference(pauses=[Pause(person="cara", **leave)]))["max_gap"] == 30


def test_gaps_count_local_days_over_a_change_of_the_clocks() -> None:
    # Clocks went back on 3 November 2024: 23:30 on the 2nd and 23:30 on the 3rd are 25 hours apart, a day all the same.
    found = pair(met("2024-11-02 23:30"), met("2024-11-03 23:30"))
    assert found["max_gap"] == 1


def test_an_evening_is_of_its_day() -> None:
    # 18:00 on 10 September in Los Angeles is 11 September in UTC.
    assert pair(met("2024-09-10 18:00"))["next_due_on"] == date(2024, 10, 8)


def test_targets_by_assignment_plan_and_years_of_teaching() -> None:
    by_plan = Policy(timezone="America/Los_Angeles", cadence=Cadence(by_plan={"lit": 10}))
    new = [Person(id="ed", dimensions={"teachingSince": "2023-08-01"}), Person(id="cara")]
    assert (
        pair(known=reference(assignments=[assigned(since=SINCE, target_interval_days=7)]))["target_interval_days"] == 7
    )
    known = reference(assignments=[assigned(since=SINCE, plan="lit")], policy=by_plan)
    assert pair(known=known, plan="lit")["target_interval_days"] == 10
    assert pair(known=reference(people=new))["target_interval_days"] == 14


def test_a_new_target_does_not_act_backwards() -> None:
    old = Policy(timezone="America/Los_Angeles")
    new = Policy(timezone="America/Los_Angeles", cadence=Cadence(default_target=14))
    known = reference(policies=((None, old), (date(2024, 11, 1), new)))
    found = pair(met("2024-09-03"), met("2024-10-01"), met("2024-10-25"), known=known)
    assert (found["gaps_on_time"], found["gaps_total"]) == (2, 2)
    # 28 days from 25 October would be 22 November; 14 would be 8 November, when the new target is in force.
    assert found["next_due_on"] == date(2024, 11, 8)
    # 14 days from 10 October would be 24 October, before the new target; it is due when that begins.
    assert pair(met("2024-10-10"), known=known)["next_due_on"] == date(2024, 11, 1)


def test_plans_of_a_pair_are_apart() -> None:
    known = reference(assignments=[assigned(since=SINCE, plan="lit"), assigned(since=SINCE, plan="math")])
    facts = [met("2024-09-10", plan="math"), met("2024-09-17", plan="lit"), met("2024-09-24", plan="math")]
    assert pair(*facts, known=known, plan="math")["contacts"] == 2
    assert pair(*facts, known=known, plan="lit")["contacts"] == 1
    assert len(tables(facts, known)["pairs"]) == 2


def test_a_plan_that_the_roster_does_not_know_is_passed_over() -> None:
    known = reference(assignments=[assigned(since=SINCE, plan="lit")])
    assert pair(met("2024-09-10", plan="https://x.y/plan/7"), known=known, plan="lit")["contacts"] == 1


def test_a_contact_counts_for_the_plan_of_its_day() -> None:
    known = reference(
        assignments=[
            assigned(since=SINCE, until=date(2024, 11, 1), plan="a"),
            assigned(since=date(2024, 11, 1), plan="b"),
        ]
    )
    facts = [met("2024-10-31"), met("2024-11-01"), met("2024-08-20")]
    assert pair(*facts, known=known, plan="a")["contacts"] == 2
    assert pair(*facts, known=known, plan="b")["contacts"] == 1


def test_assignments_of_two_years_are_one_run_over_the_summer() -> None:
    years = [assigned(since=date(2023, 8, 15), until=date(2024, 6, 15)), assigned(since=date(2024, 8, 15))]
    summer = Pause(org="alder", kind="Summer", since=date(2024, 6, 15), until=date(2024, 8, 15))
    assert pair(known=reference(assignments=years, pauses=[summer]))["assigned_from"] == date(2023, 8, 15)
    assert pair(known=reference(assignments=years))["assigned_from"] == date(2024, 8, 15)


def test_the_clock_starts_anew_with_a_new_run() -> None:
    years = [assigned(since=date(2023, 8, 15), until=date(2024, 1, 1)), assigned(since=date(2024, 9, 2))]
    assert pair(met("2023-12-01"), known=reference(assignments=years))["next_due_on"] == date(2024, 9, 30)


def test_nothing_is_due_after_the_end() -> None:
    known = reference(assignments=[assigned(since=SINCE, until=date(2024, 9, 20))])
    assert pair(known=known)["next_due_on"] is None
    assert pair(known=known)["assigned_to"] == date(2024, 9, 20)


def test_nothing_is_due_without_an_assignment() -> None:
    known = reference(assignments=[])
    found = pair(met("2024-09-10"), met("2024-10-20"), known=known)
    assert (found["is_assigned"], found["next_due_on"], found["gaps_on_time"], found["gaps_total"]) == (
        False,
        None,
        0,
        1,
    )


def test_identifiers_linked_to_one_person_are_one_pair() -> None:
    facts = [met("2024-09-10", "mbox:mailto:ed@x.y"), met("2024-09-20", "account:https://a|ed")]
    assert len(tables(facts, KNOWN)["pairs"]) == 3
    links = [Link(person="ed", ifi="mbox:mailto:ed@x.y"), Link(person="ed", ifi="account:https://a|ed")]
    known = reference(links=links)
    assert len(tables(facts, known)["pairs"]) == 1
    assert pair(*facts, known=known)["gaps_total"] == 1


def test_a_recycled_account_is_whose_it_was_that_day() -> None:
    links = [
        Link(person="ed", ifi="account:https://a|t1", until=date(2024, 10, 1)),
        Link(person="eve", ifi="account:https://a|t1", since=date(2024, 10, 1)),
    ]
    facts = [met("2024-09-30 23:00", "account:https://a|t1"), met("2024-10-01 01:00", "account:https://a|t1")]
    known = reference(links=links)
    assert pair(*facts, known=known)["contacts"] == 1
    assert row(facts, known, "pairs", "cara", "eve", "")["contacts"] == 1


def test_a_change_of_coach_is_a_new_pair() -> None:
    known = reference(
        assignments=[
            assigned(since=SINCE, until=date(2024, 10, 1)),
            Assignment(coach="cole", educator="ed", since=date(2024, 10, 1)),
        ]
    )
    facts = [met("2024-09-10"), met("2024-10-08", "ed", "cole")]
    assert pair(*facts, known=known)["contacts"] == 1
    assert row(facts, known, "pairs", "cole", "ed", "")["contacts"] == 1


# Bookings


def bookings(*facts: Fact) -> tuple[object, object, object]:
    """How many were scheduled and cancelled, and which are open."""
    found = pair(*facts)
    return found["scheduled"], found["cancelled"], found["open_bookings"]


def test_a_booking_waits() -> None:
    assert bookings(booked("2024-09-01", "2024-09-10 15:00", session="r1")) == (1, 0, ["2024-09-10T22:00:00Z"])


def test_a_contact_of_its_registration_meets_a_booking() -> None:
    booking = booked("2024-09-01", "2024-09-10", session="r1")
    assert bookings(booking, met("2024-09-30", session="r1")) == (1, 0, [])


def test_a_contact_without_registration_meets_a_booking_within_a_week() -> None:
    booking = booked("2024-09-01", "2024-09-10", session="r1")
    for day, is_met in (("09", False), ("10", True), ("17", True), ("18", False)):
        assert (bookings(booking, met(f"2024-09-{day}"))[2] == []) is is_met


def test_a_contact_meets_one_booking() -> None:
    facts = [booked("2024-09-01", f"2024-09-{day}", session=day) for day in ("10", "11")]
    assert bookings(*facts, met("2024-09-11"))[2] == ["2024-09-11T17:00:00Z"]


def test_a_contact_that_was_booked_meets_no_other_booking() -> None:
    facts = [booked("2024-09-01", f"2024-09-{day}", session=day) for day in ("10", "12")]
    assert bookings(*facts, met("2024-09-12", session="12"))[2] == ["2024-09-10T17:00:00Z"]


def test_a_contact_meets_a_booking_though_the_next_is_of_an_earlier_local_day() -> None:
    """As where she moves to the west: a day is told by where she works, contacts come in the order of their start."""
    said = [Report(each, "ed", "cara", date(2024, 9, day), (), None, each.observed_at, False) for each, day in (
        (met("2024-09-05"), 5), (met("2024-09-10"), 10), (met("2024-09-11"), 9), (met("2024-09-12"), 8),
    )]  # fmt: skip
    found = contacts.of(Pair(said, [], []), KNOWN, AFRESH)
    assert [each.day.day for each in found] == [5, 10, 9, 8]
    booking = booked("2024-09-01", "2024-09-10", session="r1")
    told = Report(booking, "ed", "cara", date(2024, 9, 1), (), None, booking.observed_at, False)
    assert unmet(of([told], KNOWN, AFRESH), found, KNOWN, AFRESH) == []


def test_cancelled_is_no_miss() -> None:
    booking = booked("2024-09-01", "2024-09-10", session="r1")
    assert bookings(booking, called_off("2024-09-09", session="r1")) == (1, 1, [])


def test_a_cancelled_booking_may_come_back() -> None:
    facts = [
        booked("2024-09-01", "2024-09-10", session="r1"),
        called_off("2024-09-02", session="r1"),
        booked("2024-09-03", "2024-09-12", session="r1"),
    ]
    assert bookings(*facts) == (1, 0, ["2024-09-12T17:00:00Z"])


def test_a_booking_that_moves_is_one() -> None:
    facts = [booked("2024-09-01", "2024-09-10", session="r1"), booked("2024-09-02", "2024-09-11", session="r1")]
    assert bookings(*facts) == (1, 0, ["2024-09-11T17:00:00Z"])


def test_without_registration_the_planned_start_tells_bookings_apart() -> None:
    facts = [booked("2024-09-01", "2024-09-10"), booked("2024-09-02", "2024-09-10"), booked("2024-09-02", "2024-09-11")]
    off = called_off("2024-09-03", planned_start=at("2024-09-10").isoformat())
    assert bookings(*facts, off) == (2, 1, ["2024-09-11T17:00:00Z"])


def test_meetings_of_a_cohort_are_no_bookings() -> None:
    assert bookings(booked("2024-09-01", "2024-09-10", session="r1", cohort="plc")) == (0, 0, [])


def test_a_booking_without_a_start_is_counted() -> None:
    assert bookings(fact(Kind.SESSION_SCHEDULED, "2024-09-01", session="r1")) == (1, 0, [])


@pytest.mark.parametrize("when", [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, tzinfo=UTC)])
def test_the_ends_of_time_break_nothing(when: datetime) -> None:
    facts = [
        met(when, session="r1", means_end=True),
        fact(Kind.SESSION_LEFT, when, session="r1"),
        cycle(when, "opened"),
    ]
    assert pair(*facts, step(when, "open"), step("2024-09-10", "closed"), met("2024-09-10"))["contacts"] == 2
    late = fact(Kind.SESSION_SCHEDULED, "2024-09-10", session="r2", planned_start=when.isoformat())
    found = pair(late)
    assert found["open_bookings"] == [when.isoformat().replace("+00:00", "Z")]
    known = standing.of_pair(found, KNOWN, date(2024, 9, 10))
    assert known is not None
    assert known.missed == (when.year == 1)


def test_a_booking_without_sense_is_counted() -> None:
    for start in ("soon", "0001-01-01T00:00:00+14:00"):
        assert bookings(fact(Kind.SESSION_SCHEDULED, "2024-09-01", session="r1", planned_start=start)) == (1, 0, [])


# Steps and cycles


def test_steps_open_and_done() -> None:
    facts = [
        step("2024-09-10", "open", unit="a"), step("2024-09-20", "closed", unit="a"),
        step("2024-09-10", "open", unit="b"), step("2024-09-15", "closed", unit="b"),
        step("2024-09-10", "open", unit="c"), step("2024-09-12", "closed", unit="d"),
    ]  # fmt: skip
    found = pair(*facts)
    assert (found["open_steps"], found["closed_steps"], found["median_step_days"]) == (1, 3, 7.5)


def test_a_step_may_be_opened_again() -> None:
    found = pair(step("2024-09-10", "open"), step("2024-09-11", "closed"), step("2024-09-12", "open"))
    assert (found["open_steps"], found["closed_steps"]) == (1, 0)


def test_a_step_that_names_no_coach_is_of_the_one_assigned() -> None:
    assert pair(step("2024-09-10", "open", "ed", None))["open_steps"] == 1


def test_a_step_goes_along_with_a_change_of_coach() -> None:
    facts = [step("2024-09-10", "open"), step("2024-10-10", "closed", "ed", "cole")]
    assert row(facts, KNOWN, "pairs", "cole", "ed", "")["closed_steps"] == 1
    assert pair(*facts)["open_steps"] == 0


def test_the_cycle_of_a_pair_is_the_one_opened_last_that_goes_on() -> None:
    facts = [
        cycle("2024-09-10", "opened", session="a"),
        cycle("2024-09-11", "opened", session="b"),
        cycle("2024-09-12", "opened", session="c"),
        cycle("2024-09-20", "closed", session="c"),
    ]
    assert pair(*facts)["cycle_id"] == "b"


# As of a day


@pytest.mark.parametrize(("day", "contacts"), [(9, 0), (10, 1), (11, 2)])
def test_as_of_a_day_counts_what_was_observed_through_it(day: int, contacts: int) -> None:
    facts = [met("2024-09-10 23:30"), met("2024-09-11")]
    found = row(facts, KNOWN, "pairs", "cara", "ed", "", as_of=date(2024, 9, day))
    assert found["contacts"] == contacts


def test_as_of_a_day_knows_no_later_assignment() -> None:
    assert not tables([], KNOWN, date(2024, 9, 1))["pairs"]
    assert len(tables([], KNOWN, SINCE)["pairs"]) == 1
