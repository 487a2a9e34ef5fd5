"""Minutes of learning, once for each session of a unit, however many statements report it."""

from collections.abc import Iterable
from datetime import date
from typing import Final, Protocol

from projections.facts.fact import Fact

DONE: Final = frozenset({"completed", "waived"})


class Dated(Protocol):
    """A fact with its local day."""

    @property
    def fact(self) -> Fact: ...  # noqa: D102

    @property
    def day(self) -> date: ...  # noqa: D102


def is_done(fact: Fact) -> bool:
    """Whether a `learn` fact says that its unit is completed, or need not be."""
    return fact.data.get("state") in DONE


def bears(fact: Fact) -> bool:
    """Whether a `learn` fact can change a number: a mere start does not."""
    return fact.minutes is not None or is_done(fact)


def timed(facts: Iterable[Dated]) -> list[Fact]:
    """Of one person's `learn` facts, each with its local day, in order, those whose minutes count.

    One for each session of a unit (of a unit and day, where no session is named): the longest of those that report time
    spent (cmi5 `terminated`), else the longest completion. No minutes, or zero, are unknown.
    """
    best: dict[tuple[str | None, str | date], Fact] = {}
    for each in facts:
        fact = each.fact
        if fact.minutes is None or fact.minutes <= 0:
            continue
        group = (fact.unit, fact.session or each.day)
        known = best.get(group)
        if known is None or _weight(fact) > _weight(known):
            best[group] = fact
    return list(best.values())


def _weight(fact: Fact) -> tuple[bool, float]:
    return (fact.data.get("state") == "time", fact.minutes or 0.0)
