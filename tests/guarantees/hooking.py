"""W-04 and W-12: whoever carries webhooks is killed at random, and every event arrives all the same."""

import asyncio
import contextlib
import random
import subprocess
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, Final
from uuid import uuid4

import orjson
from aiohttp import web
from standardwebhooks import Webhook as Verifier

from lrs import main
from lrs.hooks.registry import Hook, Made
from lrs.hooks.webhooks.endpoint import Answer, Endpoint
from tests.guarantees import processes, rows, served
from tests.guarantees.dispatching import ALLOWED
from tests.guarantees.projecting import end
from tests.guarantees.rows import Outcome, Trial
from tests.hooks import sinks
from tests.hooks.sinks import LOOPBACK, Got, Sink, close, drip, hang
from tests.serving import Client
from tests.world import statement

LEASE_SECONDS: Final = 1.0
DRAIN_SECONDS: Final = 120.0
ONLY: Final = {"kinds": ["StatementStored"]}
AUDITED: Final = """
    select count(*)
      from log.events e
      join log.payloads p using (store, position)
     where kind = 9 and credential = 'admin' and position(convert_to('redelivered', 'UTF8') in payload) > 0
"""
FORMS: Final[Sequence[dict[str, Any]]] = (
    {"ordered": True},
    {"ordered": False, "concurrency": 4},
    {"ordered": True, "batch": 7},
)


async def dispatcher(dsn: str, chance: float = 0.0) -> subprocess.Popen[bytes]:
    """A process that carries hooks; after a delivery it dies by that chance before its checkpoint moves."""
    return await processes.at_work("tests.guarantees.dispatching", dsn, LEASE_SECONDS, chance)


async def tell(client: Client, dice: random.Random, count: int) -> int:
    """POST so many statements, in some requests; how many."""
    left = count
    while left > 0:
        some = min(left, dice.randint(1, 12))
        answer = await client.send("POST", "/xAPI/statements", [statement(id=str(uuid4())) for _ in range(some)])
        assert answer.status == 200, answer.body
        left -= some
    return count


async def slow_at_times(got: Got, request: web.Request) -> web.StreamResponse:
    """204, after a while or at once."""
    await asyncio.sleep(random.choice((0, 0, 0, 0.01)))
    return web.Response(status=204)


@contextlib.asynccontextmanager
async def hooked(core: main.Core) -> AsyncIterator[list[tuple[Sink, Made]]]:
    """A sink and a hook of each form."""
    store = await main.default_store(core)
    async with contextlib.AsyncExitStack() as stack:
        made = []
        for number, form in enumerate(FORMS):
            sink = await stack.enter_async_context(sinks.sink(slow_at_times))
            config = {"url": sink.url, "filter": ONLY, **form}
            hook = await core.hooks.registry.create(store.id, "webhook", f"sink {number}", config)
            made.append((sink, hook))
        yield made


async def positions(core: main.Core) -> dict[int, str]:
    """Of each statement of the log its position, and the id that its event must have."""
    store = await main.default_store(core)
    rows = await core.reads.fetch("select position from log.events where store = $1 and kind = 1", store.id)
    return {row["position"]: f"{store.uuid}:{store.epoch}:{row['position']}" for row in rows}


def events(got: Iterable[Got]) -> list[dict[str, Any]]:
    """The events in what arrived, in order of arrival, each as often as it came."""
    told = [orjson.loads(each.body) for each in got]
    return [event for body in told for event in body.get("events", [body])]


def signed(got: Got, secret: str) -> bool:
    """Whether an independent implementation signs it so; however long ago it arrived, since a long run takes longer."""
    at = datetime.fromtimestamp(int(got.headers["webhook-timestamp"]), UTC)
    return Verifier(secret).sign(got.id, at, got.body.decode()) in got.headers["webhook-signature"].split(" ")


def judged(sink: Sink, made: Made, wanted: dict[int, str]) -> dict[str, Any]:
    """What of a hook's promise did not hold, and how often something came twice."""
    arrived = events(sink.got)
    first = list(dict.fromkeys(event["position"] for event in arrived))
    bodies: dict[str, set[bytes]] = {}
    unsigned = 0
    for got in sink.got:
        bodies.setdefault(got.id, set()).add(got.body)
        unsigned += not signed(got, made.secrets["signing"])
    return {
        "missed": len(wanted.keys() - set(first)),
        "reordered": sum(a > b for a, b in pairwise(first)) if made.hook.config.ordered else 0,
        "wrong_id": sum(event["id"] != wanted.get(event["position"]) for event in arrived),
        "other_content": sum(len(each) > 1 for each in bodies.values()),
        "unsigned": unsigned,
        "twice": len(arrived) - len(first),
    }


