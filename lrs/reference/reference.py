"""Reference data as of any day, in memory: who is who, where they belong, what they are measured by, what days count.

A `Reference` never changes; its answers are pure and quick (a look-up takes from a tenth to some microseconds), since
mapper and projections ask for each fact. Days are local days of the organisation.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from lrs.errors import NotFound
from lrs.reference import identities, timeline
from lrs.reference.calendar import Calendar, Clock
from lrs.reference.criteria import Criteria, Names, mastered_from
from lrs.reference.days import local_date, zones
from lrs.reference.identities import Directory
from lrs.reference.model import (
    Alignment,
    Assignment,
    Cohort,
    Criterion,
    Level,
    Link,
    Membership,
    Org,
    Pause,
    Period,
    Person,
    Post,
    Rubric,
)
from lrs.reference.policy import Policies, Policy
from lrs.reference.timeline import Timeline

EVERYBODY: Final = "*"
NOWHERE: Final[Timeline[str | None]] = Timeline((), (None,))
NO_ROLES: Final[Timeline[frozenset[str]]] = Timeline((), (frozenset(),))
YEAR_DAYS: Final = 365.25


class Touched(msgspec.Struct, frozen=True, kw_only=True):
    """What a change of reference data bears on: see `lrs.reference.touched`.

    `people` by id (an unlinked IFI is its own), `ifis` normal, `iris` of criteria, levels, cohorts and activities whose
    meaning changed, `roles` persons whose roles did, `criteria` ids whose levels, weight or version did. `everything`:
    rows of all keys; `mapping`: every statement is to be mapped again.
    """

    people: frozenset[str] = frozenset()
    ifis: frozenset[str] = frozenset()
    cohorts: frozenset[str] = frozenset()
    iris: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    criteria: frozenset[str] = frozenset()
    everything: bool = False
    mapping: bool = False


class Records(msgspec.Struct, frozen=True, kw_only=True):
    """All records of a `Reference`: policies with the day from which they hold, the mapping as the text of its file."""

    orgs: tuple[Org, ...] = ()
    people: tuple[Person, ...] = ()
    posts: tuple[Post, ...] = ()
    cohorts: tuple[Cohort, ...] = ()
    memberships: tuple[Membership, ...] = ()
    assignments: tuple[Assignment, ...] = ()
    periods: tuple[Period, ...] = ()
    pauses: tuple[Pause, ...] = ()
    links: tuple[Link, ...] = ()
    alignments: tuple[Alignment, ...] = ()
    rubrics: tuple[Rubric, ...] = ()
    policies: tuple[tuple[date | None, Policy], ...] = ()
    mapping: str | None = None
    through: int = 0


class Reference:
    """Everything that is known besides statements. `through` is the position of the last event that it has."""

    def __init__(self, records: Records) -> None:
        self.records: Final = records
        self.through: Final = records.through
        self.mapping: Final = records.mapping
        self.orgs: Final[Mapping[str, Org]] = {each.id: each for each in records.orgs}
        self.people: Final[Mapping[str, Person]] = {each.id: each for each in records.people}
        self.cohorts: Final[Mapping[str, Cohort]] = {each.id: each for each in records.cohorts}
        self.policies: Final = Policies(records.policies)
        self.directory: Final = Directory(records.links, self.people, self.policies.last.identities)
        self.criteria: Final = Criteria(records.rubrics, records.alignments)
        self.rubrics: Final[Mapping[str, Rubric]] = self.criteria.latest
        self.cohort_names: Final = Names((each.id, (each.id, *each.iris)) for each in records.cohorts)
        self._chains = {org: _chain(org, self.orgs) for org in self.orgs}
        self._posts = _by(records.posts, "person")
        self._members = _by(records.memberships, "cohort")
        self._memberships = _by(records.memberships, "person")
        self._as_educator = _by(records.assignments, "educator")
        self._as_coach = _by(records.assignments, "coach")
        self._pairs: dict[tuple[str, str], list[Assignment]] = defaultdict(list)
        for each in records.assignments:
            self._pairs[each.coach, each.educator].append(each)
        self.calendar: Final = Calendar(records.periods, records.pauses, self.ancestors)
        self._homes: dict[str, Timeline[str | None]] = {}
        self._roles: dict[str, Timeline[frozenset[str]]] = {}
        self._zones: dict[tuple[str | None, int], ZoneInfo] = {}
        self._zones_by_day: dict[str | None, Timeline[ZoneInfo | None]] = {}

    @classmethod
    def of(
        cls, *, orgs: Iterable[Org] = (), people: Iterable[Person] = (), posts: Iterable[Post] = (),
        cohorts: Iterable[Cohort] = (), memberships: Iterable[Membership] = (), assignments: Iterable[Assignment] = (),
        periods: Iterable[Period] = (), pauses: Iterable[Pause] = (), links: Iterable[Link] = (),
        alignments: Iterable[Alignment] = (), rubrics: Iterable[Rubric] = (),
        policies: Iterable[tuple[date | None, Policy]] | Policy = (), mapping: str | None = None, through: int = 0,
    ) -> "Reference":  # fmt: skip
        """A `Reference` of these records; one Policy alone holds for ever."""
        dated = ((None, policies),) if isinstance(policies, Policy) else tuple(policies)
        return cls(Records(
            orgs=tuple(orgs), people=tuple(people), posts=tuple(posts), cohorts=tuple(cohorts),
            memberships=tuple(memberships), assignments=tuple(assignments), periods=tuple(periods),
            pauses=tuple(pauses), links=tuple(links), alignments=tuple(alignments), rubrics=tuple(rubrics),
            policies=dated, mapping=mapping, through=through,
        ))  # fmt: skip

    def policy(self, day: date) -> Policy:
        """The policy in force on a day; before the first document, that one."""
        return self.policies.on(day)

    # Organisations and time

    def org_of(self, person: str, day: date) -> str | None:
        """Where a person has her primary post on a day, None where that is not known."""
        return self.homes(person).on(day)

    def homes(self, person: str) -> Timeline[str | None]:
        """The organisation of a person's primary post, over all days."""
        found = self._homes.get(person)
        if found is None:
            posts = self._posts.get(person)
            if not posts:
                return NOWHERE
            found = self._homes[person] = timeline.of(posts, _home)
        return found

    def ancestors(self, org: str | None) -> tuple[str, ...]:
        """The organisation itself, then what it belongs to, the district last; an unknown one is alone."""
        if org is None:
            return ()
        return self._chains.get(org) or (org,)

    def zone(self, org: str | None, day: date) -> ZoneInfo:
        """The time zone of an organisation: its own, else that of what it belongs to, else the policy's, else UTC."""
        key = (org, self.policies.index(day))
        found = self._zones.get(key)
        if found is None:
            found = self._zones[key] = ZoneInfo(self._zone_name(org, self.policy(day)))
        return found

    def _zone_name(self, org: str | None, policy: Policy) -> str:
        zones = policy.timezone
        for each in self.ancestors(org):
            if not isinstance(zones, str) and each in zones:
                return zones[each]
            known = self.orgs.get(each)
            if known is not None and known.timezone:
                return known.timezone
        return zones if isinstance(zones, str) else zones.get(EVERYBODY, "UTC")

    def local_date(self, at: datetime, org: str | None) -> date:
        """The day that it is at an organisation at a time."""
        return local_date(at, self.zone(org, at.date()))

    def local_date_of(self, at: datetime, person: str) -> date:
        """The day that it is where a person works at that time."""
        at = at.astimezone(UTC)
        today = at.date()
        if (zone := self._zones_of(person).on(today)) is not None:
            return local_date(at, zone)
        homes = self.homes(person)
        org = homes.on(today)
        day = local_date(at, self.zone(org, today))
        if day == today or (home := homes.on(day)) == org:
            return day
        return self.local_date(at, home)

    def _zones_of(self, person: str) -> Timeline[ZoneInfo | None]:
        """The zone in which a person works, by the day in UTC; None about a day on which that changes."""
        homes = self.homes(person)
        key = None if homes is NOWHERE else person
        found = self._zones_by_day.get(key)
        if found is None:
            policies = [since for since, _ in self.policies.dated]
            found = self._zones_by_day[key] = zones(homes, policies, self.zone)
        return found

    def periods(self, org: str | None, day: date) -> tuple[Period, ...]:
        """The school year and the term that hold a day, of the organisation or the nearest above that has any.

        Days in no session go where the policy says. Without a calendar there is one school year from August to July.
        """
        return self.calendar.periods(org, day, self.policy(day).periods.outside)

    def period(self, id_: str) -> Period:
        """The period of that id; NotFound where there is none."""
        found = self.calendar.period(id_)
        if found is None:
            raise NotFound(f"there is no period {id_!r}: academicSessions of the roster say which there are")
        return found

    def cadence_days(self, a: date, b: date, *, org: str | None, person: str | None) -> int:
        """Calendar days in [a, b) minus those on which the cadence clock of the organisation or person stands still."""
        return self.clock(org, person).days(a, b)

    def cadence_date(self, a: date, n: int, *, org: str | None, person: str | None) -> date:
        """The first day d on which `cadence_days(a, d)` is `n`."""
        return self.clock(org, person).after(a, n)

    def is_paused(self, day: date, *, org: str | None, person: str | None) -> bool:
        """Whether the cadence clock stands still on a day."""
        return self.clock(org, person).is_paused(day)

    def clock(self, org: str | None, person: str | None) -> Clock:
        """The cadence clock of a person at an organisation; of the organisation alone where the person is None."""
        return self.calendar.clock(org, person)

    # People

    def person(self, ifi: str, at: date) -> str:
        """Whose identifier it is on a day: a person's id, or the identifier itself, normal, where it is nobody's."""
        return self.directory.person(ifi, at)

    def person_always(self, ifi: str) -> str | None:
        """The same whatever the day; None where that depends on it."""
        return self.directory.always(ifi)

    def ifis(self, person: str) -> tuple[str, ...]:
        """Every identifier, normal, that ever was a person's; an unlinked one gives itself."""
        return self.directory.ifis(person)

    def normal(self, ifi: str) -> str:
        """The form of an identifier under which facts are kept; no reference data bears on it."""
        return identities.normal(ifi)

    def roles(self, person: str, day: date) -> frozenset[str]:
        """The roles of a person's posts on a day, with `coach` and `facilitator` where she has pairs or cohorts."""
        return self.roles_of(person).on(day)

    def roles_of(self, person: str) -> Timeline[frozenset[str]]:
        """A person's roles over all days."""
        found = self._roles.get(person)
        if found is None:
            every = (
                *self._posts.get(person, ()), *self._as_coach.get(person, ()), *self._memberships.get(person, ()),
            )  # fmt: skip
            if not every:
                return NO_ROLES
            found = self._roles[person] = timeline.of(every, _roles)
        return found

    def teaching_since(self, person: str) -> date | None:
        """Since when a person teaches, by the roster's `metadata.pd.teachingSince`; None where that is not known."""
        known = self.people.get(person)
        return _day(known.dimensions.get("teachingSince", "")) if known else None

    def experience(self, person: str, day: date) -> float | None:
        """For how many years a person teaches on a day."""
        since = self.teaching_since(person)
        return None if since is None else (day - since).days / YEAR_DAYS

    # Cohorts and coaching

    def cohort_of(self, iri: str) -> str | None:
        """The cohort that an IRI names, if it is one."""
        return self.cohort_names.find(iri)

    def members(self, cohort: str) -> Sequence[Membership]:
        """Everybody who ever was in a cohort, and when."""
        return self._members.get(cohort, ())

    def memberships(self, person: str) -> Sequence[Membership]:
        """The cohorts in which a person ever was, and when."""
        return self._memberships.get(person, ())

    def cohort_target(self, cohort: str, day: date) -> int | None:
        """Every how many cadence days a cohort is to meet: its own, else that of its plan; None where nothing says."""
        known = self.cohorts[cohort]
        if known.target_interval_days is not None:
            return known.target_interval_days
        return None if known.plan is None else self.policy(day).cadence.by_plan.get(known.plan)

    def assignments_of_educator(self, person: str) -> Sequence[Assignment]:
        """Who ever was to coach a person, and when."""
        return self._as_educator.get(person, ())

    def assignments_of_coach(self, person: str) -> Sequence[Assignment]:
        """Whom a person ever was to coach, and when."""
        return self._as_coach.get(person, ())

    def assignments(self, coach: str, educator: str) -> Sequence[Assignment]:
        """Whether the one ever was to coach the other, and when."""
        return self._pairs.get((coach, educator), ())

    def is_assigned(self, coach: str, educator: str, day: date) -> bool:
        """Whether the one is to coach the other on a day."""
        return any(each.covers(day) for each in self.assignments(coach, educator))

    def target_days(self, educator: str, plan: str | None, assignment: Assignment | None, day: date) -> int:
        """Every how many cadence days an educator is to be seen: by assignment, else plan, else years of teaching."""
        if assignment is not None and assignment.target_interval_days is not None:
            return assignment.target_interval_days
        cadence = self.policy(day).cadence
        if plan is not None and plan in cadence.by_plan:
            return cadence.by_plan[plan]
        years = self.experience(educator, day)
        is_new = years is not None and years < cadence.new_teacher_years
        return cadence.new_teacher_target if is_new else cadence.default_target

    # Rubrics

    def criterion_of(self, iri: str) -> str | None:
        """The criterion that an IRI names, its own or its item's, if it is one."""
        return self.criteria.names.find(iri)

    def criterion(self, id_: str, day: date | None = None) -> Criterion:
        """A criterion, as of a day or in its newest version; NotFound where there is none."""
        return self.criteria.place(id_, day)[1]

    def rubric_of(self, criterion: str, day: date | None = None) -> Rubric:
        """The rubric of a criterion, as of a day or in its newest version; NotFound where there is none."""
        return self.criteria.place(criterion, day)[0]

    def versions(self, rubric: str) -> Sequence[Rubric]:
        """The versions of a rubric, oldest first."""
        return self.criteria.versions.get(rubric, ())

    def successor(self, criterion: str) -> str | None:
        """The criterion of a newer rubric that goes on from this one."""
        return self.criteria.successors.get(criterion)

    def level_of(self, iri: str) -> tuple[str, Level] | None:
        """The level that an IRI names, with the id of its criterion."""
        return self.criteria.level(iri)

    def alignments(self, activity: str) -> tuple[str, ...]:
        """The criteria on which an activity bears, as `alignments.csv` says."""
        return self.criteria.aligned.get(activity, ())

    def threshold(self, criterion: str, day: date) -> float | None:
        """The score from which a criterion is mastered: as the policy says, else that of the second highest level."""
        return mastered_from(self.criterion(criterion, day).levels, self.policy(day).mastery.threshold)


