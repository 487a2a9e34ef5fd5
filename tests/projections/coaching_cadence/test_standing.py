from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from lrs.reference.model import Assignment, Cohort, Membership, Pause, Person
from lrs.reference.policy import Cadence, Policy
from lrs.reference.reference import Reference
from projections.answers import routes
from projections.answers.asked import Asked
from projections.answers.asker import Asker
from projections.answers.conditions import Condition, meets
from projections.coaching_cadence import parity, standing
from projections.coaching_cadence.endpoints import GOING_ON, QUESTIONS
from projections.facts.fact import Fact
from tests.projections.coaching_cadence.scene import booked, cycle, met, reference, tables

KNOWN = reference()


def stands(day: str, *facts: Fact, known: Reference = KNOWN, plan: str = "") -> standing.Standing | None:
    """How Cara and Ed stand on a day, by the rows as they are now."""
    pair = tables(facts, known)["pairs"]["cara", "ed", plan]
    return standing.of_pair(pair, known, date.fromisoformat(day))


def status(day: str, *facts: Fact, known: Reference = KNOWN) -> str:
    """Their status."""
    found = stands(day, *facts, known=known)
    assert found is not None
    return found.text


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.path)
def test_questions_fit_together(question: Any) -> None:
    routes.check(question)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2024-09-10", "on_track"),
        ("2024-10-05", "on_track"),
        ("2024-10-06", "due_soon"),
        ("2024-10-08", "due_soon"),
        ("2024-10-09", "due"),
        ("2024-10-11", "due"),
        ("2024-10-12", "overdue"),
    ],
)
def test_from_on_track_to_overdue(day: str, expected: str) -> None:
    # Seen on 10 September, to be seen every 28 days, with 3 days of grace and 3 of notice.
    assert status(day, met("2024-09-10")) == expected


def test_nobody_is_due_before_the_assignment() -> None:
    assert stands("2024-09-01") is None
    assert status("2024-09-02") == "not_started"


def test_never_seen_is_due_and_overdue_like_anybody() -> None:
    assert [status(f"2024-{day}") for day in ("09-30", "10-01", "10-03", "10-04")] == [
        "not_started", "due", "due", "overdue",
    ]  # fmt: skip


def test_assigned_from_ever_and_never_seen() -> None:
    known = reference(assignments=[Assignment(coach="cara", educator="ed")])
    found = stands("2024-12-01", known=known)
    assert found is not None
    assert (found.status, found.days) == ("not_started", None)


def test_paused_days_and_the_days_after() -> None:
    known = reference(pauses=[Pause(org="alder", kind="Holiday", since=date(2024, 10, 7), until=date(2024, 10, 21))])
    facts = [met("2024-09-10")]
    assert status("2024-10-07", *facts, known=known) == "paused"
    assert status("2024-10-20", *facts, known=known) == "paused"
    assert status("2024-10-21", *facts, known=known) == "due_soon"
    assert status("2024-10-23", *facts, known=known) == "due"


def test_ended_goes_before_paused() -> None:
    known = reference(
        assignments=[Assignment(coach="cara", educator="ed", until=date(2024, 10, 1))],
        pauses=[Pause(org="alder", kind="Holiday", since=date(2024, 10, 7), until=date(2024, 10, 21))],
    )
    assert status("2024-09-30", met("2024-09-10"), known=known) == "on_track"
    assert status("2024-10-01", met("2024-09-10"), known=known) == "ended"
    assert status("2024-10-08", met("2024-09-10"), known=known) == "ended"


def test_who_was_never_assigned_is_never_due() -> None:
    found = stands("2025-03-01", met("2024-09-10"), known=reference(assignments=()))
    assert found is not None
    assert (found.status, found.target, found.days) == ("unassigned", None, 172)


def test_a_run_to_come_does_not_end_the_one_that_goes_on() -> None:
    known = reference(
        assignments=[
            Assignment(coach="cara", educator="ed", since=date(2024, 9, 2), until=date(2024, 12, 1)),
            Assignment(coach="cara", educator="ed", since=date(2025, 1, 10)),
        ]
    )
    assert status("2024-10-01", met("2024-09-10"), known=known) == "on_track"
    assert status("2024-12-15", met("2024-09-10"), known=known) == "ended"
    assert status("2025-01-10", met("2024-09-10"), known=known) == "not_started"


def test_the_target_is_that_of_the_day() -> None:
    policies = ((None, Policy()), (date(2024, 9, 25), Policy(cadence=Cadence(default_target=7, grace=1, due_soon=1))))
    known = reference(policies=policies)
    assert status("2024-09-24", met("2024-09-10"), known=known) == "on_track"
    assert status("2024-09-25", met("2024-09-10"), known=known) == "overdue"


def test_a_booking_is_told_through_its_day() -> None:
    facts = [met("2024-09-10"), booked("2024-09-11", "2024-09-20 15:00", session="r1")]
    assert [status(f"2024-09-{day}", *facts) for day in ("19", "20", "21")] == [
        "on_track+scheduled", "on_track+scheduled", "on_track",
    ]  # fmt: skip


def test_a_booking_is_missed_after_a_week() -> None:
    facts = [booked("2024-09-11", "2024-09-20 15:00", session="r1")]
    found = [stands(f"2024-09-{day}", *facts) for day in ("27", "28")]
    assert [each.missed for each in found if each] == [0, 1]


# An educator, whoever coaches her


def educator(day: str, *facts: Fact, known: Reference = KNOWN) -> tuple[str, int | None]:
    """How Ed stands."""
    pairs = [row for key, row in tables(facts, known)["pairs"].items() if key[1] == "ed"]
    return standing.of_educator("ed", pairs, known, date.fromisoformat(day))


