"""The rows of a coach and a school year: what the coach carries, and how evenly it is given."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import partial
from itertools import chain
from math import fsum
from typing import Final, NamedTuple

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

NOWHERE: Final = frozenset({None, ""})


class Seen(NamedTuple):
    """What the coach and one educator had of each other in a period: contacts, at least one, and gaps, in order; and
    where she worked on the day of the first contact.
    """

    educator: str
    org: str | None
    kinds: Sequence[tuple[str, int]]
    minutes: Sequence[float]
    spent: float
    days: Sequence[int]
    on_time: int


class Assigned(NamedTuple):
    """Educators assigned in a period, in order, and where they worked on the first day of that."""

    educators: Sequence[str]
    orgs: frozenset[str | None]


def of(
    coach: str, home: str, facts: Iterable[Fact], reference: Reference, memo: Memo, as_of: date | None = None
) -> list[Row]:
    """Rows of table load for a coach, a school year and its terms, from the coach's facts around it in order.

    A period has a row if the coach met anybody in it or had anybody to meet.
    """
    told = reports.told(facts, reference, memo, as_of, coach=coach)
    year = Year(coach, home, reference, as_of)
    states = memo.of_parts("cycles", told.cycles, partial(year.every_state, told.cycles))
    pairs = {whose: pair for whose, pair in told.pairs.items() if pair.met}
    seen = [memo.of_parts(whose, pair, partial(year.seen, whose[1], pair)) for whose, pair in pairs.items()]
    rows = []
    for period in years.of(reference).periods(home):
        met = [each[period.id] for each in seen if period.id in each]
        opened = [each[period.id] for each in states if period.id in each]
        assigned = memo.of(("assigned", period.id), as_of, partial(year.assigned, period))
        if met or opened or assigned.educators:
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

    def row(self, period: Period, met: Sequence[Seen], assigned: Assigned, opened: Sequence[bool]) -> Row:
        """The row of a period: whom she saw, whom she was assigned to, and whether each cycle is open at its end."""
        minutes = {each.educator: each.spent for each in met}
        caseload, orgs = assigned if assigned.educators else (sorted(minutes), {each.org for each in met})
        spent = [minutes.get(educator, 0.0) for educator in caseload]
        kinds: dict[str, int] = {}
        for each in met:
            for kind, n in each.kinds:
                kinds[kind] = kinds.get(kind, 0) + n
        days = list(chain.from_iterable([each.days for each in met]))
        on_time = sum([each.on_time for each in met])
        return (
            self._coach, period.id, len(assigned.educators), len(minutes.keys() & caseload), len(orgs - NOWHERE),
            sum(kinds.values()), fsum(chain.from_iterable([each.minutes for each in met])),
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
        org_of = self._reference.homes(educator).on
        return {
            period: _seen(educator, org_of(every[0].day), every, waits_in.get(period, []))
            for period, every in met_in.items()
        }

    def _gaps(self, educator: str, met: list[Contact], memo: Memo) -> Iterable[Gap]:
        plans_of = partial(Plans, self._coach, educator, self._reference, self._as_of)
        held = memo.of("plans", self._as_of, plans_of)

        def target(to: Contact) -> int:
            return held.target(held.plan(to.plan, to.day), to.day)

        return gaps.between(met, plans.clock(educator, self._reference), target, self._reference, memo)

    def assigned(self, period: Period) -> Assigned:
        """The educators assigned on a day of the period."""
        by_educator: dict[str, list[Assignment]] = {}
        for each in self._reference.assignments_of_coach(self._coach):
            if each.educator != self._coach:
                by_educator.setdefault(each.educator, []).append(each)
        held = years.of(self._reference)
        found = {}
        for educator, every in sorted(by_educator.items()):
            org_of = self._reference.homes(educator).on
            day = held.first_day(period, self._home, org_of, every)
            if day is not None and (self._as_of is None or day <= self._as_of):
                found[educator] = org_of(day)
        return Assigned([*found], frozenset(found.values()))

    def every_state(self, told: Mapping[tuple[str, str], Sequence[Report]], memo: Memo) -> list[dict[str, bool]]:
        """The states of all cycles."""
        return [*memo.of_all("states", told, lambda _, words: self.states(words)).values()]

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
    weighted = fsum([rank * amount for rank, amount in enumerate(sorted(amounts), 1)])
    return round(2 * weighted / (len(amounts) * total) - (len(amounts) + 1) / len(amounts), 3)


def _seen(educator: str, org: str | None, met: Sequence[Contact], waits: Sequence[Gap]) -> Seen:
    minutes = contacts.measured(met)
    return Seen(
        educator=educator,
        org=org,
        kinds=[*Counter([each.kind for each in met]).items()],
        minutes=minutes,
        spent=fsum(minutes),
        days=[gap.days for gap in waits],
        on_time=[gap.on_time for gap in waits].count(True),
    )
