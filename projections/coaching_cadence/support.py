"""The rows of an educator and a school year: all the support that she had, whoever gave it."""

from collections.abc import Iterator, Sequence
from datetime import date
from math import fsum
from typing import Final

from lrs.reference.model import Interval
from lrs.reference.reference import Reference
from projections.analytic import Row
from projections.coaching_cadence import contacts, gaps, learning, plans, reports, whereabouts, years
from projections.coaching_cadence.contacts import Contact
from projections.coaching_cadence.gaps import Gap
from projections.coaching_cadence.years import Place
from projections.facts.fact import Fact, Kind

EDUCATOR: Final = "educator"
LEARNED: Final = frozenset({Kind.LEARN, Kind.SESSION_ATTENDED})


def of(educator: str, home: str, facts: Sequence[Fact], reference: Reference, as_of: date | None = None) -> list[Row]:
    """Rows of table support for an educator, a school year and its terms, from her facts around it in order.

    A period has a row if anything happened in it, or if she was an educator or had a coach then.
    """
    met = _met(educator, facts, reference, as_of)
    contacts_of = years.sorted_in(((each, each.places) for each in met), home)
    found = gaps.between(
        met, plans.clock(educator, reference), lambda to: target(educator, to.day, reference), reference
    )
    gaps_of = years.sorted_in(((each, each.to.places) for each in found if each.within_year), home)
    learned_of = years.sorted_in(_learned(educator, facts, reference, as_of), home)
    return [
        _row(educator, period, contacts_of.get(period, []), gaps_of.get(period, []), learned_of.get(period, []))
        for period in dict.fromkeys([*expected(educator, home, reference, as_of), *contacts_of, *learned_of])
    ]


def intervals(educator: str, reference: Reference) -> list[Interval]:
    """When support is due to a person: while she is an educator, and while she has a coach."""
    posts = years.intervals(reference.roles_of(educator), lambda roles: EDUCATOR in roles)
    return [*posts, *reference.assignments_of_educator(educator)]


def expected(educator: str, home: str, reference: Reference, as_of: date | None = None) -> list[str]:
    """The periods of a home in which support is due to a person, by id; of those begun by `as_of`."""
    return years.of(reference).shared(home, reference.homes(educator).on, intervals(educator, reference), as_of)


def _met(educator: str, facts: Sequence[Fact], reference: Reference, as_of: date | None) -> list[Contact]:
    """The contacts of the educator with any coach, in order."""
    coached = (fact for fact in facts if fact.kind not in LEARNED)
    found = [each for each in reports.every(coached, reference, as_of) if each.educator == educator]
    pairs = contacts.sorted_out(found).values()
    met = [each for pair in pairs if pair.met for each in contacts.of(pair, reference)]
    return sorted(met, key=lambda each: (each.at, each.key))


def _learned(
    educator: str, facts: Sequence[Fact], reference: Reference, as_of: date | None
) -> Iterator[tuple[Fact, tuple[Place, ...]]]:
    held, where = years.of(reference), whereabouts.of(reference)
    for fact in facts:
        if fact.kind in LEARNED and learning.counts(fact):
            person, day = where.of(fact.subject, fact.observed_at)
            if person == educator and (as_of is None or day <= as_of):
                yield fact, held.places(reference.org_of(person, day), day)


def target(educator: str, day: date, reference: Reference) -> int:
    """Every how many cadence days she is to be seen by anybody: the shortest target in force on the day."""
    every = [each for each in reference.assignments_of_educator(educator) if each.covers(day)]
    if not every:
        return reference.target_days(educator, None, None, day)
    return min(reference.target_days(educator, each.plan, each, day) for each in every)


def _row(educator: str, period: str, met: Sequence[Contact], found: Sequence[Gap], learned: Sequence[Fact]) -> Row:
    minutes = [each.measured for each in met if each.measured is not None]
    on_time = sum(gap.on_time for gap in found)
    spent = learning.of(learned)
    return (
        educator, period, len(met), fsum(minutes), gaps.share(len(minutes), len(met)),
        len({each.coach for each in met}), met[-1].at if met else None, on_time, len(found),
        gaps.share(on_time, len(found)), spent.sessions_attended, spent.minutes, spent.units_completed,
    )  # fmt: skip
