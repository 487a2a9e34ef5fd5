"""The facts that rows are made of, for many keys in at most three queries."""

import itertools
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, TypeAlias

from lrs.log.store import Store
from lrs.storage.pool import Connection
from projections import keys
from projections.analytic import Wanted
from projections.facts.fact import Fact
from projections.facts.store import LAST, Facts, decoded, hashed

Range: TypeAlias = tuple[datetime, datetime]

EVER: Final = datetime(1, 1, 1, tzinfo=UTC)
NEVER: Final = datetime(9999, 12, 31, tzinfo=UTC)


def several(wanted: Wanted | tuple[Wanted, ...]) -> tuple[Wanted, ...]:
    """What is wanted, as a tuple."""
    return wanted if isinstance(wanted, tuple) else (wanted,)


async def gather(
    tx: Connection,
    facts: Facts,
    store: Store,
    wanted: Mapping[str, tuple[Wanted, ...]],
    *,
    at: int = LAST,
) -> dict[str, list[Fact]]:
    """By key, the facts it wants that are live at position `at`, in order."""
    plans = {name: _Ranges() for name in ("by_subject", "by_other", "by_cohort")}
    kinds: set[str] = set()
    for wants in wanted.values():
        for each in wants:
            kinds |= each.kinds
            plans["by_subject"].add((keys.agent(store.secret, ifi) for ifi in each.subjects), each)
            plans["by_other"].add((keys.agent(store.secret, ifi) for ifi in each.others), each)
            plans["by_cohort"].add((hashed(store.secret, cohort) for cohort in each.cohorts), each)
    found = {name: await _fetch(tx, facts, store, name, ranges, sorted(kinds), at) for name, ranges in plans.items()}
    return {key: _of(wants, store, found) for key, wants in wanted.items()}


class _Ranges:
    """The range of time wanted of each hash: the widest of all."""

    def __init__(self) -> None:
        self.by_hash: dict[int, Range] = {}

    def add(self, hashes: Iterable[int], wanted: Wanted) -> None:
        since, until = wanted.since or EVER, wanted.until or NEVER
        for each in hashes:
            old = self.by_hash.get(each)
            self.by_hash[each] = (since, until) if old is None else (min(old[0], since), max(old[1], until))


async def _fetch(
    tx: Connection, facts: Facts, store: Store, name: str, ranges: _Ranges, kinds: Sequence[str], at: int
) -> dict[int, list[Fact]]:
    found: dict[int, list[Fact]] = {}
    if not ranges.by_hash or not kinds:
        return found
    for hash_, body in await facts.sql.fetch(
        tx,
        name,
        store=store.id,
        kinds=kinds,
        at=at,
        hashes=list(ranges.by_hash),
        since=[since for since, _ in ranges.by_hash.values()],
        until=[until for _, until in ranges.by_hash.values()],
    ):
        found.setdefault(hash_, []).append(decoded(body))
    for each in found.values():
        each.sort(key=order)
    return found


def _of(wants: tuple[Wanted, ...], store: Store, found: Mapping[str, Mapping[int, list[Fact]]]) -> list[Fact]:
    """The facts that one key wants, each once, in order."""
    lists: list[list[Fact]] = []
    for each in wants:
        sources = [found["by_subject"].get(keys.agent(store.secret, ifi)) for ifi in each.subjects]
        sources += [found["by_other"].get(keys.agent(store.secret, ifi)) for ifi in each.others]
        sources += [found["by_cohort"].get(hashed(store.secret, cohort)) for cohort in each.cohorts]
        lists += [taken for source in sources if source and (taken := _taken(source, each))]
    if not lists:
        return []
    return lists[0] if len(lists) == 1 else _once(sorted(itertools.chain(*lists), key=order))


def _taken(source: list[Fact], wanted: Wanted) -> list[Fact]:
    """What `wanted.takes` of facts in order, found quickly: their time by bisection, their kind without hashing it."""
    since = 0 if wanted.since is None else bisect_left(source, wanted.since, key=_observed)
    until = len(source) if wanted.until is None else bisect_left(source, wanted.until, since, key=_observed)
    kinds, subjects, others, cohorts = tuple(wanted.kinds), wanted.subjects, wanted.others, wanted.cohorts
    return [
        fact
        for fact in itertools.islice(source, since, until)
        if fact.kind in kinds and (fact.subject in subjects or fact.cohort in cohorts or fact.other in others)
    ]


def _once(ordered: Sequence[Fact]) -> list[Fact]:
    """Each fact once, of some in order."""
    found: list[Fact] = []
    for fact in ordered:
        last = found[-1] if found else None
        if last is None or fact.observed_at != last.observed_at or order(fact) != order(last):
            found.append(fact)
    return found


def _observed(fact: Fact) -> datetime:
    return fact.observed_at


def order(fact: Fact) -> tuple[datetime, object, int]:
    """`Fact.order`, as a key to sort by."""
    return (fact.observed_at, fact.statement, fact.n)
