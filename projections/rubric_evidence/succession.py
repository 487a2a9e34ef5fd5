"""Which piece of evidence took the place of which: corrections, regrades, and credentials that are no longer held."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from projections.facts.fact import Fact
from projections.rubric_evidence.items import Item, source

ENDED = frozenset({"revoked", "expired", "forfeited"})


def settle(items: Sequence[Item], credentials: Sequence[Fact]) -> None:
    """Say of each item, given in order, what took its place. A correction comes before a regrade, that before the end
    of a credential.
    """
    _end(items, credentials)
    _regrade(items)
    _correct(items)


def _correct(items: Sequence[Item]) -> None:
    """A statement that says which one it corrects takes the place of all that it said of this person."""
    corrections = {target: item for item in items if (target := _target(item.fact)) is not None}
    if not corrections:
        return
    for item in items:
        later = corrections.get(str(item.fact.statement))
        if later is not None and not _stands(item, later):
            item.superseded_by = later.fact.id


def _target(fact: Fact) -> str | None:
    """The statement that a fact corrects, which is not its own."""
    said = fact.data.get("supersedes")
    return said.lower() if isinstance(said, str) and said.lower() != str(fact.statement) else None


def _stands(item: Item, later: Item) -> bool:
    """Of two that correct each other the later stands."""
    return _target(item.fact) == str(later.fact.statement) and item.fact.order > later.fact.order


def _regrade(items: Iterable[Item]) -> None:
    """Of several scores for one attempt the newest counts."""
    latest: dict[tuple[str | None, ...], Item] = {}
    for item in items:
        data = item.fact.data
        said = data.get("regrade_key")
        if isinstance(said, str) and said:
            key: tuple[str | None, ...] = (item.place.criterion.id, said)
        elif data.get("is_attempt"):
            key = (item.place.criterion.id, item.fact.kind, item.assessor, item.source)
        else:
            continue
        earlier = latest.get(key)
        if earlier is not None:
            earlier.superseded_by = item.fact.id
        latest[key] = item


def _end(items: Iterable[Item], credentials: Sequence[Fact]) -> None:
    """Evidence from a credential counts until the credential is revoked or expires."""
    ended = [fact for fact in credentials if fact.data.get("state") in ENDED]
    if not ended:
        return
    sources = {fact.statement: source(fact) for fact in credentials}
    for item in items:
        if item.kind == "credential":
            item.superseded_by = next((fact.id for fact in ended if _ends(fact, item, sources)), None)


def _ends(fact: Fact, item: Item, sources: dict[UUID, str]) -> bool:
    if fact.order <= item.fact.order or fact.criterion not in (None, item.place.criterion.id):
        return False
    return source(fact) == sources.get(item.fact.statement, item.source) or (
        fact.criterion is not None and not fact.data.get("source")
    )
