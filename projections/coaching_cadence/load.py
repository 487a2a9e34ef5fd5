"""The rows of a coach and a school year: what the coach carries, and how evenly it is given."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from math import fsum

from lrs.reference.model import Assignment, Period
from lrs.reference.reference import Reference
from projections.analytic import Row
from projections.coaching_cadence import contacts, cycles, gaps, plans, reports, years
from projections.coaching_cadence.contacts import Contact
from projections.coaching_cadence.gaps import Gap
from projections.coaching_cadence.plans import Plans
from projections.coaching_cadence.reports import Report
from projections.facts.fact import Fact


def of(coach: str, home: str, facts: Iterable[Fact], reference: Reference, as_of: date | None = None) -> list[Row]:
    """Rows of table load for a coach, a school year and its terms, from the coach's facts around it in order.

    A period has a row if the coach met anybody in it or had anybody to meet.
    """
    found = [each for each in reports.every(facts, reference, as_of) if each.coach == coach]
    year = Year(coach, home, found, reference, as_of)
    return [row for period in years.of(reference).periods(home) if (row := year.row(period)) is not None]


class Year:
    """A coach's year, to be looked at by period."""

    def __init__(
        self, coach: str, home: str, found: Sequence[Report], reference: Reference, as_of: date | None
    ) -> None:  # fmt: skip
        self.coach = coach
        self._home = home
        self._reference = reference
        self._as_of = as_of
        pairs = {key: contacts.of(pair, reference) for key, pair in contacts.sorted_out(found).items() if pair.met}
        every = (each for met in pairs.values() for each in met)
        self._met = years.sorted_in(((each, each.places) for each in every), home)
        waits = (gap for (_, educator), met in pairs.items() for gap in self._gaps(educator, met))
        self._waits = years.sorted_in(((gap, gap.to.places) for gap in waits), home)
        self._told = list(cycles.told(found).values())

    def row(self, period: Period) -> Row | None:
        """The row of a period; None where there was nothing to do and nothing done."""
        met, waits = self._met.get(period.id, []), self._waits.get(period.id, [])
        assigned = self._assigned(period)
        opened, closed = self._cycles(period)
        if not (met or assigned or opened or closed):
            return None
        caseload = assigned or {each.educator: each.day for each in reversed(met)}
        spent = _spent(met, caseload)
        on_time = sum(gap.on_time for gap in waits)
        return (
            self.coach, period.id, len(assigned), len({each.educator for each in met} & caseload.keys()),
            len({org for educator, day in caseload.items() if (org := self._reference.org_of(educator, day))}),
            len(met), fsum(each.measured for each in met if each.measured is not None),
            fsum(spent) / len(spent) if spent else None, dict(sorted(Counter(each.kind for each in met).items())),
            gaps.middle(gap.days for gap in waits), on_time, len(waits), gaps.share(on_time, len(waits)),
            gini(spent), opened, closed,
        )  # fmt: skip

    def _gaps(self, educator: str, met: Sequence[Contact]) -> Iterable[Gap]:
        held = Plans(self.coach, educator, self._reference, self._as_of)

        def target(to: Contact) -> int:
            return held.target(held.plan(to.plan, to.day), to.day)

        found = gaps.between(met, plans.clock(educator, self._reference), target, self._reference)
        return (gap for gap in found if gap.within_year)

    def _assigned(self, period: Period) -> dict[str, date]:
        """The educators assigned on a day of the period, with the first such day."""
        by_educator: dict[str, list[Assignment]] = {}
        for each in self._reference.assignments_of_coach(self.coach):
            if each.educator != self.coach:
                by_educator.setdefault(each.educator, []).append(each)
        held = years.of(self._reference)
        found = {}
        for educator, every in by_educator.items():
            day = held.first_day(period, self._home, self._reference.homes(educator).on, every)
            if day is not None and (self._as_of is None or day <= self._as_of):
                found[educator] = day
        return found

    def _cycles(self, period: Period) -> tuple[int, int]:
        """How many cycles are open at the end of the period, and how many were closed in it."""
        opened = closed = 0
        for words in self._told:
            heard = [(word, places) for word in words if self._heard(places := self._places(word), word, period)]
            if not heard:
                continue
            if cycles.is_open([word for word, _ in heard]):
                opened += 1
            elif any(each.period == period.id for each in heard[-1][1]):
                closed += 1
        return opened, closed

    def _heard(self, places: Sequence[years.Place], word: Report, period: Period) -> bool:
        """Whether a word of the home's year falls in the period or before it."""
        mine = [each.period for each in places if each.home == self._home]
        return period.id in mine or bool(mine and period.since is not None and word.day < period.since)

    def _places(self, word: Report) -> Sequence[years.Place]:
        org = self._reference.org_of(word.educator, word.day)
        return years.of(self._reference).places(org, word.day)


def gini(amounts: Sequence[float]) -> float | None:
    """The Gini coefficient with three decimals: 0 where all have the same; None where nobody has anything."""
    total = fsum(amounts)
    if not total:
        return None
    weighted = fsum(rank * amount for rank, amount in enumerate(sorted(amounts), 1))
    return round(2 * weighted / (len(amounts) * total) - (len(amounts) + 1) / len(amounts), 3)


def _spent(met: Iterable[Contact], caseload: Mapping[str, date]) -> list[float]:
    """The known minutes with each of the caseload, in the order of ids."""
    minutes: dict[str, list[float]] = {educator: [] for educator in sorted(caseload)}
    for each in met:
        if each.educator in minutes and each.measured is not None:
            minutes[each.educator].append(each.measured)
    return [fsum(each) for each in minutes.values()]
