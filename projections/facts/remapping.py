"""Brings facts up to date after a change of reference data: statements whose answers it touched are mapped again."""

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from typing import Final

import msgspec

from lrs.events import Kind
from lrs.log import read
from lrs.log.read import Told
from lrs.log.store import Store
from lrs.reference.reference import Reference
from lrs.reference.touched import touched
from lrs.storage import copy
from lrs.storage.pool import Connection
from projections.facts import statement
from projections.facts.fact import Fact
from projections.facts.mapper import Mapper
from projections.facts.marking import Marking
from projections.facts.store import Facts, Stored

PAGE: Final = 2_000


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """The event at `position` turned the reference `old` into `new`, by which `mapper` maps."""

    facts: Facts
    store: Store
    position: int
    old: Reference
    new: Reference
    mapper: Mapper

    async def bring(self, tx: Connection, marking: Marking) -> None:
        """Map again what has to be, end the facts that are no longer told, and mark what is touched."""
        found = touched(self.old, self.new)
        marking.touched(found, self.old, self.new, self.position)
        ifis = set(found.ifis)
        for person in found.people | found.roles:
            ifis.update(self.old.ifis(person), self.new.ifis(person))
        if found.everything or found.mapping:
            async for page in self._all(tx):
                await self._remap(tx, page, marking)
            return
        for fact in await self.facts.naming(tx, self.store, ifis, found.cohorts):
            self._mark(fact, fact, marking)
        asked = {f"ifi:{ifi}" for ifi in ifis} | {f"role:{person}" for person in found.people | found.roles}
        asked |= {f"{kind}:{iri}" for iri in found.iris for kind in ("criterion", "cohort", "activity")}
        # Who was meant by a Group that lists nobody is for the roster to say.
        asked |= {f"cohort:{cohort}" for cohort in found.cohorts}
        positions = await self.facts.asked(tx, self.store, asked, before=self.position)
        for start in range(0, len(positions), PAGE):
            page = await read.statements(tx, self.store.id, positions[start : start + PAGE])
            await self._remap(tx, page, marking)

    async def _all(self, tx: Connection) -> AsyncIterator[Sequence[Told]]:
        after = 0
        while after < self.position - 1:
            page = await read.told(tx, self.store.id, after, limit=min(PAGE, self.position - 1 - after))
            after = page[-1].position
            yield [event for event in page if event.kind is Kind.STATEMENT_STORED]

    async def _remap(self, tx: Connection, page: Sequence[Told], marking: Marking) -> None:
        ids = [event.subject for event in page]
        live = await self.facts.live_of(tx, self.store, [event.position for event in page])
        voided = await self.facts.voided(tx, self.store, ids)
        asked: dict[str, list[bytes]] = defaultdict(list)
        changed, added, unmatched = [], [], {}
        for event in page:
            if (content := statement.parse(event)) is None:
                continue
            mapped = statement.mapped(self.mapper, event, content)
            field = copy.bigint(event.position)
            for each in mapped.asked:
                asked[each].append(field)
            if mapped.rule is None and mapped.voids is None:
                unmatched[event.position] = statement.pattern(content)
            new = () if event.subject in voided else mapped.facts
            old = live.get(event.position, [])
            if list(new) != old:
                changed.append(event.position)
                added += [Stored(fact, self.position) for fact in new]
                self._mark_all(old, new, marking)
        await self._write(tx, changed, added)
        await self.facts.ask(tx, self.store, asked)
        positions = [event.position for event in page]
        await self.facts.sql.execute(tx, "match", store=self.store.id, positions=positions)
        await self.facts.unmatch(tx, self.store, unmatched)

    async def _write(self, tx: Connection, changed: Sequence[int], added: Sequence[Stored]) -> None:
        if changed:
            await self.facts.end(tx, self.store, dict.fromkeys(changed, self.position))
            await self.facts.add(tx, self.store, added)

    def _mark_all(self, old: Sequence[Fact], new: Sequence[Fact], marking: Marking) -> None:
        for fact in (*old, *new):
            self._mark(fact, fact, marking)

    def _mark(self, old: Fact, new: Fact, marking: Marking) -> None:
        marking.fact(old, self.old, self.position)
        marking.fact(new, self.new, self.position)
