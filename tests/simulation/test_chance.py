"""Draws: seeded, stable, and distributed as they say."""

from statistics import fmean, median

import pytest

from lrs.simulation.chance import Chance


def test_same_name_same_draws() -> None:
    one, other = Chance(7, "a", 1), Chance(7, "a", 1)
    assert [one.part() for _ in range(5)] == [other.part() for _ in range(5)]


def test_other_name_other_draws() -> None:
    assert Chance(7, "a").part() != Chance(7, "b").part() != Chance(8, "b").part()


def test_whole_has_both_ends() -> None:
    chance = Chance(7, "whole")
    assert {chance.whole(2, 4) for _ in range(200)} == {2, 3, 4}


def test_some_are_different() -> None:
    drawn = Chance(7, "some").some(5, range(10))
    assert len(set(drawn)) == 5
    assert sorted(Chance(7, "some").some(20, range(3))) == [0, 1, 2]


def test_weights_count() -> None:
    chance = Chance(7, "weights")
    assert {chance.weighted([0.0, 1.0, 0.0]) for _ in range(50)} == {1}


def test_uuid_is_of_version_4() -> None:
    drawn = {Chance(7, number).uuid() for number in range(50)}
    assert len(drawn) == 50
    assert {each.version for each in drawn} == {4}


@pytest.mark.parametrize(
    ("draw", "mean"),
    [
        (lambda chance: chance.gamma(1.6, 14.0), 14.0),
        (lambda chance: chance.exponential(5.0), 5.0),
        (lambda chance: chance.beta(8, 2), 0.8),
        (lambda chance: chance.normal(2.3, 0.45), 2.3),
        (lambda chance: chance.between(2, 4), 3.0),
    ],
    ids=["gamma", "exponential", "beta", "normal", "between"],
)
def test_mean_is_as_asked(draw: object, mean: float) -> None:
    chance = Chance(7, "mean")
    assert callable(draw)
    assert fmean(draw(chance) for _ in range(20_000)) == pytest.approx(mean, rel=0.03)


def test_median_is_as_asked() -> None:
    chance = Chance(7, "median")
    assert median(chance.lognormal(10.5, 0.45) for _ in range(20_000)) == pytest.approx(10.5, rel=0.03)
