"""The rows of an educator: her contacts, her pairs with coaches, her cycles."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import partial
from math import fsum
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar

from lrs.reference.reference import Reference
from projections.analytic import Row, Rows
from projections.analytic.memo import Memo
from projections.coaching_cadence import bookings, contacts, cycles, gaps, plans, reports
from projections.coaching_cadence.bookings import Booking
from projections.coaching_cadence.contacts import Contact
from projections.coaching_cadence.cycles import Cycle
from projections.coaching_cadence.plans import NONE, Plans, Run
from projections.coaching_cadence.reports import NOBODY, Pair, Report
from projections.facts.fact import Fact

T = TypeVar("T")
# What is reported of one step, or of one cycle, in order.
Words: TypeAlias = list[Report]

# A contact, the plan and the cycle that it counts for.
Counted: TypeAlias = tuple[Contact, str | None, str | None]

NO_STEPS: Final[list[Words]] = []


def of(educator: str, facts: Iterable[Fact], reference: Reference, memo: Memo, as_of: date | None = None) -> Rows:
    """Tables contacts, pairs and cycles of one educator, from her facts in order."""
    told = reports.told(facts, reference, memo, as_of, educator=educator)
    pairs = {coach: pair for (coach, _), pair in told.pairs.items()}
    steps = memo.of("steps", told.steps, partial(_by_coach, told.steps))
    for coach in (*memo.of("assigned", as_of, partial(_assigned, educator, reference, as_of)), *steps):
        pairs.setdefault(coach, NOBODY)
    every = memo.of_parts("cycles", told.cycles, partial(_cycles, told.cycles, reference))
    rows: dict[str, list[Row]] = {"contacts": [], "pairs": []}
    named = []
    for coach, pair in pairs.items():
        given = (pair, [each for each in every if each.coach == coach], steps.get(coach, NO_STEPS))
        plans_of = partial(Plans, coach, educator, reference, as_of)
        made = memo.of_parts(("coach", coach), given, partial(_coached, plans_of, reference, as_of, *given))
        rows["contacts"] += made.contacts
        rows["pairs"] += made.pairs
        named.append(made.named)
    counted = {each.id: (each, sum([found.count(each.id) for found in named])) for each in every}
    return {**rows, "cycles": [*memo.of_all("told", counted, lambda _, cycle: _cycle(*cycle)).values()]}


class Made(NamedTuple):
    """Rows of a coach and an educator, and the cycles of the contacts."""

    contacts: list[Row]
    pairs: list[Row]
    named: list[str | None]


def _cycles(told: Mapping[tuple[str, str], Words], reference: Reference, memo: Memo) -> list[Cycle]:
    return [*memo.of_all("cycles", told, lambda whose, words: cycles.of(whose[1], words, reference)).values()]


def _coached(
    plans_of: Callable[[], Plans],
    reference: Reference,
    as_of: date | None,
    pair: Pair,
    told: Sequence[Cycle],
    steps: list[Words],
    memo: Memo,
) -> Made:
    """The rows of a coach and an educator."""
    return Tally(memo.of("plans", as_of, plans_of), reference).rows(pair, told, steps, memo)


class Tally:
    """A coach and an educator: what there is to count, by plan."""

    def __init__(self, plans: Plans, reference: Reference) -> None:
        self._plans = plans
        self._reference = reference

    def rows(self, pair: Pair, told: Sequence[Cycle], steps: list[Words], memo: Memo) -> Made:
        """The rows of their meetings, cycles and steps."""
        met = contacts.of(pair, self._reference, memo)
        cycles = sorted(told, key=lambda each: (each.opened_at, each.id))
        met_for = self._by_plan("met", met, lambda each: self._plans.plan(each.plan, each.day), memo)
        rows: list[Row] = []
        named: list[str | None] = []
        for plan, every in met_for.items():
            found = memo.of_each(("of", plan), every, partial(_of_cycle, plan, cycles), beside=cycles)
            rows += memo.of_each(("row", plan), found, _contact)
            named += [cycle for _, _, cycle in found]
        going = next((each.id for each in reversed(cycles) if each.closed_at is None), None)
        return Made(rows, self._pairs(pair, met, met_for, steps, going, memo), named)

    def _by_plan(
        self, part: str, found: list[T], plan: Callable[[T], str | None], memo: Memo
    ) -> Mapping[str | None, list[T]]:
        """By plan, in order; the same lists while nothing comes to them."""
        if self._plans.only is not None:
            return {self._plans.only[0]: found} if found else {}
        return memo.of_sorts((part, "by plan"), found, partial(_sorted, plan=plan))

    def _pairs(
        self,
        pair: Pair,
        met: list[Contact],
        met_for: Mapping[str | None, list[Contact]],
        steps: list[Words],
        going: str | None,
        memo: Memo,
    ) -> list[Row]:
        def of_day(each: Booking) -> str | None:
            return self._plans.plan(None, each.day)

        booked = bookings.of(pair.booked, self._reference, memo)
        unmet = memo.of_parts("unmet", (booked, met), partial(bookings.unmet, booked, met, self._reference))
        booked_for = self._by_plan("booked", booked, of_day, memo)
        unmet_for = self._by_plan("unmet", unmet, of_day, memo)
        steps_for = self._by_plan("steps", steps, lambda each: self._plans.plan(None, each[0].day), memo)
        rows = []
        for plan in sorted({*self._plans.names(), *met_for, *booked_for, *steps_for}, key=lambda each: each or NONE):
            given = (
                plan, met_for.get(plan, []), booked_for.get(plan, []), unmet_for.get(plan, []),
                steps_for.get(plan, []), going,
            )  # fmt: skip
            rows.append(memo.of_parts(("plan", plan), given, partial(self._pair, *given)))
        return rows

    def _pair(
        self,
        plan: str | None,
        met: list[Contact],
        booked: Sequence[Booking],
        unmet: Sequence[Booking],
        steps: Sequence[Words],
        going: str | None,
        memo: Memo,
    ) -> Row:
        return (
            self._plans.coach,
            self._plans.educator,
            plan or NONE,
            *memo.of_parts("met", met, partial(self._met, plan, met)),
            *memo.of("booked", booked, partial(_booked, booked)),
            [bookings.text(each.start) for each in unmet if each.start is not None],
            *memo.of("stepped", steps, partial(self._stepped, steps)),
            going,
        )

    def _met(self, plan: str | None, met: list[Contact], memo: Memo) -> tuple[Any, ...]:
        runs = self._plans.runs(plan)
        run = runs[-1] if runs else None
        due = self._due(plan, met, run)
        judged = due or (met[-1].day if met else (run.since if run else None))
        return (
            run.since if run else None, run.until if run else None, run is not None,
            self._plans.target(plan, judged) if judged else None, *_met(met), *self._gaps(plan, met, memo), due,
        )  # fmt: skip

    def _due(self, plan: str | None, met: Sequence[Contact], run: Run | None) -> date | None:
        if run is None:
            return None
        days = [day for day in (run.since, met[-1].day if met else None) if day is not None]
        return self._plans.due(plan, max(days), run) if days else None

    def _gaps(self, plan: str | None, met: list[Contact], memo: Memo) -> tuple[Any, ...]:
        def target(to: Contact) -> int:
            return self._plans.target(plan, to.day)

        found = gaps.between(met, self._plans.clock, target, self._reference, memo)
        days = [gap.days for gap in found]
        on_time = [gap.on_time for gap in found].count(True)
        return (
            gaps.middle(days), sum(days) / len(days) if days else None, max(days, default=None),
            on_time, len(found), gaps.share(on_time, len(found)),
        )  # fmt: skip

    def _stepped(self, steps: Sequence[Words]) -> tuple[Any, ...]:
        closed = [each for each in steps if _state(each[-1]) == "closed"]
        days = [self._plans.clock(each[-1].day).days(each[0].day, each[-1].day) for each in closed if len(each) > 1]
        return len(steps) - len(closed), len(closed), gaps.middle(days)


def _sorted(found: Iterable[T], plan: Callable[[T], str | None]) -> dict[str | None, list[T]]:
    """By plan, in order."""
    by_plan: dict[str | None, list[T]] = {}
    for each in found:
        by_plan.setdefault(plan(each), []).append(each)
    return by_plan


def _cycle_of(contact: Contact, told: Sequence[Cycle]) -> str | None:
    """The cycle that a contact names, else the one that was going on, the last opened of several."""
    if contact.cycle or not told:
        return contact.cycle
    at = contact.at
    for each in reversed(told):
        if each.opened_at <= at and (each.closed_at is None or at <= each.closed_at):
            return each.id
    return None


def _booked(booked: Sequence[Booking]) -> tuple[int, int]:
    """How many were scheduled, and how many are cancelled."""
    return [each.scheduled for each in booked].count(True), [each.cancelled for each in booked].count(True)


def _met(met: Sequence[Contact]) -> tuple[Any, ...]:
    minutes = contacts.measured(met)
    return (
        len(met), fsum(minutes), len(minutes), met[0].at if met else None, met[-1].at if met else None,
        met[-2].at if len(met) > 1 else None,
    )  # fmt: skip


def _of_cycle(plan: str | None, told: Sequence[Cycle], contact: Contact) -> Counted:
    return contact, plan, _cycle_of(contact, told)


def _contact(counted: Counted) -> Row:
    contact, plan, cycle = counted
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


def _by_coach(steps: Mapping[str, Words]) -> dict[str, list[Words]]:
    """Steps by the coach named last: a step goes along with a change of coach."""
    by_coach: dict[str, list[Words]] = defaultdict(list)
    for words in steps.values():
        by_coach[words[-1].coach or ""].append(words)
    return by_coach


def _state(report: Report) -> object:
    return report.fact.data.get("state")
