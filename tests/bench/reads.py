"""How fast statements are read: by id and by every filter, first pages and deep ones, on one connection.

Keys are taken from what is stored: those with the most statements, those in the middle of the ranking, those with the
fewest. That the first have hundreds of times as many as the last is the point: a page should cost the same.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

import asyncpg
import orjson

from lrs.xapi import actors
from projections import keys
from tests.bench import client, servers
from tests.bench.figures import Figure, Taken, taken

PATH: Final = "/xAPI/statements"
LIMIT: Final = 50
OF_A_KIND: Final = 5
DEEP: Final = 1_000
LAST_PAGES: Final = 50
RANKED: Final[Mapping[str, str]] = {
    name: f"select {name} as key, count(*) as count, max(position) as position from statements.statements"  # noqa: S608
    f" where store = $1 and {name} is not null group by 1 order by 2 desc, 1"
    for name in ("agent", "verb", "activity", "registration")
} | {
    "related": "select key, count(*) as count, max(position) as position from statements.related"
    " where store = $1 and position = source group by 1 having count(*) >= 20 order by 2 desc, 1",
}


@dataclass(frozen=True, kw_only=True)
class Key:
    """A value to filter by, as it stands in a query, and how many statements have it."""

    text: str
    count: int


@dataclass
class Query:
    """Paths that are asked in turn, their goal in milliseconds, and what they took."""

    name: str
    paths: Sequence[str]
    goal: float | None = None
    matches: str = ""
    rounds: list[Taken] = field(default_factory=list)

    def figure(self) -> Figure:
        """What is reported of it."""
        figure = Figure.of(f"read: {self.name}", "requests/s", self.rounds)
        figure.note("bytes of an answer", [each.bytes for each in self.rounds])
        figure.goal = self.goal
        figure.remark = self.matches
        return figure


class Keys:
    """Keys of each kind: `frequent`, `medium` and `rare` ones."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]", store: int, secret: bytes) -> None:
        self._connection = connection
        self._store = store
        self._secret = secret

    async def ranked(self, kind: str, value: Callable[[Any], Iterator[tuple[str, int]]]) -> dict[str, list[Key]]:
        """The keys of a kind; `value` gives from a statement what may be asked for, with its hash."""
        rows = await self._connection.fetch(RANKED[kind], self._store)
        middle = len(rows) // 2
        return {
            "frequent": await self._some(rows, value),
            "medium": await self._some(rows[middle:], value),
            "rare": await self._some(rows[::-1], value),
        }

    async def _some(
        self, rows: Sequence[asyncpg.Record], value: Callable[[Any], Iterator[tuple[str, int]]]
    ) -> list[Key]:
        found: list[Key] = []
        for row in rows:
            content = await self._connection.fetchval(
                "select payload from log.payloads where store = $1 and position = $2", self._store, row["position"]
            )
            own = [text for text, key in value(orjson.loads(content)) if key == row["key"]]
            found += [Key(text=text, count=row["count"]) for text in own[:1]]
            if len(found) == OF_A_KIND:
                break
        return found

    def agent(self, statement: Any) -> Iterator[tuple[str, int]]:
        """The actor."""
        yield from self._agents([statement["actor"]])

    def related(self, statement: Any) -> Iterator[tuple[str, int]]:
        """Who stands in the context."""
        context = statement.get("context", {})
        yield from self._agents([context.get("instructor"), *(a["agent"] for a in context.get("contextAgents", ()))])

    def verb(self, statement: Any) -> Iterator[tuple[str, int]]:
        """The verb."""
        yield quote(statement["verb"]["id"], safe=""), keys.verb(self._secret, statement["verb"]["id"])

    def activity(self, statement: Any) -> Iterator[tuple[str, int]]:
        """The object's id."""
        own = statement["object"].get("id", "")
        yield quote(own, safe=""), keys.activity(self._secret, own)

    def around(self, statement: Any) -> Iterator[tuple[str, int]]:
        """The activities of the context."""
        for each in (
            one for some in statement.get("context", {}).get("contextActivities", {}).values() for one in some
        ):
            yield quote(each["id"], safe=""), keys.activity(self._secret, each["id"])

    def registration(self, statement: Any) -> Iterator[tuple[str, int]]:
        """The registration."""
        own = statement.get("context", {}).get("registration")
        if own:
            yield own, keys.registration(self._secret, UUID(own))

    def _agents(self, found: Sequence[Any]) -> Iterator[tuple[str, int]]:
        for each in found:
            ifi = actors.ifi(each) if each else None
            if ifi:
                own = {name: value for name, value in each.items() if name not in ("name", "member")}
                yield quote(orjson.dumps(own), safe=""), keys.agent(self._secret, ifi)


