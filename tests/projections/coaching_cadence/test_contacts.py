from datetime import date, datetime
from uuid import UUID

from lrs.reference.model import Assignment, Period, Post
from lrs.reference.policy import Cadence, Policy
from projections.facts.fact import Fact, Kind
from tests.projections.coaching_cadence.scene import at, booked, fact, met, only, reference, tables

KNOWN = reference()


def contacts(*facts: Fact) -> list[dict[str, object]]:
    """The contacts in order of time."""
    return sorted(tables(facts, KNOWN)["contacts"].values(), key=lambda row: str(row["at"]))


def days(*facts: Fact) -> list[str]:
    """The days of the contacts."""
    return [str(row["local_date"]) for row in contacts(*facts)]


def test_a_contact_tells_its_facts() -> None:
    one = met("2024-09-10 15:00", minutes=35.0, contact_kind="observation", cycle="c1", phase="learn", plan="lit",
              purpose="formative")  # fmt: skip
    assert contacts(one) == [
        {
            "contact_key": f"{one.statement}/0",
            "coach_id": "cara",
            "educator_id": "ed",
            "plan_id": None,
            "at": at("2024-09-10 15:00"),
            "local_date": date(2024, 9, 10),
            "period_ids": ["y24", "fall"],
            "minutes": 35.0,
            "minutes_basis": "reported",
            "kind": "observation",
            "cycle_id": "c1",
            "phase": "learn",
            "purpose": "formative",
            "statement_ids": [one.statement],
        }
    ]


def test_evening_counts_for_the_local_day() -> None:
    assert days(met("2024-09-10 20:30")) == ["2024-09-10"]
    assert at("2024-09-10 20:30").date() == date(2024, 9, 11)


def test_same_registration_is_one_contact() -> None:
    assert days(met("2024-09-10 09:00", session="r1"), met("2024-09-10 15:00", session="r1")) == ["2024-09-10"]


def test_a_report_of_the_next_day_joins_its_registration() -> None:
    assert days(met("2024-09-10", session="r1"), met("2024-09-11", session="r1")) == ["2024-09-10"]


def test_a_registration_is_spent_after_a_week() -> None:
    facts = [met(f"2024-09-{day}", session="enrolment") for day in ("03", "09", "10", "17")]
    assert days(*facts) == ["2024-09-03", "2024-09-10", "2024-09-17"]


def test_an_activity_is_spent_after_a_day() -> None:
    tutoring = "https://lms/tutoring/7"
    facts = [met(when, session=tutoring) for when in ("2024-09-03 09:00", "2024-09-03 15:00", "2024-09-04")]
    assert days(*facts) == ["2024-09-03", "2024-09-04"]


def test_a_registration_and_an_activity_may_be_one_contact() -> None:
    facts = [met("2024-09-10 10:00", session="r1"), met("2024-09-10 10:20", session="https://lms/tutoring/7")]
    assert days(*facts) == ["2024-09-10"]


def test_report_within_days_is_the_policys() -> None:
    known = reference(policy=Policy(timezone="America/Los_Angeles", cadence=Cadence(report_within_days=2)))
    facts = [met("2024-09-10", session="r1"), met("2024-09-12", session="r1")]
    assert len(tables(facts, known)["contacts"]) == 2


def test_two_systems_within_90_minutes_are_one_contact() -> None:
    assert days(met("2024-09-10 10:00", session="r1"), met("2024-09-10 11:30")) == ["2024-09-10"]
    assert days(met("2024-09-10 10:00", session="r1"), met("2024-09-10 11:31")) == ["2024-09-10", "2024-09-10"]


def test_merge_minutes_is_the_policys() -> None:
    known = reference(policy=Policy(timezone="America/Los_Angeles", cadence=Cadence(merge_minutes=30)))
    assert len(tables([met("2024-09-10 10:00"), met("2024-09-10 10:31")], known)["contacts"]) == 2


def test_two_registrations_are_two_contacts() -> None:
    one, two = met("2024-09-10 10:00", session="r1", minutes=60.0), met("2024-09-10 10:05", session="r2")
    assert len(contacts(one, two)) == 2


def test_overlap_is_one_contact() -> None:
    assert len(contacts(met("2024-09-10 10:00", minutes=180.0), met("2024-09-10 12:59"))) == 1
    assert len(contacts(met("2024-09-10 10:00", minutes=180.0), met("2024-09-10 13:00"))) == 2


def test_overlap_goes_over_midnight_but_nearness_does_not() -> None:
    assert len(contacts(met("2024-09-10 23:30", minutes=60.0), met("2024-09-11 00:10"))) == 1
    assert len(contacts(met("2024-09-10 23:30", minutes=20.0), met("2024-09-11 00:10"))) == 2


def test_a_wrong_duration_swallows_one_day_at_most() -> None:
    assert days(met("2024-09-10", minutes=90_000.0), met("2024-09-11 09:59"), met("2024-09-12")) == [
        "2024-09-10", "2024-09-12",
    ]  # fmt: skip


def test_nearness_counts_from_the_start_of_the_contact() -> None:
    assert len(contacts(met("2024-09-10 10:00"), met("2024-09-10 11:20"), met("2024-09-10 12:00"))) == 2


