"""Whether learning turned into applying and sharing, worked out by hand."""

from datetime import date
from typing import Any

import pytest

from lrs.reference.policy import Followthrough, Policy
from tests.projections.cohort_participation.scene import Named, Telling, at, changed, ifi, only, tables

FUNNEL = ("applied_at", "shared_at", "link")


def unit(telling: Telling, name: str = "u", **given: Any) -> Named:
    return only(tables(telling.facts, **given)["followthrough"], unit_id=name)


def picked(row: Named, *names: str) -> tuple[Any, ...]:
    return tuple(row[name] for name in names)


def test_learned_applied_and_shared() -> None:
    t = Telling()
    learned = t.learned("ann", at(9, 3, 20), minutes=10.0, criteria=["c2", "c1"])
    applied = t.applied("ann", at(9, 12))
    shared = t.shared("ann", at(9, 18), unit="u")
    row = unit(t)
    assert picked(row, "person_id", "criteria", "minutes") == ("ann", ["c1", "c2"], 10)
    assert picked(row, "learned_at", "learned_on", "window_ends") == (at(9, 3, 20), date(2024, 9, 3), date(2024, 11, 2))
    assert picked(row, *FUNNEL) == (at(9, 12), at(9, 18), "unit")
    assert row["statement_ids"] == [learned.statement, applied.statement, shared.statement]
    assert row["period_ids"] == ["alder-2024", "alder-2024-fall"]


def test_the_first_completion_counts() -> None:
    t = Telling()
    t.learned("ann", at(9, 3), state="started")
    t.learned("ann", at(9, 5), state="waived")
    t.learned("ann", at(9, 4))
    assert unit(t)["learned_at"] == at(9, 4)


def test_what_was_only_begun_has_no_row() -> None:
    t = Telling()
    t.learned("ann", at(9, 3), state="started")
    t.learned("ann", at(9, 3), state="time", minutes=5.0)
    assert tables(t.facts)["followthrough"] == []


@pytest.mark.parametrize(("day", "is_within"), [((11, 2), True), ((11, 3), False)])
def test_the_window_ends_with_a_local_day(day: tuple[int, int], is_within: bool) -> None:
    t = Telling()
    t.learned("ann", at(9, 3, 1))
    t.applied("ann", at(*day, 23, 30))
    assert (unit(t)["applied_at"] is not None) is is_within


def test_the_window_is_that_of_the_day_of_learning() -> None:
    t = Telling()
    t.learned("ann", at(9, 3))
    t.learned("ann", at(9, 10), "v")
    short = (date(2024, 9, 5), Policy(followthrough=Followthrough(window_days=7)))
    reference = changed(policies=((None, Policy()), short))
    assert unit(t, "u", reference=reference)["window_ends"] == date(2024, 11, 2)
    assert unit(t, "v", reference=reference)["window_ends"] == date(2024, 9, 17)


def test_applying_before_learning_is_none() -> None:
    t = Telling()
    t.applied("ann", at(9, 2))
    t.learned("ann", at(9, 3))
    assert unit(t)["applied_at"] is None


def test_a_reference_comes_before_the_unit_and_that_before_a_criterion() -> None:
    t = Telling()
    t.applied("ann", at(9, 4), None, criteria=["c1"])
    assert unit_after_learning(t)["link"] == "criterion"
    t.applied("ann", at(9, 5))
    assert picked(unit(t), "link", "applied_at") == ("unit", at(9, 5))
    t.applied("ann", at(9, 6), "other", refers_to=t.facts[1].statement)
    assert picked(unit(t), "link", "applied_at") == ("ref", at(9, 6))


def unit_after_learning(telling: Telling) -> Named:
    telling.learned("ann", at(9, 3), criteria=["c1"])
    return unit(telling)


def test_what_names_its_unit_is_about_no_other() -> None:
    t = Telling()
    t.learned("ann", at(9, 3), "u", criteria=["c1"])
    t.learned("ann", at(9, 3), "v", criteria=["c1"])
    t.applied("ann", at(9, 4), "u", criteria=["c1"])
    assert unit(t, "v")["applied_at"] is None


def test_what_names_a_unit_never_learned_is_linked_by_criterion() -> None:
    t = Telling()
    t.learned("ann", at(9, 3), "u", criteria=["c1"])
    t.applied("ann", at(9, 4), "classroom", criteria=["c1"])
    t.applied("ann", at(9, 4), "classroom", criteria=["c2"])
    assert unit(t)["link"] == "criterion"


def test_sharing_refers_to_applying() -> None:
    t = Telling()
    t.learned("ann", at(9, 3))
    applied = t.applied("ann", at(9, 4))
    t.shared("ann", at(9, 5), refers_to=applied.statement)
    assert unit(t)["shared_at"] == at(9, 5)


def test_sharing_comes_after_applying() -> None:
    t = Telling()
    t.learned("ann", at(9, 3))
    t.shared("ann", at(9, 4), unit="u")
    t.applied("ann", at(9, 5))
    t.shared("ann", at(9, 6), unit="u")
    assert unit(t)["shared_at"] == at(9, 6)


def test_sharing_what_was_not_applied_counts_from_learning() -> None:
    t = Telling()
    t.learned("ann", at(9, 3))
    t.shared("ann", at(9, 4), unit="u")
    assert picked(unit(t), *FUNNEL) == (None, at(9, 4), None)
    t.applied("ann", at(9, 5))
    assert picked(unit(t), *FUNNEL) == (at(9, 5), at(9, 4), "unit")


def test_what_another_did_is_not_hers() -> None:
    t = Telling()
    t.learned("ann", at(9, 3))
    t.applied("bob", at(9, 4))
    assert unit(t)["applied_at"] is None


def test_both_identifiers_of_a_person() -> None:
    t = Telling()
    t.learned("ann", at(9, 3))
    t.applied("mbox:mailto:ann@example.org", at(9, 4))
    assert unit(t)["applied_at"] == at(9, 4)


def test_an_unlinked_identifier_is_a_person_of_its_own() -> None:
    t = Telling()
    t.learned("zoe", at(9, 3))
    assert picked(unit(t), "person_id", "period_ids") == (ifi("zoe"), ["year:2024-25"])


def test_as_of_a_day_knows_nothing_later() -> None:
    t = Telling()
    t.learned("ann", at(9, 3))
    t.applied("ann", at(9, 5, 0, 30))
    assert unit(t, as_of=date(2024, 9, 4))["applied_at"] is None
    assert tables(t.facts, as_of=date(2024, 9, 2))["followthrough"] == []
