"""The independent judge: what the journal says against what SQL and HTTP show. It shares no code with the server."""

import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

import asyncpg

from tests.guarantees.journal import Operation
from tests.guarantees.sites import Site
from tests.guarantees.wire import Wire

FINDINGS: Final = (
    "lost",
    "phantom",
    "duplicate",
    "partial",
    "changed",
    "disorder",
    "holes",
    "unindexed",
    "unseen",
    "unsaid",
)
ADDED: Final = frozenset({"stored", "authority", "timestamp", "version"})
PAGE: Final = 2_000

EVENTS: Final = """
select e.position, e.stored, e.subject, e.kind, p.payload,
       (select count(*) from statements.statements s where s.store = e.store and s.position = e.position) as indexed
  from log.events e
  left join log.payloads p on p.store = e.store and p.position = e.position
 where e.store = $1 and e.position > $2
 order by e.position
 limit $3
"""


@dataclass(kw_only=True)
class Row:
    """A statement as SQL shows it."""

    position: int
    stored: datetime
    payload: bytes


@dataclass(kw_only=True)
class Findings:
    """How many of each kind of harm; `examples` says where, for who has to look."""

    counts: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)
    sent: int = 0
    acked: int = 0
    unknown_stored: int = 0

    def find(self, kind: str, example: object = "") -> None:
        self.counts[kind] += 1
        if len(self.examples) < 20:
            self.examples.append(f"{kind}: {example}")

    @property
    def clean(self) -> bool:
        return not any(self.counts[kind] for kind in FINDINGS)

    def figure(self, *kinds: str) -> dict[str, object]:
        """The counts, with what was at stake; the examples where something was found."""
        said: dict[str, object] = {kind: self.counts[kind] for kind in kinds or FINDINGS}
        said |= {"sent": self.sent, "acked": self.acked, "unknown_stored": self.unknown_stored}
        return said | ({"examples": self.examples} if self.examples else {})


@dataclass(frozen=True, kw_only=True)
class Base:
    """Where a trial begins in the log of its store."""

    store: int
    position: int
    stored: datetime


async def base(site: Site) -> Base:
    """The end of the default store's log, as of now."""
    async with site.sql() as sql:
        row = await sql.fetchrow(
            "select h.store, h.position, h.floor from log.heads h join log.stores s on s.id = h.store"
            " where s.name = 'default'"
        )
    assert row is not None
    return Base(store=row["store"], position=row["position"], stored=row["floor"])


async def check(site: Site, begun: Base, operations: Sequence[Operation], *, http: bool = True) -> Findings:
    """Everything that was stored since `begun`, against everything that was sent."""
    found = Findings()
    async with site.sql() as sql:
        rows = await _stored(sql, begun, found)
        await _heads(sql, begun, found)
    _compare(rows, operations, found)
    _orders(rows, operations, found)
    if http:
        await _read_over_http(site, begun, rows, found)
        await _ask_what_was_said(site, rows, found)
    return found


async def _stored(sql: "asyncpg.Connection[asyncpg.Record]", begun: Base, found: Findings) -> Mapping[UUID, Row]:
    """Statements by id; positions must follow one another, and `stored` rise."""
    rows: dict[UUID, Row] = {}
    position, stored = begun.position, begun.stored
    while records := await sql.fetch(EVENTS, begun.store, position, PAGE):
        for record in records:
            if record["position"] != position + 1:
                found.find("holes", f"{record['position']} follows {position}")
            if record["stored"] <= stored and position:
                found.find("disorder", f"stored falls at {record['position']}")
            position, stored = record["position"], record["stored"]
            if record["kind"] == 1:
                _take(record, rows, found)
    return rows


def _take(record: asyncpg.Record, rows: dict[UUID, Row], found: Findings) -> None:
    id = record["subject"]
    if id in rows:
        found.find("duplicate", id)
    if record["indexed"] != 1:
        found.find("unindexed", f"{id} has {record['indexed']} index rows")
    if record["payload"] is None:
        found.find("changed", f"{id} has no payload")
    rows[id] = Row(position=record["position"], stored=record["stored"], payload=record["payload"] or b"")


async def _heads(sql: "asyncpg.Connection[asyncpg.Record]", begun: Base, found: Findings) -> None:
    row = await sql.fetchrow(
        "select h.position as head, h.floor, count(e.position) as count, max(e.position) as last,"
        "       max(e.stored) as stored"
        "  from log.heads h left join log.events e on e.store = h.store where h.store = $1 group by 1, 2",
        begun.store,
    )
    assert row is not None
    if not row["head"] == row["count"] == (row["last"] or 0):
        found.find("holes", f"head {row['head']}, {row['count']} events, last {row['last']}")
    if row["stored"] is not None and row["stored"] > row["floor"]:
        found.find("disorder", "the floor is below the last event")


