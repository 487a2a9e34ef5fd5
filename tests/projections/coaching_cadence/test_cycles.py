from datetime import date
from typing import Any

from lrs.reference.model import Pause
from lrs.reference.reference import Reference
from projections.facts.fact import Fact
from tests.projections.coaching_cadence.scene import at, cycle, met, reference, row, tables

KNOWN = reference()


def one(*facts: Fact, known: Reference = KNOWN) -> dict[str, Any]:
    """The row of cycle c1."""
    return row(facts, known, "cycles", "ed", "c1")


def test_a_cycle_from_its_opening_to_its_closing() -> None:
    facts = [
        cycle("2024-09-10", "opened", phase="identify", criteria=["k2", "k1"]),
        cycle("2024-09-20", "phase", phase="learn"),
        met("2024-09-25", cycle="c1"),
        cycle("2024-10-11", "phase", phase="improve"),
        cycle("2024-10-15", "closed", outcome="met"),
    ]
    assert one(*facts) == {
        "educator_id": "ed",
        "cycle_id": "c1",
        "coach_id": "cara",
        "criterion_ids": ["k1", "k2"],
        "opened_at": at("2024-09-10"),
        "phase": "improve",
        "phase_since": at("2024-10-11"),
        "days_by_phase": {"identify": 10, "learn": 21, "improve": 4},
        "contacts": 1,
        "closed_at": at("2024-10-15"),
        "outcome": "met",
        "statement_ids": [each.statement for each in facts],
    }


def test_the_phase_that_goes_on_has_no_days_yet() -> None:
    found = one(cycle("2024-09-10", "opened", phase="identify"), cycle("2024-09-20", "phase", phase="learn"))
    assert (found["phase"], found["phase_since"]) == ("learn", at("2024-09-20"))
    assert found["days_by_phase"] == {"identify": 10}
    assert found["closed_at"] is None


def test_a_phase_said_again_goes_on() -> None:
    facts = [cycle(f"2024-09-{day}", "phase", phase="learn") for day in (10, 15, 20)]
    assert one(*facts)["phase_since"] == at("2024-09-10")


def test_a_phase_come_back_to_adds_up() -> None:
    words = [(10, "identify"), (15, "learn"), (20, "identify"), (27, "improve")]
    assert one(*(cycle(f"2024-09-{day}", "phase", phase=phase) for day, phase in words))["days_by_phase"] == {
        "identify": 12, "learn": 5,
    }  # fmt: skip


def test_breaks_are_no_days_of_a_phase() -> None:
    known = reference(pauses=[Pause(org="elm", kind="Holiday", since=date(2024, 9, 12), until=date(2024, 9, 14))])
    facts = [cycle("2024-09-10", "opened", phase="identify"), cycle("2024-09-20", "phase", phase="learn")]
    assert one(*facts, known=known)["days_by_phase"] == {"identify": 8}


def test_a_cycle_opened_again_goes_on() -> None:
    words = [("10", "opened"), ("20", "closed"), ("30", "phase")]
    found = one(*(cycle(f"2024-09-{day}", state, phase="learn") for day, state in words))
    assert found["closed_at"] is None
    assert (found["phase"], found["phase_since"], found["days_by_phase"]) == ("learn", at("2024-09-30"), {"learn": 10})


def test_contacts_alone_tell_of_a_cycle() -> None:
    found = one(met("2024-09-10", cycle="c1", phase="identify"), met("2024-09-20", cycle="c1", phase="learn"))
    assert (found["opened_at"], found["phase"], found["contacts"]) == (at("2024-09-10"), "learn", 2)
    assert found["days_by_phase"] == {"identify": 10}


def test_what_a_cycle_says_of_its_phases_goes_before_what_contacts_say() -> None:
    found = one(cycle("2024-09-10", "opened", phase="identify"), met("2024-09-20", cycle="c1", phase="learn"))
    assert found["phase"] == "identify"


def test_educators_do_not_share_a_cycle() -> None:
    facts = [cycle("2024-09-10", "opened"), cycle("2024-09-11", "opened", "eve", "cole")]
    found = tables(facts, KNOWN)["cycles"]
    assert {key: each["coach_id"] for key, each in found.items()} == {("ed", "c1"): "cara", ("eve", "c1"): "cole"}


def test_the_coach_named_last_has_the_cycle() -> None:
    facts = [cycle("2024-09-10", "opened"), cycle("2024-09-11", "phase", "ed", "cole", phase="learn")]
    assert one(*facts)["coach_id"] == "cole"


def test_a_cycle_without_a_coach_is_of_the_one_assigned_or_nobodys() -> None:
    assert one(cycle("2024-09-10", "opened", "ed", None))["coach_id"] == "cara"
    assert one(cycle("2024-08-20", "opened", "ed", None))["coach_id"] is None


def test_a_merged_contact_counts_once() -> None:
    facts = [cycle("2024-09-01", "opened"), met("2024-09-10 10:00", cycle="c1"), met("2024-09-10 10:30", cycle="c1")]
    assert one(*facts)["contacts"] == 1


def test_contacts_count_for_the_cycle_that_goes_on() -> None:
    facts = [
        met("2024-09-09"), cycle("2024-09-10", "opened"), met("2024-09-11"), met("2024-09-12", "ed", "cole"),
        cycle("2024-09-15", "opened", session="c2"), met("2024-09-16"), met("2024-09-17", cycle="c1"),
        cycle("2024-09-20", "closed", session="c2"), met("2024-09-21"), cycle("2024-09-25", "closed"),
        met("2024-09-26"),
    ]  # fmt: skip
    found = {key[1]: each["contacts"] for key, each in tables(facts, KNOWN)["cycles"].items()}
    assert found == {"c1": 3, "c2": 1}
    named = sorted((str(each["local_date"]), each["cycle_id"]) for each in tables(facts, KNOWN)["contacts"].values())
    assert named == [
        ("2024-09-09", None), ("2024-09-11", "c1"), ("2024-09-12", None), ("2024-09-16", "c2"), ("2024-09-17", "c1"),
        ("2024-09-21", "c1"), ("2024-09-26", None),
    ]  # fmt: skip
