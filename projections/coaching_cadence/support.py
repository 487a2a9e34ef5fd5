"""The rows of an educator and a school year: all the support that she had, whoever gave it."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import partial
from math import fsum
from typing import Final, NamedTuple, TypeVar

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
LEARN, ATTENDED = Kind.LEARN, Kind.SESSION_ATTENDED
LEARNED: Final = frozenset({LEARN, ATTENDED})


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
    sorts = memo.of_sorts("facts", facts, _by_sort)
    told = reports.every(sorts.get(None, ()), reference, memo, as_of)
    found = [each for each in told if each.educator == educator]
    met, waits = memo.of_parts("coached", found, partial(_coached, educator, home, found, reference))
    whose = (educator, home, reference, as_of)
    meetings = memo.of_sorts("meetings", sorts.get(ATTENDED, ()), partial(_by_period, learning.meeting, *whose))
    pieces = memo.of_sorts("pieces", sorts.get(LEARN, ()), partial(_by_period, learning.piece, *whose))
    attended = memo.of_all("attended", meetings, lambda _, every: len(set(every)))
    due = memo.of("expected", as_of, lambda: expected(educator, home, reference, as_of))
    spent = memo.of_all("learning", pieces, lambda _, every: learning.of(every))
    given = {
        period: (
            period, met.get(period, []), waits.get(period, []), attended.get(period, 0), spent.get(period, NOTHING),
        )
        for period in (*due, *met, *meetings, *pieces)
    }  # fmt: skip
    return list(memo.of_all("rows", given, lambda _, each: _row(educator, *each)).values())


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
    for (coach, _), pair in contacts.sorted_out(found, memo).items():
        if pair.met:
            met += memo.of_parts(("coach", coach), pair, partial(contacts.of, pair, reference))
    met.sort(key=lambda each: (each.at, each.key))
    clock = plans.clock(educator, reference)
    waits = gaps.between(met, clock, lambda to: target(educator, to.day, reference), reference, memo)
    return Coached(
        years.sorted_in(((each, each.places) for each in met), home),
        years.sorted_in(((each, each.to.places) for each in waits if each.within_year), home),
    )


def _by_sort(facts: Iterable[Fact]) -> dict[Kind | None, list[Fact]]:
    """Facts of attendance and of learning by their kind; under None those of coaching."""
    found: dict[Kind | None, list[Fact]] = defaultdict(list)
    for fact in facts:
        found[fact.kind if fact.kind in LEARNED else None].append(fact)
    return found


def _by_period(
    add: Callable[[Fact], T], educator: str, home: str, reference: Reference, as_of: date | None, facts: Iterable[Fact]
) -> dict[str, list[T]]:
    """What the educator's facts of learning add, by period of the home."""
    held, where = years.of(reference), whereabouts.of(reference)
    found: dict[str, list[T]] = defaultdict(list)
    for fact in facts:
        if not learning.counts(fact):
            continue
        who, day, org = where.of(fact.subject, fact.observed_at)
        if who == educator and (as_of is None or day <= as_of):
            adds = add(fact)
            for place in held.places(org, day):
                if place.home == home:
                    found[place.period].append(adds)
    return found


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
