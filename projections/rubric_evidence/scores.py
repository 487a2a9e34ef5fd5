"""What a statement says of a criterion, as a score on the criterion's own scale.

A level counts before `raw`, `raw` before `scaled`: of scores that carry both, emitters get `scaled` wrong more often
than not. `success` alone is evidence without a score. Scores are ten-thousandths (`units`).
"""

from bisect import bisect_right
from collections.abc import Mapping
from typing import Final, Literal, NamedTuple, TypeAlias

from lrs.reference.model import Criterion, Level
from projections.facts.fact import Value
from projections.rubric_evidence.units import LARGEST, ONE, quotient, units

Basis: TypeAlias = Literal["level", "raw", "scaled", "none"]


class Scored(NamedTuple):
    """A score, what it was read from, and whether it had to be brought back onto the scale."""

    score: int | None
    basis: Basis
    off_scale: bool


UNSCORED: Final = Scored(None, "none", False)


class Scale:
    """The scores that a criterion's levels reach from and to; without levels, whatever a column can hold."""

    __slots__ = ("_ids", "_scores", "highest", "is_known", "lowest")

    def __init__(self, criterion: Criterion) -> None:
        levels = sorted((units(level.score), place) for place, level in enumerate(criterion.levels))
        self._scores = [score for score, _ in levels]
        self._ids = [criterion.levels[place].id for _, place in levels]
        self.is_known = bool(levels)
        self.lowest, self.highest = (self._scores[0], self._scores[-1]) if levels else (-LARGEST, LARGEST)

    def level(self, score: int) -> str | None:
        """The id of the highest level with at most that score."""
        at = bisect_right(self._scores, score)
        return self._ids[at - 1] if at else None

    def clamped(self, score: int, basis: Basis) -> Scored:
        """That score, brought onto the scale."""
        inside = min(max(score, self.lowest), self.highest)
        return Scored(inside, basis, inside != score)

    def rescaled(self, score: int, lowest: int, highest: int) -> int:
        """A score of [lowest, highest] at the same place of this scale."""
        if (lowest, highest) == (self.lowest, self.highest) or not self.is_known or lowest >= highest:
            return score
        width = self.highest - self.lowest
        return quotient(self.lowest * (highest - lowest) + (score - lowest) * width, highest - lowest)


def scored(data: Mapping[str, Value], scale: Scale, level: Level | None) -> Scored:
    """The score that a `rubric.score` fact gives by its data, or by the level of its criterion that it names."""
    if level is not None:
        return scale.clamped(units(level.score), "level")
    raw = data.get("raw")
    if isinstance(raw, int | float):
        return scale.clamped(_raw(units(raw), data, scale), "raw")
    scaled = data.get("scaled")
    if isinstance(scaled, int | float) and scale.is_known:
        return scale.clamped(scale.rescaled(units(scaled), 0, ONE), "scaled")
    return UNSCORED


def _raw(raw: int, data: Mapping[str, Value], scale: Scale) -> int:
    """Where only one end is told, the other is not known, and `raw` is taken to be on the criterion's scale."""
    lowest, highest = data.get("min"), data.get("max")
    if isinstance(lowest, int | float) and isinstance(highest, int | float):
        return scale.rescaled(raw, units(lowest), units(highest))
    return raw
