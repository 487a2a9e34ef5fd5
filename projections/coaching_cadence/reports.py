"""What facts tell of coaching, each with the pair and the local day that it is about."""

from collections.abc import Iterable
from datetime import date
from typing import Final

import msgspec

from lrs.reference.reference import Reference
from projections.analytic.memo import Memo
from projections.coaching_cadence import whereabouts, years
from projections.coaching_cadence.years import Place
from projections.facts.fact import Fact, Kind

SESSIONS: Final = frozenset({Kind.SESSION_SCHEDULED, Kind.SESSION_CANCELLED, Kind.SESSION_LEFT})
NAMES_NO_COACH: Final = frozenset({Kind.CYCLE, Kind.STEP})


class Report(msgspec.Struct, frozen=True, gc=False):
    """A fact about an educator and a coach (None: of a cycle whose coach nobody named), on the educator's local day;
    `places` are the periods that it counts for, `cycle` is the one that it tells of, if any.
    """

    fact: Fact
    educator: str
    coach: str | None
    day: date
    places: tuple[Place, ...]
    cycle: str | None


def of(fact: Fact, reference: Reference) -> Report | None:
    """What a fact reports of coaching; None for one that is no coaching.

    A contact, a booking or a step is coaching if it says so itself, or if the other person is a coach that day: by a
    post or by any assignment. That excludes the many whom learning platforms name as instructor of something else.
    """
    kind = fact.kind
    if kind in SESSIONS and fact.cohort is not None:
        return None
    where = whereabouts.of(reference)
    educator, day = where.of(fact.subject, fact.observed_at)
    coach: str | None
    if fact.other is None:
        if kind not in NAMES_NO_COACH:
            return None
        coach = _only_coach(educator, day, reference)
    else:
        coach = where.person(fact.other, day)
        counts = kind is Kind.CYCLE or fact.data.get("says_coaching") or where.is_coach(coach, day)
        if coach == educator or not counts:
            return None
    places = years.of(reference).places(reference.org_of(educator, day), day)
    return Report(fact, educator, coach, day, places, _cycle(fact))


def every(facts: Iterable[Fact], reference: Reference, memo: Memo, as_of: date | None) -> list[Report]:
    """The reports among facts, in their order, through the local day `as_of`."""

    def told(fact: Fact) -> Report | None:
        return of(fact, reference)

    found = memo.of_each("reports", facts, told)
    return [report for report in found if report is not None and (as_of is None or report.day <= as_of)]


def _only_coach(educator: str, day: date, reference: Reference) -> str | None:
    """The coach of a step or cycle that names none: who is assigned that day, if it is one person."""
    coaches = {each.coach for each in reference.assignments_of_educator(educator) if each.covers(day)}
    return coaches.pop() if len(coaches) == 1 else None


def _cycle(fact: Fact) -> str | None:
    if fact.kind is Kind.CYCLE:
        return fact.session
    named = fact.data.get("cycle") if fact.kind is Kind.COACH_CONTACT else None
    return named if isinstance(named, str) and named else None
