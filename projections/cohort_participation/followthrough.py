"""Whether what a person learned was applied and shared: the rows of one person, a pure function of her facts."""

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from operator import attrgetter
from typing import Any, Final, Literal, NamedTuple, TypeAlias, TypeVar
from uuid import UUID

import msgspec

from lrs.reference.reference import Reference
from projections.analytic.memo import AFRESH, Memo
from projections.cohort_participation import dating, learning, years
from projections.cohort_participation.dating import Dating
from projections.facts.fact import Fact, Kind

Row: TypeAlias = tuple[Any, ...]
Order: TypeAlias = tuple[datetime, UUID, int]
Key = TypeVar("Key", bound=Hashable)
Link: TypeAlias = Literal["ref", "unit", "criterion"]

# Named once: every fact is asked for its kind, and a look-up in an Enum takes longer than all else there.
LEARN, APPLY, SHARE = Kind.LEARN, Kind.APPLY, Kind.SHARE
KINDS: Final = frozenset({LEARN, APPLY, SHARE})
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
    order: Order
    criteria: tuple[str, ...]
    minutes: float | None


class Linked(msgspec.Struct, frozen=True, gc=False):
    """What was done with a unit, and how that is known."""

    dated: Dated
    link: Link


def rows(
    person: str, facts: Sequence[Fact], reference: Reference, *, as_of: date | None = None, memo: Memo = AFRESH
) -> list[Row]:
    """The rows of `followthrough` of a person, from facts in order; with `as_of`, of those through that local day."""
    told = memo.of_sorts("told", facts, partial(_told, person, dating.anytime(reference), as_of or date.max))
    by_unit = memo.of_sorts("by unit", told.get(LEARN, ()), lambda every: _sorted(every, _unit))
    units = memo.of_all("learned", by_unit, _learned)
    learned = {each.unit: each for each in sorted(filter(None, units.values()), key=attrgetter("order"))}
    if not learned:
        return []
    about = memo.of_sorts("about", told.get(LEARN, ()), lambda every: _sorted(every, _statement))
    applying = _links(told.get(APPLY, ()), learned, about, {})
    applied, shared = _by_unit(applying), _by_unit(_links(told.get(SHARE, ()), learned, about, _where(applying)))
    given = {unit: (each, applied.get(unit, ()), shared.get(unit, ())) for unit, each in learned.items()}
    return list(memo.of_all("row", given, lambda _, of: _row(person, *of, reference)).values())


def _told(person: str, dates: Dating, last: date, facts: Iterable[Fact]) -> dict[Kind, list[Dated]]:
    """Those facts that are hers and bear on this, through a day, by kind."""
    told: dict[Kind, list[Dated]] = defaultdict(list)
    whose = dates.whose
    for fact in facts:
        if (whose[fact.subject] or dates.person(fact.subject, fact.observed_at)) != person:
            continue
        kind = fact.kind
        if kind is LEARN and (fact.unit is None or not learning.bears(fact)):
            continue
        day = dates.day(fact.observed_at, person)
        if day <= last:
            told[kind].append(Dated(fact, day))
    return told


def _sorted(every: Iterable[Dated], key: Callable[[Dated], Key]) -> dict[Key, list[Dated]]:
    found: dict[Key, list[Dated]] = {}
    for each in every:
        found.setdefault(key(each), []).append(each)
    return found


def _unit(dated: Dated) -> str:
    return dated.fact.unit or ""


def _statement(dated: Dated) -> int:
    """A statement as a number: the hash of a UUID takes longer than all else there."""
    return dated.fact.statement.int


def _learned(unit: str, every: Sequence[Dated]) -> Learned | None:
    """A unit by the facts about it, in order; None where it was neither completed nor waived."""
    first = next((each for each in every if learning.is_done(each.fact)), None)
    if first is None:
        return None
    minutes = sum(fact.minutes or 0.0 for fact in learning.timed(every))
    return Learned(
        unit=unit,
        first=first,
        order=first.fact.order,
        criteria=_criteria([each.fact for each in every]),
        minutes=round(minutes, 3) or None,
    )


def _criteria(facts: Iterable[Fact]) -> tuple[str, ...]:
    found: set[str] = set()
    for fact in facts:
        named = fact.data.get("criteria")
        if isinstance(named, list):
            found.update(named)
    return tuple(sorted(found))


def _links(
    facts: Iterable[Dated], learned: dict[str, Learned], about: Mapping[int, Sequence[Dated]],
    applied: Mapping[int, set[str]],
) -> list[tuple[Linked, Collection[str]]]:  # fmt: skip
    """What was done, in order, and with which units. A fact that says which unit it is about is about that one alone.

    What it refers to is `about` a unit that was learned, the last of several, or is where some were `applied`.
    """
    found = []
    units: Collection[str]
    for dated in facts:
        fact = dated.fact
        link: Link = "ref"
        units = () if fact.refers_to is None else _referred(fact.refers_to.int, learned, about, applied)
        if not units and fact.unit in learned:
            units, link = (fact.unit,), "unit"
        elif not units:
            units, link = _by_criteria(fact, learned.values()), "criterion"
        found.append((Linked(dated, link), units))
    return found


def _by_unit(links: Iterable[tuple[Linked, Collection[str]]]) -> dict[str, list[Linked]]:
    found: dict[str, list[Linked]] = defaultdict(list)
    for linked, units in links:
        for unit in units:
            found[unit].append(linked)
    return found


def _referred(
    to: int, learned: dict[str, Learned], about: Mapping[int, Sequence[Dated]], applied: Mapping[int, set[str]]
) -> Collection[str]:
    """The units that a statement is about: those that it says were applied, and the one that it says was learned."""
    units = applied.get(to, ())
    for each in reversed(about.get(to, ())):
        if (unit := each.fact.unit) in learned:
            return {*units, unit} if unit else units
    return units


def _where(applying: Iterable[tuple[Linked, Collection[str]]]) -> dict[int, set[str]]:
    """The units that a statement says were applied."""
    found: dict[int, set[str]] = defaultdict(set)
    for linked, units in applying:
        if linked.link != "criterion":
            found[_statement(linked.dated)].update(units)
    return found


def _by_criteria(fact: Fact, learned: Iterable[Learned]) -> set[str]:
    criteria = set(_criteria((fact,)))
    return {each.unit for each in learned if not criteria.isdisjoint(each.criteria)} if criteria else set()


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
