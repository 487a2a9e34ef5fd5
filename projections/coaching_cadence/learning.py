"""What an educator learned besides coaching: meetings of cohorts, units completed, and the minutes spent."""

from collections.abc import Collection
from math import fsum
from typing import Final, NamedTuple

import msgspec

from projections.facts.fact import Fact, Kind

COUNTED: Final = frozenset({"completed", "time", "waived"})


class Learning(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Meetings attended, minutes of learning, and units completed (waived ones too)."""

    sessions_attended: int = 0
    minutes: float = 0
    units_completed: int = 0


class Piece(NamedTuple):
    """What one fact adds: a meeting, a unit that is done, minutes of a sitting; each None where it adds none."""

    meeting: tuple[str | None, str] | None = None
    unit: tuple[str | None] | None = None
    sitting: object = None
    is_timed: bool = False
    minutes: float = 0


def counts(fact: Fact) -> bool:
    """Whether a fact of learning or attendance counts: not that a unit was begun, nor a meeting without a cohort."""
    if fact.kind is Kind.LEARN:
        return fact.data.get("state") in COUNTED
    return fact.kind is Kind.SESSION_ATTENDED and fact.cohort is not None


def piece(fact: Fact) -> Piece:
    """What a fact that counts adds."""
    if fact.kind is Kind.SESSION_ATTENDED:
        return Piece(meeting=(fact.cohort, fact.session or fact.id))
    state = fact.data.get("state")
    unit = None if state == "time" else (fact.unit,)
    if not fact.minutes or state == "waived":
        return Piece(unit=unit)
    sitting = (fact.unit, fact.session) if fact.session else fact.id
    return Piece(unit=unit, sitting=sitting, is_timed=state == "time", minutes=fact.minutes)


def of(pieces: Collection[Piece]) -> Learning:
    """What these amount to. A meeting or unit counts once, however often it is reported.

    Of one sitting counts the time that the content reports when it ends, or else the duration of the completion.
    """
    spent: dict[object, tuple[bool, float]] = {}
    for each in pieces:
        if each.sitting is not None:
            told = (each.is_timed, each.minutes)
            spent[each.sitting] = max(told, spent.get(each.sitting, told))
    return Learning(
        sessions_attended=len({each.meeting for each in pieces if each.meeting is not None}),
        minutes=fsum(minutes for _, minutes in spent.values()),
        units_completed=len({each.unit for each in pieces if each.unit is not None}),
    )
