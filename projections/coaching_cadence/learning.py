"""What an educator learned besides coaching: meetings of cohorts, units completed, and the minutes spent."""

from datetime import date
from math import fsum
from typing import Final, NamedTuple, TypeAlias

from lrs.reference.reference import Reference
from projections.coaching_cadence import whereabouts, years
from projections.facts.fact import Fact, Kind

LEARN, ATTENDED = Kind.LEARN, Kind.SESSION_ATTENDED
TIME: Final = "time"
COUNTED: Final = frozenset({"completed", TIME, "waived"})
# A meeting of a cohort: the same for all facts that tell of it.
Meeting: TypeAlias = tuple[str | None, str]


class Learning(NamedTuple):
    """Meetings attended, minutes of learning, and units completed (waived ones too)."""

    attended: int = 0
    minutes: float = 0.0
    units: int = 0


class _Tally:
    """What was learned in a period: a meeting, a unit and a sitting count once, however often they are reported.

    Of one sitting counts the time that the content reports when it ends, or else the duration of the completion: so
    what is known of it is whether it was timed, and how long it was.
    """

    __slots__ = ("_made", "_meetings", "_sittings", "_units")

    def __init__(self) -> None:
        self._meetings: set[Meeting] = set()
        self._sittings: dict[object, tuple[bool, float]] = {}
        self._units: set[str | None] = set()
        self._made: Learning | None = None

    def add(self, fact: Fact) -> None:
        self._made = None
        if fact.kind is ATTENDED:
            self._meetings.add((fact.cohort, fact.session or fact.id))
            return
        state = fact.data.get("state")
        if state != TIME:
            self._units.add(fact.unit)
        if fact.minutes and state != "waived":
            sitting = (fact.unit, fact.session) if fact.session else fact.id
            spent = (state == TIME, fact.minutes)
            self._sittings[sitting] = max(self._sittings.get(sitting, spent), spent)

    def learning(self) -> Learning:
        """What it amounts to."""
        if self._made is None:
            minutes = fsum(minutes for _, minutes in self._sittings.values())
            self._made = Learning(len(self._meetings), minutes, len(self._units))
        return self._made


class Learned:
    """What an educator learned in the periods of a school year through a day, by facts in any order."""

    def __init__(self, educator: str, home: str, reference: Reference, as_of: date | None) -> None:
        self._educator = educator
        self._home = home
        self._as_of = as_of
        self._where = whereabouts.of(reference)
        self._years = years.of(reference)
        self._tallies: dict[str, _Tally] = {}

    def add(self, fact: Fact) -> None:
        """Add what a fact of learning or attendance tells, if it counts."""
        if not counts(fact):
            return
        who, day, org = self._where.of(fact.subject, fact.observed_at)
        if who != self._educator or (self._as_of is not None and day > self._as_of):
            return
        for place in self._years.places(org, day):
            if place.home == self._home:
                tally = self._tallies.get(place.period)
                if tally is None:
                    tally = self._tallies[place.period] = _Tally()
                tally.add(fact)

    def by_period(self) -> dict[str, Learning]:
        """What she learned, by period."""
        return {period: tally.learning() for period, tally in self._tallies.items()}


def counts(fact: Fact) -> bool:
    """Whether a fact of learning or attendance counts: not that a unit was begun, nor a meeting without a cohort."""
    if fact.kind is LEARN:
        return fact.data.get("state") in COUNTED
    return fact.kind is ATTENDED and fact.cohort is not None
