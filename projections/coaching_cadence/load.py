"""The rows of a coach and a school year: what the coach carries, and how evenly it is given."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import partial
from itertools import chain
from math import fsum
from typing import NamedTuple

from lrs.reference.model import Assignment, Period
from lrs.reference.reference import Reference
from projections.analytic import Row
from projections.analytic.memo import Memo
from projections.coaching_cadence import contacts, cycles, gaps, plans, reports, years
from projections.coaching_cadence.contacts import Contact
from projections.coaching_cadence.gaps import Gap
from projections.coaching_cadence.plans import Plans
from projections.coaching_cadence.reports import Pair, Report
from projections.facts.fact import Fact


class Seen(NamedTuple):
    """What the coach and one educator had of each other in a period: contacts, at least one, and gaps, in order."""

    educator: str
    since: date
    kinds: Sequence[str]
    minutes: Sequence[float]
    days: Sequence[int]
    on_time: int


def of(
    coach: str, home: str, facts: Iterable[Fact], reference: Reference, memo: Memo, as_of: date | None = None
) -> list[Row]:
    """Rows of table load for a coach, a school year and its terms, from the coach's facts around it in order.

    A period has a row if the coach met anybody in it or had anybody to meet.
    """
    told = reports.told(facts, reference, memo, as_of, coach=coach)
    year = Year(coach, home, reference, as_of)
    states = memo.of_all("cycles", told.cycles, lambda _, every: year.states(every)).values()
    pairs = {whose: pair for whose, pair in told.pairs.items() if pair.met}
    seen = [memo.of_parts(whose, pair, partial(year.seen, whose[1], pair)) for whose, pair in pairs.items()]
    rows = []
    for period in years.of(reference).periods(home):
        met = [each[period.id] for each in seen if period.id in each]
        opened = [each[period.id] for each in states if period.id in each]
        assigned = memo.of(("assigned", period.id), as_of, partial(year.assigned, period))
        if met or opened or assigned:
            given = (period, met, assigned, opened)
            rows.append(memo.of(("row", period.id), given, partial(year.row, *given)))
    return rows


class Year:
    """A coach's year; what is told of it by the ids of its periods."""

    def __init__(self, coach: str, home: str, reference: Reference, as_of: date | None) -> None:
        self._coach = coach
        self._home = home
        self._reference = reference
        self._as_of = as_of

    def row(self, period: Period, met: Sequence[Seen], assigned: Mapping[str, date], opened: Sequence[bool]) -> Row:
        """The row of a period: whom she saw, whom she was assigned to, and whether each cycle is open at its end."""
        caseload = assigned or {each.educator: each.since for each in met}
        minutes = {each.educator: fsum(each.minutes) for each in met}
        spent = [minutes.get(educator, 0.0) for educator in sorted(caseload)]
        kinds = Counter(chain.from_iterable(each.kinds for each in met))
        days = list(chain.from_iterable(each.days for each in met))
        on_time = sum(each.on_time for each in met)
        return (
            self._coach, period.id, len(assigned), len(minutes.keys() & caseload.keys()),
            len({org for educator, day in caseload.items() if (org := self._reference.org_of(educator, day))}),
            kinds.total(), fsum(chain.from_iterable(each.minutes for each in met)),
            fsum(spent) / len(spent) if spent else None, dict(sorted(kinds.items())),
            gaps.middle(days), on_time, len(days), gaps.share(on_time, len(days)),
            gini(spent), sum(opened), len(opened) - sum(opened),
        )  # fmt: skip

    def seen(self, educator: str, pair: Pair, memo: Memo) -> dict[str, Seen]:
        """What the coach and an educator had of each other, by period."""
        met = contacts.of(pair, self._reference, memo)
        met_in = years.sorted_in(((each, each.places) for each in met), self._home)
        waits = (gap for gap in self._gaps(educator, met, memo) if gap.within_year)
        waits_in = years.sorted_in(((gap, gap.to.places) for gap in waits), self._home)
        return {period: _seen(educator, every, waits_in.get(period, [])) for period, every in met_in.items()}

    def _gaps(self, educator: str, met: Sequence[Contact], memo: Memo) -> Iterable[Gap]:
        plans_of = partial(Plans, self._coach, educator, self._reference, self._as_of)
        held = memo.of("plans", self._as_of, plans_of)

        def target(to: Contact) -> int:
            return held.target(held.plan(to.plan, to.day), to.day)

        return gaps.between(met, plans.clock(educator, self._reference), target, self._reference, memo)

    def assigned(self, period: Period) -> dict[str, date]:
        """The educators assigned on a day of the period, with the first such day."""
        by_educator: dict[str, list[Assignment]] = {}
        for each in self._reference.assignments_of_coach(self._coach):
            if each.educator != self._coach:
                by_educator.setdefault(each.educator, []).append(each)
        held = years.of(self._reference)
        found = {}
        for educator, every in by_educator.items():
            day = held.first_day(period, self._home, self._reference.homes(educator).on, every)
            if day is not None and (self._as_of is None or day <= self._as_of):
                found[educator] = day
        return found

    def states(self, words: Sequence[Report]) -> dict[str, bool]:
        """Whether a cycle is open at the end of a period, for periods in which it is or was closed."""
        found = {}
        for period in years.of(self._reference).periods(self._home):
            heard = [word for word in words if self._heard(word, period)]
            if heard and cycles.is_open(heard):
                found[period.id] = True
            elif heard and any(each.period == period.id for each in heard[-1].places):
                found[period.id] = False
        return found

    def _heard(self, word: Report, period: Period) -> bool:
        """Whether a word of the home's year falls in the period or before it."""
        mine = [each.period for each in word.places if each.home == self._home]
        return period.id in mine or bool(mine and period.since is not None and word.day < period.since)


def gini(amounts: Sequence[float]) -> float | None:
    """The Gini coefficient with three decimals: 0 where all have the same; None where nobody has anything."""
    total = fsum(amounts)
    if not total:
        return None
    weighted = fsum(rank * amount for rank, amount in enumerate(sorted(amounts), 1))
    return round(2 * weighted / (len(amounts) * total) - (len(amounts) + 1) / len(amounts), 3)


def _seen(educator: str, met: Sequence[Contact], waits: Sequence[Gap]) -> Seen:
    return Seen(
        educator=educator,
        since=met[0].day,
        kinds=[each.kind for each in met],
        minutes=[minutes for each in met if (minutes := each.measured) is not None],
        days=[gap.days for gap in waits],
        on_time=sum(gap.on_time for gap in waits),
    )
