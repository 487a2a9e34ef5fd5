"""Follows the log: counts each statement by day, verb, activity and agent, and keeps what it can be searched by."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, Final

import msgspec
import orjson

from lrs.events import Kind
from lrs.log.read import Told
from lrs.log.store import Store
from lrs.storage import sqlfile
from lrs.storage.pool import Connection
from lrs.xapi import values
from projections import keys
from projections.statistics.terms import Term, first, terms

SQL: Final = sqlfile.load(__package__, "changes.sql")
NAME: Final = "statistics"
DIMENSIONS: Final = ("day", "verb", "activity", "agent")
REMEMBERED: Final = 200_000
Counted = tuple[str, date, str]


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """A statement as far as it is counted and searched; `at` is when it happened."""

    position: int
    at: datetime
    terms: list[Term]

    def counted(self) -> list[Counted]:
        """What it counts for: its day in UTC, and that with its verb, activity and actors."""
        day = self.at.date()
        agents = [value for path, value in self.terms if path == "actor"]
        is_activity = ("object.kind", "Activity") in self.terms
        activity = first(self.terms, "object") if is_activity else None
        found = [("day", ""), ("verb", first(self.terms, "verb") or ""), *(("agent", each) for each in agents)]
        if activity is not None:
            found.append(("activity", activity))
        return [(dimension, day, key) for dimension, key in found]


class Follower:
    """Keeps the tables of statistics. Implements `lrs.relay.follower.Follower`."""

    name = NAME

    def __init__(self) -> None:
        self._named: set[tuple[int, int]] = set()

    async def look_ahead(self, store: Store, events: Sequence[Told]) -> None:
        """Nothing: counting is for the database."""

    def forget(self, store: Store) -> None:
        """Name terms again, as some may have been rolled back."""
        self._named.clear()

    async def follow(self, tx: Connection, store: Store, events: Sequence[Told]) -> None:
        """Count and index the next statements, and take out those that they void."""
        told = [event for event in events if event.kind is Kind.STATEMENT_STORED]
        if not told:
            return
        found = [made for event in told if (made := read(event)) is not None]
        await self._index(tx, store, found)
        voided = await self._void(tx, store, [event.position for event in told])
        added = Counter(each for one in found for each in one.counted())
        lost = Counter(each for one in voided for each in one.counted())
        if rows := sorted({*added, *lost}):
            dimensions, days, names = zip(*rows, strict=True)
            counts = {
                "dimensions": dimensions, "days": days, "keys": names,
                "statements": [added[each] for each in rows], "voided": [lost[each] for each in rows],
            }  # fmt: skip
            await SQL.execute(tx, "count", store=store.id, **counts)
            await SQL.execute(tx, "total", store=store.id, **counts)

    async def _index(self, tx: Connection, store: Store, found: Sequence[Read]) -> None:
        hashed = [[hash_of(store.secret, term) for term in each.terms] for each in found]
        named = {
            hash_: term
            for each, own in zip(found, hashed, strict=True)
            for hash_, term in zip(own, each.terms, strict=True)
        }
        await self._name(tx, store, named)
        await SQL.execute(
            tx, "index", store=store.id,
            positions=[each.position for each in found],
            times=[each.at for each in found],
            agents=[_agent(store, each) for each in found],
            terms=["{" + ",".join(map(str, own)) + "}" for own in hashed],
        )  # fmt: skip

    async def _name(self, tx: Connection, store: Store, named: dict[int, Term]) -> None:
        new = sorted(hash_ for hash_ in named if (store.id, hash_) not in self._named)
        if not new:
            return
        paths, texts = zip(*(named[hash_] for hash_ in new), strict=True)
        await SQL.execute(tx, "name_terms", store=store.id, terms=new, paths=paths, values=texts)
        if len(self._named) > REMEMBERED:
            self._named.clear()
        self._named.update((store.id, hash_) for hash_ in new)

    async def _void(self, tx: Connection, store: Store, positions: Sequence[int]) -> list[Read]:
        rows = await SQL.fetch(tx, "newly_voided", store=store.id, positions=positions)
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


def _agent(store: Store, each: Read) -> int | None:
    agent = first(each.terms, "actor")
    return None if agent is None else hash_of(store.secret, ("actor", agent))


def _at(content: dict[str, Any], stored: datetime) -> datetime:
    """The timestamp, or `stored` where there is none or it lies beyond the calendar."""
    try:
        at: datetime = values.instant(content["timestamp"])
        return at.astimezone(UTC)
    except (KeyError, ValueError, OverflowError):
        return stored.astimezone(UTC)
