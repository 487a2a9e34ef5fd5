"""The negative controls: each plants a defect, and holds if the checker that should notice does."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from tests.guarantees import checker, faults, feed, journal, leaving, postgres, registers, rows, sites
from tests.guarantees.crashes import some_load
from tests.guarantees.load import Writers
from tests.guarantees.rows import Outcome, Trial
from tests.guarantees.sites import Site


async def until_caught(trial: Trial, attempt: Callable[[Trial], Awaitable[int]]) -> Outcome:
    """Try until harm was found, at most so many times."""
    for tries in range(1, trial.loops + 1):
        if found := await attempt(trial):
            return Outcome(figure={"caught": True, "tries": tries, "found": found}, held=True)
    return Outcome(figure={"caught": False, "tries": trial.loops}, held=False)


async def lost(trial: Trial, site: Site, crash: Callable[[], None]) -> int:
    """How much that was acknowledged is gone after a crash under load."""
    async with journal.opened(trial.folder) as noted:
        begun = await checker.base(site)
        writers = Writers(site.port, noted, trial.dice)
        async with writers.writing():
            await some_load(trial, writers)
            crash()
            await writers.acks(5)
        found = await checker.check(site, begun, noted.operations, http=False)
    return found.counts["lost"]


@rows.row("N1", "synchronous_commit=off is caught: acknowledged statements are lost in a crash", loops=10)
async def unflushed(trial: Trial) -> Outcome:
    settings = {"synchronous_commit": "off", "wal_writer_delay": "10s"}
    with postgres.running(trial.folder / "postgres", **settings) as cluster:
        async with sites.running(trial.folder / "site", url=cluster.url) as site:

            def crash() -> None:
                cluster.kill()
                cluster.start()

            assert "synchronous_commit is off" in site.log, "the server did not warn"
            async with site.sql() as sql:
                await sql.execute("checkpoint")  # or the store itself would be lost
            return await until_caught(trial, lambda trial: lost(trial, site, crash))


@rows.row("N2", "positions from a plain sequence are caught: a reader by position misses events", loops=5, short=1)
async def sequence(trial: Trial) -> Outcome:
    async with sites.standing(trial.folder) as site:

        async def attempt(trial: Trial) -> int:
            outcome = await feed.tail(replace(trial, loops=8_000), site, defect="N2")
            return int(str(outcome.figure["missed"]))

        return await until_caught(trial, attempt)


@rows.row("N4", "an ETag check before the transaction is caught: updates are lost", loops=5)
async def checked_early(trial: Trial) -> Outcome:
    async def attempt(trial: Trial) -> int:
        async with sites.running(trial.folder / f"site{trial.dice.getrandbits(32)}", defect="N4") as site:
            outcome = await registers.increments(replace(trial, loops=20), site, clients=16)
        return int(str(outcome.figure["lost"]))

    return await until_caught(trial, attempt)


@rows.row("N6", "an acknowledgement before COMMIT is caught: by a look, and by a crash of PostgreSQL", loops=10)
async def acknowledged_early(trial: Trial) -> Outcome:
    async with sites.running(trial.folder / "site", defect="N6") as site:
        looks = await until_caught(trial, lambda trial: _early(trial, site))
        crashes = await until_caught(trial, lambda trial: lost(trial, site, lambda: assert_killed(site)))
    return Outcome(figure={"look": looks.figure, "crash": crashes.figure}, held=looks.held and crashes.held)


async def _early(trial: Trial, site: Site) -> int:
    return (await faults.early_answers(replace(trial, loops=100), site))["not_committed"]


def assert_killed(site: Site) -> None:
    assert site.kill_postgres(), "there was no PostgreSQL to kill"


@rows.row("N9", "Consistent-Through = now is caught: polls lack what they claim", loops=5)
async def claimed(trial: Trial) -> Outcome:
    async with sites.running(trial.folder / "site", defect="N9") as site:

        async def attempt(trial: Trial) -> int:
            outcome = await feed.polls(replace(trial, loops=500), site)
            return int(str(outcome.figure["violations"]))

        return await until_caught(trial, attempt)


@rows.row("N13", "a feed that goes on one position too far is caught: readers that resume miss events", loops=3)
async def too_far(trial: Trial) -> Outcome:
    async with sites.running(trial.folder / "site", defect="N13") as site:

        async def attempt(trial: Trial) -> int:
            outcome = await leaving.resumed(replace(trial, loops=2), site)
            return int(str(outcome.figure["missed"]))

        return await until_caught(trial, attempt)
