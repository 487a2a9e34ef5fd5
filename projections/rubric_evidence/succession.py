"""Which piece of evidence took the place of which: corrections, regrades, and credentials that are no longer held."""

from collections.abc import Iterable, Sequence
from typing import TypeAlias
from uuid import UUID

from projections.facts.fact import Fact
from projections.rubric_evidence.items import Attempt, Item, source

# By item the fact that took its place.
Successors: TypeAlias = dict[Item, Fact]

ENDED = frozenset({"revoked", "expired", "forfeited"})


def successors(items: Sequence[Item], credentials: Sequence[Fact]) -> Successors:
    """What took the place of items, given in order; of most of them nothing did.

    A correction comes before a regrade, that before the end of a credential.
    """
    return _ended(items, credentials) | _regraded(items) | _corrected(items)


def _corrected(items: Sequence[Item]) -> Successors:
    """A statement that says which one it corrects takes the place of all that it said of this person."""
    corrections = {item.corrects: item for item in items if item.corrects is not None}
    if not corrections:
        return {}
    found = {}
    for item in items:
        later = corrections.get(str(item.fact.statement))
        if later is not None and not _stands(item, later):
            found[item] = later.fact
    return found


def _stands(item: Item, later: Item) -> bool:
    """Of two that correct each other the later stands."""
    return item.corrects == str(later.fact.statement) and item.fact.order > later.fact.order


def _regraded(items: Iterable[Item]) -> Successors:
    """Of several scores for one attempt the newest counts."""
    latest: dict[Attempt, Item] = {}
    found = {}
    for item in items:
        if item.attempt is not None:
            if (earlier := latest.get(item.attempt)) is not None:
                found[earlier] = item.fact
            latest[item.attempt] = item
    return found


def _ended(items: Iterable[Item], credentials: Sequence[Fact]) -> Successors:
    """Evidence from a credential counts until the credential is revoked or expires."""
    ended = [fact for fact in credentials if fact.data.get("state") in ENDED]
    if not ended:
        return {}
    sources = {fact.statement: source(fact) for fact in credentials}
    found = {}
    for item in items:
        if item.kind == "credential":
            fact = next((fact for fact in ended if _ends(fact, item, sources)), None)
            if fact is not None:
                found[item] = fact
    return found


def _ends(fact: Fact, item: Item, sources: dict[UUID, str]) -> bool:
    if fact.order <= item.fact.order or fact.criterion not in (None, item.place.criterion.id):
        return False
    return source(fact) == sources.get(item.fact.statement, item.source) or (
        fact.criterion is not None and not fact.data.get("source")
    )
