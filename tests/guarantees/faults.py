"""R-05, R-06, R-09, R-11 and R-25: what goes wrong between a request and its answer."""

import asyncio
import contextlib
import random
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final
from uuid import UUID

import asyncpg

from lrs.errors import Unavailable
from lrs.events import Event, Kind
from lrs.log.append import Log
from lrs.log.group import Keys
from lrs.log.store import Store
from lrs.log.stores import Stores
from lrs.log.writing import Writing
from lrs.storage import pool as storage
from lrs.storage.pool import Connection
from tests import world
from tests.guarantees import checker, journal, load, postgres, rows, sites, timeline
from tests.guarantees.crashes import Z, outcome, some_load
from tests.guarantees.load import Writers
from tests.guarantees.proxy import Cutter
from tests.guarantees.registers import together
from tests.guarantees.rows import Outcome, Trial
from tests.guarantees.sites import Site
from tests.guarantees.wire import Wire
from tests.guarantees.writers import drafts

UNSAFE: Final = ("fsync", "full_page_writes", "synchronous_commit")
HELD_SECONDS: Final = 3.0


@rows.row("R-05", f"{Z}; server and PostgreSQL killed, started in either order; no manual step", loops=100, short=1)
async def both_killed(trial: Trial) -> Outcome:
    starts = []
    with postgres.running(trial.folder / "postgres") as cluster:
        async with (
            sites.running(trial.folder / "site", url=cluster.url) as site,
            journal.opened(trial.folder) as noted,
        ):
            begun = await checker.base(site)
            writers = Writers(site.port, noted, trial.dice)
            async with writers.writing():
                for loop in range(trial.loops):
                    await some_load(trial, writers)
                    cluster.kill()
                    site.kill_app()
                    if loop % 2 == 0:
                        site.begin()
                        await asyncio.sleep(trial.dice.uniform(0, 3))
                        cluster.start()
                    else:
                        cluster.start()
                        site.begin()
                    starts.append(await site.answering())
            return await outcome(site, begun, noted, writers, {"until_answer": checker.quantiles(starts)})


async def early_answers(trial: Trial, site: Site) -> Counter[str]:
    """Send and, as soon as there is an answer, look with other eyes: what was acknowledged has to be committed."""
    found: Counter[str] = Counter()

    async def send(client: Wire, number: int) -> None:
        async with site.sql() as sql:
            while found["acks"] < trial.loops:
                statements = load.batch(trial.dice, trial.dice.randint(1, 3))
                reply = await client.send("POST", "/xAPI/statements", load.body(statements))
                ids = [id for id, _ in statements]
                there = await sql.fetchval("select count(*) from log.events where subject = any($1)", ids)
                assert reply.status == 200, reply
                found["acks"] += 1
                found["not_committed"] += there != len(ids)

    await together(site, 4, send)
    return found


@rows.row(
    "R-06",
    "0 answers before COMMIT, 0 COMMITs answered before a flush; unsafe settings refused",
    loops=10_000,
    short=200,
)
async def acknowledged_after_flush(trial: Trial) -> Outcome:
    file = trial.folder / "strace.txt"
    async with sites.standing(trial.folder) as site, timeline.traced(site.postmaster(), file) as watched:
        found = await early_answers(trial, site)
    flushes = timeline.Flushes()
    if watched:
        with file.open(errors="replace") as lines:
            flushes = timeline.read(lines)
    refused = await refusals(trial.folder / "unsafe", UNSAFE) if trial.loops > 1_000 else {}
    figure = {**found, "commits_traced": flushes.commits, "answered_before_flush": flushes.early, "refused": refused}
    held = found["not_committed"] == 0 and flushes.early == 0 and all(refused.values())
    return Outcome(figure=figure, held=held and (flushes.commits > 0 or not watched))


async def refusals(folder: Path, settings: Sequence[str]) -> dict[str, bool]:
    """Whether the server refuses to start on its own PostgreSQL with a setting that could lose acknowledged writes."""
    site = sites.new(folder)
    await site.start()
    await site.stop()
    said = {}
    for name in settings:
        (site.data / "postgres" / "local.conf").write_text(f"{name} = off\n")
        (site.data / "postgres" / "local.conf").chmod(0o644)
        site.begin()
        said[name] = await site.ended() == 1 and f"{name} is off" in site.log
    return said


