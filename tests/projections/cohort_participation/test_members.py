"""What each participant of a cohort did, worked out by hand."""

from datetime import date
from typing import Any

import msgspec

from lrs.reference.policy import Memberships, Policy, Ties
from lrs.reference.reference import Reference
from tests.projections.cohort_participation.scene import (
    FALL,
    RECORDS,
    REFERENCE,
    SPRING,
    YEAR,
    Named,
    Telling,
    at,
    changed,
    ifi,
    only,
    tables,
)


def member(
    telling: Telling, who: str, period: str = YEAR, cohort: str = "plc", reference: Reference = REFERENCE,
    as_of: date | None = None,
) -> Named:  # fmt: skip
    rows = tables(telling.facts, reference, as_of)["members"]
    return only(rows, person_id=who, period_id=period, cohort_id=cohort)


def picked(row: Named, *names: str) -> tuple[Any, ...]:
    return tuple(row[name] for name in names)


def test_three_of_four_meetings() -> None:
    t = Telling()
    for day, who in ((3, "ann"), (17, "bob"), (24, "ann"), (26, "ann")):
        t.came(who, at(9, day), f"m{day}")
    row = member(t, "ann")
    assert picked(row, "sessions_expected", "sessions_attended", "attendance_rate", "missed_in_a_row") == (
        4,
        3,
        0.75,
        0,
    )
    assert row["last_attended_at"] == at(9, 26)
    assert picked(member(t, "bob"), "sessions_attended", "missed_in_a_row") == (1, 2)
    assert picked(member(t, "cam"), "missed_in_a_row", "last_attended_at", "active") == (4, None, False)


def test_who_came_late_is_not_expected_before() -> None:
    t = Telling()
    t.came("ann", at(10, 9), "m1")
    t.came("dee", at(10, 10), "m2")
    t.came("dee", at(2, 1, year=2025), "m3")
    row = member(t, "dee")
    assert picked(row, "sessions_expected", "sessions_attended") == (1, 1)
    assert picked(row, "member_from", "member_to") == (date(2024, 10, 10), date(2025, 2, 1))


def test_meetings_that_were_not_held_are_not_missed() -> None:
    t = Telling()
    t.planned(at(9, 1), at(9, 10), "m1")
    t.cancelled(at(9, 12), "m2")
    assert picked(member(t, "ann"), "sessions_expected", "attendance_rate", "missed_in_a_row") == (0, None, 0)


def test_rows_of_terms_add_up_to_that_of_the_year() -> None:
    t = Telling()
    t.came("ann", at(9, 10), "m1")
    t.came("ann", at(1, 20, year=2025), "m2")
    t.learned("ann", at(10, 1), minutes=10.0)
    t.learned("ann", at(3, 1, year=2025), "v", minutes=5.5)
    found = [member(t, "ann", period) for period in (YEAR, FALL, SPRING)]
    assert [row["sessions_attended"] for row in found] == [2, 1, 1]
    assert [row["learning_minutes"] for row in found] == [15.5, 10, 5.5]


def test_winter_break_counts_for_the_term_before() -> None:
    t = Telling()
    t.learned("ann", at(12, 27), minutes=10.0)
    assert member(t, "ann", FALL)["learning_minutes"] == 10


def test_dates_are_those_of_her_own_zone() -> None:
    t = Telling()
    # 23:30 on the coast on the last day of the year is past midnight in Chicago, where gus works.
    t.learned("ann", at(6, 14, 22, 30), minutes=1.0)
    t.learned("gus", at(6, 14, 22, 30), minutes=1.0)
    roster = tuple(msgspec.structs.replace(each, since=None) for each in RECORDS.memberships)
    periods = tuple(msgspec.structs.replace(each, org=None) for each in RECORDS.periods)
    next_day = msgspec.structs.replace(periods[3], since=date(2024, 6, 15))
    reference = changed(memberships=roster, periods=(periods[0], next_day))
    assert member(t, "ann", "alder-2023", "network", reference)["learning_minutes"] == 1
    assert member(t, "gus", YEAR, "network", reference)["learning_minutes"] == 1


