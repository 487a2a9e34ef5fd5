"""Reference data as the log tells it: what its events come to, up to some position."""

import asyncio
import contextlib
from bisect import bisect_right
from collections.abc import Iterable
from typing import Final

import msgspec

from lrs.log import read
from lrs.log.read import LAST, Told
from lrs.reference import applied, mapping
from lrs.reference.reference import EMPTY, Reference
from lrs.storage import pool as storage
from lrs.storage.pool import Connection, Pool

REMEMBERED: Final = 4


class Known(msgspec.Struct, frozen=True):
    """Reference data through the position of the last event that was taken in."""

    state: applied.State = applied.EMPTY
    reference: Reference = EMPTY

    def after(self, event: Told) -> "Known":
        """What is known after one more ReferenceApplied event; one that was erased tells nothing."""
        state = _folded(self.state, event)
        return self if state is self.state else Known(state, state.reference())

    def through(self, events: Iterable[Told]) -> "Known":
        """What is known after more of them; what could not be taken in when it came, and was parked, is passed over."""
        state = self.state
        for event in events:
            with contextlib.suppress(Exception):
                state = _folded(state, event)
        return self if state is self.state else Known(state, state.reference())


def _folded(state: applied.State, event: Told) -> applied.State:
    if event.payload is None:
        return state
    told = applied.decode(event.payload)
    if told.kind == "mapping":
        mapping.parse(told.body)
    return applied.fold(state, told, event.position)


class References:
    """The latest reference data of every store, read once and kept up to date as it is asked for."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._known: dict[int, tuple[int, Known]] = {}
        self._positions: dict[int, list[int]] = {}
        self._past: dict[tuple[int, int], Reference] = {}
        self._lock = asyncio.Lock()

    async def at(self, store: int, position: int) -> Reference:
        """Reference data through `position` at least; nothing is read where that is known already."""
        through, known = self._known.get(store, (0, Known()))
        if through >= position:
            return known.reference
        return await self._read(store)

    async def latest(self, store: int) -> Reference:
        """Reference data through the end of the log."""
        return await self._read(store)

    async def as_known(self, store: int, position: int, connection: Connection | None = None) -> Reference:
        """Reference data as it was at `position`; the last few that were asked for are remembered.

        Who holds a connection gives it, whose snapshot must reach to `position`: nobody waits for a second one.
        """
        through, known = self._known.get(store, (0, Known()))
        if through == position > 0:
            return known.reference
        latest = await self._read(store, connection)
        if latest.through <= position:
            return latest
        positions = self._positions[store]
        place = bisect_right(positions, position)
        through = positions[place - 1] if place else 0
        found = self._past.pop((store, through), None) or await self._then(store, through, connection)
        self._past[store, through] = found
        if len(self._past) > REMEMBERED:
            del self._past[next(iter(self._past))]
        return found

    async def _then(self, store: int, through: int, connection: Connection | None) -> Reference:
        events = await self._events(store, 0, through, connection)
        async with self._lock:
            return self._past.get((store, through)) or (await asyncio.to_thread(Known().through, events)).reference

    async def _read(self, store: int, connection: Connection | None = None) -> Reference:
        through, known = self._known.get(store, (0, Known()))
        events = await self._events(store, through, LAST, connection)
        if not events:
            return known.reference
        # Never held by who waits for a connection, as some wait for it who hold one.
        async with self._lock:
            through, known = self._known.get(store, (0, Known()))
            more = [event for event in events if event.position > through]
            if more:
                known = await asyncio.to_thread(known.through, more)
                self._known[store] = (more[-1].position, known)
                self._positions.setdefault(store, []).extend(event.position for event in more)
        return known.reference

    async def _events(self, store: int, after: int, through: int, held: Connection | None) -> list[Told]:
        if held is not None:
            return await read.references(held, store, after=after, through=through)
        async with storage.connection(self._pool) as connection:
            return await read.references(connection, store, after=after, through=through)
