"""The rows of an educator: her contacts, her pairs with coaches, her cycles."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from math import fsum
from typing import Any, Final

from lrs.reference.reference import Reference
from projections.analytic import Row, Rows
from projections.coaching_cadence import bookings, contacts, cycles, gaps, plans, reports, tables
from projections.coaching_cadence.bookings import Booking
from projections.coaching_cadence.contacts import Contact, Pair
from projections.coaching_cadence.cycles import Cycle
from projections.coaching_cadence.plans import NONE, Plans, Run
from projections.coaching_cadence.reports import Report
from projections.facts.fact import Fact, Kind

NOTHING: Final = Pair([], [], [], [])
CYCLE: Final = [column.name for column in tables.CONTACTS.columns].index("cycle_id")


def of(educator: str, facts: Iterable[Fact], reference: Reference, as_of: date | None = None) -> Rows:
    """Tables contacts, pairs and cycles of one educator, from her facts in order."""
    found = [each for each in reports.every(facts, reference, as_of) if each.educator == educator]
    pairs = {coach: pair for (coach, _), pair in contacts.sorted_out(found).items()}
    steps = _steps(found)
    for coach in (*_assigned(educator, reference, as_of), *steps):
        pairs.setdefault(coach, NOTHING)
    told = [cycles.of(id_, words, reference) for (_, id_), words in cycles.told(found).items()]
    rows: dict[str, list[Row]] = {"contacts": [], "pairs": [], "cycles": []}
    for coach, pair in pairs.items():
        met = contacts.of(pair, reference)
        own = [each for each in told if each.coach == coach]
        tally = Tally(met, own, Plans(coach, educator, reference, as_of), reference)
        rows["contacts"] += tally.contacts()
        rows["pairs"] += tally.pairs(pair, steps.get(coach, []))
    named = Counter(row[CYCLE] for row in rows["contacts"])
    rows["cycles"] = [_cycle(each, named[each.id]) for each in told]
    return rows


class Tally:
    """A coach and an educator: what there is to count, by plan."""

    def __init__(self, met: Sequence[Contact], told: Iterable[Cycle], plans: Plans, reference: Reference) -> None:
        self.met = met
        self.cycles = sorted(told, key=lambda each: (each.opened_at, each.id))
        self.plans = plans
        self.by_plan: Mapping[str | None, list[Contact]] = defaultdict(list)
        self._reference = reference
        for each in met:
            self.by_plan[plans.plan(each.plan, each.day)].append(each)

    def contacts(self) -> list[Row]:
        """Rows of table contacts."""
        return [_contact(each, plan, self._during(each)) for plan, every in self.by_plan.items() for each in every]

    def pairs(self, pair: Pair, steps: Sequence[Sequence[Report]]) -> list[Row]:
        """Rows of table pairs."""
        booked = bookings.of(pair, self._reference)
        unmet = bookings.unmet(booked, self.met, self._reference)
        named = self.plans.names() | set(self.by_plan)
        named |= {self.plans.plan(None, each.day) for each in booked}
        named |= {self.plans.plan(None, each[0].day) for each in steps}
        return [self._pair(plan, booked, unmet, steps) for plan in sorted(named, key=lambda each: each or NONE)]

    def _pair(
        self, plan: str | None, booked: Sequence[Booking], unmet: Sequence[Booking], steps: Sequence[Sequence[Report]]
    ) -> Row:
        met = self.by_plan.get(plan, [])
        runs = self.plans.runs(plan)
        run = runs[-1] if runs else None
        due = self._due(plan, met, run)
        judged = due or (met[-1].day if met else (run.since if run else None))
        booked = [each for each in booked if self.plans.plan(None, each.day) == plan]
        waiting = [each.start for each in unmet if each.start is not None and self.plans.plan(None, each.day) == plan]
        return (
            self.plans.coach,
            self.plans.educator,
            plan or NONE,
            run.since if run else None,
            run.until if run else None,
            run is not None,
            self.plans.target(plan, judged) if judged else None,
            *_met(met),
            *self._gaps(plan, met),
            due,
            sum(each.scheduled for each in booked),
            sum(each.cancelled for each in booked),
            [bookings.text(each) for each in waiting],
            *self._stepped([each for each in steps if self.plans.plan(None, each[0].day) == plan]),
            next((each.id for each in reversed(self.cycles) if each.closed_at is None), None),
        )

    def _during(self, contact: Contact) -> str | None:
        """The cycle that a contact names, else the one that was going on, the last opened of several."""
        at = contact.at
        going = (each for each in reversed(self.cycles) if each.opened_at <= at)
        return contact.cycle or next(
            (each.id for each in going if each.closed_at is None or at <= each.closed_at), None
        )

    def _due(self, plan: str | None, met: Sequence[Contact], run: Run | None) -> date | None:
        if run is None:
            return None
        days = [day for day in (run.since, met[-1].day if met else None) if day is not None]
        return self.plans.due(plan, max(days), run) if days else None

    def _gaps(self, plan: str | None, met: Sequence[Contact]) -> tuple[Any, ...]:
        found = gaps.between(
            met, self.plans.clock, lambda contact: self.plans.target(plan, contact.day), self._reference
        )
        days = [gap.days for gap in found]
        on_time = sum(gap.on_time for gap in found)
        return (
            gaps.middle(days), sum(days) / len(days) if days else None, max(days, default=None),
            on_time, len(found), gaps.share(on_time, len(found)),
        )  # fmt: skip

    def _stepped(self, steps: Sequence[Sequence[Report]]) -> tuple[Any, ...]:
        closed = [each for each in steps if _state(each[-1]) == "closed"]
        days = [self.plans.clock(each[-1].day).days(each[0].day, each[-1].day) for each in closed if len(each) > 1]
        return len(steps) - len(closed), len(closed), gaps.middle(days)


def _met(met: Sequence[Contact]) -> tuple[Any, ...]:
    minutes = [each.measured for each in met if each.measured is not None]
    return (
        len(met), fsum(minutes), len(minutes), met[0].at if met else None, met[-1].at if met else None,
        met[-2].at if len(met) > 1 else None,
    )  # fmt: skip


def _contact(contact: Contact, plan: str | None, cycle: str | None) -> Row:
    return (
        contact.key, contact.coach, contact.educator, plan, contact.at, contact.day,
        [place.period for place in contact.places], contact.minutes, contact.basis, contact.kind, cycle,
        contact.phase, contact.purpose, list(contact.statements),
    )  # fmt: skip


def _cycle(cycle: Cycle, met: int) -> Row:
    return (
        cycle.educator, cycle.id, cycle.coach, list(cycle.criteria), cycle.opened_at, cycle.phase, cycle.phase_since,
        cycle.days_by_phase, met, cycle.closed_at, cycle.outcome, list(cycle.statements),
    )  # fmt: skip


def _assigned(educator: str, reference: Reference, as_of: date | None) -> list[str]:
    """Who was ever to coach an educator."""
    every = reference.assignments_of_educator(educator)
    return [each.coach for each in every if each.coach != educator and plans.begun(each, as_of)]


def _steps(found: Iterable[Report]) -> dict[str, list[list[Report]]]:
    """What is reported of each step, in order, by the coach named last: a step goes along with a change of coach."""
    steps: dict[str, list[Report]] = defaultdict(list)
    for report in found:
        if report.fact.kind is Kind.STEP and report.fact.unit is not None and report.coach is not None:
            steps[report.fact.unit].append(report)
    by_coach: dict[str, list[list[Report]]] = defaultdict(list)
    for words in steps.values():
        by_coach[words[-1].coach or ""].append(words)
    return by_coach


def _state(report: Report) -> object:
    return report.fact.data.get("state")
