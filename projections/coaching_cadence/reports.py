"""What facts tell of coaching, each with the pair and the local day that it is about."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

import msgspec

from lrs.reference.reference import Reference
from projections.analytic.memo import Memo
from projections.coaching_cadence import whereabouts, years
from projections.coaching_cadence.years import Place
from projections.facts.fact import Fact, Kind

SESSIONS: Final = frozenset({Kind.SESSION_SCHEDULED, Kind.SESSION_CANCELLED, Kind.SESSION_LEFT})
NAMES_NO_COACH: Final = frozenset({Kind.CYCLE, Kind.STEP})
# As these are asked for each fact.
CYCLE, COACH_CONTACT, STEP = Kind.CYCLE, Kind.COACH_CONTACT, Kind.STEP
# Where in a Pair the reports of a kind are; what is told of cycles and of steps comes after.
FIELDS: Final = {Kind.COACH_CONTACT: 0, Kind.SESSION_SCHEDULED: 1, Kind.SESSION_CANCELLED: 1, Kind.SESSION_LEFT: 2}
OF_CYCLES: Final = 3
OF_STEPS: Final = 4
NOTHING: Final[list["Report"]] = []
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
    report_of = _of(reference).report

    def sorts(facts: Iterable[Fact]) -> dict[tuple[int, str, str], list[Report]]:
        found: dict[tuple[int, str, str], list[Report]] = defaultdict(list)
        for fact in facts:
            report = report_of(fact)
            if report is None or (as_of is not None and report.day > as_of):
                continue
            if report.coach != coach if educator is None else report.educator != educator:
                continue
            field = FIELDS.get(fact.kind)
            if field is not None and report.coach is not None:
                found[field, report.coach, report.educator].append(report)
            elif fact.kind is STEP and fact.unit is not None and report.coach is not None:
                found[OF_STEPS, fact.unit, ""].append(report)
            if report.cycle is not None:
                found[OF_CYCLES, report.educator, report.cycle].append(report)
        return found

    meetings: dict[tuple[str, str], list[list[Report]]] = {}
    cycles, steps = {}, {}
    for (field, one, other), each in memo.of_sorts("reports", facts, sorts).items():
        if field == OF_CYCLES:
            cycles[one, other] = each
        elif field == OF_STEPS:
            steps[one] = each
        else:
            meetings.setdefault((one, other), [NOTHING, NOTHING, NOTHING])[field] = each
    return Told({whose: Pair(*lists) for whose, lists in meetings.items()}, cycles, steps)


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
