"""R-01 to R-05 and R-22: processes that are killed, or asked to stop, while clients write."""

import asyncio
import contextlib
import time
from collections.abc import Mapping

from tests.guarantees import checker, journal, processes, rows, sites
from tests.guarantees.journal import Journal
from tests.guarantees.load import Writers
from tests.guarantees.rows import Outcome, Trial
from tests.guarantees.sites import Site

Z = "0 lost, duplicate, partial, phantom or changed"


async def outcome(
    site: Site,
    begun: checker.Base,
    noted: Journal,
    writers: Writers,
    figure: Mapping[str, object],
    *,
    held: bool = True,
) -> Outcome:
    """What the checker found, beside what the clients were told."""
    found = await checker.check(site, begun, noted.operations)
    said = {**found.figure(), "answers": dict(writers.answers), **figure}
    if writers.faults:
        said["faults"] = writers.faults[:10]
    return Outcome(figure=said, held=held and found.clean and not writers.faults)


async def some_load(trial: Trial, writers: Writers) -> None:
    """Let them write for a while, up to some instant in the middle of their requests."""
    await writers.acks(trial.dice.randint(5, 40))
    await asyncio.sleep(trial.dice.uniform(0, 0.03))


@rows.row("R-01", f"{Z}; half of the times PostgreSQL is killed too; told: until the first answer", loops=50, short=1)
async def app_killed(trial: Trial) -> Outcome:
    starts = []
    async with sites.standing(trial.folder) as site, journal.opened(trial.folder) as noted:
        begun = await checker.base(site)
        writers = Writers(site.port, noted, trial.dice)
        async with writers.writing():
            for loop in range(trial.loops):
                await some_load(trial, writers)
                if loop % 2 == 0:
                    site.kill_postgres()
                site.kill_app()
                starts.append(await site.start())
        return await outcome(site, begun, noted, writers, {"until_answer": checker.quantiles(starts)})


@rows.row("R-02", f"{Z}; 0 x 5xx; told: connections that broke", loops=200, short=1)
async def worker_killed(trial: Trial) -> Outcome:
    broken = 0
    async with sites.standing(trial.folder) as site, journal.opened(trial.folder) as noted:
        begun = await checker.base(site)
        writers = Writers(site.port, noted, trial.dice)
        async with writers.writing():
            for _ in range(trial.loops):
                await some_load(trial, writers)
                unknown = writers.answers["unknown"]
                processes.kill([await _worker(site, trial)])
                await writers.acks(5)
                broken += writers.answers["unknown"] - unknown
        errors = sum(count for status, count in writers.answers.items() if status.startswith("5"))
        figure = {"answers_5xx": errors, "connections_broken": broken}
        return await outcome(site, begun, noted, writers, figure, held=errors == 0)


async def _worker(site: Site, trial: Trial) -> int:
    """One worker, of two: the other has to go on."""
    async with asyncio.timeout(60):
        while len(site.app()) < 3:  # noqa: ASYNC110 - another process has no event of ours
            await asyncio.sleep(0.02)
        # The new one is there before it serves.
        await asyncio.sleep(1.5)
    return site.worker(trial.dice)


@rows.row("R-03", f"{Z}; 0 x 500; 503 has Retry-After; the server is not restarted", loops=50, short=2)
async def postgres_killed(trial: Trial) -> Outcome:
    back = []
    async with sites.standing(trial.folder) as site, journal.opened(trial.folder) as noted:
        begun = await checker.base(site)
        app = site.app()
        writers = Writers(site.port, noted, trial.dice)
        async with writers.writing():
            for _ in range(trial.loops):
                await some_load(trial, writers)
                assert site.kill_postgres()
                accepting = await _accepting(site)
                await writers.acks(1)
                back.append(max(0.0, writers.last_ack - accepting))
        same = site.app() == app
        figure = {"until_acknowledged": checker.quantiles(back), "server_restarted": not same}
        return await outcome(site, begun, noted, writers, figure, held=same)


async def _accepting(site: Site) -> float:
    """When PostgreSQL took the first connection again."""
    async with asyncio.timeout(120):
        while True:
            with contextlib.suppress(Exception):
                async with site.sql() as sql:
                    await sql.fetchval("select 1")
                    return time.monotonic()
            await asyncio.sleep(0.005)


@rows.row("R-04", f"{Z}; 0 x 500; PostgreSQL resets every connection each time", loops=200, short=3)
async def backend_killed(trial: Trial) -> Outcome:
    async with sites.standing(trial.folder) as site, journal.opened(trial.folder) as noted:
        begun = await checker.base(site)
        writers = Writers(site.port, noted, trial.dice)
        async with writers.writing():
            for _ in range(trial.loops):
                await some_load(trial, writers)
                async with site.sql() as sql:
                    busy = (
                        "select pid from pg_stat_activity where application_name in ('daybook', 'daybook followers')"
                        " order by state, random()"
                    )
                    processes.kill([await sql.fetchval(busy)])
                await _accepting(site)
        return await outcome(site, begun, noted, writers, {})


@rows.row("R-22", f"{Z}; 0 requests taken and not answered; exit status 0 within 30 s", loops=100, short=1)
async def stopped_under_load(trial: Trial) -> Outcome:
    """A request that met the closing socket and was not taken in is told, and no harm: its statements are not there.

    That no new ones should come is what readiness said before.
    """
    ends, statuses = [], set()
    async with sites.standing(trial.folder) as site, journal.opened(trial.folder) as noted:
        begun = await checker.base(site)
        writers = Writers(site.port, noted, trial.dice)
        writers.abandoned = 1.0
        async with writers.writing():
            for _ in range(trial.loops):
                await some_load(trial, writers)
                asked = time.monotonic()
                site.terminate()
                statuses.add(await site.ended())
                ends.append(time.monotonic() - asked)
                await site.start()
        figure = {"exit_statuses": sorted(statuses), "until_ended": checker.quantiles(ends)}
        judged = await outcome(site, begun, noted, writers, figure)
        taken = judged.figure["unknown_stored"]
        return Outcome(figure=judged.figure, held=judged.held and statuses <= {0} and max(ends) <= 30 and taken == 0)