def test_minutes_once_for_each_session_of_a_unit() -> None:
    t = Telling()
    t.learned("ann", at(9, 3, 16, 0), session="r1", minutes=9.0)
    t.learned("ann", at(9, 3, 16, 1), state="time", session="r1", minutes=12.0)
    t.learned("ann", at(9, 3, 16, 2), session="r1", minutes=15.0)
    t.learned("ann", at(9, 4), state="time", session="r2", minutes=3.0)
    t.learned("ann", at(9, 4), "v", session="r2", minutes=4.0)
    row = member(t, "ann")
    assert picked(row, "learning_minutes", "units_completed") == (12 + 3 + 4, 2)


def test_minutes_without_session_once_a_day() -> None:
    t = Telling()
    t.learned("ann", at(9, 3), minutes=9.0)
    t.learned("ann", at(9, 3, 17), minutes=10.0)
    t.learned("ann", at(9, 4), minutes=4.0)
    assert member(t, "ann")["learning_minutes"] == 14


def test_a_unit_waived_is_completed_and_a_unit_begun_is_not() -> None:
    t = Telling()
    t.learned("ann", at(9, 3), state="waived")
    t.learned("ann", at(9, 3), "v", state="started")
    assert picked(member(t, "ann"), "units_completed", "learning_minutes", "active") == (1, 0, False)


def test_applying_and_sharing() -> None:
    t = Telling()
    t.applied("ann", at(9, 3))
    t.shared("ann", at(9, 4), "t1")
    t.shared("ann", at(9, 5))
    assert picked(member(t, "ann"), "applied", "shared", "posts", "active") == (1, 2, 1, True)


def test_replies_tie_writer_and_author() -> None:
    t = Telling()
    t.shared("ann", at(9, 3), "t1")
    t.shared("bob", at(9, 3), "t2")
    t.replied("bob", at(9, 4), "t1")
    t.replied("bob", at(9, 5), "t1")
    t.replied("ann", at(9, 5), "t2")
    t.replied("cam", at(9, 5), "t2")
    t.replied("fay", at(9, 5), "t2")
    ties = ("replies_given", "replies_received", "ties_out", "ties_in", "reciprocal_ties")
    assert picked(member(t, "ann"), *ties) == (1, 2, 1, 1, 1)
    assert picked(member(t, "bob"), *ties) == (2, 3, 1, 2, 1)
    assert picked(member(t, "cam"), *ties) == (1, 0, 1, 0, 0)
    assert picked(member(t, "fay"), *ties, "role") == (1, 0, 1, 0, 0, "facilitator")


def test_a_root_that_comes_late_or_is_of_the_year_before_names_the_author() -> None:
    t = Telling()
    t.replied("bob", at(9, 4), "t1")
    t.shared("ann", at(5, 3), "t1")
    assert picked(member(t, "ann"), "replies_received", "ties_in") == (1, 1)


def test_who_shared_a_thread_first_is_its_author() -> None:
    t = Telling()
    t.shared("cam", at(9, 4), "t1")
    t.shared("ann", at(9, 3), "t1")
    t.replied("bob", at(9, 5), "t1")
    assert [member(t, who)["replies_received"] for who in ("ann", "cam")] == [1, 0]


def test_a_reply_refers_to_what_was_shared() -> None:
    t = Telling()
    root = t.shared("ann", at(9, 3))
    t.replied("bob", at(9, 4), refers_to=root.statement)
    assert member(t, "bob")["ties_out"] == 1


def test_the_statement_may_name_the_author() -> None:
    t = Telling()
    t.replied("bob", at(9, 4), "t9", other=ifi("ann"))
    assert picked(member(t, "bob"), "replies_given", "ties_out") == (1, 1)


def test_answering_oneself_ties_nobody() -> None:
    t = Telling()
    t.shared("ann", at(9, 3), "t1")
    t.replied("ann", at(9, 4), "t1")
    assert picked(member(t, "ann"), "replies_given", "replies_received", "ties_out", "ties_in") == (1, 0, 0, 0)


def test_talk_that_names_another_cohort_is_of_that_alone() -> None:
    t = Telling()
    t.shared("ann", at(9, 3), "t1", cohort="network")
    t.replied("bob", at(9, 4), "t1")
    t.replied("ann", at(9, 4), "t2", cohort="network")
    assert picked(member(t, "ann"), "posts", "replies_given", "replies_received") == (0, 0, 0)
    assert picked(member(t, "ann", "year:2024-25", "network"), "posts", "replies_given") == (1, 1)


