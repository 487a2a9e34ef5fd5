"""Mastery: several scores of a criterion as one value, by the six methods of Canvas' outcomes, exact.

Scores, threshold and values are ten-thousandths (`units`). Averages are carried on as exact fractions and rounded where
they are told, never between two steps.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias

from lrs.reference.policy import Method
from projections.rubric_evidence.units import quotient


class Rule(NamedTuple):
    """A method with its int (weight of the latest in percent, or how many are needed) and the threshold of mastery."""

    method: Method
    number: int
    threshold: int


_Running: TypeAlias = Callable[[Rule, Sequence[int]], Iterator[int | None]]


def running(rule: Rule, scores: Sequence[int]) -> list[int | None]:
    """The value after each of the scores, in their order; None where the method has none yet."""
    if len(scores) == 1 and rule.method != "n_mastery":
        return list(scores)
    return list(_METHODS[rule.method](rule, scores))


def _highest(rule: Rule, scores: Sequence[int]) -> Iterator[int | None]:
    highest = scores[0] if scores else 0
    for score in scores:
        highest = max(highest, score)
        yield highest


def _latest(rule: Rule, scores: Sequence[int]) -> Iterator[int | None]:
    yield from scores


def _average(rule: Rule, scores: Sequence[int]) -> Iterator[int | None]:
    total = 0
    for count, score in enumerate(scores, start=1):
        total += score
        yield quotient(total, count)


def _n_mastery(rule: Rule, scores: Sequence[int]) -> Iterator[int | None]:
    total = count = 0
    for score in scores:
        if score >= rule.threshold:
            total, count = total + score, count + 1
        yield quotient(total, count) if count >= max(rule.number, 1) else None


def _decaying_average(rule: Rule, scores: Sequence[int]) -> Iterator[int | None]:
    """Percent of the latest, the rest of the mean of all before it."""
    weight, total = rule.number, 0
    for earlier, score in enumerate(scores):
        if earlier:
            yield quotient(weight * score * earlier + (100 - weight) * total, 100 * earlier)
        else:
            yield score
        total += score


def _standard_decaying_average(rule: Rule, scores: Sequence[int]) -> Iterator[int | None]:
    """Percent of the latest, the rest of the value before it: a fraction over a power of a hundred."""
    weight, value, power = rule.number, 0, 1
    for place, score in enumerate(scores):
        if place:
            value = weight * score * power + (100 - weight) * value
            power *= 100
        else:
            value = score
        yield quotient(value, power)


_METHODS: Final[Mapping[Method, _Running]] = {
    "highest": _highest,
    "latest": _latest,
    "average": _average,
    "n_mastery": _n_mastery,
    "decaying_average": _decaying_average,
    "standard_decaying_average": _standard_decaying_average,
}
