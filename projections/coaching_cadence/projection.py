"""The projection: which keys a fact or a change of reference data bears on, and the rows of each."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import lru_cache
from itertools import chain
from typing import Final

from lrs.reference.model import Assignment
from lrs.reference.reference import Reference, Touched
from projections import analytic
from projections.analytic import Rows, Table, Wanted
from projections.analytic.memo import AFRESH, Memo
from projections.answers.question import Question
from projections.coaching_cadence import (
    endpoints,
    learning,
    load,
    reports,
    rows,
    support,
    tables,
    whereabouts,
    years,
)
from projections.coaching_cadence.reports import About
from projections.coaching_cadence.years import Place
from projections.facts.fact import Fact, Kind

# The three sorts of keys: an educator; an educator and a school year; a coach and a school year.
PAIRS: Final = "pairs"
SUPPORT: Final = "support"
LOAD: Final = "load"

OF_PAIRS: Final = frozenset(
    {Kind.COACH_CONTACT, Kind.SESSION_SCHEDULED, Kind.SESSION_CANCELLED, Kind.SESSION_LEFT, Kind.CYCLE, Kind.STEP}
)
OF_CONTACTS: Final = frozenset({Kind.COACH_CONTACT, Kind.SESSION_LEFT})
CYCLE: Final = Kind.CYCLE
OF_YEARS: Final = OF_CONTACTS | {CYCLE}
NO_YEARS: Final = frozenset[str]()


class CoachingCadence:
    """Coaching cadence, as `projections.analytic.Projection` says."""

    name: str = "coaching_cadence"
    version: int = 1
    tables: tuple[Table, ...] = tables.ALL
    kinds: frozenset[Kind] = OF_PAIRS | support.LEARNED
    questions: tuple[Question, ...] = endpoints.QUESTIONS

    def keys(self, fact: Fact, reference: Reference) -> Iterable[str]:
        """A fact of coaching bears on its educator and on the year of both; one of learning on the educator's year."""
        if fact.kind in support.LEARNED:
            return self._learned(fact, reference) if learning.counts(fact) else ()
        return self._coached(fact, reference)

    def touched(self, touched: Touched, old: Reference, new: Reference) -> Iterable[str] | None:
        """Keys of the people that are touched, and of those who are assigned to them."""
        people = touched.people | touched.roles
        return {key for reference in (old, new) for person in people for key in _keys_of(person, reference)}

    def every(self, reference: Reference) -> Iterable[str]:
        """Keys of all who are educators or assigned, for the years of the calendar."""
        people = {each.person for each in reference.records.posts}
        people |= {who for each in reference.records.assignments for who in (each.coach, each.educator)}
        return {key for person in people for key in _keys_of(person, reference)}

    def wanted(self, key: str, reference: Reference) -> Wanted:
        """An educator's facts of coaching; of a year, those of contacts and learning around it."""
        sort, person, *rest = analytic.parts(key)
        ifis = frozenset(reference.ifis(person))
        if sort == PAIRS:
            return Wanted(kinds=OF_PAIRS, subjects=ifis)
        since, until = years.of(reference).window(rest[0])
        if sort == SUPPORT:
            return Wanted(kinds=OF_CONTACTS | support.LEARNED, subjects=ifis, since=since, until=until)
        return Wanted(kinds=OF_YEARS, others=ifis, since=since, until=until)

    def rows(self, key: str, facts: Sequence[Fact], reference: Reference, *, as_of: date | None = None) -> Rows:
        """The rows of a key: contacts, pairs and cycles of an educator, or support or load of a year."""
        return _rows(key, facts, reference, AFRESH, as_of)

    def again(self, key: str, facts: Sequence[Fact], reference: Reference, memo: Memo) -> Rows:
        """The same, where `memo` remembers what they were made of."""
        return _rows(key, facts, reference, memo)

    def _learned(self, fact: Fact, reference: Reference) -> Iterable[str]:
        person, day, org = whereabouts.of(reference).of(fact.subject, fact.observed_at)
        return _learning(person, years.of(reference).places(org, day))

    def _coached(self, fact: Fact, reference: Reference) -> Iterable[str]:
        found = reports.about(fact, reference)
        if found is None:
            return ()
        return _coaching(found.educator, found.coach, _homes(fact.kind, found, reference), fact.kind is not CYCLE)


@lru_cache(analytic.REMEMBERED)
def _learning(person: str, places: Sequence[Place]) -> Iterable[str]:
    return {analytic.key(SUPPORT, person, place.home) for place in places}


@lru_cache(analytic.REMEMBERED)
def _coaching(educator: str, coach: str | None, homes: frozenset[str], is_support: bool) -> Iterable[str]:
    keys = [analytic.key(PAIRS, educator)]
    for home in homes:
        if is_support:
            keys.append(analytic.key(SUPPORT, educator, home))
        if coach is not None:
            keys.append(analytic.key(LOAD, coach, home))
    return keys


def _rows(key: str, facts: Sequence[Fact], reference: Reference, memo: Memo, as_of: date | None = None) -> Rows:
    sort, person, *rest = analytic.parts(key)
    if sort == PAIRS:
        return rows.of(person, facts, reference, memo, as_of)
    if sort == SUPPORT:
        return {tables.SUPPORT.name: support.of(person, rest[0], facts, reference, memo, as_of)}
    return {tables.LOAD.name: load.of(person, rest[0], facts, reference, memo, as_of)}


def _homes(kind: Kind, about: About, reference: Reference) -> frozenset[str]:
    """The years on whose rows a fact of coaching bears; of leaving a meeting, that of its beginning too."""
    if kind not in OF_YEARS:
        return NO_YEARS
    held = years.of(reference)
    found = held.kin(about.org, about.day)
    if kind is Kind.SESSION_LEFT:
        before = about.day - reports.LONGEST if about.day > date.min else about.day
        found |= held.kin(reference.org_of(about.educator, before), before)
    return found


def _keys_of(person: str, reference: Reference) -> Iterator[str]:
    """The keys that have rows for a person without any fact: as an educator, as a coach, and those of her pairs."""
    held = years.of(reference)
    coached = reference.assignments_of_educator(person)
    if coached:
        yield analytic.key(PAIRS, person)
    for home in held.homes(reference.homes(person).on, support.intervals(person, reference)):
        yield analytic.key(SUPPORT, person, home)
    for each in chain(coached, reference.assignments_of_coach(person)):
        yield analytic.key(PAIRS, each.educator)
        for home in _assigned(each, reference):
            yield analytic.key(LOAD, each.coach, home)


def _assigned(assignment: Assignment, reference: Reference) -> set[str]:
    return years.of(reference).homes(reference.homes(assignment.educator).on, [assignment])


PROJECTION: Final = CoachingCadence()