@lru_cache(maxsize=4096)
def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _by(records: Iterable[Any], name: str) -> dict[Any, Sequence[Any]]:
    """Records by one of their fields, in the order of their beginning."""
    found: dict[Any, list[Any]] = defaultdict(list)
    for each in records:
        found[getattr(each, name)].append(each)
    return {key: tuple(sorted(every, key=lambda one: one.since or date.min)) for key, every in found.items()}


def _chain(org: str, orgs: Mapping[str, Org]) -> tuple[str, ...]:
    chain = [org]
    while (known := orgs.get(chain[-1])) is not None and known.parent and known.parent not in chain:
        chain.append(known.parent)
    return tuple(chain)


def _home(posts: Sequence[Post]) -> str | None:
    """The organisation of the primary post; of several, or of none, that which began first."""
    if not posts:
        return None
    return min(posts, key=lambda each: (not each.primary, each.since or date.min, each.org)).org


def _roles(held: Sequence[Post | Assignment | Membership]) -> frozenset[str]:
    found: set[str] = set()
    for each in held:
        if isinstance(each, Post):
            found.add(each.role)
        elif isinstance(each, Assignment):
            found.add("coach")
        elif each.role == "facilitator":
            found.add("facilitator")
    return frozenset(found)


EMPTY: Final = Reference(Records())