@rows.row(
    "R-09", f"{Z}; statements cancelled and the head's lock held: 200 or 503 with Retry-After", loops=1_000, short=40
)
async def cancelled(trial: Trial) -> Outcome:
    async with sites.standing(trial.folder) as site, journal.opened(trial.folder) as noted:
        begun = await checker.base(site)
        writers = Writers(site.port, noted, trial.dice)
        writers.pause = 0.002
        async with writers.writing(), site.sql() as sql:
            cancels = await _cancel(sql, trial)
            async with sql.transaction():
                await sql.execute("select from log.heads where store = $1 for update", begun.store)
                await asyncio.sleep(HELD_SECONDS)
            await writers.acks(8)
        return await outcome(site, begun, noted, writers, {"cancelled": cancels})


async def _cancel(sql: "asyncpg.Connection[asyncpg.Record]", trial: Trial) -> int:
    """Cancel what the server has running, again and again, at random instants."""
    cancels = 0
    async with asyncio.timeout(600):
        while cancels < trial.loops:
            cancels += await sql.fetchval(
                "select count(*) from (select pg_cancel_backend(pid) as done from pg_stat_activity"
                " where application_name in ('daybook', 'daybook followers') and state <> 'idle') c where done"
            )
            await asyncio.sleep(trial.dice.uniform(0, 0.02))
    return cancels


@rows.row("R-11", f"{Z}; answers cut at a random byte, sent again with the same ids", loops=10_000, short=80)
async def cut(trial: Trial) -> Outcome:
    async with sites.standing(trial.folder) as site, journal.opened(trial.folder) as noted:
        begun = await checker.base(site)
        async with Cutter(site.port, trial.dice).listening() as cutter:
            writers = Writers(cutter.port, noted, trial.dice, clients=16)
            async with writers.writing():
                while cutter.cuts < trial.loops:
                    await writers.acks(1)
        return await outcome(site, begun, noted, writers, {"cuts": cutter.cuts})


class Sabotaged(Exception):
    """A transaction was broken on purpose."""


class Saboteur:
    """An inline projection that breaks most transactions between the head's lock and COMMIT."""

    def __init__(self, dice: random.Random) -> None:
        self.kinds = frozenset({Kind.STATEMENT_STORED})
        self.done = 0
        self._dice = dice

    async def known(self, tx: Connection, store: Store, keys: Keys) -> Iterable[Event]:
        return ()

    async def write(self, to: Writing, store: Store, events: Sequence[Event], *, alone: bool) -> None:
        fate = self._dice.random()
        if fate < 0.6:
            self.done += 1
            if fate < 0.2:
                await to.looks.execute("select pg_terminate_backend(pg_backend_pid())")
            raise Sabotaged


@rows.row(
    "R-25", "appends broken between lock and COMMIT: positions 1 to n, 0 holes; 0 stalls > 5 s", loops=10_000, short=150
)
async def rolled_back(trial: Trial) -> Outcome:
    async with sites.standing(trial.folder) as site:
        pool = await storage.open(site.superuser(), size=6)
        try:
            store = (await world.make(pool, f"holes{trial.dice.getrandbits(40)}")).store
            saboteur = Saboteur(trial.dice)
            answers, acked, stall = await _append(pool, store, saboteur, trial.loops)
            written = await pool.fetch(
                "select position, subject from log.events where store = $1 order by position", store.id
            )
        finally:
            pool.terminate()
    kept = {row["subject"] for row in written}
    holes = sum(row["position"] != number for number, row in enumerate(written, 1))
    lost = len(acked - kept)
    figure = {"broken": saboteur.done, "answers": dict(answers), "events": len(written), "holes": holes, "lost": lost}
    phantom = len(kept - acked) if not answers["unavailable"] else 0
    figure |= {"phantom": phantom, "longest_stall_s": round(stall, 2)}
    return Outcome(figure=figure, held=not holes and not lost and not phantom and stall <= 5)


async def _append(
    pool: storage.Pool, store: Store, saboteur: Saboteur, loops: int
) -> tuple[Counter[str], set[UUID], float]:
    """Four logs that append until enough was broken: how that was answered, what was stored, the longest pause."""
    answers: Counter[str] = Counter()
    acked: set[UUID] = set()
    last, stall = time.monotonic(), 0.0

    async def work() -> None:
        nonlocal last, stall
        log = Log(pool, Stores(pool), (saboteur,))
        while saboteur.done < loops:
            some = drafts(3)
            try:
                await log.append(store.id, keys=Keys(), decide=lambda known, some=some: some, credential=None)  # type: ignore[misc]
            except (Sabotaged, Unavailable) as error:
                answers[type(error).__name__.lower()] += 1
                continue
            answers["stored"] += 1
            acked.update(draft.subject for draft in some)
            stall, last = max(stall, time.monotonic() - last), time.monotonic()

    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.gather(*(work() for _ in range(4)))
    return answers, acked, stall
