"""R-17: StatementRefs and voiding give the same answers in whatever order the statements come."""

import json
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID, uuid4

from tests.guarantees import rows, sites
from tests.guarantees.rows import Outcome, Trial
from tests.guarantees.wire import Wire

VOIDED: Final = "http://adlnet.gov/expapi/verbs/voided"
AGENTS, VERBS, ACTIVITIES = 3, 2, 2
CHAIN: Final = 10_000
BATCH: Final = 500


@dataclass(frozen=True, kw_only=True)
class Node:
    """A statement of a graph: who did what to which activity, or to which other statement."""

    agent: int
    verb: int
    activity: int
    target: int | None
    voids: bool


def graph(dice: random.Random) -> Sequence[Node]:
    """A few statements that refer to each other, in circles too, and void one another."""
    size = dice.randint(4, 9)
    return [
        Node(
            agent=dice.randrange(AGENTS),
            verb=dice.randrange(VERBS),
            activity=dice.randrange(ACTIVITIES),
            target=dice.randrange(size) if dice.random() < 0.6 else None,
            voids=dice.random() < 0.25,
        )
        for _ in range(size)
    ]


@dataclass(frozen=True, kw_only=True)
class Copy:
    """A graph as it is stored once: with ids, people, verbs and activities that no other copy has."""

    tag: str
    ids: Sequence[UUID]
    nodes: Sequence[Node]

    def statement(self, number: int) -> dict[str, Any]:
        node = self.nodes[number]
        said: dict[str, Any] = {"id": str(self.ids[number]), "actor": json.loads(self.agent(node.agent))}
        if node.target is None:
            return said | {"verb": {"id": self.verb(node.verb)}, "object": {"id": self.activity(node.activity)}}
        target = {"objectType": "StatementRef", "id": str(self.ids[node.target])}
        return said | {"verb": {"id": VOIDED if node.voids else self.verb(node.verb)}, "object": target}

    def agent(self, number: int) -> str:
        return json.dumps({"mbox": f"mailto:a{number}-{self.tag}@example.org"})

    def verb(self, number: int) -> str:
        return f"https://example.org/{self.tag}/verbs/{number}"

    def activity(self, number: int) -> str:
        return f"https://example.org/{self.tag}/units/{number}"

    def queries(self) -> Sequence[dict[str, str]]:
        agents = [{"agent": self.agent(each)} for each in range(AGENTS)]
        verbs = [{"verb": self.verb(each)} for each in range(VERBS)]
        activities = [{"activity": self.activity(each)} for each in range(ACTIVITIES)]
        return [*agents, *verbs, *activities, *({**one, **other} for one in agents for other in activities)]


def copy(nodes: Sequence[Node]) -> Copy:
    return Copy(tag=uuid4().hex, ids=[uuid4() for _ in nodes], nodes=nodes)


async def store(client: Wire, statements: Sequence[dict[str, Any]]) -> None:
    reply = await client.send("POST", "/xAPI/statements", json.dumps(statements).encode())
    assert reply.status == 200, reply


async def shuffled(client: Wire, made: Copy, dice: random.Random) -> None:
    """Send them in any order, in requests of any size."""
    order = dice.sample(range(len(made.nodes)), len(made.nodes))
    while order:
        some = [order.pop() for _ in range(dice.randint(1, len(order)))]
        await store(client, [made.statement(number) for number in some])


async def answers(client: Wire, made: Copy) -> list[object]:
    """What every query gives, by the statements' numbers; and which of them count as voided."""
    known: Mapping[str, int] = {str(id): number for number, id in enumerate(made.ids)}
    found: list[object] = []
    for query in made.queries():
        reply = await client.send("GET", "/xAPI/statements?" + urlencode(query))
        found.append(sorted(known[each["id"]] for each in reply.json["statements"]))
    voided = [await client.send("GET", f"/xAPI/statements?voidedStatementId={id}") for id in made.ids]
    return found + [reply.status for reply in voided]


async def chain(client: Wire, length: int) -> tuple[bool, float]:
    """A chain that comes from its far end: whether it is found by its first link, and how long the query took."""
    tag = uuid4().hex
    ids = [str(uuid4()) for _ in range(length)]
    statements: list[dict[str, Any]] = []
    for number, id in enumerate(ids):
        verb = {"id": "https://example.org/verbs/linked"}
        target = (
            {"objectType": "StatementRef", "id": ids[number - 1]} if number else {"id": f"https://example.org/{tag}"}
        )
        statements.append({"id": id, "actor": {"mbox": "mailto:chain@example.org"}, "verb": verb, "object": target})
    statements.reverse()
    for start in range(0, length, BATCH):
        await store(client, statements[start : start + BATCH])
    begun = time.monotonic()
    reply = await client.send("GET", "/xAPI/statements?" + urlencode({"activity": f"https://example.org/{tag}"}))
    seconds = time.monotonic() - begun
    seen: list[str] = []
    while True:
        seen += [each["id"] for each in reply.json["statements"]]
        if not reply.json.get("more"):
            return sorted(seen) == sorted(ids), seconds
        reply = await client.send("GET", reply.json["more"])


@rows.row(
    "R-17",
    "references and voiding in any order: 0 differences from in order; a chain is found in <= 1 s",
    loops=2_000,
    short=6,
)
async def any_order(trial: Trial) -> Outcome:
    different: list[object] = []
    async with sites.standing(trial.folder) as site, Wire(site.port) as client:
        for loop in range(trial.loops):
            nodes = graph(trial.dice)
            straight, mixed = copy(nodes), copy(nodes)
            for number in range(len(nodes)):
                await store(client, [straight.statement(number)])
            await shuffled(client, mixed, trial.dice)
            if await answers(client, straight) != await answers(client, mixed):
                different.append([loop, [str(node) for node in nodes]])
        length = CHAIN if trial.loops >= 1_000 else 300
        whole, seconds = await chain(client, length)
    figure: dict[str, object] = {
        "shuffles": trial.loops,
        "different": len(different),
        "chain": length,
        "chain_whole": whole,
    }
    figure |= {"chain_query_s": round(seconds, 3)} | ({"examples": different[:3]} if different else {})
    return Outcome(figure=figure, held=not different and whole and seconds <= 1)
