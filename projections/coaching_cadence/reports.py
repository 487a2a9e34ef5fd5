"""What facts tell of coaching, each with the pair and the local day that it is about."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import lru_cache, partial
from typing import Final, NamedTuple, TypeVar

import msgspec

from lrs.reference.reference import Reference
from projections.analytic.memo import Memo
from projections.coaching_cadence import whereabouts, years
from projections.coaching_cadence.years import Place
from projections.facts.fact import Fact, Kind

Key = TypeVar("Key", str, tuple[str, str])

SESSIONS: Final = frozenset({Kind.SESSION_SCHEDULED, Kind.SESSION_CANCELLED, Kind.SESSION_LEFT})
NAMES_NO_COACH: Final = frozenset({Kind.CYCLE, Kind.STEP})
# As these are asked for each fact.
CYCLE, COACH_CONTACT, STEP = Kind.CYCLE, Kind.COACH_CONTACT, Kind.STEP
# Where in a Pair the reports of a kind are.
FIELDS: Final = {Kind.COACH_CONTACT: 0, Kind.SESSION_SCHEDULED: 1, Kind.SESSION_CANCELLED: 1, Kind.SESSION_LEFT: 2}
# No meeting is longer: a wrong duration must not swallow the contacts of the weeks after it.
LONGEST: Final = timedelta(hours=24)
REGISTRATION: Final = 36
# So many facts at least, and twice as many at most.
REMEMBERED: Final = 1 << 15


class Report(msgspec.Struct, frozen=True, eq=False, gc=False):
    """A fact about an educator and a coach (None: of a cycle whose coach nobody named), on the educator's local day;
    `places` are the periods that it counts for, `cycle` is the one that it tells of, if any. As it says they met until
    `end`, in a session that is a registration or not.
    """

    fact: Fact
    educator: str
    coach: str | None
    day: date
    places: tuple[Place, ...]
    cycle: str | None
    end: datetime
    is_registered: bool


class Pair(NamedTuple):
    """What is reported of meetings of a coach and an educator, in order: contacts, what was booked or called off, and
    ends.
    """

    met: list[Report]
    booked: list[Report]
    left: list[Report]


NOTHING: Final[list[Report]] = []
NOBODY: Final = Pair(NOTHING, NOTHING, NOTHING)


class Told(NamedTuple):
    """Reports, in order: of meetings by coach and educator; of cycles by educator and id, as two educators never share
    one (some systems have one activity for all cycles of a kind); of steps by their unit.
    """

    pairs: dict[tuple[str, str], Pair]
    cycles: dict[tuple[str, str], list[Report]]
    steps: dict[str, list[Report]]


class About(NamedTuple):
    """Whom a fact of coaching is about: the educator and the coach, as of her local day, and where she works then."""

    educator: str
    coach: str | None
    day: date
    org: str | None


def about(fact: Fact, reference: Reference) -> About | None:
    """Whom a fact is about as coaching; None for one that is no coaching.

    A contact, a booking or a step is coaching if it says so itself, or if the other person is a coach that day: by a
    post or by any assignment. That excludes the many whom learning platforms name as instructor of something else.
    """
    kind = fact.kind
    if fact.cohort is not None and kind in SESSIONS:
        return None
    where = whereabouts.of(reference)
    educator, day, org = where.of(fact.subject, fact.observed_at)
    coach: str | None
    if fact.other is None:
        if kind not in NAMES_NO_COACH:
            return None
        coach = _only_coach(educator, day, reference)
    else:
        coach = where.person(fact.other, day)
        if coach == educator:
            return None
        if kind is not CYCLE and not fact.data.get("says_coaching") and not where.is_coach(coach, day):
            return None
    return About(educator, coach, day, org)


def told(
    facts: Iterable[Fact],
    reference: Reference,
    memo: Memo,
    as_of: date | None,
    *,
    educator: str | None = None,
    coach: str | None = None,
) -> Told:
    """What facts tell of an educator, or of a coach, through the local day `as_of`."""
    reported = memo.of_each("reports", facts, _of(reference).report)
    return memo.of_one_by_one("telling", reported, partial(_Telling, educator, coach, as_of)).told()


class _Telling:
    """What reports tell of an educator or a coach through a day; they come one by one in their order."""

    def __init__(self, educator: str | None, coach: str | None, as_of: date | None) -> None:
        self._educator = educator
        self._coach = coach
        self._as_of = as_of
        self._told = Told({}, {}, {})
        # What was added to these since they were told last.
        self._pairs: dict[tuple[str, str], tuple[list[Report], ...]] = {}
        self._cycles: dict[tuple[str, str], list[Report]] = {}
        self._steps: dict[str, list[Report]] = {}

    def add(self, report: Report | None) -> None:
        """One more, if it is of whom is asked for."""
        if report is None or (self._as_of is not None and report.day > self._as_of):
            return
        if report.coach != self._coach if self._educator is None else report.educator != self._educator:
            return
        fact, coach = report.fact, report.coach
        if coach is not None:
            field = FIELDS.get(fact.kind)
            if field is not None:
                whose = (coach, report.educator)
                lists = self._pairs.get(whose)
                if lists is None:
                    lists = self._pairs[whose] = ([], [], [])
                lists[field].append(report)
            elif fact.kind is STEP and fact.unit is not None:
                self._steps.setdefault(fact.unit, []).append(report)
        if report.cycle is not None:
            self._cycles.setdefault((report.educator, report.cycle), []).append(report)

    def told(self) -> Told:
        """All that they tell so far. A list or mapping to which nothing was added stays the same object."""
        pairs, cycles, steps = self._told
        if self._pairs:
            pairs = dict(pairs)
            for whose, new in self._pairs.items():
                old = pairs.get(whose, NOBODY)
                pairs[whose] = Pair(*map(_longer, old, new))
        self._told = Told(pairs, _added(cycles, self._cycles), _added(steps, self._steps))
        self._pairs, self._cycles, self._steps = {}, {}, {}
        return self._told


def _added(old: dict[Key, list[Report]], new: dict[Key, list[Report]]) -> dict[Key, list[Report]]:
    return {**old, **{key: _longer(old.get(key, NOTHING), more) for key, more in new.items()}} if new else old


def _longer(old: list[Report], more: list[Report]) -> list[Report]:
    return old + more if old and more else old or more


class Reports:
    """Reports by a `Reference`, the last ones remembered by their fact: the rows of an educator, of her year and of her
    coach's year are made of the same ones.
    """

    def __init__(self, reference: Reference, *, most: int = REMEMBERED) -> None:
        self._reference = reference
        self._most = most
        self._years = years.of(reference)
        # By the fact's identity, which stays its own while the fact is held here.
        self._now: dict[int, tuple[Fact, Report | None]] = {}
        self._before: dict[int, tuple[Fact, Report | None]] = {}

    def report(self, fact: Fact) -> Report | None:
        """What a fact reports of coaching; None for one that is no coaching."""
        key = id(fact)
        held = self._now.get(key) or self._before.get(key)
        if held is not None and held[0] is fact:
            return held[1]
        found = about(fact, self._reference)
        made = None
        if found is not None:
            places = self._years.places(found.org, found.day)
            is_registered = fact.session is not None and is_registration(fact.session)
            made = Report(fact, found.educator, found.coach, found.day, places, _cycle(fact), _end(fact), is_registered)
        if len(self._now) >= self._most:
            self._before, self._now = self._now, {}
        self._now[key] = (fact, made)
        return made


@lru_cache(maxsize=4)
def _of(reference: Reference) -> Reports:
    return Reports(reference)


def _only_coach(educator: str, day: date, reference: Reference) -> str | None:
    """The coach of a step or cycle that names none: who is assigned that day, if it is one person."""
    coaches = {each.coach for each in reference.assignments_of_educator(educator) if each.covers(day)}
    return coaches.pop() if len(coaches) == 1 else None


def _cycle(fact: Fact) -> str | None:
    if fact.kind is CYCLE:
        return fact.session
    named = fact.data.get("cycle") if fact.kind is COACH_CONTACT else None
    return named if isinstance(named, str) and named else None


def is_registration(session: str) -> bool:
    """Whether a session is told by its registration, a UUID, and not by the activity, which may be any day's."""
    return len(session) == REGISTRATION and session[8] == session[13] == session[18] == session[23] == "-"


def _end(fact: Fact) -> datetime:
    """When those who met ended, as far as a report says."""
    start = fact.observed_at
    if not fact.minutes or fact.kind is not COACH_CONTACT:
        return start
    return max(start, start + min(timedelta(minutes=fact.minutes), LONGEST))
