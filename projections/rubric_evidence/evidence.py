"""What items amount to: one row for a criterion and a period, and for each organisation and purpose of them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, TypeAlias

from projections.analytic.memo import Memo
from projections.rubric_evidence import mastery
from projections.rubric_evidence.items import OLD_VERSION, Item
from projections.rubric_evidence.scores import Scale
from projections.rubric_evidence.standards import OUT_OF_REACH, Cell, Place, Standard
from projections.rubric_evidence.units import decimal, quotient

Row: TypeAlias = tuple[Any, ...]
Scores: TypeAlias = Sequence[tuple[Item, int]]
# Scores that count towards mastery, in order, each with the time at which it was observed.
Counted: TypeAlias = Sequence[tuple[datetime, int]]

ARTIFACTS: Final = frozenset({"artifact", "student_work"})
NOBODY: Final = frozenset({None})
RATERS: Final = frozenset({"coach", "evaluator"})
NO_SCORES: Final = (None,) * 4


def rows(person: str, items: Iterable[Item], memo: Memo) -> list[Row]:
    """The rows of `evidence` of a person, from items that count, in order."""
    cells = memo.of_sorts("cells", items, _by_cell)
    return list(memo.of_all("evidence", cells, lambda cell, every: (person, *cell.key, *_row(cell, every))).values())


def _by_cell(items: Iterable[Item]) -> dict[Cell, list[Item]]:
    cells: dict[Cell, list[Item]] = defaultdict(list)
    for item in items:
        for cell in item.cells:
            cells[cell].append(item)
    return cells


def _row(cell: Cell, items: list[Item]) -> Row:
    standard = cell.standard
    scores = _scores(items, standard)
    counts = standard.policy.counts
    counted = [(item.fact.observed_at, score) for item, score in scores if item.role in counts]
    roles = [item.role for item in items]
    return (
        cell.period.kind,
        len(items),
        len(scores),
        len(counted),
        roles.count("coach"),
        roles.count("evaluator"),
        roles.count("peer"),
        roles.count("self"),
        len({item.assessor for item in items} - NOBODY),
        len({item.source for item in items}),
        len([item for item in items if item.kind in ARTIFACTS]),
        items[0].fact.observed_at,
        items[-1].fact.observed_at,
        max([item.day for item in items]),
        *_spread([score for _, score in counted]),
        *judged(counted, standard.place.scale, standard.rule),
        _self_gap(scores),
        _flags(items, standard),
    )


def _scores(items: list[Item], standard: Standard) -> Scores:
    """Scores on the scale of the row, in the order that the policy wants: as observed, or as stored."""
    place = standard.place
    rubric = place.rubric
    found = [
        (item, score if item.place.rubric is rubric else rescaled(score, item.place, place))
        for item in items
        if (score := item.scored.score) is not None
    ]
    if standard.policy.order_by == "stored" and len(found) > 1:
        found.sort(key=lambda each: (each[0].fact.stored_at, each[0].fact.order))
    return found


def rescaled(score: int, own: Place, other: Place) -> int:
    """A score on a criterion at the same place of the scale of what it counts for."""
    if own.rubric is other.rubric or not own.scale.is_known:
        return score
    return other.scale.rescaled(score, own.scale.lowest, own.scale.highest)


def _spread(scores: list[int]) -> Row:
    if not scores:
        return NO_SCORES
    if len(scores) == 1:
        return (decimal(scores[0]),) * 4
    mean = quotient(sum(scores), len(scores))
    return decimal(scores[0]), decimal(scores[-1]), decimal(max(scores)), decimal(mean)


def judged(counted: Counted, scale: Scale, rule: mastery.Rule) -> Row:
    """What scores that count make by a rule: the columns `tables.JUDGED`."""
    threshold = None if rule.threshold == OUT_OF_REACH else decimal(rule.threshold)
    values = mastery.running(rule, [score for _, score in counted])
    reached = _reached(counted, values, rule.threshold)
    value = values[-1] if values else None
    if value is None:
        return rule.method, rule.number, None, threshold, None, False, reached, None
    return (
        rule.method,
        rule.number,
        decimal(value),
        threshold,
        scale.level(value),
        value >= rule.threshold,
        reached,
        decimal(value - counted[0][1]) if len(counted) > 1 else None,
    )


def _reached(counted: Counted, values: Sequence[int | None], threshold: int) -> datetime | None:
    for (when, _), value in zip(counted, values, strict=True):
        if value is not None and value >= threshold:
            return when
    return None


def _self_gap(scores: Scores) -> Decimal | None:
    own = others = None
    for item, score in scores:
        if item.role == "self":
            own = score
        elif item.role in RATERS:
            others = score
    return None if own is None or others is None else decimal(own - others)


def _flags(items: list[Item], standard: Standard) -> list[str]:
    rubric = standard.place.rubric
    found = {flag for item in items for flag in item.flags}
    if [item for item in items if item.place.rubric is not rubric]:
        found.add(OLD_VERSION)
    return sorted(found)
