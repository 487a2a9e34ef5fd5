"""The facts that rows are made of, for many keys in a few queries."""

import itertools
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Final, TypeAlias

from lrs.log.store import Store
from lrs.storage.pool import Connection
from projections import keys
from projections.analytic import Wanted
from projections.facts.fact import Fact, Kind, order
from projections.facts.store import LAST, Facts, Named, decoded, hashed

# The range of time wanted of each name: the widest of all.
Ranges: TypeAlias = dict[str, tuple[datetime, datetime]]

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
    found = facts.named(store) if at == LAST else None
    if found is None:
        found = await _read(tx, facts, store, wanted, at)
    return {key: _of(wants, found) for key, wants in wanted.items()}


async def _read(tx: Connection, facts: Facts, store: Store, wanted: Mapping[str, tuple[Wanted, ...]], at: int) -> Named:
    subjects: dict[Kind, Ranges] = defaultdict(dict)
    others: dict[Kind, Ranges] = defaultdict(dict)
    cohorts: dict[Kind, Ranges] = defaultdict(dict)
    for wants in wanted.values():
        for each in wants:
            for kind in each.kinds:
                _widen(subjects[kind], each.subjects, each)
                _widen(others[kind], each.others, each)
                _widen(cohorts[kind], each.cohorts, each)
    agent, cohort = partial(keys.agent, store.secret), partial(hashed, store.secret)
    values = {"store": store.id, "at": at}
    return Named(
        await _fetch(tx, facts, "by_subject", agent, subjects, values),
        await _fetch(tx, facts, "by_other", agent, others, values),
        await _fetch(tx, facts, "by_cohort", cohort, cohorts, values),
    )


def _widen(ranges: Ranges, names: Iterable[str], wanted: Wanted) -> None:
    """Have the ranges of time of names hold what is wanted as well."""
    since, until = wanted.since or EVER, wanted.until or NEVER
    for each in names:
        old = ranges.get(each)
        ranges[each] = (since, until) if old is None else (min(old[0], since), max(old[1], until))


async def _fetch(
    tx: Connection,
    facts: Facts,
    query: str,
    hash_: Callable[[str], int],
    ranges: Mapping[Kind, Ranges],
    values: Mapping[str, object],
) -> dict[str, list[Fact]]:
    """Facts in order by what they name."""
    found: dict[str, list[Fact]] = {}
    for kinds, of in _alike(ranges):
        names = {hash_(name): name for name in of}
        since, until = zip(*of.values(), strict=True)
        rows = await facts.sql.fetch(tx, query, **values, kinds=kinds, hashes=list(names), since=since, until=until)
        for named, body in rows:
            found.setdefault(names[named], []).append(decoded(body))
    for each in found.values():
        each.sort(key=order)
    return found


def _alike(ranges: Mapping[Kind, Ranges]) -> Iterable[tuple[list[Kind], Ranges]]:
    """Kinds that are wanted of the same names and times, which are read together: what is wanted since ever of one is
    not to have all of the others read since ever.
    """
    found: list[tuple[list[Kind], Ranges]] = []
    for kind, of in ranges.items():
        same = next((kinds for kinds, others in found if others == of), None)
        if same is not None:
            same.append(kind)
        elif of:
            found.append(([kind], of))
    return found


def _of(wants: tuple[Wanted, ...], found: Named) -> list[Fact]:
    """The facts that one key wants, each once, in order."""
    lists: list[list[Fact]] = []
    for each in wants:
        sources = [
            *map(found.subjects.get, each.subjects),
            *map(found.others.get, each.others),
            *map(found.cohorts.get, each.cohorts),
        ]
        lists += [taken for source in sources if source and (taken := _taken(source, each))]
    if not lists:
        return []
    return lists[0] if len(lists) == 1 else _once(sorted(itertools.chain(*lists), key=order))


def _taken(source: list[Fact], wanted: Wanted) -> list[Fact]:
    """What `wanted.takes` of facts in order that name whom it is about: their time by bisection, their kind without
    hashing it.
    """
    since = 0 if wanted.since is None else bisect_left(source, wanted.since, key=_observed)
    until = len(source) if wanted.until is None else bisect_left(source, wanted.until, since, key=_observed)
    kinds = tuple(wanted.kinds)
    return [fact for fact in itertools.islice(source, since, until) if fact.kind in kinds]


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
