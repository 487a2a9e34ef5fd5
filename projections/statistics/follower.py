"""Follows the log: counts each statement by day, verb, activity and agent, and keeps what it can be searched by."""

import struct
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final

import msgspec
import orjson

from lrs.events import Kind
from lrs.log.read import Told
from lrs.log.store import Store
from lrs.storage import copy, sqlfile
from lrs.storage.pool import Connection
from lrs.xapi import values
from projections import keys
from projections.statistics.terms import Term, terms

SQL: Final = sqlfile.load(__package__, "changes.sql")
NAME: Final = "statistics"
DIMENSIONS: Final = ("day", "verb", "activity", "agent")
REMEMBERED: Final = 100_000
# Counts are in no hurry, and the more statements a round has, the fewer of them are written.
ROUND_SECONDS: Final = 2.0
COLUMNS: Final = ("store", "position", "at", "agent", "terms")
_HEAD: Final = struct.Struct(">hiiiqiq").pack
Counted = tuple[str, date, str]


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """A statement as far as it is counted and searched; `at` is when it happened."""

    position: int
    at: datetime
    terms: list[Term]

    def counted(self) -> list[Counted]:
        """What it counts for: its day in UTC, and that with its verb, activity and actors."""
        day = self.at.date()
        found: list[Counted] = [("day", day, "")]
        is_activity = False
        for path, value in self.terms:
            if path == "actor":
                found.append(("agent", day, value))
            elif path == "verb":
                found.append(("verb", day, value))
            elif path == "object.kind":
                is_activity = value == "Activity"
            elif path == "object" and is_activity:
                found.append(("activity", day, value))
        return found


class Follower:
    """Keeps the tables of statistics. Implements `lrs.relay.follower.Follower`."""

    name = NAME
    round_seconds = ROUND_SECONDS

    def __init__(self) -> None:
        # By store: the terms that are known to be named, and their hashes as fields of a row.
        self._named: dict[int, dict[Term, bytes]] = {}

    async def look_ahead(self, store: Store, events: Sequence[Told]) -> None:
        """Nothing: counting is for the database."""

    def forget(self, store: Store) -> None:
        """Name terms again, as some may have been rolled back."""
        self._named.pop(store.id, None)

    async def follow(self, tx: Connection, store: Store, events: Sequence[Told]) -> None:
        """Count and index the next statements, and take out those that they void."""
        told = [event for event in events if event.kind is Kind.STATEMENT_STORED]
        if not told:
            return
        found = [made for event in told if (made := read(event)) is not None]
        await self._index(tx, store, found)
        voided = await self._void(tx, store, told[0].position, told[-1].position)
        added = Counter(each for one in found for each in one.counted())
        lost = Counter(each for one in voided for each in one.counted())
        if rows := sorted({*added, *lost}):
            dimensions, days, names = zip(*rows, strict=True)
            await SQL.execute(
                tx, "count", store=store.id, dimensions=dimensions, days=days, keys=names,
                statements=[added[each] for each in rows], voided=[lost[each] for each in rows],
            )  # fmt: skip

    async def _index(self, tx: Connection, store: Store, found: Sequence[Read]) -> None:
        named = await self._name(tx, store, found)
        rows = [_row(store, each, named) for each in found]
        await copy.add(tx, "statistics.statements", COLUMNS, rows)

    async def _name(self, tx: Connection, store: Store, found: Sequence[Read]) -> Mapping[Term, bytes]:
        """The hashes of all terms as fields; those are named that are not known to be."""
        if sum(map(len, self._named.values())) > REMEMBERED:
            self._named.clear()
        named = self._named.setdefault(store.id, {})
        unnamed = set[Term]().union(*(each.terms for each in found)).difference(named)
        if unnamed:
            rows = sorted((hash_of(store.secret, term), *term) for term in unnamed)
            hashes, paths, texts = zip(*rows, strict=True)
            await SQL.execute(tx, "name_terms", store=store.id, terms=hashes, paths=paths, values=texts)
            named.update(((path, text), copy.bigint(hash_)) for hash_, path, text in rows)
        return named

    async def _void(self, tx: Connection, store: Store, first: int, last: int) -> list[Read]:
        rows = await SQL.fetch(tx, "newly_voided", store=store.id, first=first, last=last)
        if rows:
            await SQL.execute(tx, "void", store=store.id, positions=[row["position"] for row in rows])
        events = (
            Told(row["position"], Kind.STATEMENT_STORED, row["stored"], row["subject"], row["payload"], row["filled"])
            for row in rows
        )
        return [made for event in events if (made := read(event)) is not None]


def read(event: Told) -> Read | None:
    """What a statement counts for and is searched by; None where it was erased."""
    if event.payload is None:
        return None
    content: dict[str, Any] = orjson.loads(event.payload)
    if event.filled is not None:
        content.update(orjson.loads(event.filled))
    return Read(position=event.position, at=_at(content, event.stored), terms=terms(content))


def hash_of(secret: bytes, term: Term) -> int:
    """What stands for a term."""
    return keys.digest(secret, "\0".join(term).encode())


def _row(store: Store, each: Read, named: Mapping[Term, bytes]) -> bytes:
    agent = next((named[term] for term in each.terms if term[0] == "actor"), copy.NULL)
    head = _HEAD(len(COLUMNS), 4, store.id, 8, each.position, 8, copy.microseconds(each.at))
    return head + agent + copy.array([named[term] for term in each.terms])


def _at(content: dict[str, Any], stored: datetime) -> datetime:
    """The timestamp, or `stored` where there is none or it lies beyond the calendar."""
    return values.moment(content.get("timestamp")) or stored.astimezone(UTC)
