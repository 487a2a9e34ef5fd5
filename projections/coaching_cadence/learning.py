"""What an educator learned besides coaching: meetings of cohorts, units completed, and the minutes spent."""

from collections import defaultdict
from collections.abc import Iterable
from math import fsum
from typing import Final

import msgspec

from projections.facts.fact import Fact, Kind

COUNTED: Final = frozenset({"completed", "time", "waived"})


class Learning(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Meetings attended, minutes of learning, and units completed (waived ones too)."""

    sessions_attended: int = 0
    minutes: float = 0
    units_completed: int = 0


def counts(fact: Fact) -> bool:
    """Whether a fact of learning or attendance counts: not that a unit was begun, nor a meeting without a cohort."""
    if fact.kind is Kind.LEARN:
        return fact.data.get("state") in COUNTED
    return fact.kind is Kind.SESSION_ATTENDED and fact.cohort is not None


def of(facts: Iterable[Fact]) -> Learning:
    """What these facts amount to. A meeting or unit counts once, however often it is reported."""
    met: set[tuple[str | None, object]] = set()
    units: set[str | None] = set()
    spent: dict[object, tuple[list[float], list[float]]] = defaultdict(lambda: ([], []))
    for fact in facts:
        if fact.kind is Kind.SESSION_ATTENDED:
            met.add((fact.cohort, fact.session or fact.id))
            continue
        state = fact.data.get("state")
        if state != "time":
            units.add(fact.unit)
        if fact.minutes and state != "waived":
            spent[(fact.unit, fact.session) if fact.session else fact.id][state == "time"].append(fact.minutes)
    # Of one sitting, the time that the content reports when it ends, or else the duration of the completion.
    minutes = fsum(max(timed or completed) for completed, timed in spent.values())
    return Learning(sessions_attended=len(met), minutes=minutes, units_completed=len(units))
