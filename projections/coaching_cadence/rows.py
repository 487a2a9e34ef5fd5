"""The rows of an educator: her contacts, her pairs with coaches, her cycles."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import partial
from math import fsum
from typing import Any, Final, TypeVar

from lrs.reference.reference import Reference
from projections.analytic import Row, Rows
from projections.analytic.memo import Memo
from projections.coaching_cadence import bookings, contacts, cycles, gaps, plans, reports, tables
from projections.coaching_cadence.bookings import Booking
from projections.coaching_cadence.contacts import Contact, Pair
from projections.coaching_cadence.cycles import Cycle
from projections.coaching_cadence.plans import NONE, Plans, Run
from projections.coaching_cadence.reports import Report
from projections.facts.fact import Fact, Kind

T = TypeVar("T")

NOTHING: Final = Pair([], [], [])
CYCLE: Final = [column.name for column in tables.CONTACTS.columns].index("cycle_id")


def of(educator: str, facts: Iterable[Fact], reference: Reference, memo: Memo, as_of: date | None = None) -> Rows:
    """Tables contacts, pairs and cycles of one educator, from her facts in order."""
    found = [each for each in reports.every(facts, reference, memo, as_of) if each.educator == educator]
    pairs = {coach: pair for (coach, _), pair in contacts.sorted_out(found).items()}
    steps = _steps(found)
    for coach in (*_assigned(educator, reference, as_of), *steps):
        pairs.setdefault(coach, NOTHING)
    words = {id_: each for (_, id_), each in cycles.told(found).items()}
    told = memo.of_all("cycles", words, lambda id_, each: cycles.of(id_, each, reference)).values()
    rows: dict[str, list[Row]] = {"contacts": [], "pairs": []}
    named: Counter[str | None] = Counter()
    for coach, pair in pairs.items():
        held = Plans(coach, educator, reference, as_of)
        own = [each for each in told if each.coach == coach]
        given = (pair, own, steps.get(coach, []))
        tally = memo.of_parts(("coach", coach), given, partial(Tally, *given, held, reference))
        rows["contacts"] += tally.contacts
        rows["pairs"] += tally.pairs
        named.update(tally.named)
    counted = {each.id: (each, named[each.id]) for each in told}
    return {**rows, "cycles": [*memo.of_all("told", counted, lambda _, cycle: _cycle(*cycle)).values()]}


class Tally:
    """A coach and an educator: what there is to count, by plan; rows of tables contacts and pairs, and which cycles
    the contacts are of.
    """

    def __init__(
        self,
        pair: Pair,
        told: Iterable[Cycle],
        steps: Sequence[Sequence[Report]],
        plans: Plans,
        reference: Reference,
        memo: Memo,
    ) -> None:
        self._met = contacts.of(pair, reference, memo)
        self._cycles = sorted(told, key=lambda each: (each.opened_at, each.id))
        self._steps = steps
        self._plans = plans
        self._by_plan: Mapping[str | None, list[Contact]] = defaultdict(list)
        self._reference = reference
        for each in self._met:
            self._by_plan[plans.plan(each.plan, each.day)].append(each)
        self.contacts: Final = self._contacts(memo)
        self.pairs: Final = self._pairs(pair, memo)
        self.named: Final = Counter(row[CYCLE] for row in self.contacts)

    def _contacts(self, memo: Memo) -> list[Row]:
        told = {each.key: (each, plan, self._during(each)) for plan, every in self._by_plan.items() for each in every}
        return list(memo.of_all("rows", told, lambda _, contact: _contact(*contact)).values())

    def _pairs(self, pair: Pair, memo: Memo) -> list[Row]:
        plan_on = partial(self._plans.plan, None)
        booked = bookings.of(pair, self._reference, memo)
        unmet = bookings.unmet(booked, self._met, self._reference)
        booked_for = _by_plan(booked, lambda each: plan_on(each.day))
        unmet_for = _by_plan(unmet, lambda each: plan_on(each.day))
        steps_for = _by_plan(self._steps, lambda each: plan_on(each[0].day))
        going = next((each.id for each in reversed(self._cycles) if each.closed_at is None), None)
        named = {*self._plans.names(), *self._by_plan, *booked_for, *steps_for}
        rows = []
        for plan in sorted(named, key=lambda each: each or NONE):
            given = (
                plan, self._by_plan.get(plan, []), booked_for.get(plan, []), unmet_for.get(plan, []),
                steps_for.get(plan, []), going,
            )  # fmt: skip
            rows.append(memo.of_parts(("plan", plan), given, partial(self._pair, *given)))
        return rows

    def _pair(
        self,
        plan: str | None,
        met: Sequence[Contact],
        booked: Sequence[Booking],
        unmet: Sequence[Booking],
        steps: Sequence[Sequence[Report]],
        cycle: str | None,
        memo: Memo,
    ) -> Row:
        runs = self._plans.runs(plan)
        run = runs[-1] if runs else None
        due = self._due(plan, met, run)
        judged = due or (met[-1].day if met else (run.since if run else None))
        return (
            self._plans.coach,
            self._plans.educator,
            plan or NONE,
            run.since if run else None,
            run.until if run else None,
            run is not None,
            self._plans.target(plan, judged) if judged else None,
            *_met(met),
            *self._gaps(plan, met, memo),
            due,
            sum(each.scheduled for each in booked),
            sum(each.cancelled for each in booked),
            [bookings.text(each.start) for each in unmet if each.start is not None],
            *self._stepped(steps),
            cycle,
        )

    def _during(self, contact: Contact) -> str | None:
        """The cycle that a contact names, else the one that was going on, the last opened of several."""
        if contact.cycle:
            return contact.cycle
        at = contact.at
        going = (each for each in reversed(self._cycles) if each.opened_at <= at)
        return next((each.id for each in going if each.closed_at is None or at <= each.closed_at), None)

    def _due(self, plan: str | None, met: Sequence[Contact], run: Run | None) -> date | None:
        if run is None:
            return None
        days = [day for day in (run.since, met[-1].day if met else None) if day is not None]
        return self._plans.due(plan, max(days), run) if days else None

    def _gaps(self, plan: str | None, met: Sequence[Contact], memo: Memo) -> tuple[Any, ...]:
        def target(to: Contact) -> int:
            return self._plans.target(plan, to.day)

        found = gaps.between(met, self._plans.clock, target, self._reference, memo)
        days = [gap.days for gap in found]
        on_time = sum(gap.on_time for gap in found)
        return (
            gaps.middle(days), sum(days) / len(days) if days else None, max(days, default=None),
            on_time, len(found), gaps.share(on_time, len(found)),
        )  # fmt: skip

    def _stepped(self, steps: Sequence[Sequence[Report]]) -> tuple[Any, ...]:
        closed = [each for each in steps if _state(each[-1]) == "closed"]
        days = [self._plans.clock(each[-1].day).days(each[0].day, each[-1].day) for each in closed if len(each) > 1]
        return len(steps) - len(closed), len(closed), gaps.middle(days)


def _by_plan(found: Iterable[T], plan: Callable[[T], str | None]) -> dict[str | None, list[T]]:
    by_plan: dict[str | None, list[T]] = {}
    for each in found:
        by_plan.setdefault(plan(each), []).append(each)
    return by_plan


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
