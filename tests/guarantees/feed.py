"""R-18 to R-20: who follows the log, or polls, misses nothing; and what Consistent-Through says is true."""

import asyncio
import bisect
import contextlib
import json
import sys
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import asyncpg
import msgspec

from lrs.log import read
from lrs.storage import pool as storage
from tests import world
from tests.guarantees import checker, defects, journal, rows, sites
from tests.guarantees.load import Writers
from tests.guarantees.rows import Outcome, Trial
from tests.guarantees.sites import Site
from tests.guarantees.wire import Wire
from tests.guarantees.writers import Task

PROCESSES: Final = 2
WRITERS: Final = 8
THROUGH: Final = "x-experience-api-consistent-through"


async def tail(trial: Trial, site: Site, *, defect: str = "") -> Outcome:
    """Eight writers in two processes append to a store of their own, while one reader follows by position."""
    name = f"feed{trial.dice.getrandbits(40)}"
    pool = await storage.open(site.superuser(), size=4, statement_seconds=120)
    try:
        store = (await world.make(pool, name)).store
        if defect:
            await pool.execute(defects.SEQUENCE)
        each = -(-trial.loops // WRITERS)
        task = Task(
            dsn=site.superuser(), store=name, writers=WRITERS // PROCESSES, events=each, seed=trial.seed, defect=defect
        )
        async with writing(task) as processes:
            seen, lags = await follow(read.Reader(pool), store.id, processes)
        written = await pool.fetch("select subject from log.events where store = $1 order by position", store.id)
    finally:
        await pool.close()
    subjects = [row["subject"] for row in written]
    missed = len(set(subjects) - set(seen))
    figure = {
        "events": len(subjects),
        "expected": each * WRITERS,
        "missed": missed,
        "repeated": len(seen) - len(set(seen)),
        "out_of_order": 0 if missed or seen == subjects else 1,
        "lag": checker.quantiles(lags),
    }
    held = seen == subjects and len(subjects) == each * WRITERS
    return Outcome(figure=figure, held=held)


@contextlib.asynccontextmanager
async def writing(task: Task) -> AsyncIterator[Sequence[asyncio.subprocess.Process]]:
    """Two processes of writers, at work; they must end well."""
    started = []
    for number in range(PROCESSES):
        told = msgspec.json.encode(msgspec.structs.replace(task, seed=task.seed + 100 * number)).decode()
        command = (sys.executable, "-m", "tests.guarantees.writers", told)
        started.append(await asyncio.create_subprocess_exec(*command, cwd=sites.TREE))
    try:
        yield started
        for process in started:
            assert await process.wait() == 0
    finally:
        for process in started:
            if process.returncode is None:
                process.kill()
                await process.wait()


async def follow(
    reader: read.Reader, store: int, processes: Sequence[asyncio.subprocess.Process]
) -> tuple[list[UUID], list[float]]:
    """What a reader sees that asks for what follows the last position it saw; and how old it was by then."""
    seen: list[UUID] = []
    lags: list[float] = []
    position = 0
    while True:
        ended = all(process.returncode is not None for process in processes)
        records = await reader.after(store, position)
        now = datetime.now(UTC)
        if records:
            position = records[-1].position
            seen += [record.subject for record in records]
            lags += [(now - record.stored).total_seconds() for record in records]
        elif ended:
            return seen, lags
        else:
            await asyncio.sleep(0.005)


@rows.row(
    "R-18", "a reader by position misses 0 events of 8 writers, each once and in order", loops=1_000_000, short=4_000
)
async def tailing(trial: Trial) -> Outcome:
    async with sites.standing(trial.folder) as site:
        return await tail(trial, site)


@dataclass(frozen=True, kw_only=True)
class Poll:
    """An answer to GET /statements: what it claims, and the ids it holds, of which the oldest was stored at `since`."""

    through: datetime
    since: datetime
    ids: frozenset[UUID]


async def poll(client: Wire) -> Poll:
    reply = await client.send("GET", "/xAPI/statements?limit=25")
    assert reply.status == 200, reply
    found = json.loads(reply.body)["statements"]
    oldest = min((time_of(each["stored"]) for each in found), default=datetime.max.replace(tzinfo=UTC))
    return Poll(
        through=time_of(reply.headers[THROUGH]), since=oldest, ids=frozenset(UUID(each["id"]) for each in found)
    )


def time_of(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def polls(trial: Trial, site: Site) -> Outcome:
    """Polls while others write; in the end, all that has `stored` up to a poll's claim must have been in it."""
    kept: list[Poll] = []

    async def keep_polling() -> None:
        async with Wire(site.port) as client:
            while len(kept) < trial.loops:
                kept.append(await poll(client))

    async with journal.opened(trial.folder) as noted:
        begun = await checker.base(site)
        writers = Writers(site.port, noted, trial.dice, most=5)
        async with writers.writing():
            await writers.acks(10)
            await asyncio.gather(*(keep_polling() for _ in range(4)))
        behind = await idle(site)
        async with site.sql() as sql:
            late = await violations(sql, begun, kept)
    figure = {
        "polls": len(kept),
        "violations": late,
        "idle_behind_s": round(behind, 2),
        "answers": dict(writers.answers),
    }
    return Outcome(figure=figure, held=late == 0 and behind <= 2 and not writers.faults)


async def violations(sql: "asyncpg.Connection[asyncpg.Record]", begun: checker.Base, kept: Sequence[Poll]) -> int:
    """Polls that lack a statement which has been stored, as it says, up to the time that they claim."""
    written = await sql.fetch(
        "select stored, subject from log.events where store = $1 and kind = 1 order by position", begun.store
    )
    times = [row["stored"] for row in written]
    wrong = 0
    for each in kept:
        between = written[bisect.bisect_left(times, each.since) : bisect.bisect_right(times, each.through)]
        wrong += any(row["subject"] not in each.ids for row in between)
    return wrong


async def idle(site: Site) -> float:
    """How far behind the clock the claim is while nobody writes: seconds."""
    await asyncio.sleep(1.5)
    async with Wire(site.port) as client:
        claims = [(datetime.now(UTC) - (await poll(client)).through).total_seconds() for _ in range(5)]
    return max(claims)


@rows.row(
    "R-19", "0 polls under load lack what their Consistent-Through claims; idle: <= 2 s old", loops=10_000, short=300
)
async def consistent_through(trial: Trial) -> Outcome:
    async with sites.standing(trial.folder) as site:
        return await polls(trial, site)


@rows.row("R-20", "a client that polls with since = last stored gets every statement, once", loops=100_000, short=1_000)
async def since_last(trial: Trial) -> Outcome:
    async with sites.standing(trial.folder) as site, journal.opened(trial.folder) as noted:
        begun = await checker.base(site)
        writers = Writers(site.port, noted, trial.dice, most=100)
        stop = asyncio.Event()
        polling = asyncio.ensure_future(poll_since(site, begun.stored, stop))
        async with writers.writing():
            while sum(len(each.ids) for each in noted.operations if each.acked is not None) < trial.loops:
                await writers.acks(1)
        stop.set()
        seen, asked = await polling
        async with site.sql() as sql:
            written = await sql.fetch(
                "select subject from log.events where store = $1 and position > $2 and kind = 1 order by position",
                begun.store,
                begun.position,
            )
    expected = [row["subject"] for row in written]
    missed, repeated = len(set(expected) - set(seen)), len(seen) - len(set(seen))
    figure = {"statements": len(expected), "missed": missed, "repeated": repeated, "polls": asked}
    return Outcome(figure=figure, held=seen == expected and not writers.faults)


async def poll_since(site: Site, last: datetime, stop: asyncio.Event) -> tuple[list[UUID], int]:
    """All that a client sees which asks for what was stored after the last that it saw; and how often it asked."""
    seen: list[UUID] = []
    asked = 0
    quiet = 0.0
    async with Wire(site.port) as client:
        while not quiet or time.monotonic() - quiet < 1:
            asked += 1
            before = len(seen)
            async for each in checker.statements_since(client, last):
                seen.append(UUID(each["id"]))
                last = max(last, time_of(each["stored"]))
            if len(seen) > before or not stop.is_set():
                quiet = 0.0
            quiet = quiet or (time.monotonic() if stop.is_set() else 0.0)
            await asyncio.sleep(0.01)
    return seen, asked
