from datetime import date
from typing import Any

import pytest

from lrs.reference.model import Assignment, Org, Post
from lrs.reference.reference import Reference
from projections.coaching_cadence.load import gini
from projections.facts.fact import Fact
from tests.projections.coaching_cadence.scene import cycle, met, reference, row, tables

PAIRS = [Assignment(coach="cara", educator=each, since=date(2024, 9, 2)) for each in ("ed", "eve")]
KNOWN = reference(assignments=PAIRS)


def load(*facts: Fact, known: Reference = KNOWN, period: str = "y24") -> dict[str, Any]:
    """The row of Cara."""
    return row(facts, known, "load", "cara", period)


def test_a_coach_who_met_nobody_has_rows() -> None:
    assert set(tables([], KNOWN)["load"]) == {("cara", each) for each in ("y24", "fall", "spring")}
    assert load() == {
        "coach_id": "cara", "period_id": "y24", "assigned": 2, "active": 0, "schools": 1, "contacts": 0, "minutes": 0.0,
        "minutes_per_educator": 0.0, "contact_mix": {}, "median_gap": None, "gaps_on_time": 0, "gaps_total": 0,
        "on_time_ratio": None, "spread": None, "cycles_open": 0, "cycles_closed": 0,
    }  # fmt: skip


def test_what_a_year_amounts_to() -> None:
    facts = [
        met("2024-09-10", minutes=30.0), met("2024-10-08", contact_kind="observation"),
        met("2024-11-19", minutes=30.0, contact_kind="observation"), met("2025-02-04", "eve", minutes=20.0),
    ]  # fmt: skip
    year = load(*facts)
    assert (year["assigned"], year["active"], year["contacts"], year["minutes"]) == (2, 2, 4, 80.0)
    assert year["minutes_per_educator"] == 40
    assert year["contact_mix"] == {"conference": 2, "observation": 2}
    # Ed: 28 days, then 42; the target is 28 with 3 days of grace.
    assert (year["median_gap"], year["gaps_on_time"], year["gaps_total"], year["on_time_ratio"]) == (35, 1, 2, 0.5)
    # Of 20 and 60: (2·(1·20 + 2·60) / (2·80)) − 3/2 = 0.25.
    assert year["spread"] == 0.25
    spring = load(*facts, period="spring")
    assert (spring["contacts"], spring["active"], spring["minutes_per_educator"], spring["spread"]) == (1, 1, 10, 0.5)


def test_the_caseload_of_a_period_is_who_was_assigned_in_it() -> None:
    known = reference(assignments=[
        Assignment(coach="cara", educator="ed", until=date(2025, 1, 10)),
        Assignment(coach="cara", educator="eve", since=date(2025, 1, 10)),
    ])  # fmt: skip
    assert [load(known=known, period=each)["assigned"] for each in ("fall", "spring", "y24")] == [1, 1, 2]


def test_who_is_seen_besides_the_caseload_counts_in_contacts_alone() -> None:
    known = reference(assignments=PAIRS[:1])
    found = load(met("2024-09-10", minutes=30.0), met("2024-09-11", "eve", minutes=50.0), known=known)
    assert (found["contacts"], found["minutes"]) == (2, 80.0)
    assert (found["assigned"], found["active"], found["minutes_per_educator"], found["spread"]) == (1, 1, 30, 0)


def test_without_assignments_the_caseload_is_who_was_seen() -> None:
    known = reference(assignments=())
    found = load(met("2024-09-10", minutes=30.0), met("2024-09-11", "eve", minutes=50.0), known=known)
    assert (found["assigned"], found["active"], found["minutes_per_educator"]) == (0, 2, 40)


def test_schools_are_those_of_the_caseload() -> None:
    oak = Org(id="oak", name="Oak", kind="school", parent="alder")
    elm = Org(id="elm", name="Elm", kind="school", parent="alder")
    known = reference(
        assignments=[*PAIRS, Assignment(coach="cara", educator="una")],
        posts=[Post(person="una", org="oak", role="educator")],
        orgs=[oak, elm, Org(id="alder", name="Alder", kind="district")],
    )
    assert load(known=known)["schools"] == 2


def test_plans_of_a_pair_have_targets_of_their_own() -> None:
    known = reference(assignments=[
        Assignment(coach="cara", educator="ed", plan="a", target_interval_days=7, until=date(2024, 10, 1)),
        Assignment(coach="cara", educator="ed", plan="b", target_interval_days=28, since=date(2024, 10, 1)),
    ])  # fmt: skip
    found = load(met("2024-09-10"), met("2024-09-24"), met("2024-10-20"), known=known)
    assert (found["gaps_on_time"], found["gaps_total"]) == (1, 2)


def test_cycles_open_at_the_end_of_a_period_and_closed_in_it() -> None:
    facts = [
        cycle("2024-09-10", "opened", session="a"), cycle("2024-10-10", "closed", session="a"),
        cycle("2024-11-10", "opened", session="b"), cycle("2025-02-10", "closed", session="b"),
        cycle("2025-02-10", "opened", session="c"),
    ]  # fmt: skip
    found = [load(*facts, period=each) for each in ("fall", "spring", "y24")]
    assert [(each["cycles_open"], each["cycles_closed"]) for each in found] == [(1, 1), (1, 1), (1, 2)]


def test_a_coach_of_two_educators_in_one_meeting_gives_time_to_both() -> None:
    found = load(met("2024-09-10", minutes=45.0, session="r"), met("2024-09-10", "eve", minutes=45.0, session="r"))
    assert (found["contacts"], found["minutes"], found["minutes_per_educator"]) == (2, 90.0, 45)


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [([], None), ([0.0, 0.0], None), ([5.0, 5.0, 5.0], 0), ([0.0, 0.0, 0.0, 8.0], 0.75), ([1.0, 3.0], 0.25)],
)
def test_gini(amounts: list[float], expected: float | None) -> None:
    assert gini(amounts) == expected


def test_as_of_a_day() -> None:
    facts = [met("2024-09-10", minutes=30.0), met("2024-10-08")]
    found = tables(facts, KNOWN, date(2024, 9, 30))["load"]
    assert found["cara", "y24"]["contacts"] == 1
    assert set(found) == {("cara", "y24"), ("cara", "fall")}