def test_a_new_coach_goes_on_where_the_old_one_ended() -> None:
    known = reference(
        assignments=[
            Assignment(coach="cara", educator="ed", since=date(2024, 9, 2), until=date(2024, 10, 1)),
            Assignment(coach="cole", educator="ed", since=date(2024, 10, 1)),
        ]
    )
    assert educator("2024-10-01", met("2024-09-10"), known=known) == ("on_track", 21)
    assert educator("2024-10-15", met("2024-09-10"), known=known) == ("overdue", 35)
    assert educator("2024-10-15", met("2024-09-10"), met("2024-10-10", "ed", "cole"), known=known) == ("on_track", 5)


def test_an_educator_without_contact_or_coach() -> None:
    assert educator("2024-09-10") == ("not_started", 8)
    assert educator("2024-09-10", known=reference(assignments=())) == ("unassigned", None)


def test_an_educator_on_leave() -> None:
    known = reference(pauses=[Pause(person="ed", kind="Leave", since=date(2024, 9, 20), until=date(2024, 9, 30))])
    assert educator("2024-09-25", met("2024-09-10"), known=known) == ("paused", 10)


# Phases


def test_a_phase_goes_on_through_the_day() -> None:
    known = reference(policy=Policy(cadence=Cadence(by_phase={"learn": 20})))
    (row,) = tables([cycle("2024-09-10", "opened", phase="learn")], known)["cycles"].values()
    assert standing.phase(row, known, date(2024, 9, 30)) == (20, 20)
    (closed,) = tables([cycle("2024-09-10", "opened", phase="learn"), cycle("2024-09-11", "closed")], known)[
        "cycles"
    ].values()
    assert standing.phase(closed, known, date(2024, 9, 30)) == (None, None)


# Groups


def test_groups_of_educators() -> None:
    people = [Person(id="ed", dimensions={"level": "high", "teachingSince": "2023-09-01"}), Person(id="eve")]
    known = reference(
        people=people,
        cohorts=[Cohort(id="plc", title="PLC", org="elm")],
        memberships=[Membership(cohort="plc", person="ed", role="member", until=date(2024, 10, 1))],
    )
    day = date(2024, 9, 10)
    every = parity.educators(known, day)
    assert every == {"ed", "eve"}
    assert parity.grouped("school", every, known, day) == {"elm": ["ed", "eve"]}
    assert parity.grouped("level", every, known, day) == {"high": ["ed"], "(unknown)": ["eve"]}
    assert parity.grouped("experience", every, known, day) == {"0-3": ["ed"], "(unknown)": ["eve"]}
    assert parity.grouped("cohort", every, known, day) == {"plc": ["ed"]}
    assert parity.grouped("cohort", every, known, date(2024, 10, 1)) == {}
    assert parity.grouped("subject", every, known, day) == {}


@pytest.mark.parametrize(
    ("years", "expected"), [(None, "(unknown)"), (0, "0-3"), (2.9, "0-3"), (3, "3-10"), (9.9, "3-10"), (10, "10+")]
)
def test_bands_of_experience(years: float | None, expected: str) -> None:
    assert parity.band(years, (3, 10)) == expected


MANY = reference(
    assignments=[
        Assignment(coach="cara", educator="ed", since=date(2024, 9, 2), until=date(2024, 12, 20)),
        # Goes on: between these two is nothing but a break.
        Assignment(coach="cara", educator="ed", since=date(2025, 1, 6), until=date(2025, 2, 3)),
        Assignment(coach="cole", educator="ed", since=date(2025, 2, 3)),
        Assignment(coach="cole", educator="eve", plan="new", until=date(2024, 10, 1)),
        Assignment(coach="cole", educator="eve", plan="old", since=date(2024, 11, 1), until=date(2024, 11, 1)),
        Assignment(coach="cara", educator="eve", plan="old", since=date(2024, 11, 15)),
    ],
    pauses=[Pause(kind="break", org="alder", since=date(2024, 12, 20), until=date(2025, 1, 6))],
)  # fmt: skip


@pytest.mark.parametrize("status", sorted(GOING_ON))
def test_pairs_that_are_not_computed_do_not_stand_so(status: str) -> None:
    met_once, seen = [met("2024-09-20"), met("2024-11-20", "eve", "cara")], 0
    for ordinal in range(date(2024, 8, 1).toordinal(), date(2025, 6, 30).toordinal()):
        day = date.fromordinal(ordinal)
        (where,) = narrows(asked(day, MANY, status=(status,)))
        for row in tables(met_once, MANY, day)["pairs"].values():
            found = standing.of_pair(row, MANY, day)
            if found is not None and found.status == status:
                seen += 1
                assert meets(row, [where]), (day, row["coach_id"], row["educator_id"])
    assert seen


def test_every_pair_is_computed_where_one_that_has_ended_may_be_meant() -> None:
    assert narrows(asked(date(2025, 1, 1), MANY, status=("ended", "due"))) == ()
    assert narrows(asked(date(2025, 1, 1), MANY)) == ()


def narrows(wanted: Asked) -> Sequence[Condition]:
    (question,) = [each for each in QUESTIONS if each.path == "coaching/pairs"]
    assert question.narrows is not None
    return question.narrows(wanted)


def asked(day: date, known: Reference, **values: tuple[str, ...]) -> Asked:
    asker = Asker(store=1, name="d", roles=frozenset(), secret=b"")
    return Asked(asker=asker, reference=known, values=values, as_of=day, today=date(2026, 1, 1))
