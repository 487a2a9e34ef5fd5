"""What an educator learned besides coaching: meetings of cohorts, units completed, and the minutes spent."""

from collections.abc import Collection
from math import fsum
from typing import Final, NamedTuple, TypeAlias

from projections.facts.fact import Fact, Kind

COUNTED: Final = frozenset({"completed", "time", "waived"})
# A meeting of a cohort: the same for all facts that tell of it.
Meeting: TypeAlias = tuple[str | None, str]


class Piece(NamedTuple):
    """What a fact of learning adds: a unit that is done, if not None, and minutes of a sitting, if not None.

    Of one sitting counts the time that the content reports when it ends, or else the duration of the completion: so
    `spent` is whether it was timed, and how long it was.
    """

    unit: tuple[str | None] | None = None
    sitting: object = None
    spent: tuple[bool, float] = (False, 0)


class Learning(NamedTuple):
    """Minutes of learning, and units completed (waived ones too)."""

    minutes: float
    units: int


def counts(fact: Fact) -> bool:
    """Whether a fact of learning or attendance counts: not that a unit was begun, nor a meeting without a cohort."""
    if fact.kind is Kind.LEARN:
        return fact.data.get("state") in COUNTED
    return fact.kind is Kind.SESSION_ATTENDED and fact.cohort is not None


def meeting(fact: Fact) -> Meeting:
    """The meeting that somebody attended."""
    return fact.cohort, fact.session or fact.id


def piece(fact: Fact) -> Piece:
    """What a fact of learning that counts adds."""
    state = fact.data.get("state")
    unit = None if state == "time" else (fact.unit,)
    if not fact.minutes or state == "waived":
        return Piece(unit)
    return Piece(unit, (fact.unit, fact.session) if fact.session else fact.id, (state == "time", fact.minutes))


def of(pieces: Collection[Piece]) -> Learning:
    """What these amount to. A unit counts once, however often it is reported, and so does a sitting."""
    sittings: dict[object, tuple[bool, float]] = {}
    for _, sitting, spent in pieces:
        if sitting is not None:
            held = sittings.get(sitting)
            sittings[sitting] = spent if held is None else max(held, spent)
    minutes = fsum(minutes for _, minutes in sittings.values())
    return Learning(minutes, len({each.unit for each in pieces if each.unit is not None}))
