"""The rows of an educator and a school year: all the support that she had, whoever gave it."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import partial
from math import fsum
from typing import Final, Generic, NamedTuple, TypeVar

from lrs.reference.model import Interval
from lrs.reference.reference import Reference
from projections.analytic import Row
from projections.analytic.memo import Memo
from projections.coaching_cadence import contacts, gaps, learning, plans, reports, whereabouts, years
from projections.coaching_cadence.contacts import Contact
from projections.coaching_cadence.gaps import Gap
from projections.coaching_cadence.learning import Learning
from projections.coaching_cadence.reports import Report
from projections.facts.fact import Fact, Kind

T = TypeVar("T")

NOTHING: Final = learning.of(())
EDUCATOR: Final = "educator"
LEARNED: Final = frozenset({Kind.LEARN, Kind.SESSION_ATTENDED})


class Counted(NamedTuple, Generic[T]):
    """What a fact adds, for which educator on her local day, and to which periods of the home."""

    adds: T
    educator: str
    day: date
    periods: tuple[str, ...]


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
    others, attended, learned = sorted_out(facts)
    found = [each for each in reports.every(others, reference, memo, as_of) if each.educator == educator]
    met, waits = memo.of_parts("coached", found, partial(_coached, educator, home, found, reference))
    meetings = _adding(learning.meeting, educator, home, attended, reference, memo, as_of)
    pieces = _adding(learning.piece, educator, home, learned, reference, memo, as_of)
    due = memo.of("expected", as_of, lambda: expected(educator, home, reference, as_of))
    spent = memo.of_all("learning", pieces, lambda _, every: learning.of(every))
    told = {
        period: (
            period, met.get(period, []), waits.get(period, []), len(set(meetings.get(period, []))),
            spent.get(period, NOTHING),
        )
        for period in (*due, *met, *meetings, *pieces)
    }  # fmt: skip
    return list(memo.of_all("rows", told, lambda _, each: _row(educator, *each)).values())


def sorted_out(facts: Iterable[Fact]) -> tuple[list[Fact], list[Fact], list[Fact]]:
    """Facts of coaching, of attendance, and of learning."""
    others: list[Fact] = []
    found: dict[Kind, list[Fact]] = {Kind.SESSION_ATTENDED: [], Kind.LEARN: []}
    for fact in facts:
        found.get(fact.kind, others).append(fact)
    return others, found[Kind.SESSION_ATTENDED], found[Kind.LEARN]


def intervals(educator: str, reference: Reference) -> list[Interval]:
    """When support is due to a person: while she is an educator, and while she has a coach."""
    posts = years.intervals(reference.roles_of(educator), lambda roles: EDUCATOR in roles)
    return [*posts, *reference.assignments_of_educator(educator)]


def expected(educator: str, home: str, reference: Reference, as_of: date | None = None) -> list[str]:
    """The periods of a home in which support is due to a person, by id; of those begun by `as_of`."""
    return years.of(reference).shared(home, reference.homes(educator).on, intervals(educator, reference), as_of)


def _coached(educator: str, home: str, found: Iterable[Report], reference: Reference, memo: Memo) -> Coached:
    """Contacts of the educator with any coach, and the gaps between them."""
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


def _adding(
    add: Callable[[Fact], T], person: str, home: str, facts: Iterable[Fact], reference: Reference, memo: Memo,
    as_of: date | None,
) -> dict[str, list[T]]:  # fmt: skip
    """What the person's facts of learning add, by period."""
    held, where = years.of(reference), whereabouts.of(reference)

    def counted(fact: Fact) -> Counted[T] | None:
        if not learning.counts(fact):
            return None
        who, day = where.of(fact.subject, fact.observed_at)
        places = held.places(reference.org_of(who, day), day)
        return Counted(add(fact), who, day, tuple(each.period for each in places if each.home == home))

    by_period: dict[str, list[T]] = defaultdict(list)
    for each in memo.of_each(facts, counted):
        if each is not None and each.educator == person and (as_of is None or each.day <= as_of):
            for period in each.periods:
                by_period[period].append(each.adds)
    return by_period


def target(educator: str, day: date, reference: Reference) -> int:
    """Every how many cadence days she is to be seen by anybody: the shortest target in force on the day."""
    every = [each for each in reference.assignments_of_educator(educator) if each.covers(day)]
    if not every:
        return reference.target_days(educator, None, None, day)
    return min(reference.target_days(educator, each.plan, each, day) for each in every)


def _row(
    educator: str, period: str, met: Sequence[Contact], found: Sequence[Gap], attended: int, learned: Learning
) -> Row:
    minutes = [each.measured for each in met if each.measured is not None]
    on_time = sum(gap.on_time for gap in found)
    return (
        educator, period, len(met), fsum(minutes), gaps.share(len(minutes), len(met)),
        len({each.coach for each in met}), met[-1].at if met else None, on_time, len(found),
        gaps.share(on_time, len(found)), attended, learned.minutes, learned.units,
    )  # fmt: skip
