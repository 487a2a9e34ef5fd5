"""What a projector holds in memory from round to round, so that a round costs what has changed and not what there is.

Of each key: the facts that it wants, what its rows were made of, and the rows that it has. All of it is that of one
position of the log under one reference data; what cannot be brought forward from there is let go and read again.
"""

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final, TypeAlias
from uuid import UUID

import msgspec

from lrs import machine
from lrs.config import Settings
from lrs.reference.reference import Reference
from projections.analytic import Wanted
from projections.analytic.memo import Memo
from projections.analytic.tables import Written
from projections.analytic.wanted import EVER, NEVER
from projections.facts.fact import Fact, Kind, order

BYTES: Final = 512 * 2**20
# What a fact in the list of a key comes to, with what was made of it and its part of the rows: about, as measured.
FACT_BYTES: Final = 2_500


def most(settings: Settings) -> int:
    """How many bytes projections may hold: as it is set, else a quarter of the memory that there is."""
    return settings.projection_bytes or machine.memory() // 4


class Room:
    """So much memory for what is held by several, about; each may take its share, and what the others leave."""

    def __init__(self, bytes_: int = BYTES, *, shares: int = 1) -> None:
        self._facts = bytes_ // FACT_BYTES
        self._share = self._facts // shares
        self._taken: dict[str, int] = {}

    def facts(self, name: str, size: int) -> int:
        """How many facts may be held under this name, where `size` are."""
        self._taken[name] = size
        return max(self._share, self._facts - sum(self._taken.values()) + size)


class Entry(msgspec.Struct, kw_only=True, eq=False):
    """A key: what it wants, those facts in order, and the rows that it has by table, once they were written."""

    wants: tuple[Wanted, ...]
    facts: list[Fact]
    memo: Memo = msgspec.field(default_factory=Memo)
    written: dict[str, Written] = msgspec.field(default_factory=dict)


Name: TypeAlias = tuple[str, str | None]
# Of what names somebody: the kinds that are wanted, since when and until when, and the key.
Want: TypeAlias = tuple[frozenset[Kind], datetime, datetime, Entry]
NOBODY: Final[Mapping[tuple[str, int], Want]] = {}


class Held:
    """The keys of one store, as of `position`; `token` is what its last round left in the database."""

    def __init__(self, reference: Reference) -> None:
        self.reference = reference
        self.position = 0
        self.token: UUID | None = None
        self.size = 0
        self._entries: dict[str, Entry] = {}
        self._naming: dict[Name, dict[tuple[str, int], Want]] = defaultdict(dict)

    def __contains__(self, key: str) -> bool:
        """Whether a key is held."""
        return key in self._entries

    def get(self, key: str) -> Entry | None:
        """What is held of a key, which is the last to be let go from now on."""
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._entries[key] = entry
        return entry

    def put(self, key: str, wants: tuple[Wanted, ...], facts: list[Fact]) -> Entry:
        """Hold a key with the facts that it wants as of `position`, in order."""
        self.drop(key)
        entry = self._entries[key] = Entry(wants=wants, facts=facts)
        self.size += len(facts) + 1
        for n, (name, want) in enumerate(_names(wants)):
            self._naming[name][key, n] = (want.kinds, want.since or EVER, want.until or NEVER, entry)
        return entry

    def drop(self, key: str) -> None:
        """Let go of a key."""
        entry = self._entries.pop(key, None)
        if entry is None:
            return
        self.size -= len(entry.facts) + 1
        for n, (name, _) in enumerate(_names(entry.wants)):
            del self._naming[name][key, n]
            if not self._naming[name]:
                del self._naming[name]

    def shrink(self, most: int) -> None:
        """Let go of keys, those first that were not asked for longest, until no more than `most` facts are held."""
        while self.size > most and self._entries:
            self.drop(next(iter(self._entries)))

    def bring(self, begun: Iterable[Fact], ended: Iterable[Fact]) -> None:
        """Go on to a later position, by the facts that began and ended between."""
        for fact in ended:
            for entry in self._wanting(fact):
                self.size -= _without(entry.facts, fact)
        for fact in begun:
            for entry in self._wanting(fact):
                if entry.facts and order(fact) < order(entry.facts[-1]):
                    insort(entry.facts, fact, key=order)
                else:
                    # Most are of later than all before.
                    entry.facts.append(fact)
                self.size += 1

    def _wanting(self, fact: Fact) -> Iterable[Entry]:
        kind, at = fact.kind, fact.observed_at
        found: dict[int, Entry] = {}
        for name in (("subject", fact.subject), ("other", fact.other), ("cohort", fact.cohort)):
            for kinds, since, until, entry in self._naming.get(name, NOBODY).values():
                if kind in kinds and since <= at < until:
                    found[id(entry)] = entry
        return found.values()


def _names(wants: Sequence[Wanted]) -> Iterator[tuple[Name, Wanted]]:
    for each in wants:
        for subject in each.subjects:
            yield ("subject", subject), each
        for other in each.others:
            yield ("other", other), each
        for cohort in each.cohorts:
            yield ("cohort", cohort), each


def _without(facts: list[Fact], gone: Fact) -> int:
    """Take a fact out of some in order; how many that were."""
    first = bisect_left(facts, gone.observed_at, key=_observed)
    for at in range(first, bisect_right(facts, gone.observed_at, first, key=_observed)):
        if facts[at].statement == gone.statement and facts[at].n == gone.n:
            del facts[at]
            return 1
    return 0


def _observed(fact: Fact) -> datetime:
    return fact.observed_at
