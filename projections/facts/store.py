"""The tables of facts, in the schema `facts` or in one beside it that a rebuild fills."""

import struct
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Final, NamedTuple, TypeVar
from uuid import UUID

import msgspec

from lrs.log.store import Store
from lrs.reference.criteria import uuid_in
from lrs.storage import copy, sqlfile
from lrs.storage.pool import Connection
from projections import keys
from projections.facts.fact import Fact, Kind

SCHEMA: Final = "facts"
VERSION: Final = 2
REMEMBERED: Final = 100_000
# In place of a key: all keys of facts that were there at the mark's position; all keys of facts that are there.
ALL: Final = "*"
EVER: Final = "**"
LAST: Final = 2**63 - 1
MARKS: Final = 10_000
Row = TypeVar("Row")
FILE: Final = sqlfile.load(__package__, "facts.sql")
COLUMNS: Final = (
    "store", "statement", "n", "since", "until", "position", "kind", "subject", "other", "cohort", "observed", "body",
)  # fmt: skip

_HEAD: Final = struct.Struct(">hii i16s ihiq").pack
_BIG: Final = struct.Struct(">iq").pack
_BODY: Final = struct.Struct(">iqi").pack
_KINDS: Final = {kind: copy.text(kind) for kind in Kind}
_encode: Final = msgspec.json.Encoder().encode
# The fact of a row; `decoded` remembers it.
decode: Final = msgspec.json.Decoder(Fact).decode


class Stored(msgspec.Struct, frozen=True, gc=False):
    """A fact and the positions between which it is live: from `since`, and until `until` unless that is None."""

    fact: Fact
    since: int
    until: int | None = None


class Named(NamedTuple):
    """Facts in order: by the IFI of whom they are about, by that of the other person, by cohort."""

    subjects: Mapping[str, list[Fact]]
    others: Mapping[str, list[Fact]]
    cohorts: Mapping[str, list[Fact]]


class Target(msgspec.Struct, frozen=True):
    """A projection that is computed from facts, and the schema that holds its tables."""

    name: str
    schema: str
    version: int


class Marks:
    """What is to be computed anew, by schema and key, and since which position: the first of those that said so.

    Of all keys each position is kept: facts up to the last have no marks of their own by what was known then. With
    `every`, so it is of any key: where facts beyond one are not to be used yet.
    """

    def __init__(self, *, every: bool = False) -> None:
        self._first: dict[str, dict[str, int]] = defaultdict(dict)
        self._each: set[tuple[str, int, str]] = set()
        self._keeps_each = every

    def add(self, target: str, marked: Iterable[str], position: int) -> None:
        """Mark keys of a target."""
        if self._keeps_each:
            self._each.update((target, position, key) for key in marked)
            return
        first = self._first[target]
        for key in marked:
            # In no order: what a void ends is told before what came ahead of the void in the same batch.
            if position < first.get(key, LAST):
                first[key] = position

    def join(self, others: "Marks") -> None:
        """Mark what others mark; neither keeps every position."""
        for target, first in others._first.items():
            for key, position in first.items():
                self.add(target, (key,), position)
        self._each |= others._each

    def all(self, target: str, position: int) -> None:
        """Mark every key of a target."""
        self._each.add((target, position, ALL))

    def __len__(self) -> int:
        return sum(map(len, self._first.values())) + len(self._each)

    def rows(self) -> Iterator[tuple[str, Sequence[str], Sequence[int]]]:
        """Those that are to be taken together: their target, keys, and the position of each."""
        for target, first in self._first.items():
            for marked in batched(list(first), MARKS):
                yield target, marked, [first[key] for key in marked]
        alone: dict[tuple[str, int], list[str]] = defaultdict(list)
        for target, position, key in self._each:
            alone[target, position].append(key)
        for (target, position), every in alone.items():
            for marked in batched(every, MARKS):
                yield target, marked, [position] * len(marked)


