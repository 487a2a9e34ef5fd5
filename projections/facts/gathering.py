"""Facts that a rebuild writes: what they have brought about is gathered, and worked off once all of them are there."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from lrs.log.store import Store
from lrs.storage.pool import Connection
from projections.facts.fact import Fact, order
from projections.facts.store import Facts, Marks, Named, Stored

BYTES: Final = 512 * 2**20
# What a fact in memory comes to, about, as measured, with its places in lists.
FACT_BYTES: Final = 800


class Kept(NamedTuple):
    """Facts of a store as they came; by a statement's position how many had come when its facts ended."""

    facts: list[Fact]
    ended: dict[int, int]


class Gathering(Facts):
    """Facts that one process builds anew and nobody else reads meanwhile; where it builds none, those that there are.

    Nobody works off their marks before all are there, and most keys are marked over and over: they are written by
    `flush`. The facts that are live are kept in `memory` as well, if they have room there, for the projections that
    read all of them next.
    """

    def __init__(self, schema: str, *, memory: int = BYTES) -> None:
        super().__init__(schema)
        self._marks: dict[int, tuple[Store, Marks]] | None = {}
        self._left = memory // FACT_BYTES
        self._kept: dict[int, Kept | None] = {}
        self._named: dict[int, Named] = {}

    async def mark(self, tx: Connection, store: Store, marks: Marks) -> None:
        """Remember marks until `flush`; from then on, add them."""
        if self._marks is None:
            await super().mark(tx, store, marks)
        else:
            self._marks.setdefault(store.id, (store, Marks()))[1].join(marks)

    async def flush(self, tx: Connection) -> None:
        """Write the marks that were gathered."""
        gathered, self._marks = self._marks or {}, None
        for store, marks in gathered.values():
            await super().mark(tx, store, marks)

    async def add(self, tx: Connection, store: Store, added: Sequence[Stored]) -> None:
        """Add facts, and keep those that are live."""
        await super().add(tx, store, added)
        self._left -= len(added)
        if self._left < 0:
            self.let_go()
        kept = self._kept.setdefault(store.id, Kept([], {}) if self._left >= 0 else None)
        self._named.pop(store.id, None)
        if kept is not None:
            kept.facts.extend(each.fact for each in added if each.until is None)

    async def end(self, tx: Connection, store: Store, ends: Mapping[int, int]) -> list[tuple[Fact, int]]:
        """End live facts of statements, and keep them no longer."""
        self._named.pop(store.id, None)
        if kept := self._kept.get(store.id):
            kept.ended.update(dict.fromkeys(ends, len(kept.facts)))
        return await super().end(tx, store, ends)

    def forget(self, store: Store) -> None:
        """Keep no facts of a store any more, if there are some: what was added last may have been rolled back."""
        super().forget(store)
        if store.id in self._kept:
            self._kept[store.id] = None

    def let_go(self) -> None:
        """Keep no facts any more, of any store."""
        self._left = -1
        self._kept = dict.fromkeys(self._kept)
        self._named.clear()

    def named(self, store: Store) -> Named | None:
        """All live facts of a store, where they are kept: put in order when they are first asked for."""
        kept = self._kept.get(store.id)
        if kept is None:
            return None
        if store.id not in self._named:
            self._named[store.id] = _named(kept)
        return self._named[store.id]


def _named(kept: Kept) -> Named:
    subjects, others, cohorts = defaultdict(list), defaultdict(list), defaultdict(list)
    live = [fact for n, fact in enumerate(kept.facts) if n >= kept.ended.get(fact.position, 0)]
    for fact in sorted(live, key=order):
        subjects[fact.subject].append(fact)
        if fact.other is not None:
            others[fact.other].append(fact)
        if fact.cohort is not None:
            cohorts[fact.cohort].append(fact)
    return Named(subjects, others, cohorts)
