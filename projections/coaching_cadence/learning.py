"""What an educator learned besides coaching: meetings of cohorts, units completed, and the minutes spent."""

from collections.abc import Iterable
from datetime import date
from math import fsum
from typing import Final, NamedTuple, TypeAlias

from lrs.reference.reference import Reference
from projections.coaching_cadence import whereabouts, years
from projections.coaching_cadence.years import Place
from projections.facts.fact import Fact, Kind

LEARN, ATTENDED = Kind.LEARN, Kind.SESSION_ATTENDED
TIME: Final = "time"
WAIVED: Final = "waived"
COUNTED: Final = frozenset({"completed", TIME, WAIVED})
# A meeting of a cohort: the same for all facts that tell of it.
Meeting: TypeAlias = tuple[str | None, str]
# A unit and a session; where none is told, the fact.
Sitting: TypeAlias = tuple[str | None, str] | str


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

    __slots__ = ("_minutes", "_timed", "made", "meetings", "units")

    def __init__(self) -> None:
        self.meetings: set[Meeting] = set()
        self._minutes: dict[Sitting, float] = {}
        self._timed: set[Sitting] = set()
        self.units: set[str | None] = set()
        # What it amounts to, once that was asked for, until there is more.
        self.made: Learning | None = None

    def sat(self, sitting: Sitting, minutes: float, *, timed: bool) -> None:
        """How long a sitting was, as one more fact says."""
        known = self._minutes.get(sitting)
        if known is None or (sitting in self._timed, known) < (timed, minutes):
            self._minutes[sitting] = minutes
            if timed:
                self._timed.add(sitting)

    def learning(self) -> Learning:
        """What it amounts to."""
        self.made = Learning(len(self.meetings), fsum(self._minutes.values()), len(self.units))
        return self.made


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
        tallies = self._of(self._years.places(org, day))
        if fact.kind is ATTENDED:
            meeting = (fact.cohort, fact.session or fact.id)
            for each in tallies:
                each.meetings.add(meeting)
            return
        state = fact.data.get("state")
        if state != TIME:
            for each in tallies:
                each.units.add(fact.unit)
        if fact.minutes and state != WAIVED:
            sitting: Sitting = (fact.unit, fact.session) if fact.session else fact.id
            for each in tallies:
                each.sat(sitting, fact.minutes, timed=state == TIME)

    def by_period(self) -> dict[str, Learning]:
        """What she learned, by period."""
        return {period: tally.made or tally.learning() for period, tally in self._tallies.items()}

    def _of(self, places: Iterable[Place]) -> list[_Tally]:
        """The tallies of the periods of the home, to which something is added."""
        found = []
        for place in places:
            if place.home == self._home:
                tally = self._tallies.get(place.period)
                if tally is None:
                    tally = self._tallies[place.period] = _Tally()
                tally.made = None
                found.append(tally)
        return found


def counts(fact: Fact) -> bool:
    """Whether a fact of learning or attendance counts: not that a unit was begun, nor a meeting without a cohort."""
    if fact.kind is LEARN:
        return fact.data.get("state") in COUNTED
    return fact.kind is ATTENDED and fact.cohort is not None
