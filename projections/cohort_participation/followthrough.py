"""Whether what a person learned was applied and shared: the rows of one person, a pure function of her facts."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any, Final, Literal, NamedTuple, TypeAlias
from uuid import UUID

import msgspec

from lrs.reference.reference import Reference
from projections.cohort_participation import learning, years
from projections.cohort_participation.dating import Dating
from projections.facts.fact import Fact, Kind

Row: TypeAlias = tuple[Any, ...]
Link: TypeAlias = Literal["ref", "unit", "criterion"]

KINDS: Final = frozenset({Kind.LEARN, Kind.APPLY, Kind.SHARE})
# The stronger a link, the sooner it is believed.
STRENGTH: Final[dict[Link, int]] = {"ref": 0, "unit": 1, "criterion": 2}


class Dated(NamedTuple):
    """A fact with its local day."""

    fact: Fact
    day: date


class Learned(msgspec.Struct, frozen=True):
    """A unit that a person completed, at first."""

    unit: str
    first: Dated
    criteria: tuple[str, ...]
    minutes: float | None


class Linked(NamedTuple):
    """What was done with a unit, and how that is known."""

    dated: Dated
    link: Link


def rows(person: str, facts: Sequence[Fact], reference: Reference, *, as_of: date | None = None) -> list[Row]:
    """The rows of `followthrough` of a person, from facts in order; with `as_of`, of those through that local day."""
    learnings, applications, sharings = _dated(person, facts, reference, as_of or date.max)
    learned = _learned(learnings)
    if not learned:
        return []
    statements = {each.fact.statement: each.fact.unit for each in learnings if each.fact.unit in learned}
    applied = _links(applications, learned, {key: {unit} for key, unit in statements.items() if unit})
    told: dict[UUID, set[str]] = defaultdict(set)
    for key, unit in statements.items():
        if unit:
            told[key].add(unit)
    for unit, every in applied.items():
        for each in every:
            if each.link != "criterion":
                told[each.dated.fact.statement].add(unit)
    shared = _links(sharings, learned, told)
    return [
        _row(person, each, applied.get(each.unit, ()), shared.get(each.unit, ()), reference)
        for each in learned.values()
    ]


def _dated(
    person: str, facts: Sequence[Fact], reference: Reference, last: date
) -> tuple[list[Dated], list[Dated], list[Dated]]:
    """Her facts that bear on this, through a day: of learning, applying and sharing."""
    found: tuple[list[Dated], list[Dated], list[Dated]] = ([], [], [])
    if not facts:
        return found
    dating = Dating(reference, None, facts[0].observed_at.date(), facts[-1].observed_at.date())
    for fact in facts:
        kind = fact.kind
        place = 0 if kind is Kind.LEARN else 1 if kind is Kind.APPLY else 2 if kind is Kind.SHARE else 3
        if place == 3 or (place == 0 and not learning.bears(fact)):
            continue
        if dating.person(fact.subject, fact.observed_at) == person:
            day = dating.day(fact.observed_at, person)
            if day <= last:
                found[place].append(Dated(fact, day))
    return found


def _learned(facts: Sequence[Dated]) -> dict[str, Learned]:
    """Units that were completed or waived, in order of their first completion."""
    of: dict[str, list[Dated]] = defaultdict(list)
    for each in facts:
        if each.fact.unit is not None:
            of[each.fact.unit].append(each)
    found = []
    for unit, every in of.items():
        first = next((each for each in every if learning.is_done(each.fact)), None)
        if first is not None:
            minutes = sum(fact.minutes or 0.0 for fact in learning.timed(every))
            found.append(Learned(unit, first, _criteria(each.fact for each in every), round(minutes, 3) or None))
    found.sort(key=lambda each: each.first.fact.order)
    return {each.unit: each for each in found}


def _criteria(facts: Iterable[Fact]) -> tuple[str, ...]:
    found: set[str] = set()
    for fact in facts:
        named = fact.data.get("criteria")
        if isinstance(named, list):
            found.update(named)
    return tuple(sorted(found))


def _links(facts: Sequence[Dated], learned: dict[str, Learned], told: dict[UUID, set[str]]) -> dict[str, list[Linked]]:
    """What was done with each unit, in order. A fact that says which unit it is about is about that one alone."""
    found: dict[str, list[Linked]] = defaultdict(list)
    for dated in facts:
        fact = dated.fact
        units = told.get(fact.refers_to, set()) if fact.refers_to is not None else set()
        link: Link = "ref"
        if not units and fact.unit in learned:
            units, link = {fact.unit}, "unit"
        elif not units:
            criteria = set(_criteria((fact,)))
            units = (
                {each.unit for each in learned.values() if criteria.intersection(each.criteria)} if criteria else set()
            )
            link = "criterion"
        for unit in units:
            found[unit].append(Linked(dated, link))
    return found


def _first(every: Sequence[Linked], after: Dated, window: int) -> Linked | None:
    """The first of the strongest link after that fact, at most `window` days later."""
    if not every:
        return None
    last = after.day + timedelta(days=window)
    among = [each for each in every if each.dated.fact.order > after.fact.order and each.dated.day <= last]
    return min(among, key=lambda each: (STRENGTH[each.link], each.dated.fact.order), default=None)


def _row(
    person: str, learned: Learned, applied: Sequence[Linked], shared: Sequence[Linked], reference: Reference
) -> Row:
    at = learned.first
    window = reference.policy(at.day).followthrough.window_days
    application = _first(applied, at, window)
    sharing = _first(shared, application.dated, window) if application else None
    sharing = sharing or _first(shared, at, window)
    told = [at.fact, *(each.dated.fact for each in (application, sharing) if each is not None)]
    is_dated = years.EARLIEST <= at.day < years.LATEST
    periods = reference.periods(reference.org_of(person, at.day), at.day) if is_dated else ()
    return (
        person,
        learned.unit,
        list(learned.criteria),
        [each.id for each in periods],
        learned.minutes,
        at.fact.observed_at,
        at.day,
        at.day + timedelta(days=window),
        application.dated.fact.observed_at if application else None,
        sharing.dated.fact.observed_at if sharing else None,
        application.link if application else None,
        [at.fact.statement] if len(told) == 1 else list(dict.fromkeys(fact.statement for fact in told)),
    )
