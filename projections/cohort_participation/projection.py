"""The projection: which keys a fact bears on, which facts a key wants, and its rows.

Keys are ["year", cohort, school year] for meetings, members and participation, ["person", person] for followthrough.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

from lrs.reference.reference import Reference, Touched
from projections import analytic
from projections.analytic import Rows, Wanted
from projections.analytic.memo import AFRESH, Memo
from projections.answers.question import Question
from projections.cohort_participation import (
    bearing,
    endpoints,
    followthrough,
    roll,
    sessions,
    tables,
    wanting,
    years,
)
from projections.cohort_participation import rows as of_year
from projections.facts.fact import Fact, Kind

# From so many cohorts on it is quicker to compute everything again than to name their years.
MANY: Final = 25


class CohortParticipation:
    """Meetings, members, participation and followthrough."""

    name = "cohort_participation"
    version = 1
    tables = tables.TABLES
    kinds = sessions.KINDS | wanting.DEEDS | {Kind.SHARE, Kind.MEMBER}
    questions: tuple[Question, ...] = endpoints.QUESTIONS

    def keys(self, fact: Fact, reference: Reference) -> Iterable[str]:
        """The keys whose rows a new or ended fact may change."""
        return bearing.of(reference).keys(fact)

    def touched(self, touched: Touched, old: Reference, new: Reference) -> Iterable[str] | None:
        """The keys whose rows a change of reference data may change."""
        if touched.everything:
            return None
        cohorts = set(touched.cohorts)
        for reference in (old, new):
            for person in touched.people:
                cohorts.update(each.cohort for each in reference.memberships(person))
        if len(cohorts) > MANY:
            return None
        found = {analytic.key(bearing.PERSON, person) for person in (*touched.people, *touched.ifis)}
        for reference in (old, new):
            for cohort in filter(None, map(reference.cohorts.get, cohorts)):
                found.update(wanting.key(cohort.id, home) for home in years.of(reference, cohort.org).every)
        return found

    def every(self, reference: Reference) -> Iterable[str]:
        """The years of the calendar in which a cohort has anybody in it."""
        for cohort in reference.cohorts.values():
            every = years.of(reference, cohort.org)
            for home in every.known:
                year = every.year(home)
                if year is not None and roll.here(roll.rostered(cohort.id, reference), *year.days):
                    yield wanting.key(cohort.id, home)

    def wanted(self, key: str, reference: Reference) -> Wanted | tuple[Wanted, ...]:
        """The facts that the rows of `key` are made of."""
        kind, *named = analytic.parts(key)
        if kind == bearing.PERSON:
            return Wanted(kinds=followthrough.KINDS, subjects=frozenset(reference.ifis(named[0])))
        cohort = reference.cohorts.get(named[0])
        year = years.of(reference, cohort.org).year(named[1]) if cohort else None
        return wanting.NOTHING if cohort is None or year is None else wanting.of_year(cohort, year, reference)

    def rows(self, key: str, facts: Sequence[Fact], reference: Reference, *, as_of: date | None = None) -> Rows:
        """The rows of `key` by table, from its live facts in order."""
        return _rows(key, facts, reference, as_of, AFRESH)

    def again(self, key: str, facts: Sequence[Fact], reference: Reference, memo: Memo) -> Rows:
        """What `rows` gives, with the parts remembered whose facts are the same."""
        return _rows(key, facts, reference, None, memo)


PROJECTION: Final = CohortParticipation()


def _rows(key: str, facts: Sequence[Fact], reference: Reference, as_of: date | None, memo: Memo) -> Rows:
    kind, *named = analytic.parts(key)
    if kind == bearing.PERSON:
        return {"followthrough": followthrough.rows(named[0], facts, reference, as_of=as_of, memo=memo)}
    return of_year.rows(named[0], named[1], facts, reference, as_of=as_of, memo=memo)
