"""The rows of an educator and a school year: all the support that she had, whoever gave it."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import partial
from math import fsum
from typing import Final, NamedTuple

from lrs.reference.model import Interval
from lrs.reference.reference import Reference
from projections.analytic import Row
from projections.analytic.memo import Memo
from projections.coaching_cadence import contacts, gaps, learning, plans, reports, whereabouts, years
from projections.coaching_cadence.contacts import Contact
from projections.coaching_cadence.gaps import Gap
from projections.coaching_cadence.learning import Piece
from projections.coaching_cadence.reports import Report
from projections.coaching_cadence.years import Place
from projections.facts.fact import Fact, Kind

EDUCATOR: Final = "educator"
LEARNED: Final = frozenset({Kind.LEARN, Kind.SESSION_ATTENDED})


class Learned(NamedTuple):
    """A fact of learning that counts, with the educator's local day and the periods that it counts for."""

    piece: Piece
    educator: str
    day: date
    places: tuple[Place, ...]


class Coached(NamedTuple):
    """What an educator had of coaches, in order: contacts, and gaps by the periods of their later contact."""

    met: dict[str, list[Contact]]
    gaps: dict[str, list[Gap]]


def of(
    educator: str, home: str, facts: Sequence[Fact], reference: Reference, memo: Memo, as_of: date | None = None
) -> list[Row]:
    """Rows of table support for an educator, a school year and its terms, from her facts around it in order.

    A period has a row if anything happened in it, or if she was an educator or had a coach then.
    """
    others = (fact for fact in facts if fact.kind not in LEARNED)
    found = [each for each in reports.every(others, reference, memo, as_of) if each.educator == educator]
    met, waits = memo.of_parts("coached", found, partial(_coached, educator, home, found, reference))
    learned = years.sorted_in(_learned(educator, facts, reference, memo, as_of), home)
    due = memo.of("expected", as_of, lambda: expected(educator, home, reference, as_of))
    told = {
        period: (period, met.get(period, []), waits.get(period, []), learned.get(period, []))
        for period in (*due, *met, *learned)
    }
    return list(memo.of_all("rows", told, lambda _, each: _row(educator, *each)).values())


def intervals(educator: str, reference: Reference) -> list[Interval]:
    """When support is due to a person: while she is an educator, and while she has a coach."""
    posts = years.intervals(reference.roles_of(educator), lambda roles: EDUCATOR in roles)
    return [*posts, *reference.assignments_of_educator(educator)]


def expected(educator: str, home: str, reference: Reference, as_of: date | None = None) -> list[str]:
    """The periods of a home in which support is due to a person, by id; of those begun by `as_of`."""
    return years.of(reference).shared(home, reference.homes(educator).on, intervals(educator, reference), as_of)


def _coached(educator: str, home: str, found: Iterable[Report], reference: Reference, memo: Memo) -> Coached:
    """Contacts of the educator with any coach."""
    met: list[Contact] = []
    for (coach, _), pair in contacts.sorted_out(found).items():
        if pair.met:
            met += memo.of_parts(("coach", coach), pair, partial(contacts.of, pair, reference))
    met.sort(key=lambda each: (each.at, each.key))
    clock = plans.clock(educator, reference)
    waits = gaps.between(met, clock, lambda to: target(educator, to.day, reference), reference, memo)
    return Coached(
        years.sorted_in(((each, each.places) for each in met), home),
        years.sorted_in(((each, each.to.places) for each in waits if each.within_year), home),
    )


def _learned(
    educator: str, facts: Iterable[Fact], reference: Reference, memo: Memo, as_of: date | None
) -> Iterator[tuple[Piece, tuple[Place, ...]]]:
    held, where = years.of(reference), whereabouts.of(reference)

    def learned(fact: Fact) -> Learned | None:
        if not learning.counts(fact):
            return None
        person, day = where.of(fact.subject, fact.observed_at)
        return Learned(learning.piece(fact), person, day, held.places(reference.org_of(person, day), day))

    for fact in facts:
        each = memo.of_each(fact, learned) if fact.kind in LEARNED else None
        if each is not None and each.educator == educator and (as_of is None or each.day <= as_of):
            yield each.piece, each.places


def target(educator: str, day: date, reference: Reference) -> int:
    """Every how many cadence days she is to be seen by anybody: the shortest target in force on the day."""
    every = [each for each in reference.assignments_of_educator(educator) if each.covers(day)]
    if not every:
        return reference.target_days(educator, None, None, day)
    return min(reference.target_days(educator, each.plan, each, day) for each in every)


def _row(educator: str, period: str, met: Sequence[Contact], found: Sequence[Gap], learned: Sequence[Piece]) -> Row:
    minutes = [each.measured for each in met if each.measured is not None]
    on_time = sum(gap.on_time for gap in found)
    spent = learning.of(learned)
    return (
        educator, period, len(met), fsum(minutes), gaps.share(len(minutes), len(met)),
        len({each.coach for each in met}), met[-1].at if met else None, on_time, len(found),
        gaps.share(on_time, len(found)), spent.sessions_attended, spent.minutes, spent.units_completed,
    )  # fmt: skip