def test_talk_that_names_no_cohort_needs_an_author_in_it() -> None:
    t = Telling()
    t.shared("zoe", at(9, 3), "t1")
    t.replied("ann", at(9, 4), "t1")
    t.replied("ann", at(9, 4), "t2", cohort="plc")
    assert picked(member(t, "ann"), "replies_given", "ties_out") == (1, 0)


def test_both_have_to_be_members_on_that_day() -> None:
    t = Telling()
    t.shared("dee", at(10, 12), "t1")
    t.replied("ann", at(1, 31, year=2025), "t1")
    t.replied("bob", at(2, 1, year=2025), "t1")
    assert picked(member(t, "dee"), "replies_received", "ties_in") == (1, 1)


def test_a_reaction_is_no_tie_unless_the_policy_says_so() -> None:
    t = Telling()
    t.shared("ann", at(9, 3), "t1")
    t.replied("bob", at(9, 4), "t1", state="reaction")
    row = member(t, "bob")
    assert picked(row, "reactions_given", "replies_given", "ties_out", "active") == (1, 0, 0, False)
    assert member(t, "ann")["replies_received"] == 0
    reference = changed(policies=((None, Policy(ties=Ties(kinds=("reply", "reaction")))),))
    assert member(t, "bob", reference=reference)["ties_out"] == 1


def test_two_identifiers_are_one_person() -> None:
    t = Telling()
    t.came("ann", at(9, 3), "m1")
    t.came("mbox:mailto:ann@example.org", at(9, 10), "m2")
    assert member(t, "ann")["sessions_attended"] == 2
    assert member(t, "ann", reference=changed(links=RECORDS.links[:6]))["sessions_attended"] == 1


def test_an_identifier_that_changed_hands() -> None:
    t = Telling()
    t.came("shared", at(10, 31), "m1")
    t.came("shared", at(11, 2), "m2")
    assert member(t, "cam")["last_attended_at"] == at(10, 31)
    assert member(t, "dee")["last_attended_at"] == at(11, 2)


def test_statements_make_members_where_the_policy_says_so() -> None:
    t = Telling()
    t.member("gus", at(9, 5))
    t.member("gus", at(9, 20), "left")
    t.came("gus", at(9, 10), "m1")
    t.came("gus", at(9, 20), "m2")
    told = changed(policies=((None, Policy(membership=Memberships(source=("roster", "statements")))),))
    row = member(t, "gus", reference=told)
    assert picked(row, "member_from", "member_to", "sessions_expected") == (date(2024, 9, 5), date(2024, 9, 20), 1)
    assert all(row["person_id"] != "gus" for row in tables(t.facts)["members"] if row["cohort_id"] == "plc")


def test_who_joined_by_a_statement_counts_with_what_names_the_cohort() -> None:
    t = Telling()
    t.member("zoe", at(9, 5))
    t.learned("zoe", at(9, 6), minutes=3.0)
    t.learned("zoe", at(9, 6), "v", minutes=4.0, cohort="plc")
    told = changed(policies=((None, Policy(membership=Memberships(source=("statements",)))),))
    row = member(t, ifi("zoe"), reference=told)
    assert picked(row, "learning_minutes", "units_completed", "member_to") == (4, 1, None)


def test_as_of_a_day_counts_what_was_through_it() -> None:
    t = Telling()
    t.came("ann", at(9, 3, 23, 30), "m1")
    t.came("ann", at(9, 4, 0, 30), "m2")
    assert member(t, "ann", as_of=date(2024, 9, 3))["sessions_attended"] == 1
    assert all(row["period_id"] != SPRING for row in tables(t.facts, as_of=date(2024, 9, 3))["members"])


def test_members_have_rows_in_years_in_which_nothing_was() -> None:
    found = {(row["cohort_id"], row["person_id"]) for row in tables([])["members"] if row["period_id"] == "alder-2023"}
    assert found == {("plc", "ann"), ("plc", "bob"), ("plc", "cam"), ("plc", "fay")}
