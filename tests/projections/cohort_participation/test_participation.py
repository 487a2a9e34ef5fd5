"""How a cohort does, worked out by hand."""

from datetime import date, timedelta
from typing import Any

import pytest

from lrs.reference.model import Cohort, Membership
from lrs.reference.policy import Cadence, Policy
from lrs.reference.reference import Reference
from tests.projections.cohort_participation.scene import (
    FALL,
    REFERENCE,
    SPRING,
    YEAR,
    Named,
    Telling,
    at,
    changed,
    only,
    tables,
)


def cohort(
    telling: Telling, period: str = YEAR, reference: Reference = REFERENCE, name: str = "plc", as_of: date | None = None
) -> Named:
    return only(tables(telling.facts, reference, as_of)["participation"], period_id=period, cohort_id=name)


def picked(row: Named, *names: str) -> tuple[Any, ...]:
    return tuple(row[name] for name in names)


GROWTH = ("members", "members_start", "members_end", "joined", "left", "net_growth", "retained", "retention_rate")


def test_one_came_and_went_within_the_year() -> None:
    t = Telling()
    assert picked(cohort(t), *GROWTH) == (4, 3, 3, 1, 1, 0, 3, 1.0)
    assert picked(cohort(t, FALL), *GROWTH) == (4, 3, 4, 1, 0, 1, 3, 1.0)
    assert picked(cohort(t, SPRING), *GROWTH) == (4, 4, 3, 0, 1, -1, 3, 0.75)


def test_a_cohort_that_begins_later_starts_with_its_first_members() -> None:
    t = Telling()
    row = cohort(t, reference=changed(cohorts=(Cohort(id="network", title="", org="alder"),)), name="network")
    # ann and gus begin on September 1; gus is away in March; dee comes in January.
    assert picked(row, *GROWTH) == (3, 2, 3, 1, 0, 1, 2, 1.0)


def test_eight_that_became_twenty_two() -> None:
    members = [Membership(cohort="plc", person=f"p{n}", role="member") for n in range(8)]
    members += [
        Membership(cohort="plc", person=f"q{n}", role="member", since=date(2024, 9, 1) + timedelta(days=9 * n))
        for n in range(16)
    ]
    members[3] = Membership(cohort="plc", person="p3", role="member", until=date(2024, 10, 1))
    members[12] = Membership(cohort="plc", person="q4", role="member", since=date(2024, 10, 7), until=date(2025, 1, 9))
    row = cohort(Telling(), reference=changed(memberships=tuple(members)))
    assert picked(row, *GROWTH) == (24, 8, 22, 16, 2, 14, 7, 0.875)


def test_meetings_by_what_became_of_them() -> None:
    t = Telling()
    t.planned(at(9, 1), at(9, 3), "held")
    t.came("ann", at(9, 3), "held")
    t.came("ann", at(9, 5), "unannounced")
    t.came("bob", at(9, 5), "unannounced")
    t.came("gus", at(9, 5), "unannounced")
    t.planned(at(9, 1), at(9, 10), "cancelled")
    t.cancelled(at(9, 9), "cancelled")
    t.planned(at(9, 1), at(9, 17), "silent")
    row = cohort(t)
    assert picked(row, "sessions_planned", "sessions_held", "cancelled") == (3, 2, 1)
    assert picked(row, "expected", "attended", "attendance_rate") == (6, 3, 0.5)
    assert picked(row, "active_members", "active_rate") == (2, 0.5)


def meetings(*days: date) -> Telling:
    t = Telling()
    for number, day in enumerate(days):
        t.came("ann", at(day.month, day.day, year=day.year), f"m{number}")
    return t


INTERVALS = ("median_interval_days", "target_interval_days", "interval_adherence")


def test_intervals_in_cadence_days() -> None:
    # 14, then 28 of which seven are a break, then 17 = target and grace, then 18.
    t = meetings(date(2024, 10, 24), date(2024, 11, 7), date(2024, 12, 5), date(2024, 12, 22), date(2025, 1, 9))
    assert picked(cohort(t), *INTERVALS) == (17.5, 14, 0.5)


def test_two_meetings_on_a_day_are_no_interval() -> None:
    t = meetings(date(2024, 9, 3), date(2024, 9, 3), date(2024, 9, 10))
    assert picked(cohort(t), *INTERVALS) == (7, 14, 1)


def test_one_meeting_has_no_interval() -> None:
    assert picked(cohort(meetings(date(2024, 9, 3))), *INTERVALS) == (None, 14, None)