def _compare(rows: Mapping[UUID, Row], operations: Iterable[Operation], found: Findings) -> None:
    sent: dict[UUID, bytes] = {}
    for operation in operations:
        here = sum(id in rows for id in operation.ids)
        found.sent += len(operation.ids)
        sent.update(zip(operation.ids, operation.digests, strict=True))
        if operation.acked is not None:
            found.acked += len(operation.ids)
            for id in operation.ids:
                if id not in rows:
                    found.find("lost", f"{id} of operation {operation.number}")
        else:
            found.unknown_stored += here
        if 0 < here < len(operation.ids):
            found.find("partial", f"{here} of {len(operation.ids)} of operation {operation.number}")
    for id, row in rows.items():
        if id not in sent:
            found.find("phantom", id)
        elif hashlib.sha256(row.payload).digest() != sent[id]:
            found.find("changed", f"{id} in SQL")


def _orders(rows: Mapping[UUID, Row], operations: Iterable[Operation], found: Findings) -> None:
    """What was sent after an answer lies behind what was answered; a batch lies in the order in which it was sent."""
    last: dict[int, tuple[float, int]] = {}
    for operation in operations:
        positions = [rows[id].position for id in operation.ids if id in rows]
        if positions and positions != list(range(positions[0], positions[0] + len(positions))):
            # In part now and in part at a later try comes to the same as in part.
            found.find("partial", f"operation {operation.number} does not lie in one piece: {positions[:9]}")
        acked, before = last.get(operation.client, (0.0, 0))
        if positions and before > positions[0] and operation.begun > acked:
            found.find("disorder", f"operation {operation.number} of client {operation.client}")
        if positions and operation.acked is not None:
            last[operation.client] = (operation.acked, positions[-1])


async def _read_over_http(site: Site, begun: Base, rows: Mapping[UUID, Row], found: Findings) -> None:
    """Every statement once, in order, equal to what lies in SQL, save for what an LRS adds."""
    seen: Counter[UUID] = Counter()
    last = 0
    async with Wire(site.port, version="2.0.0") as client:
        async for got in statements_since(client, begun.stored):
            id = UUID(got["id"])
            seen[id] += 1
            row = rows.get(id)
            if row is None:
                found.find("phantom", f"{id} over HTTP")
            elif different(json.loads(row.payload, parse_float=Decimal), got):
                found.find("changed", f"{id} over HTTP: {different(json.loads(row.payload, parse_float=Decimal), got)}")
            elif row.position < last:
                found.find("disorder", f"{id} over HTTP")
            last = row.position if row else last
    for id in rows:
        if seen[id] != 1:
            found.find("unseen" if not seen[id] else "duplicate", f"{id} is {seen[id]} times over HTTP")


async def _ask_what_was_said(site: Site, rows: Mapping[UUID, Row], found: Findings) -> None:
    """Every name that an agent was given, and the last that an activity was: what projections keep of statements."""
    names: dict[str, set[str]] = {}
    units: dict[str, str] = {}
    for row in sorted(rows.values(), key=lambda row: row.position):
        said = json.loads(row.payload)
        if "name" in said["actor"]:
            names.setdefault(said["actor"]["mbox"], set()).add(said["actor"]["name"])
        if "definition" in said["object"]:
            units[said["object"]["id"]] = said["object"]["definition"]["name"]["en"]
    async with Wire(site.port) as client:
        for mbox, given in names.items():
            person = (await client.send("GET", "/xAPI/agents?agent=" + quote(json.dumps({"mbox": mbox})))).json
            if not given <= set(person["name"]):
                found.find("unsaid", f"{mbox} lacks {given - set(person['name'])}")
        for unit, name in units.items():
            activity = (await client.send("GET", "/xAPI/activities?activityId=" + quote(unit))).json
            if activity["definition"]["name"]["en"] != name:
                found.find("unsaid", f"{unit} is {activity['definition']['name']}, not {name}")


async def statements_since(client: Wire, since: datetime) -> Any:
    """All statements stored after a time, over all pages."""
    path = f"/xAPI/statements?ascending=true&since={quote(since.isoformat())}"
    while path:
        reply = await client.send("GET", path)
        if reply.status == 503:
            await asyncio.sleep(0.1)
            continue
        assert reply.status == 200, (reply.status, reply.body[:500])
        page = json.loads(reply.body, parse_float=Decimal)
        for each in page["statements"]:
            yield each
        path = page.get("more", "")


def different(sent: Mapping[str, Any], got: Mapping[str, Any]) -> str:
    """Where a statement is not what was sent; empty where it is."""
    for name in sent.keys() | got.keys():
        if name not in got or (name not in sent and name not in ADDED):
            return name
        if name in sent and not same(sent[name], got[name]):
            return name
    return ""


def same(one: object, other: object) -> bool:
    """Equal with their types: true is not 1, and 1.10 is not 1.1."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        assert isinstance(other, dict)
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    if isinstance(one, list):
        assert isinstance(other, list)
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, Decimal):
        return str(one) == str(other)
    return one == other


def quantiles(values: Iterable[float]) -> Mapping[str, float]:
    """The middle, the 99th of a hundred and the greatest, in milliseconds."""
    ordered = sorted(values)
    if not ordered:
        return {}
    return dict(zip(("p50_ms", "p99_ms", "max_ms"), _places(ordered), strict=True))


def _places(ordered: Sequence[float]) -> Iterator[float]:
    for share in (0.5, 0.99, 1.0):
        yield round(1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1)