def batched(rows: Sequence[Row], size: int) -> Iterable[Sequence[Row]]:
    """The rows, so many at a time."""
    return (rows[start : start + size] for start in range(0, len(rows), size))


@lru_cache(maxsize=REMEMBERED)
def decoded(body: str) -> Fact:
    """The fact of a row; the same object for the same text, as each is read many times over."""
    return decode(body)


@lru_cache(maxsize=REMEMBERED)
def hashed(secret: bytes, text: str) -> int:
    """The hash of a cohort, or of what was asked."""
    return keys.digest(secret, text.encode())


@lru_cache(maxsize=REMEMBERED)
def asked_hashes(secret: bytes, asked: str) -> tuple[int, ...]:
    """The hashes under which `kind:what` is looked for: an IRI that ends in a UUID also means what that UUID means."""
    kind, _, what = asked.partition(":")
    uuid = uuid_in(what) if kind != "ifi" else None
    whole = hashed(secret, asked)
    return (whole,) if uuid is None else (whole, hashed(secret, f"{kind}:{uuid}"))


class Facts:
    """Facts of every store, and what belongs to them, in one schema."""

    def __init__(self, schema: str = SCHEMA) -> None:
        self.schema = schema
        self.sql = FILE if schema == SCHEMA else FILE.within({SCHEMA: schema})
        # By store: who is known to be identified, and the hashes, in the order in which they came.
        self._identified: dict[int, dict[str, int]] = {}

    async def add(self, tx: Connection, store: Store, added: Sequence[Stored]) -> None:
        """Add facts, and those named by them who are not known to be there."""
        identified = self._identified.setdefault(store.id, {})
        if len(identified) > REMEMBERED:
            identified.clear()
        known = len(identified)
        rows = [_row(store, each, identified) for each in added]
        new = dict(islice(identified.items(), known, None))
        if rows:
            await copy.add(tx, f"{self.schema}.facts", COLUMNS, rows)
        if new:
            await self.sql.execute(tx, "identify", store=store.id, hashes=list(new.values()), ifis=list(new))

    async def ask(self, tx: Connection, store: Store, asked: Mapping[str, Sequence[bytes]]) -> None:
        """Remember what was asked of reference data, and at which positions, each a field of type bigint."""
        by_hash: dict[int, list[bytes]] = defaultdict(list)
        for text, positions in asked.items():
            for each in asked_hashes(store.secret, text):
                by_hash[each] += positions
        head = b"\0\3\0\0\0\4" + store.id.to_bytes(4)
        rows = [head + _BIG(8, each) + copy.array(positions) for each, positions in by_hash.items()]
        if rows:
            await copy.add(tx, f"{self.schema}.asked", ("store", "asked", "positions"), rows)

    async def mark(self, tx: Connection, store: Store, marks: Marks) -> None:
        """Add marks."""
        rows = [
            {"store": store.id, "target": target, "position": min(positions), "keys": marked, "positions": positions}
            for target, marked, positions in marks.rows()
        ]
        if rows:
            await self.sql.executemany(tx, "mark", rows)

    async def unmatch(self, tx: Connection, store: Store, rows: Mapping[int, tuple[str, str]]) -> None:
        """Count statements, by position, as unmatched: verb and type of activity of each."""
        packed = [
            b"\0\4\0\0\0\4" + store.id.to_bytes(4) + _BIG(8, position) + copy.text(verb) + copy.text(kind)
            for position, (verb, kind) in rows.items()
        ]
        if packed:
            await copy.add(tx, f"{self.schema}.unmatched", ("store", "position", "verb", "type"), packed)

    async def void(self, tx: Connection, store: Store, voids: Mapping[UUID, int]) -> list[tuple[Fact, int]]:
        """Remember voided statements; the live facts that end with it, each with the position that ended it."""
        statements, positions = list(voids), list(voids.values())
        await self.sql.execute(tx, "void", store=store.id, statements=statements, positions=positions)
        places = await self.sql.fetch(tx, "places", store=store.id, statements=statements)
        return await self.end(tx, store, {row["position"]: voids[row["subject"]] for row in places})

    async def end(self, tx: Connection, store: Store, ends: Mapping[int, int]) -> list[tuple[Fact, int]]:
        """End the facts of the statements at some positions, each by the event at another; those that lived longer,
        each with the position that ended it.
        """
        rows = (
            await self.sql.fetch(tx, "end", store=store.id, places=list(ends), positions=list(ends.values()))
            if ends
            else ()
        )
        return [(decoded(row["body"]), row["position"]) for row in rows]

    async def voided(self, tx: Connection, store: Store, statements: Iterable[UUID]) -> dict[UUID, int]:
        """Those of the statements that are voided, and where."""
        rows = await self.sql.fetch(tx, "voided", store=store.id, statements=list(statements))
        return {row["statement"]: row["position"] for row in rows}

    async def live_of(self, tx: Connection, store: Store, places: Sequence[int]) -> dict[int, list[Fact]]:
        """The live facts of the statements at some positions."""
        found: dict[int, list[Fact]] = {}
        for row in await self.sql.fetch(tx, "live_of", store=store.id, places=places):
            found.setdefault(row["position"], []).append(decoded(row["body"]))
        return found

    async def naming(self, tx: Connection, store: Store, ifis: Iterable[str], cohorts: Iterable[str]) -> list[Fact]:
        """The live facts that name any of these agents or cohorts."""
        agents = [keys.agent(store.secret, ifi) for ifi in ifis]
        groups = [hashed(store.secret, cohort) for cohort in cohorts]
        if not agents and not groups:
            return []
        rows = await self.sql.fetch(tx, "naming", store=store.id, agents=agents, cohorts=groups)
        return [decoded(row["body"]) for row in rows]

    async def asked(self, tx: Connection, store: Store, asked: Iterable[str], *, before: int) -> list[int]:
        """The positions of statements before another at which any of these was asked."""
        wanted = [hashed(store.secret, each) for each in asked]
        if not wanted:
            return []
        return [
            row["position"] for row in await self.sql.fetch(tx, "asked", store=store.id, asked=wanted, before=before)
        ]

    def named(self, store: Store) -> Named | None:
        """All live facts of a store, where they are in memory."""
        return None

    def forget(self, store: Store) -> None:
        """Hear that what was done last for a store may have been rolled back."""
        self._identified.pop(store.id, None)

    async def targets(self, tx: Connection) -> list[Target]:
        """The projections that are computed from these facts."""
        return [Target(*row) for row in await self.sql.fetch(tx, "targets")]

    async def applied(self, tx: Connection, store: int) -> int:
        """The position of the last event of reference data that these facts have taken in; 0 for none."""
        return int(str(await self.sql.fetchval(tx, "applied", store=store)))


def _row(store: Store, each: Stored, identified: dict[str, int]) -> bytes:
    fact = each.fact
    body = _encode(fact)
    return b"".join(
        (
            _HEAD(len(COLUMNS), 4, store.id, 16, fact.statement.bytes, 2, fact.n, 8, each.since),
            copy.NULL if each.until is None else _BIG(8, each.until),
            _BIG(8, fact.position),
            _KINDS[fact.kind],
            _BIG(8, _agent(store, fact.subject, identified)),
            copy.NULL if fact.other is None else _BIG(8, _agent(store, fact.other, identified)),
            copy.NULL if fact.cohort is None else _BIG(8, hashed(store.secret, fact.cohort)),
            _BODY(8, copy.microseconds(fact.observed_at), len(body)),
            body,
        )
    )


def _agent(store: Store, ifi: str, identified: dict[str, int]) -> int:
    found = identified.get(ifi)
    if found is None:
        found = identified[ifi] = keys.agent(store.secret, ifi)
    return found