def test_a_target_of_its_own_comes_before_that_of_the_plan() -> None:
    own = changed(cohorts=(Cohort(id="plc", title="", org="alder", plan="plc", target_interval_days=30),))
    assert cohort(Telling(), reference=own)["target_interval_days"] == 30
    none = changed(cohorts=(Cohort(id="plc", title="", org="alder"),))
    t = meetings(date(2024, 9, 3), date(2024, 9, 10))
    assert picked(cohort(t, reference=none), *INTERVALS) == (7, None, None)


def test_targets_act_from_the_day_on_which_they_are_set() -> None:
    strict = (date(2024, 10, 1), Policy(cadence=Cadence(by_plan={"plc": 5}, grace=0)))
    t = meetings(date(2024, 9, 3), date(2024, 9, 17), date(2024, 10, 1))
    reference = changed(policies=((None, Policy()), strict))
    assert picked(cohort(t, reference=reference), *INTERVALS) == (14, 5, 0.5)


def test_learning_of_members_and_how_much_of_it_is_known() -> None:
    t = Telling()
    t.learned("ann", at(9, 3), "u", minutes=10.0)
    t.learned("ann", at(9, 3), "v")
    t.learned("bob", at(9, 3), "u", minutes=0.0)
    t.learned("cam", at(9, 3), "u")
    t.learned("cam", at(9, 4), "u", state="time", minutes=5.0)
    t.learned("cam", at(9, 4), "w", state="waived")
    t.learned("fay", at(9, 3), "u", minutes=99.0)
    assert picked(cohort(t), "learning_minutes", "minutes_known_share") == (15, 0.5)


def test_nothing_learned_has_no_share() -> None:
    assert picked(cohort(Telling()), "learning_minutes", "minutes_known_share") == (0, None)


def test_who_talks_with_whom() -> None:
    t = Telling()
    for who in ("ann", "bob", "fay"):
        t.shared(who, at(9, 3), f"t-{who}")
    t.replied("ann", at(9, 4), "t-bob")
    t.replied("bob", at(9, 4), "t-ann")
    t.replied("dee", at(10, 11), "t-ann")
    t.replied("fay", at(9, 4), "t-ann")
    t.replied("ann", at(9, 4), "t-fay")
    row = cohort(t)
    # Of 4 x 3 pairs: ann-bob, bob-ann, dee-ann. cam talks with nobody. One reply of five is fay's.
    assert picked(row, "ties", "density", "reciprocity", "isolates") == (3, 0.25, 0.667, 1)
    assert row["facilitator_share"] == 0.2


def test_members_who_only_answer_the_facilitator_have_no_ties() -> None:
    t = Telling()
    t.shared("fay", at(9, 3), "t1")
    for who in ("ann", "bob", "cam"):
        t.replied(who, at(9, 4), "t1")
    row = cohort(t, FALL)
    assert picked(row, "ties", "density", "reciprocity", "isolates", "facilitator_share") == (0, 0, None, 4, 0)


def test_one_who_facilitates_and_is_a_member_is_both() -> None:
    t = Telling()
    t.shared("ann", at(1, 11, year=2025), "t1", cohort="network")
    t.replied("dee", at(1, 12, year=2025), "t1", cohort="network")
    row = cohort(t, "year:2024-25", name="network")
    assert picked(row, "members", "ties", "facilitator_share") == (3, 1, 1)


def test_a_lone_member_has_no_density() -> None:
    alone = changed(memberships=(Membership(cohort="plc", person="ann", role="member"),))
    assert picked(cohort(Telling(), reference=alone), "density", "isolates") == (None, 1)


@pytest.mark.parametrize(("as_of", "ends"), [(date(2024, 10, 9), 3), (date(2024, 10, 10), 4), (date(2025, 2, 1), 3)])
def test_as_of_a_day_ends_there(as_of: date, ends: int) -> None:
    assert cohort(Telling(), as_of=as_of)["members_end"] == ends


def test_an_edited_calendar_dates_anew() -> None:
    t = Telling()
    t.came("ann", at(8, 20), "m1")
    later = [period for period in REFERENCE.records.periods if period.id != YEAR]
    begins_later = next(period for period in REFERENCE.records.periods if period.id == YEAR)
    moved = type(begins_later)(
        id=YEAR, org="alder", kind="schoolYear", title="", since=date(2024, 9, 1), until=date(2025, 6, 15)
    )
    assert cohort(t)["sessions_held"] == 1
    assert cohort(t, reference=changed(periods=(*later, moved)))["sessions_held"] == 0


def test_a_cohort_that_is_gone_has_no_rows() -> None:
    t = Telling()
    t.came("ann", at(9, 10))
    assert tables(t.facts, changed(cohorts=()))["participation"] == []
