"""Which facts the rows of a cohort and a school year are made of."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from lrs.reference.model import Cohort
from lrs.reference.reference import Reference
from projections import analytic
from projections.analytic import Wanted
from projections.cohort_participation import roll, sessions
from projections.cohort_participation.dating import AROUND
from projections.cohort_participation.years import Year
from projections.facts.fact import Kind

YEAR: Final = "year"
NOTHING: Final = Wanted(kinds=frozenset())
DEEDS: Final = frozenset({Kind.LEARN, Kind.APPLY, Kind.PEER})


def key(cohort: str, home: str) -> str:
    """The key of a cohort and a school year."""
    return analytic.key(YEAR, cohort, home)


def of_year(cohort: Cohort, year: Year, reference: Reference) -> tuple[Wanted, ...]:
    """The facts that the rows of a cohort and a school year are made of."""
    here = frozenset({cohort.id})
    who = roll.here(roll.rostered(cohort.id, reference), *year.days)
    subjects = frozenset(ifi for person in who for ifi in reference.ifis(person))
    since, until = _at(year.since, -AROUND), _at(year.until, AROUND)
    announced = frozenset({Kind.SESSION_SCHEDULED, Kind.SESSION_CANCELLED})
    planned = sessions.ANNOUNCED + AROUND
    wanted = [
        Wanted(kinds=sessions.PRESENT, cohorts=here, since=since, until=until),
        Wanted(kinds=announced, cohorts=here, since=_at(year.since, -planned), until=_at(year.until, planned)),
        Wanted(kinds=DEEDS, subjects=subjects, since=since, until=until),
        Wanted(kinds=frozenset({Kind.SHARE}), subjects=subjects, until=until),
    ]
    if roll.reads_statements(reference):
        # Whoever joined by a statement is known by her facts alone: of hers, those that name the cohort.
        wanted.append(Wanted(kinds=DEEDS, cohorts=here, since=since, until=until))
        wanted.append(Wanted(kinds=frozenset({Kind.SHARE}), cohorts=here, until=until))
        wanted.append(Wanted(kinds=frozenset({Kind.MEMBER}), cohorts=here))
    return tuple(wanted)


def _at(day: date | None, margin: timedelta) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), UTC) + margin
