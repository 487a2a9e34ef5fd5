"""Applies reference data: what was given is read, compared with what is known, and appended as one event.

Of a roster only what is new goes to the log, so that a daily export of thousands of people costs what changed in it.
"""

import asyncio
import uuid
from collections.abc import Mapping
from datetime import date
from typing import Final

import msgspec

from lrs.errors import Invalid
from lrs.events import Draft, Kind
from lrs.log.append import Log
from lrs.log.group import Keys
from lrs.log.read import Reader
from lrs.reference import applied, incoming, oneroster
from lrs.reference.applied import Applied, State
from lrs.reference.difference import Change, difference
from lrs.reference.incoming import Given
from lrs.reference.reference import Reference

NAMESPACE: Final = uuid.UUID("5f1f9a2e-6c1b-5d0c-9a55-0d6a7f2f0b11")
# Kinds that end what they no longer name: they cannot be applied as of a day before the last time.
ORDERED: Final = ("roster", "assignments")
TRIES: Final = 3


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be applied: from `effective_from`, else the day that a policy names, else `day`, which is today."""

    kind: applied.Kind
    given: Given
    day: date
    effective_from: date | None = None


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of it; `position` is None where nothing was appended: a dry run, or the same as last time."""

    kind: applied.Kind
    source: str
    sha256: str
    effective_from: date
    position: int | None
    is_known: bool
    changes: tuple[Change, ...]


class Known(msgspec.Struct, frozen=True):
    """What was ever applied, and the reference data that it makes."""

    state: State
    reference: Reference

    @classmethod
    def of(cls, state: State) -> "Known":
        """With the reference data of `state`."""
        return cls(state, state.reference())


class References:
    """Reference data of every store."""

    def __init__(self, log: Log, reader: Reader) -> None:
        self._log = log
        self._reader = reader
        self._known: dict[int, Known] = {}
        self._locks: dict[int, asyncio.Lock] = {}

    async def known(self, store: int) -> Known:
        """All that is applied by now."""
        known = self._known.get(store) or Known.of(applied.EMPTY)
        events = await self._reader.references(store, after=known.state.through)
        payloads = [(event.position, event.payload) for event in events if event.payload is not None]
        if payloads:
            known = await asyncio.to_thread(_folded, known.state, payloads)
        self._known[store] = known
        return known

    async def apply(self, store: int, wanted: Wanted, *, by: str | None, dry_run: bool = False) -> Outcome:
        """Apply what is wanted; Invalid or Flawed where it is wrong, and then nothing was.

        The same content as last time, by its SHA-256, appends nothing.
        """
        made = await asyncio.to_thread(
            incoming.read, wanted.kind, wanted.given, day=wanted.day, effective_from=wanted.effective_from
        )  # fmt: skip
        async with self._locks.setdefault(store, asyncio.Lock()):
            known = await self.known(store)
            if _is_known(known.state, made, wanted):
                return _outcome(made, is_known=True)
            _check_order(known.state, made)
            kept, after = await asyncio.to_thread(_applied, known.state, made)
            changes = await asyncio.to_thread(difference, known.reference, after.reference)
            if dry_run:
                return _outcome(made, changes=changes)
            position = await self._append(store, kept, by)
            if len(await self._reader.references(store, after=known.state.through)) > 1:
                await self._settle(store, made, by)
            return _outcome(made, changes=changes, position=position)

    async def _append(self, store: int, made: Applied, by: str | None) -> int:
        payload = made.encode()
        draft = Draft(
            kind=Kind.REFERENCE_APPLIED, subject=uuid.uuid5(NAMESPACE, made.kind), payload=payload, filled=b"{}"
        )  # fmt: skip
        appended = await self._log.append(
            store, keys=Keys(), decide=lambda known: [draft], credential=by, size=len(payload)
        )  # fmt: skip
        return appended.events[0].position

    async def _settle(self, store: int, made: Applied, by: str | None) -> None:
        """Append what is still new of a roster where somebody else's came between the look and the append."""
        for _ in range(TRIES if made.kind in ORDERED else 0):
            known = await self.known(store)
            kept, _ = await asyncio.to_thread(_applied, known.state, made)
            if _is_empty(kept):
                return
            await self._append(store, kept, by)


def _folded(state: State, payloads: list[tuple[int, bytes]]) -> Known:
    for position, payload in payloads:
        state = applied.fold(state, applied.decode(payload), position)
    return Known.of(state)


def _is_known(state: State, made: Applied, wanted: Wanted) -> bool:
    head = state.heads.get(made.name)
    if head is None or head.sha256 != made.sha256:
        return False
    return wanted.effective_from in (None, head.effective_from)


def _check_order(state: State, made: Applied) -> None:
    head = state.heads.get(made.name)
    if made.kind in ORDERED and head is not None and made.effective_from < head.effective_from:
        raise Invalid(
            f"the last {made.kind} holds from {head.effective_from}: what comes after it cannot hold from"
            f" {made.effective_from}. Dates of the past belong into beginDate and endDate",
            rule="reference.order",
        )


def _applied(state: State, made: Applied) -> tuple[Applied, Known]:
    """What goes to the log, and what is known after it."""
    kept = made
    if made.kind in ORDERED:
        body = msgspec.convert(made.body, oneroster.Body)
        body = state.roster.shrink(state.roster.prune(body))
        kept = msgspec.structs.replace(made, body=msgspec.to_builtins(body))
    return kept, Known.of(applied.fold(state, kept, state.through + 1))


def _is_empty(made: Applied) -> bool:
    parts: Mapping[str, Mapping[str, object]] = made.body["parts"]
    return not any(part.get("rows") or part.get("gone") for part in parts.values())


def _outcome(
    made: Applied, *, is_known: bool = False, changes: tuple[Change, ...] = (), position: int | None = None
) -> Outcome:  # fmt: skip
    return Outcome(
        kind=made.kind, source=made.source, sha256=made.sha256, effective_from=made.effective_from, position=position,
        is_known=is_known, changes=changes,
    )  # fmt: skip
