"""R-13 to R-16: many clients about the same thing: no deadlock, nothing twice, one winner."""

import asyncio
import hashlib
import json
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID, uuid4

from tests.guarantees import checker, journal, load, rows, sites
from tests.guarantees.registers import together
from tests.guarantees.rows import Outcome, Trial
from tests.guarantees.sites import Site
from tests.guarantees.wire import Wire

SHARED: Final = 50
BULK: Final = 500


def naming(order: Sequence[int], word: str) -> bytes:
    """A batch in which each of the shared agents and activities is named and defined, in this order."""
    statements = [
        {
            "id": str(uuid4()),
            "actor": {"mbox": f"mailto:shared{number}@example.org", "name": f"{word} {number}"},
            "verb": {"id": "https://example.org/verbs/met"},
            "object": {
                "id": f"https://example.org/shared/{number}",
                "definition": {"name": {"en": f"{word} {number}"}},
            },
        }
        for number in order
    ]
    return json.dumps(statements).encode()


def told(answers: Mapping[int, int]) -> dict[str, int]:
    return {str(status): count for status, count in answers.items()}


@rows.row(
    "R-13", "32 writers name the same 50 agents and activities in opposite orders: 0 x 5xx", loops=100_000, short=4_800
)
async def opposite_orders(trial: Trial) -> Outcome:
    answers: Counter[int] = Counter()
    left = -(-trial.loops // SHARED)

    async def write(client: Wire, number: int) -> None:
        nonlocal left
        while left > 0:
            left -= 1
            order = range(SHARED) if number % 2 else range(SHARED - 1, -1, -1)
            answers[(await client.send("POST", "/xAPI/statements", naming(order, f"{left}"))).status] += 1

    async with sites.standing(trial.folder) as site:
        async with site.sql() as sql:
            before = await sql.fetchval("select sum(deadlocks) from pg_stat_database")
        await together(site, 32, write)
        async with site.sql() as sql:
            deadlocks = await sql.fetchval("select sum(deadlocks) from pg_stat_database") - before
    figure = {"answers": told(answers), "deadlocks": int(deadlocks), "statements": answers[200] * SHARED}
    return Outcome(figure=figure, held=set(answers) == {200})


async def stored(site: Site, begun: checker.Base) -> list[tuple[UUID, bytes]]:
    """The statements since then: ids and the digests of their bytes."""
    async with site.sql() as sql:
        found = await sql.fetch(
            "select e.subject, p.payload from log.events e join log.payloads p using (store, position)"
            " where e.store = $1 and e.position > $2 and e.kind = 1",
            begun.store,
            begun.position,
        )
    return [(row["subject"], hashlib.sha256(row["payload"]).digest()) for row in found]


@rows.row(
    "R-14",
    "each statement sent at least 5 times at once by 16 clients: stored once, all told its id",
    loops=100_000,
    short=1_600,
)
async def sent_at_once(trial: Trial) -> Outcome:
    rounds = -(-trial.loops // 16)
    statements = [[load.statement(trial.dice, id=uuid4()) for _ in range(3)] for _ in range(rounds)]
    answers: Counter[int] = Counter()
    wrong = 0

    async def send(client: Wire, number: int) -> None:
        nonlocal wrong
        for loop in range(rounds):
            await barrier.wait()
            id, text = statements[loop][number % 3]
            reply = await client.send("POST", "/xAPI/statements", text)
            answers[reply.status] += 1
            wrong += reply.status != 200 or reply.json != [str(id)]

    barrier = asyncio.Barrier(16)
    async with sites.standing(trial.folder) as site:
        begun = await checker.base(site)
        await together(site, 16, send)
        kept = await stored(site, begun)
    ids = [id for id, _ in kept]
    duplicate = len(ids) - len(set(ids))
    lost = 3 * rounds - len(set(ids))
    figure = {"sends": answers.total(), "duplicate": duplicate, "lost": lost, "answers": told(answers), "wrong": wrong}
    return Outcome(figure=figure, held=not (duplicate or lost or wrong))


@rows.row(
    "R-15", "one id with 16 contents at once: one 200, the rest 409, the winner's is kept", loops=10_000, short=60
)
async def one_winner(trial: Trial) -> Outcome:
    ids = [uuid4() for _ in range(trial.loops)]
    answers = [Counter[int]() for _ in ids]
    winners: dict[UUID, bytes] = {}

    async def race(client: Wire, number: int) -> None:
        dice = random.Random(trial.seed + number)
        for id, counts in zip(ids, answers, strict=True):
            _, text = load.statement(dice, id=id, note=f"by {number}")
            await barrier.wait()
            reply = await client.send("POST", "/xAPI/statements", text)
            counts[reply.status] += 1
            if reply.status == 200:
                winners[id] = hashlib.sha256(text).digest()

    barrier = asyncio.Barrier(16)
    async with sites.standing(trial.folder) as site:
        begun = await checker.base(site)
        await together(site, 16, race)
        kept = await stored(site, begun)
    wrong = [told(counts) for counts in answers if counts != Counter({409: 15, 200: 1})]
    held = not wrong and len(kept) == len(ids) and dict(kept) == winners
    figure = {
        "races": len(ids),
        "without_one_winner": len(wrong),
        "stored": len(kept),
        "kept_as_sent": dict(kept) == winners,
    }
    return Outcome(figure=figure | ({"examples": wrong[:5]} if wrong else {}), held=held)


@rows.row("R-16", "sent again after 100 times as many others and 3 restarts: known, all of them", loops=10_000)
async def sent_again(trial: Trial) -> Outcome:
    async with sites.running(trial.folder / "site") as site, journal.opened(trial.folder):
        begun = await checker.base(site)
        first = load.batch(trial.dice, trial.loops)
        await bulk(site, first)
        for _ in range(3):
            for _ in range(-(-trial.loops * 100 // (3 * 50_000))):
                await bulk(site, load.batch(trial.dice, min(50_000, trial.loops * 34)))
            await site.stop()
            await site.start()
        others = await checker.base(site)
        await bulk(site, first)
        ended = await checker.base(site)
    added = ended.position - others.position
    figure = {"sent_again": len(first), "stored_again": added, "others": others.position - begun.position - len(first)}
    return Outcome(figure=figure, held=added == 0)


async def bulk(site: Site, statements: Sequence[tuple[UUID, bytes]]) -> None:
    """Send them in large batches over a few connections."""

    async def send(client: Wire, number: int) -> None:
        for start in range(number * BULK, len(statements), 4 * BULK):
            reply = await client.send("POST", "/xAPI/statements", load.body(statements[start : start + BULK]))
            assert reply.status == 200, reply

    await together(site, 4, send)
