"""The rows of an educator: her contacts, her pairs with coaches, her cycles."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import partial
from math import fsum
from typing import Any, Final, NamedTuple, TypeVar

from lrs.reference.reference import Reference
from projections.analytic import Row, Rows
from projections.analytic.memo import Memo
from projections.coaching_cadence import bookings, contacts, cycles, gaps, plans, reports, tables
from projections.coaching_cadence.bookings import Booking
from projections.coaching_cadence.contacts import Contact
from projections.coaching_cadence.cycles import Cycle
from projections.coaching_cadence.plans import NONE, Plans, Run
from projections.coaching_cadence.reports import Pair, Report
from projections.facts.fact import Fact

T = TypeVar("T")
# What is reported of one step, in order.
Words = list[Report]

NOTHING: Final = Pair([], [], [])
CYCLE: Final = [column.name for column in tables.CONTACTS.columns].index("cycle_id")


def of(educator: str, facts: Iterable[Fact], reference: Reference, memo: Memo, as_of: date | None = None) -> Rows:
    """Tables contacts, pairs and cycles of one educator, from her facts in order."""
    told = reports.told(facts, reference, memo, as_of, educator=educator)
    pairs = {coach: pair for (coach, _), pair in told.pairs.items()}
    steps = _by_coach(told.steps.values())
    for coach in (*_assigned(educator, reference, as_of), *steps):
        pairs.setdefault(coach, NOTHING)
    words = {id_: each for (_, id_), each in told.cycles.items()}
    every = memo.of_all("cycles", words, lambda id_, each: cycles.of(id_, each, reference)).values()
    rows: dict[str, list[Row]] = {"contacts": [], "pairs": []}
    named = []
    for coach, pair in pairs.items():
        given = (pair, [each for each in every if each.coach == coach], steps.get(coach, []))
        plans_of = partial(Plans, coach, educator, reference, as_of)
        made = memo.of_parts(("coach", coach), given, partial(_coached, plans_of, reference, as_of, *given))
        rows["contacts"] += made.contacts
        rows["pairs"] += made.pairs
        named.append(made.named)
    counted = {each.id: (each, sum(found.get(each.id, 0) for found in named)) for each in every}
    return {**rows, "cycles": [*memo.of_all("told", counted, lambda _, cycle: _cycle(*cycle)).values()]}


class Made(NamedTuple):
    """Rows of a coach and an educator, and how many of the contacts are of each cycle."""

    contacts: list[Row]
    pairs: list[Row]
    named: Mapping[str | None, int]


def _coached(
    plans_of: Callable[[], Plans],
    reference: Reference,
    as_of: date | None,
    pair: Pair,
    told: Sequence[Cycle],
    steps: Sequence[Words],
    memo: Memo,
) -> Made:
    """The rows of a coach and an educator."""
    return Tally(memo.of("plans", as_of, plans_of), reference).rows(pair, told, steps, memo)


class Tally:
    """A coach and an educator: what there is to count, by plan."""

    def __init__(self, plans: Plans, reference: Reference) -> None:
        self._plans = plans
        self._reference = reference

    def rows(self, pair: Pair, told: Sequence[Cycle], steps: Sequence[Words], memo: Memo) -> Made:
        """The rows of their meetings, cycles and steps."""
        met = memo.of_parts("met", pair, partial(contacts.of, pair, self._reference))
        cycles = sorted(told, key=lambda each: (each.opened_at, each.id))
        met_for = memo.of_sorts("met by plan", met, self._by_plan)
        rows = memo.of_parts("rows", (met, cycles), partial(self._contacts, met_for, cycles))
        named = memo.of("named", rows, lambda: Counter(row[CYCLE] for row in rows))
        going = next((each.id for each in reversed(cycles) if each.closed_at is None), None)
        return Made(rows, self._pairs(pair, met, met_for, steps, going, memo), named)

    def _by_plan(self, met: Iterable[Contact]) -> dict[str | None, list[Contact]]:
        return _sorted(met, lambda each: self._plans.plan(each.plan, each.day))

    def _booked_by_plan(self, booked: Iterable[Booking]) -> dict[str | None, list[Booking]]:
        return _sorted(booked, lambda each: self._plans.plan(None, each.day))

    def _contacts(
        self, met_for: Mapping[str | None, Sequence[Contact]], told: Sequence[Cycle], memo: Memo
    ) -> list[Row]:
        found = {each.key: (each, plan, _cycle_of(each, told)) for plan, every in met_for.items() for each in every}
        return list(memo.of_all("contacts", found, lambda _, contact: _contact(*contact)).values())

    def _pairs(
        self,
        pair: Pair,
        met: Sequence[Contact],
        met_for: Mapping[str | None, Sequence[Contact]],
        steps: Sequence[Words],
        going: str | None,
        memo: Memo,
    ) -> list[Row]:
        booked = memo.of_parts("booked", pair.booked, partial(bookings.of, pair.booked, self._reference))
        unmet = memo.of("unmet", (booked, met), partial(bookings.unmet, booked, met, self._reference))
        booked_for = memo.of_sorts("booked by plan", booked, self._booked_by_plan)
        unmet_for = self._booked_by_plan(unmet)
        steps_for = _sorted(steps, lambda each: self._plans.plan(None, each[0].day))
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
        met: Sequence[Contact],
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
            sum(each.scheduled for each in booked),
            sum(each.cancelled for each in booked),
            [bookings.text(each.start) for each in unmet if each.start is not None],
            *memo.of("stepped", steps, partial(self._stepped, steps)),
            going,
        )

    def _met(self, plan: str | None, met: Sequence[Contact], memo: Memo) -> tuple[Any, ...]:
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


def _met(met: Sequence[Contact]) -> tuple[Any, ...]:
    minutes = [length for each in met if (length := each.measured) is not None]
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


def _by_coach(steps: Iterable[Words]) -> dict[str, list[Words]]:
    """Steps by the coach named last: a step goes along with a change of coach."""
    by_coach: dict[str, list[Words]] = defaultdict(list)
    for words in steps:
        by_coach[words[-1].coach or ""].append(words)
    return by_coach


def _state(report: Report) -> object:
    return report.fact.data.get("state")