async def drained(core: main.Core, hooks: Iterable[Hook]) -> None:
    """Wait until every hook has come to the end of the log, and nothing is pending."""
    query = """select (select bool_and(c.position >= h.position)
                         from relay.checkpoints c join log.heads h using (store) where c.follower = any($1))
                      and not exists (select from hooks.pending)"""
    async with asyncio.timeout(DRAIN_SECONDS):
        while not await core.reads.fetchval(query, [hook.carrier for hook in hooks]):  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.1)


@rows.row("W-04", "0 missed, 0 reordered of ordered hooks, one id and content an event, all signed", loops=200, short=2)
async def dispatcher_killed(trial: Trial) -> Outcome:
    by_itself = sent = 0
    async with served.server(trial.folder, hook_allow=ALLOWED) as (client, core), hooked(core) as there:
        for loop in range(trial.loops):
            process = await dispatcher(core.dsn, chance=0.0 if loop % 2 else 0.1)
            telling = asyncio.ensure_future(tell(client, trial.dice, trial.dice.randint(20, 80)))
            await asyncio.sleep(trial.dice.uniform(0.2, 2.0))
            by_itself += process.poll() is not None
            end(process)
            sent += await telling
        process = await dispatcher(core.dsn)
        try:
            await drained(core, [made.hook for _, made in there])
        finally:
            end(process)
        wanted = await positions(core)
        found = [judged(sink, made, wanted) for sink, made in there]
    total = {name: sum(each[name] for each in found) for name in found[0]}
    bad = sum(value for name, value in total.items() if name != "twice")
    figure = {"kills": trial.loops, "between_effect_and_checkpoint": by_itself, "events": len(wanted), **total}
    return Outcome(figure=figure, held=bad == 0 and len(wanted) == sent > 0)


@rows.row("W-12", "each message that was asked for comes again, under its id; an event says so", loops=50, short=1)
async def redelivered(trial: Trial) -> Outcome:
    missed = other = asked = 0
    async with served.server(trial.folder, hook_allow=ALLOWED) as (client, core), hooked(core) as there:
        await tell(client, trial.dice, 60)
        process = await dispatcher(core.dsn)
        await drained(core, [made.hook for _, made in there])
        for _ in range(trial.loops):
            chosen = [(sink, made, trial.dice.choice(sink.got)) for sink, made in there]
            before = [sink.ids.count(got.id) for sink, _, got in chosen]
            for _, made, got in chosen:
                await core.hooks.redeliver(made.hook, got.id, by="admin")
                asked += 1
            if trial.dice.random() < 0.5:
                end(process)
                process = await dispatcher(core.dsn)
            await drained(core, [made.hook for _, made in there])
            for (sink, _, got), count in zip(chosen, before, strict=True):
                missed += sink.ids.count(got.id) <= count
                other += any(each.body != got.body for each in sink.got if each.id == got.id)
        end(process)
        audited = await core.reads.fetchval(AUDITED)
    figure = {"asked": asked, "missed": missed, "other_content": other, "audited": audited}
    return Outcome(figure=figure, held=missed == other == 0 and audited == asked > 0)


@rows.row("W-02", "each request cut at 10 s, 0 tasks and 0 connections left over", loops=1000, short=60)
async def never_answered(trial: Trial) -> Outcome:
    before = len(asyncio.all_tasks())
    slowest, left = 0.0, 0
    async with contextlib.AsyncExitStack() as stack:
        for way in (hang, drip, close):
            sink = await stack.enter_async_context(sinks.raw(way))
            endpoint = Endpoint(sink.url, LOOPBACK, limit=200)
            answers = await asyncio.gather(*(timed(endpoint) for _ in range(trial.loops // 3)))
            await endpoint.aclose()
            slowest = max(slowest, *(seconds for seconds, _ in answers))
            left += sum(answer.is_success for _, answer in answers)
    await asyncio.sleep(0.2)
    stuck = max(0, len(asyncio.all_tasks()) - before)
    figure = {"requests": trial.loops // 3 * 3, "slowest": round(slowest, 2), "stuck": stuck, "successes": left}
    return Outcome(figure=figure, held=slowest < 12 and stuck == 0 and left == 0)


async def timed(endpoint: Endpoint) -> tuple[float, Answer]:
    """How long a request took from its first byte, and what came of it."""
    answer = await endpoint.post(b"{}", {})
    return answer.milliseconds / 1000, answer
