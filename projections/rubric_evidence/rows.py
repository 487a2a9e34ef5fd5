"""The rows of a person: what her live facts and the reference data make of items and evidence."""

from collections.abc import Iterable
from datetime import date
from typing import Any, TypeAlias

from lrs.reference.reference import Reference
from projections.analytic.memo import AFRESH, Memo
from projections.facts.fact import Fact
from projections.rubric_evidence import evidence, succession
from projections.rubric_evidence.items import CREDENTIAL, Item, Reader, Told
from projections.rubric_evidence.standards import Standards, standards
from projections.rubric_evidence.succession import Successors
from projections.rubric_evidence.units import decimal

Row: TypeAlias = tuple[Any, ...]
Rows: TypeAlias = dict[str, list[Row]]


def rows(
    person: str, facts: Iterable[Fact], reference: Reference, *, as_of: date | None = None, memo: Memo = AFRESH
) -> Rows:
    """The rows of `items` and `evidence` of a person, from facts in `Fact.order`; those of others are passed over."""
    # Cells are told apart by identity: a key goes on with the standards that those before were made by.
    known = memo.of("standards", as_of, lambda: standards(reference, as_of))
    items, credentials = _items(person, facts, known, memo)
    successors = succession.successors(items, credentials, memo)
    counting = [item for item in items if item not in successors] if successors else items
    return {
        "items": _item_rows(person, items, successors, memo),
        "evidence": evidence.rows(person, counting, memo),
    }


def _items(person: str, facts: Iterable[Fact], known: Standards, memo: Memo) -> tuple[list[Item], list[Fact]]:
    """The evidence that facts are, and those of them that tell of credentials."""
    reader = Reader(person, known)
    told = memo.of_one_by_one("told", memo.of_each("read", facts, reader.told), _Told)
    return (_once(told.items) if told.credentials else [*told.items]), told.credentials


class _Told:
    """What facts tell: the evidence that they are, and those of them that tell of credentials."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.credentials: list[Fact] = []

    def add(self, told: Told | None) -> None:
        """One more."""
        if told is None:
            return
        if told.item is not None:
            self.items.append(told.item)
        if told.fact.kind is CREDENTIAL:
            self.credentials.append(told.fact)


def _once(items: Iterable[Item]) -> list[Item]:
    """A credential on a criterion is evidence, once: not where its own statement gives the score besides."""
    said = {(item.fact.statement, item.place.criterion.id) for item in items if item.fact.kind is not CREDENTIAL}
    return [
        item
        for item in items
        if item.fact.kind is not CREDENTIAL or (item.fact.statement, item.place.criterion.id) not in said
    ]


def _item_rows(person: str, items: Iterable[Item], successors: Successors, memo: Memo) -> list[Row]:
    return memo.of_each("items", items, lambda item: _item_row(person, item, successors.get(item)), beside=successors)


def _item_row(person: str, item: Item, successor: Fact | None) -> Row:
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
        fact.stored_at if _is_ordered_by_storing(item) else None,
        item.day,
        item.cells[-1].period.id if item.cells else None,
        [cell.period.id for cell in item.cells],
        item.purpose,
        bool(fact.data.get("has_attachment")),
        None if successor is None else successor.id,
        sorted(item.flags),
    )


def _is_ordered_by_storing(item: Item) -> bool:
    """Whether it matters when the statement was stored; else no row tells of it, whatever the order of arrival."""
    return any(cell.standard.policy.order_by == "stored" for cell in item.cells)
