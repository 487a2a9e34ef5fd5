"""The six methods by worked examples, and against fractions."""

from collections.abc import Sequence
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.reference.policy import METHODS, Method
from projections.rubric_evidence import mastery
from projections.rubric_evidence.units import ONE, decimal, quotient, units

PROFICIENT = 3 * ONE


def value(method: Method, number: int, *scores: float, threshold: int = PROFICIENT) -> str | None:
    found = mastery.running(mastery.Rule(method, number, threshold), [units(score) for score in scores])[-1]
    return None if found is None else str(decimal(found))


@pytest.mark.parametrize(
    ("method", "number", "expected"),
    [
        ("highest", 65, "5.0000"),
        ("latest", 65, "5.0000"),
        ("average", 65, "3.0000"),
        ("n_mastery", 3, "4.0000"),
        ("n_mastery", 4, None),
        ("decaying_average", 65, "4.1250"),
        ("standard_decaying_average", 65, "4.4696"),
    ],
)
def test_published_examples(method: Method, number: int, expected: str | None) -> None:
    assert value(method, number, 1, 2, 3, 4, 5) == expected


def test_values_run_along() -> None:
    rule = mastery.Rule("standard_decaying_average", 50, PROFICIENT)
    assert mastery.running(rule, [units(score) for score in (1, 2, 4)]) == [units(1), units(1.5), units(2.75)]


def test_no_scores_have_no_value() -> None:
    assert all(mastery.running(mastery.Rule(method, 65, PROFICIENT), []) == [] for method in METHODS)


def test_n_mastery_forgets_what_is_below() -> None:
    assert value("n_mastery", 2, 1, 4, 1, 3, 2) == "3.5000"


def test_n_mastery_of_one_score() -> None:
    assert value("n_mastery", 1, 2) is None
    assert value("n_mastery", 1, 3) == "3.0000"


def test_weight_of_all_is_the_latest() -> None:
    assert value("decaying_average", 100, 1, 4, 2) == "2.0000"


def test_halves_go_away_from_zero() -> None:
    assert [quotient(5, 10), quotient(-5, 10), quotient(15, 10), quotient(14, 10)] == [1, -1, 2, 1]


def test_numbers_are_read_as_written() -> None:
    assert [units(2.7), units(3), units(0.00005), units(-1.23456)] == [27_000, 30_000, 1, -12_346]


def slow(method: Method, number: int, threshold: Fraction, scores: Sequence[Fraction]) -> Fraction | None:
    """The value by the words of the rule alone."""
    if method == "highest":
        return max(scores)
    if method == "latest":
        return scores[-1]
    if method == "average":
        return sum(scores, Fraction()) / len(scores)
    if method == "n_mastery":
        good = [score for score in scores if score >= threshold]
        return sum(good, Fraction()) / len(good) if good and len(good) >= number else None
    weight = Fraction(number, 100)
    if len(scores) == 1:
        return scores[0]
    if method == "decaying_average":
        return weight * scores[-1] + (1 - weight) * sum(scores[:-1], Fraction()) / (len(scores) - 1)
    earlier = slow(method, number, threshold, scores[:-1])
    assert earlier is not None
    return weight * scores[-1] + (1 - weight) * earlier


@given(
    st.sampled_from(METHODS),
    st.integers(1, 99),
    st.lists(st.integers(-2 * ONE, 5 * ONE), min_size=1, max_size=40),
)
def test_equals_the_words_of_the_rule(method: Method, number: int, scores: list[int]) -> None:
    number = number % 10 + 1 if method == "n_mastery" else number
    found = mastery.running(mastery.Rule(method, number, PROFICIENT), scores)
    for count, each in enumerate(found, start=1):
        exact = slow(method, number, Fraction(PROFICIENT), [Fraction(score) for score in scores[:count]])
        if exact is None:
            assert each is None
        else:
            assert each is not None
            assert abs(each - exact) <= Fraction(1, 2)
            if abs(each - exact) == Fraction(1, 2):
                assert abs(each) > abs(exact)
