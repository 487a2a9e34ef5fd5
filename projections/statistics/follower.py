"""Follows the log: counts each statement by day, verb, activity and agent, and keeps what it can be searched by."""

import asyncio
import struct
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, Final

import msgspec

from lrs.events import Kind
from lrs.log.read import Told
from lrs.log.store import Store
from lrs.storage import copy, sqlfile
from lrs.storage.pool import Connection
from lrs.xapi import values
from projections import keys
from projections.facts import statement
from projections.statistics.terms import Term, terms

SQL: Final = sqlfile.load(__package__, "changes.sql")
NAME: Final = "statistics"
DIMENSIONS: Final = ("day", "verb", "activity", "agent")
REMEMBERED: Final = 100_000
# Counts are in no hurry, and the more statements a round has, the fewer of them are written; but what is done in one
# round has others wait.
ROUND_SECONDS: Final = 1.0
# So many statements are read at a stretch: facts are followed on the same event loop, and are in a hurry.
STRETCH: Final = 400
COLUMNS: Final = ("store", "position", "at", "agent", "terms")
_HEAD: Final = struct.Struct(">hiiiqiq").pack
Counted = tuple[str, date, str]


class Read(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A statement as far as it is counted and searched; `at` is when it happened."""

    position: int
    at: datetime
    terms: list[Term]

    def counted(self) -> list[Counted]:
        """What it counts for: its day in UTC, and that with its verb, activity and actors."""
        day = self.at.date()
        found: list[Counted] = [("day", day, "")]
        # What is counted comes first: the verb, the actors, the object.
        for path, value in self.terms:
            if path == "actor":
                found.append(("agent", day, value))
            elif path == "verb":
                found.append(("verb", day, value))
            elif path == "object":
                found.append(("activity", day, value))
                break
            elif value != "Activity":
                break
        return found


class Named(dict[Term, bytes]):
    """The hashes of terms, as fields of a row; `new` are those that have yet to be named."""

    def __init__(self, secret: bytes) -> None:
        super().__init__()
        self.new: dict[Term, int] = {}
        self._secret = secret

    def __missing__(self, term: Term) -> bytes:
        found = self.new[term] = hash_of(self._secret, term)
        field = self[term] = copy.bigint(found)
        return field


class Follower:
    """Keeps the tables of statistics. Implements `lrs.relay.follower.Follower`."""

    name = NAME
    round_seconds = ROUND_SECONDS

    def __init__(self) -> None:
        self._named: dict[int, Named] = {}

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
        if sum(map(len, self._named.values())) > REMEMBERED:
            self._named.clear()
        named = self._named.setdefault(store.id, Named(store.secret))
        rows: list[bytes] = []
        counted: list[Counted] = []
        # Each is done with before the next: to go over thousands again and again would take the processor longer.
        for number, event in enumerate(told, 1):
            if number % STRETCH == 0:
                await asyncio.sleep(0)
            if (one := read(event)) is not None:
                rows.append(_row(store, one, named))
                counted += one.counted()
        await self._index(tx, store, rows, named)
        voided = await self._void(tx, store, told[0].position, told[-1].position)
        added = Counter(counted)
        lost = Counter(each for one in voided for each in one.counted())
        if every := sorted({*added, *lost}):
            dimensions, days, names = zip(*every, strict=True)
            await SQL.execute(
                tx, "count", store=store.id, dimensions=dimensions, days=days, keys=names,
                statements=[added[each] for each in every], voided=[lost[each] for each in every],
            )  # fmt: skip

    async def _index(self, tx: Connection, store: Store, rows: Sequence[bytes], named: Named) -> None:
        if named.new:
            new = sorted((found, *term) for term, found in named.new.items())
            hashes, paths, texts = zip(*new, strict=True)
            await SQL.execute(tx, "name_terms", store=store.id, terms=hashes, paths=paths, values=texts)
            named.new.clear()
        await copy.add(tx, "statistics.statements", COLUMNS, rows)

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
    content = statement.parse(event)
    if content is None:
        return None
    return Read(position=event.position, at=_at(content, event.stored), terms=terms(content))


def hash_of(secret: bytes, term: Term) -> int:
    """What stands for a term."""
    return keys.digest(secret, "\0".join(term).encode())


def _row(store: Store, each: Read, named: Named) -> bytes:
    agent = next((named[term] for term in each.terms if term[0] == "actor"), copy.NULL)
    head = _HEAD(len(COLUMNS), 4, store.id, 8, each.position, 8, copy.microseconds(each.at))
    return head + agent + copy.array(list(map(named.__getitem__, each.terms)))


def _at(content: dict[str, Any], stored: datetime) -> datetime:
    """The timestamp, or `stored` where there is none or it lies beyond the calendar."""
    return values.moment(content.get("timestamp")) or stored.astimezone(UTC)
