"""The rows of a person: what her live facts and the reference data make of items and evidence."""

from collections.abc import Iterable
from datetime import date
from typing import Any, TypeAlias

from lrs.reference.reference import Reference
from projections.facts.fact import Fact, Kind
from projections.rubric_evidence import evidence, succession
from projections.rubric_evidence.items import Item, Reader, Setting
from projections.rubric_evidence.standards import Standards, standards
from projections.rubric_evidence.units import decimal

Row: TypeAlias = tuple[Any, ...]
Rows: TypeAlias = dict[str, list[Row]]


def rows(person: str, facts: Iterable[Fact], reference: Reference, *, as_of: date | None = None) -> Rows:
    """The rows of `items` and `evidence` of a person, from facts in `Fact.order`; those of others are passed over."""
    known = standards(reference, as_of)
    items = _items(person, facts, known)
    return {
        "items": [_item_row(person, item, known) for item in items],
        "evidence": evidence.rows(person, [item for item in items if item.superseded_by is None], known),
    }


def _items(person: str, facts: Iterable[Fact], known: Standards) -> list[Item]:
    reader = Reader(person, known)
    credentials: list[Fact] = []
    items: list[Item] = []
    earned: list[tuple[Fact, Setting]] = []
    for fact, setting in reader.facts(facts):
        if fact.kind is Kind.CREDENTIAL:
            credentials.append(fact)
            if fact.criterion is not None and fact.data.get("state") == "earned":
                earned.append((fact, setting))
        elif (item := reader.item(fact, setting)) is not None:
            items.append(item)
    if earned:
        items = _with_earned(items, earned, reader)
    succession.settle(items, credentials)
    return items


def _with_earned(items: list[Item], earned: Iterable[tuple[Fact, Setting]], reader: Reader) -> list[Item]:
    """A credential on a criterion is evidence, once: not where its own statement gives the score besides."""
    said = {(item.fact.statement, item.place.criterion.id) for item in items}
    for fact, setting in earned:
        item = reader.item(fact, setting)
        if item is not None and (fact.statement, item.place.criterion.id) not in said:
            items.append(item)
    return sorted(items, key=lambda item: item.fact.order)


def _item_row(person: str, item: Item, known: Standards) -> Row:
    fact, place, (score, basis, _) = item.fact, item.place, item.scored
    return (
        fact.statement,
        fact.n,
        person,
        item.org,
        place.rubric.id,
        place.rubric.version,
        place.criterion.id,
        item.kind,
        item.assessor,
        item.role,
        None if score is None else decimal(score),
        None if score is None else place.scale.level(score),
        basis,
        item.source,
        fact.observed_at,
        fact.stored_at if _is_ordered_by_storing(item, known) else None,
        item.day,
        item.periods[-1].id if item.periods else None,
        [period.id for period in item.periods],
        item.purpose,
        bool(fact.data.get("has_attachment")),
        item.superseded_by,
        sorted(item.flags),
    )


def _is_ordered_by_storing(item: Item, known: Standards) -> bool:
    """Whether it matters when the statement was stored; else no row tells of it, whatever the order of arrival."""
    return any(known.of(item.place.criterion.id, period).policy.order_by == "stored" for period in item.periods)