class Reads:
    """All queries, over a number of rounds of `count` requests each."""

    def __init__(
        self, lrs: servers.Server, connection: "asyncpg.Connection[asyncpg.Record]", store: int, count: int
    ) -> None:
        self._lrs = lrs
        self._connection = connection
        self._store = store
        self._count = count
        self.queries: list[Query] = []

    async def prepare(self) -> None:
        """Choose the keys, and follow `more` as deep as will be measured."""
        self.queries += [*await self._by_id(), *await self._filtered()]
        self.queries += [*self._deep("no filter", ""), *self._deep("verb, frequent", self._frequent["verb"])]
        self.queries += self._deep("agent, frequent", self._frequent["agent"])
        for query in self.queries:
            self._ask(query, 2 * OF_A_KIND)

    def round(self) -> None:
        """Every query once."""
        for query in self.queries:
            query.rounds.append(self._ask(query, self._count))

    def _ask(self, query: Query, count: int) -> Taken:
        asked = [_get(query.paths[number % len(query.paths)]) for number in range(count)]
        return taken(self._lrs, asked, 1)

    async def _by_id(self) -> Iterator[Query]:
        last = await self._connection.fetchval("select position from log.heads where store = $1", self._store)
        chance = random.Random(last)
        places = [chance.randint(1, last) for _ in range(400)]
        rows = await self._connection.fetch(
            "select e.subject, exists (select from statements.voided v where v.store = e.store"
            " and v.position = e.position) as voided from log.events e"
            " where e.store = $1 and e.kind = 1 and e.position = any($2)",
            self._store,
            places,
        )
        voided = await self._connection.fetch(
            "select e.subject from statements.voided v join log.events e on e.store = v.store"
            " and e.position = v.position where v.store = $1 limit 200",
            self._store,
        )
        return iter(
            (
                Query("by id", [f"statementId={row['subject']}" for row in rows if not row["voided"]], 5),
                Query("voided, by id", [f"voidedStatementId={row['subject']}" for row in voided], 5),
            )
        )

    async def _filtered(self) -> list[Query]:
        secret = await self._connection.fetchval("select secret from log.stores where id = $1", self._store)
        own = Keys(self._connection, self._store, secret)
        kinds = {
            "agent": await own.ranked("agent", own.agent),
            "verb": await own.ranked("verb", own.verb),
            "activity": await own.ranked("activity", own.activity),
            "registration": await own.ranked("registration", own.registration),
            "related_agents": await own.ranked("related", own.related),
            "related_activities": await own.ranked("related", own.around),
        }
        times = await self._times()
        self._frequent = {kind: f"{kind}={ranks['frequent'][0].text}&" for kind, ranks in kinds.items()}
        found = [Query("no filter", [f"limit={LIMIT}"], 5), Query("no filter, default page", [""], None)]
        for kind, ranks in kinds.items():
            found += [_query([(kind, rank)], kinds) for rank in ranks]
        found += [_query(pairs, kinds) for pairs in PAIRS]
        found += [
            _query([(kind, "frequent")], kinds, name, window)
            for kind in ("agent", "verb", "activity")
            for name, window in times.items()
        ]
        return found

    async def _times(self) -> dict[str, str]:
        """A window in the middle of what is stored: from its beginning on, and up to its end."""
        last = await self._connection.fetchval("select position from log.heads where store = $1", self._store)
        texts = [
            quote(row["stored"].strftime("%Y-%m-%dT%H:%M:%S.%fZ"))
            for row in await self._connection.fetch(
                "select stored from log.events where store = $1 and position = any($2) order by 1",
                self._store,
                [last // 2, last // 2 + last // 10],
            )
        ]
        return {"since": f"&since={texts[0]}&ascending=true", "until": f"&since={texts[0]}&until={texts[1]}"}

    def _deep(self, name: str, filters: str) -> Iterator[Query]:
        """The last pages up to page 1,000, or as far as there are any."""
        sock = client.connect(self._lrs.port)
        more = f"{filters}limit={LIMIT}"
        followed: list[str] = []
        while more and len(followed) < DEEP:
            followed.append(more)
            body = client.fetch(sock, _get(more)).split(b"\r\n\r\n", 1)[1]
            more = orjson.loads(body).get("more", "").partition("?")[2]
        sock.close()
        if len(followed) > 2:
            yield Query(f"{name}, page {len(followed):,}", followed[-LAST_PAGES:], 5, f"{len(followed):,} pages")


PAIRS: Final = (
    [("agent", "frequent"), ("verb", "frequent")],
    [("agent", "medium"), ("verb", "frequent")],
    [("agent", "frequent"), ("verb", "rare")],
    [("agent", "rare"), ("verb", "frequent")],
    [("agent", "frequent"), ("activity", "frequent")],
    [("agent", "frequent"), ("activity", "rare")],
    [("agent", "medium"), ("registration", "medium")],
    [("verb", "frequent"), ("activity", "frequent")],
    [("verb", "rare"), ("activity", "frequent")],
    [("verb", "frequent"), ("activity", "rare")],
    [("verb", "frequent"), ("registration", "frequent")],
    [("activity", "frequent"), ("registration", "frequent")],
    [("related_agents", "frequent"), ("verb", "frequent")],
    [("related_agents", "frequent"), ("verb", "rare")],
    [("related_activities", "frequent"), ("verb", "rare")],
    [("agent", "frequent"), ("verb", "frequent"), ("activity", "frequent")],
)
RELATED: Final = {"related_agents": "agent", "related_activities": "activity"}


def _query(
    pairs: Sequence[tuple[str, str]],
    kinds: Mapping[str, Mapping[str, Sequence[Key]]],
    extra: str = "",
    window: str = "",
) -> Query:
    chosen = [(kind, kinds[kind][rank]) for kind, rank in pairs]
    paths = []
    for number in range(OF_A_KIND):
        parts = []
        for kind, found in chosen:
            parts.append(f"{RELATED.get(kind, kind)}={found[number % len(found)].text}")
            parts += [f"{kind}=true"] if kind in RELATED else []
        paths.append("&".join(parts) + f"{window}&limit={LIMIT}")
    name = " + ".join([f"{kind}, {rank}" for kind, rank in pairs] + ([extra] if extra else []))
    counts = "; ".join(f"{found[-1].count:,}–{found[0].count:,}" for _, found in chosen)
    return Query(name, paths, 15 if len(pairs) > 1 or window else 5, f"{counts} statements")


def _get(query: str) -> bytes:
    return client.request("GET", f"{PATH}?{query}" if query else PATH, servers.headers("2.0.0"))
