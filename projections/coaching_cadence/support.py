"""The rows of an educator and a school year: all the support that she had, whoever gave it."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import partial
from math import fsum
from typing import Final, NamedTuple

from lrs.reference.model import Interval
from lrs.reference.reference import Reference
from projections.analytic import Row
from projections.analytic.memo import Memo
from projections.coaching_cadence import contacts, gaps, plans, reports, years
from projections.coaching_cadence.contacts import Contact
from projections.coaching_cadence.gaps import Gap
from projections.coaching_cadence.learning import Learned, Learning
from projections.facts.fact import Fact, Kind, order

EDUCATOR: Final = "educator"
LEARNED: Final = frozenset({Kind.LEARN, Kind.SESSION_ATTENDED})


class Coached(NamedTuple):
    """What an educator had of coaches in a period: as the columns of the table say."""

    contacts: int = 0
    minutes: float = 0.0
    minutes_known_share: float | None = None
    distinct_coaches: int = 0
    last_contact_at: datetime | None = None
    gaps_on_time: int = 0
    gaps_total: int = 0
    on_time_ratio: float | None = None


NOBODY: Final = Coached()
NOTHING: Final = Learning()


def of(
    educator: str, home: str, facts: Sequence[Fact], reference: Reference, memo: Memo, as_of: date | None = None
) -> list[Row]:
    """Rows of table support for an educator, a school year and its terms, from her facts around it in order.

    A period has a row if anything happened in it, or if she was an educator or had a coach then.
    """
    whose = (educator, home, reference, as_of)
    told = memo.of_one_by_one("facts", [*facts], lambda: _Heard(Learned(*whose)), is_ordered=False)
    coaching = told.coaching()
    coached = memo.of_parts("coached", coaching, partial(_coached, *whose, coaching))
    spent = told.learned.by_period()
    due = memo.of("expected", as_of, lambda: expected(educator, home, reference, as_of))
    given = {
        period: (coached.get(period, NOBODY), spent.get(period, NOTHING))
        for period in (*due, *sorted(coached.keys() | spent.keys()))
    }
    return list(memo.of_all("rows", given, lambda period, each: (educator, period, *each[0], *each[1])).values())


def intervals(educator: str, reference: Reference) -> list[Interval]:
    """When support is due to a person: while she is an educator, and while she has a coach."""
    posts = years.intervals(reference.roles_of(educator), lambda roles: EDUCATOR in roles)
    return [*posts, *reference.assignments_of_educator(educator)]


def expected(educator: str, home: str, reference: Reference, as_of: date | None = None) -> list[str]:
    """The periods of a home in which support is due to a person, by id; of those begun by `as_of`."""
    return years.of(reference).shared(home, reference.homes(educator).on, intervals(educator, reference), as_of)


def _coached(
    educator: str, home: str, reference: Reference, as_of: date | None, facts: Iterable[Fact], memo: Memo
) -> dict[str, Coached]:
    """What the educator had of any coach, by period: contacts, and gaps by their later contact."""
    met: list[Contact] = []
    for (coach, _), pair in reports.told(facts, reference, memo, as_of, educator=educator).pairs.items():
        if pair.met:
            met += memo.of_parts(("coach", coach), pair, partial(contacts.of, pair, reference))
    met.sort(key=lambda each: (each.at, each.key))
    clock = plans.clock(educator, reference)
    waits = gaps.between(met, clock, lambda to: target(educator, to.day, reference), reference, memo)
    met_in = years.sorted_in(((each, each.places) for each in met), home)
    waits_in = years.sorted_in(((each, each.to.places) for each in waits if each.within_year), home)
    return {period: _told(every, waits_in.get(period, [])) for period, every in met_in.items()}


class _Heard:
    """What facts tell of an educator: of coaching, in order, and what she learned; they come in any order."""

    def __init__(self, learned: Learned) -> None:
        self.learned = learned
        self._coaching: list[Fact] = []
        self._new: list[Fact] = []

    def add(self, fact: Fact) -> None:
        """One more."""
        if fact.kind in LEARNED:
            self.learned.add(fact)
        else:
            self._new.append(fact)

    def coaching(self) -> list[Fact]:
        """The facts of coaching; the same list while there are no more."""
        if self._new:
            self._coaching = sorted([*self._coaching, *self._new], key=order)
            self._new = []
        return self._coaching


def target(educator: str, day: date, reference: Reference) -> int:
    """Every how many cadence days she is to be seen by anybody: the shortest target in force on the day."""
    every = [each for each in reference.assignments_of_educator(educator) if each.covers(day)]
    if not every:
        return reference.target_days(educator, None, None, day)
    return min(reference.target_days(educator, each.plan, each, day) for each in every)


def _told(met: Sequence[Contact], found: Sequence[Gap]) -> Coached:
    minutes = contacts.measured(met)
    on_time = [gap.on_time for gap in found].count(True)
    return Coached(
        len(met), fsum(minutes), gaps.share(len(minutes), len(met)), len({each.coach for each in met}), met[-1].at,
        on_time, len(found), gaps.share(on_time, len(found)),
    )  # fmt: skip