def test_school_years_share_no_contact() -> None:
    known = reference(
        periods=(
            Period(id="a", org=None, kind="schoolYear", title="a", since=date(2023, 8, 1), until=date(2024, 9, 10)),
            Period(id="b", org=None, kind="schoolYear", title="b", since=date(2024, 9, 10), until=date(2025, 8, 1)),
        )
    )
    assert len(tables([met("2024-09-09", session="r"), met("2024-09-10", session="r")], known)["contacts"]) == 2


def test_the_first_fact_names_the_contact() -> None:
    facts = [met("2024-09-10 10:00", name=str(each)) for each in range(5)]
    (row,) = contacts(*facts, met("2024-09-10 10:01"))
    assert row["contact_key"] == min(each.id for each in facts)
    assert row["statement_ids"] == [*sorted(each.statement for each in facts), met("2024-09-10 10:01").statement]


def test_what_one_report_leaves_out_another_says() -> None:
    (row,) = contacts(met("2024-09-10 10:00"), met("2024-09-10 10:10", contact_kind="co_teach", minutes=20.0))
    assert (row["kind"], row["minutes"]) == ("co_teach", 20.0)


def test_kind_is_conference_where_nobody_says() -> None:
    assert only([met("2024-09-10")], KNOWN, "contacts")["kind"] == "conference"


def minutes(*facts: Fact) -> tuple[object, object]:
    """Minutes of the only contact, and what they stand on."""
    (row,) = contacts(*facts)
    return row["minutes"], row["minutes_basis"]


def test_the_longest_report_is_the_length() -> None:
    assert minutes(met("2024-09-10 10:00", minutes=35.0), met("2024-09-10 10:02", minutes=40.0)) == (40.0, "reported")


def test_no_minutes_are_unknown_not_zero() -> None:
    assert minutes(met("2024-09-10")) == (None, "unknown")
    assert minutes(met("2024-09-10", minutes=0.0)) == (None, "unknown")


def test_start_and_end_make_a_pair() -> None:
    left = fact(Kind.SESSION_LEFT, "2024-09-10 10:42", session="r1")
    assert minutes(met("2024-09-10 10:00", session="r1"), left) == (42.0, "paired")
    assert minutes(met("2024-09-10 10:00"), met("2024-09-10 10:30", means_end=True)) == (30.0, "paired")
    assert minutes(met("2024-09-10 10:00", session="r2"), left) == (None, "unknown")


def test_planned_minutes_stand_in() -> None:
    booking = booked("2024-09-01", "2024-09-10", session="r1", planned_minutes=45)
    assert minutes(met("2024-09-10", session="r1"), booking) == (45.0, "planned")
    assert minutes(met("2024-09-10", session="r1", minutes=30.0), booking) == (30.0, "reported")
    assert minutes(met("2024-09-10"), booking) == (None, "unknown")


def test_the_last_booking_tells_the_planned_minutes() -> None:
    bookings = [
        booked("2024-09-01", "2024-09-10", session="r1", planned_minutes=45),
        booked("2024-09-02", "2024-09-10", session="r1", planned_minutes=30),
    ]
    assert minutes(met("2024-09-10", session="r1"), *bookings) == (30.0, "planned")


def test_an_instructor_of_something_is_no_coach() -> None:
    assert not contacts(met("2024-09-10", "ed", "eve"))


def test_a_coach_by_post_counts_without_assignment() -> None:
    assert len(contacts(met("2024-09-10", "eve", "cole"))) == 1


def test_a_coach_counts_while_she_is_one() -> None:
    post = Post(person="ann", org="elm", role="coach", since=date(2024, 9, 10), until=date(2024, 9, 11))
    known = reference(posts=[post])
    facts = [met(f"2024-09-{day}", "ed", "ann") for day in ("09", "10", "11")]
    assert [row["local_date"] for row in tables(facts, known)["contacts"].values()] == [date(2024, 9, 10)]


def test_an_assignment_makes_a_coach() -> None:
    known = reference(assignments=[Assignment(coach="eve", educator="ed", since=date(2024, 9, 10))])
    assert len(tables([met("2024-09-10", "ed", "eve")], known)["contacts"]) == 1
    assert len(tables([met("2024-09-09", "ed", "eve")], known)["contacts"]) == 0


def test_what_calls_itself_coaching_counts() -> None:
    assert len(contacts(met("2024-09-10", "ed", "eve", says_coaching=True))) == 1


def test_nobody_coaches_herself() -> None:
    assert not contacts(met("2024-09-10", "cara", "cara", says_coaching=True))


def test_unlinked_identifiers_are_people_of_their_own() -> None:
    (row,) = contacts(met("2024-09-10", "mbox:mailto:x@y.z", "cara"))
    assert row["educator_id"] == "mbox:mailto:x@y.z"


def test_ids_are_uuids() -> None:
    (row,) = contacts(met("2024-09-10"))
    assert all(isinstance(each, UUID) for each in row["statement_ids"])  # type: ignore[attr-defined]
    assert isinstance(row["at"], datetime)
