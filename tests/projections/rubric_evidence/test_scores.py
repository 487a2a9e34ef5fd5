"""Scores by worked examples."""

import pytest

from lrs.reference.model import Criterion, Level
from projections.facts.fact import Value
from projections.rubric_evidence.scores import Scale, scored
from projections.rubric_evidence.units import decimal, units


def criterion(*scores: float) -> Criterion:
    levels = tuple(Level(id=f"l{score}", uri=f"urn:l{score}", name=f"L{score}", score=score) for score in scores)
    return Criterion(id="c", uri="urn:c", title="C", domain="D", weight=1, position=1, levels=levels)


FOUR = Scale(criterion(1, 2, 3, 4))


def told(scale: Scale = FOUR, **data: Value) -> tuple[str | None, str, bool]:
    score, basis, off_scale = scored(data, scale, None)
    return (None if score is None else str(decimal(score)), basis, off_scale)


def test_level_comes_first() -> None:
    level = Level(id="l2", uri="urn:l2", name="L2", score=2)
    assert scored({"raw": 4, "scaled": 1.0}, FOUR, level) == (units(2), "level", False)


def test_raw_without_range_is_on_the_scale() -> None:
    assert told(raw=3) == ("3.0000", "raw", False)


def test_raw_on_the_range_of_the_criterion_is_taken_as_it_is() -> None:
    assert told(raw=2.5, min=1, max=4, scaled=0) == ("2.5000", "raw", False)


def test_raw_of_another_range_is_rescaled() -> None:
    assert told(raw=50, min=0, max=100, scaled=0.0) == ("2.5000", "raw", False)
    assert told(raw=1, min=0, max=3) == ("2.0000", "raw", False)
    assert told(raw=2, min=0, max=7) == ("1.8571", "raw", False)


def test_one_end_alone_says_nothing() -> None:
    assert told(raw=3, min=0) == ("3.0000", "raw", False)
    assert told(raw=3, max=100) == ("3.0000", "raw", False)


def test_range_that_is_none_says_nothing() -> None:
    assert told(raw=3, min=4, max=4) == ("3.0000", "raw", False)


def test_scaled_is_rescaled() -> None:
    assert told(scaled=0.5) == ("2.5000", "scaled", False)
    assert told(scaled=1) == ("4.0000", "scaled", False)


@pytest.mark.parametrize(("raw", "expected"), [(85, "4.0000"), (0, "1.0000"), (-3, "1.0000")])
def test_raw_off_the_scale_is_brought_back(raw: float, expected: str) -> None:
    assert told(raw=raw) == (expected, "raw", True)


def test_scaled_below_zero_is_brought_back() -> None:
    assert told(scaled=-0.5) == ("1.0000", "scaled", True)


def test_success_alone_is_no_score() -> None:
    assert told(success=True) == (None, "none", False)
    assert told() == (None, "none", False)


def test_without_levels_raw_is_taken_and_scaled_says_nothing() -> None:
    scale = Scale(criterion())
    assert told(scale, raw=85, min=0, max=100) == ("85.0000", "raw", False)
    assert told(scale, scaled=0.5) == (None, "none", False)
    assert told(scale, raw=1e30) == ("999.9999", "raw", True)


def test_level_of_a_score_is_the_highest_reached() -> None:
    assert [FOUR.level(units(score)) for score in (0.9, 1, 2.9999, 4)] == [None, "l1", "l2", "l4"]


def test_levels_need_no_order() -> None:
    scale = Scale(criterion(4, 1, 3))
    assert (scale.lowest, scale.highest, scale.level(units(3.5))) == (units(1), units(4), "l3")
