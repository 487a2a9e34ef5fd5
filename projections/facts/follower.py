"""Follows the log: statements become facts by the mapping, changes of reference data have facts made anew."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Sequence
from typing import Final, NamedTuple
from uuid import UUID

from lrs.events import Kind
from lrs.log import read
from lrs.log.read import Told
from lrs.log.store import Store
from lrs.reference.reference import Reference
from lrs.relay import parked, partitions
from lrs.storage import copy
from lrs.storage.pool import Connection
from projections.analytic import Projection, replaying
from projections.facts import remapping, statement
from projections.facts.mapper import Mapped, Mapper
from projections.facts.marking import Marking
from projections.facts.references import Known
from projections.facts.store import Facts, Stored

# So many statements are mapped at a stretch where it is done ahead.
YIELD: Final = 100
ROUND_SECONDS: Final = 0.2


class Read(NamedTuple):
    """What a statement tells; by what it is counted, if no rule took it."""

    mapped: Mapped
    pattern: tuple[str, str] | None


class Gathered:
    """What statements that came one after the other tell, until it is written."""

    def __init__(self) -> None:
        self.facts: list[Stored] = []
        self.asked: dict[str, list[bytes]] = defaultdict(list)
        self.statements: list[UUID] = []
        self.voids: dict[UUID, int] = {}
        self.unmatched: dict[int, tuple[str, str]] = {}

    def add(self, event: Told, read: Read) -> None:
        """Add a statement as it was mapped."""
        position, mapped = event.position, read.mapped
        if mapped.facts:
            self.statements.append(event.subject)
            for fact in mapped.facts:
                self.facts.append(Stored(fact, position))
        field = copy.bigint(position)
        for each in mapped.asked:
            self.asked[each].append(field)
        if mapped.voids is not None:
            self.voids.setdefault(mapped.voids, position)
        elif read.pattern is not None:
            self.unmatched[position] = read.pattern


class Ahead:
    """What statements tell by a mapper, found before their turn."""

    def __init__(self, mapper: Mapper) -> None:
        self.mapper = mapper
        self.found: dict[int, Read | None] = {}

    def of(self, event: Told, mapper: Mapper) -> Read | None:
        """What one tells by `mapper`; None where it was erased."""
        if mapper is self.mapper and event.position in self.found:
            return self.found[event.position]
        return _read(mapper, event)


class Prepared(NamedTuple):
    """What was known through a position when nothing was to be followed yet."""

    position: int
    known: Known
    mapper: Mapper | None


NOTHING: Final = Prepared(0, Known(), None)


def _read(mapper: Mapper, event: Told) -> Read | None:
    if (content := statement.parse(event)) is None:
        return None
    mapped = statement.mapped(mapper, event, content)
    is_unmatched = mapped.rule is None and mapped.voids is None
    return Read(mapped, statement.pattern(content) if is_unmatched else None)


class Follower:
    """Keeps the facts in one schema. Implements `lrs.relay.follower.Follower`; its checkpoints go by the schema."""

    round_seconds = ROUND_SECONDS
    # Whether others follow parts of the same log, and may be less far.
    is_apart = False

    def __init__(self, facts: Facts, projections: Sequence[Projection]) -> None:
        self.facts = facts
        self.name = facts.schema
        self._projections = {each.name: each for each in projections}
        self._known: dict[int, tuple[Known, Mapper]] = {}
        self._ahead: dict[int, Ahead] = {}
        self._prepared: dict[int, Prepared] = {}

    async def prepare(self, connection: Connection, store: Store, position: int) -> None:
        """Read reference data as of `position`, and map the last statements, so that their shapes have programs: else
        the first batch has to.
        """
        if store.id in self._known:
            return
        events = await read.references(connection, store.id, through=position)
        known = await asyncio.to_thread(Known().through, events)
        mapper = Mapper.of(known.reference)
        if store.id in self._known:
            return
        self._prepared[store.id] = Prepared(position, known, mapper)
        for n, event in enumerate(await read.told(connection, store.id, max(0, position - YIELD), limit=YIELD)):
            if event.kind is Kind.STATEMENT_STORED:
                with contextlib.suppress(Exception):
                    _read(mapper, event)
            if n % 10 == 0:
                await asyncio.sleep(0)

    def forget(self, store: Store) -> None:
        """Read reference data anew before the next batch of a store."""
        self._known.pop(store.id, None)
        self._ahead.pop(store.id, None)
        self.facts.forget(store)

    async def look_ahead(self, store: Store, events: Sequence[Told]) -> None:
        """Map the next statements, up to a change of reference data, as things stand now."""
        if store.id not in self._known:
            return
        ahead = Ahead(self._known[store.id][1])
        # One that cannot be read is met again in its place, and parked there.
        with contextlib.suppress(Exception):
            for n, event in enumerate(events):
                if event.kind is Kind.REFERENCE_APPLIED:
                    break
                if event.kind is Kind.STATEMENT_STORED:
                    ahead.found[event.position] = _read(ahead.mapper, event)
                if n % YIELD == 0:
                    # What the database has answered meanwhile goes first.
                    await asyncio.sleep(0)
        self._ahead[store.id] = ahead

    async def follow(self, tx: Connection, store: Store, events: Sequence[Told]) -> None:
        """Facts and marks of the next events."""
        known, mapper = await self._begin(tx, store, events[0].position)
        marking = Marking(await self.facts.targets(tx), self._projections, every=self.is_apart)
        gathered = Gathered()
        ahead = self._ahead.pop(store.id, None) or Ahead(mapper)
        for event in events:
            if event.kind is Kind.STATEMENT_STORED:
                if (found := ahead.of(event, mapper)) is not None:
                    gathered.add(event, found)
            elif event.kind is Kind.REFERENCE_APPLIED:
                await self._write(tx, store, gathered, marking, known.reference)
                gathered = Gathered()
                known, mapper = await self._apply(tx, store, event, known, mapper, marking)
        await self._write(tx, store, gathered, marking, known.reference)
        await self.facts.mark(tx, store, marking.marks)
        for name, position, error in marking.errors:
            await parked.park(tx, store=store.id, follower=name, position=position, error=error)
        self._known[store.id] = (known, mapper)

    async def _enter(self, tx: Connection, store: Store, position: int) -> None:
        """Go on behind `position`; what was followed beyond it in partitions is taken back."""

        async def undo(tx: Connection, through: int) -> None:
            await replaying.undo(tx, self.facts, store, through + 1)

        await partitions.leave(tx, store.id, self.name, position, undo, number=replaying.apart(store))

    async def _begin(self, tx: Connection, store: Store, position: int) -> tuple[Known, Mapper]:
        if store.id not in self._known:
            await self._enter(tx, store, position - 1)
            prepared = self._prepared.pop(store.id, None)
            if prepared is None or prepared.position >= position:
                prepared = NOTHING
            later = await read.references(tx, store.id, after=prepared.position, through=position - 1)
            known = prepared.known.through(later)
            mapper = prepared.mapper if known is prepared.known else None
            mapper = mapper or Mapper.of(known.reference)
            self._known[store.id] = (known, mapper)
        return self._known[store.id]

    async def _apply(
        self, tx: Connection, store: Store, event: Told, known: Known, mapper: Mapper, marking: Marking
    ) -> tuple[Known, Mapper]:
        """Take in a change of reference data."""
        later = known.after(event)
        reference = later.reference
        same = reference.mapping == known.reference.mapping
        after = mapper.on(reference) if same else Mapper.of(reference)
        change = remapping.Change(
            facts=self.facts,
            store=store,
            position=event.position,
            old=known.reference,
            new=later.reference,
            mapper=after,
        )
        await change.bring(tx, marking)
        await self.facts.sql.execute(tx, "apply", store=store.id, position=event.position)
        return later, after

    async def _write(
        self, tx: Connection, store: Store, gathered: Gathered, marking: Marking, reference: Reference
    ) -> None:
        if gathered.voids:
            for fact, position in await self.facts.void(tx, store, gathered.voids):
                marking.fact(fact, reference, position)
        if gathered.facts:
            voided = await self.facts.voided(tx, store, gathered.statements)
            # A void that came first leaves nothing to remember; one in this batch leaves what was live until then.
            alive = gathered.facts if not voided else [
                each if until is None else Stored(each.fact, each.since, until)
                for each in gathered.facts
                if (until := voided.get(each.fact.statement)) is None or until > each.since
            ]  # fmt: skip
            await self.facts.add(tx, store, alive)
            for each in alive:
                marking.fact(each.fact, reference, each.since)
                if each.until is not None:
                    # Rows may be asked for that are between the two.
                    marking.fact(each.fact, reference, each.until)
        await self.facts.ask(tx, store, gathered.asked)
        await self.facts.unmatch(tx, store, gathered.unmatched)
