"""Which piece of evidence took the place of which: corrections, regrades, and credentials that are no longer held."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias
from uuid import UUID

from projections.analytic.memo import Memo
from projections.facts.fact import Fact
from projections.rubric_evidence.items import Attempt, Item, source

# By item the fact that took its place.
Successors: TypeAlias = dict[Item, Fact]

ENDED = frozenset({"revoked", "expired", "forfeited"})


def successors(items: list[Item], credentials: Sequence[Fact], memo: Memo) -> Successors:
    """What took the place of items, given in order; of most of them nothing did.

    A correction comes before a regrade, that before the end of a credential.
    """
    later = memo.of_one_by_one("later", items, _Later)
    return _ended(items, credentials) | later.regraded | _corrected(items, later.corrections)


class _Later:
    """What takes the place of items that came before, which come in order."""

    def __init__(self) -> None:
        # By the statement that is corrected the last that does so.
        self.corrections: dict[str, Item] = {}
        self.regraded: Successors = {}
        self._latest: dict[Attempt, Item] = {}

    def add(self, item: Item) -> None:
        """One more. Of several scores for one attempt the newest counts."""
        if item.corrects is not None:
            self.corrections[item.corrects] = item
        if item.attempt is not None:
            if (earlier := self._latest.get(item.attempt)) is not None:
                self.regraded[earlier] = item.fact
            self._latest[item.attempt] = item


def _corrected(items: Sequence[Item], corrections: Mapping[str, Item]) -> Successors:
    """A statement that says which one it corrects takes the place of all that it said of this person."""
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
