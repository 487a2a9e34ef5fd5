"""P-01 to P-09: projections, while who keeps them is killed, stopped, doubled, or told things in another order."""

import asyncio
import contextlib
import os
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any
from uuid import uuid4

from lrs import main
from lrs.errors import Unavailable
from lrs.log.read import Told
from lrs.log.store import Store
from lrs.recording import stores as recording
from lrs.relay import checkpoints
from lrs.relay.runner import Runner
from lrs.storage import pool as storage
from lrs.storage.pool import Connection
from projections.analytic import replaying
from projections.coaching_cadence.projection import CoachingCadence
from tests.guarantees import ground, rows
from tests.guarantees.ground import Ground
from tests.guarantees.rows import Outcome, Trial
from tests.world import World, statement

# A transaction may be idle for 15 s under a lease, or for 30 s without, and wait for its client for 10 s.
PATIENCE = 40.0
EQUAL = "digest equal to a replay of the log"


async def outcome(site: Ground, **figure: object) -> Outcome:
    """Whether what is there now is what the log says."""
    await site.settle()
    different = await site.differences()
    said = {"different": different, "events": site.told, "rows": await site.rows(), **figure}
    return Outcome(figure=said, held=not different and await site.rows() > 0)


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill -9, whatever state it is in."""
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


@rows.row("P-01", f"{EQUAL}, half of the kills between effect and checkpoint", loops=200, short=2)
async def follower_killed(trial: Trial) -> Outcome:
    by_itself = 0
    async with ground.standing(trial.folder, trial.seed) as site:
        await site.apply(4)
        for loop in range(trial.loops):
            process = await site.follower(chance=0.0 if loop % 2 else 0.2)
            await site.tell(trial.dice.randint(10, 60))
            if loop == trial.loops // 2:
                await site.apply()
            await asyncio.sleep(trial.dice.uniform(0, 1.5))
            by_itself += process.poll() is not None
            end(process)
        return await outcome(site, kills=trial.loops, between_effect_and_checkpoint=by_itself)


@rows.row("P-02", f"0 failed reads; {EQUAL}; kills at random within a rebuild of all", loops=50, short=1)
async def rebuild_killed(trial: Trial) -> Outcome:
    failed: list[str] = []
    async with ground.standing(trial.folder, trial.seed) as site:
        await site.apply()
        await site.tell(400)
        await site.settle()
        before, least = await site.digest(), await site.rows()
        for _ in range(trial.loops):
            command = "import sys; from lrs.cli import main; main(sys.argv[1:])"
            process = site.begin("-c", command, "projection", "rebuild", "facts", "--data-dir", str(site.data))
            until = time.monotonic() + trial.dice.uniform(1, 5)
            while time.monotonic() < until and process.poll() is None:
                try:
                    if await site.rows() < least:
                        failed.append("rows are missing")
                except Exception as error:
                    failed.append(repr(error))
                await asyncio.sleep(0.02)
            end(process)
        same = await site.digest() == before
        await site.building().switch()
        judged = await outcome(site, failed_reads=failed[:5], kills=trial.loops, unchanged=same)
        return Outcome(figure=judged.figure, held=judged.held and not failed and same)


@rows.row("P-03", f"{EQUAL}, rebuilt while statements arrive and are followed", loops=20, short=1)
async def rebuild_while_writing(trial: Trial) -> Outcome:
    async with ground.standing(trial.folder, trial.seed) as site:
        await site.apply(5)
        await site.tell(200)
        different: list[str] = []
        for loop in range(trial.loops):
            async with following(site):
                writing = asyncio.ensure_future(site.tell(60))
                await site.building(trial.dice.choice(("facts", "cohort_participation"))).switch()
                await writing
            if loop == 0:
                await site.apply()
            await site.settle()
            different += await site.differences()
        judged = await outcome(site, runs=trial.loops)
        return Outcome(figure={**judged.figure, "different_in_runs": different}, held=judged.held and not different)


@contextlib.asynccontextmanager
async def following(site: Ground) -> AsyncIterator[None]:
    """Followers in this process, for a while."""
    task = asyncio.ensure_future(site.running(batch=40).run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@rows.row("P-04", "others go on within 2 s; after the fix and replay --from, digest equal", loops=10, short=1)
async def projection_raises(trial: Trial) -> Outcome:
    lags, aside = [], 0
    async with ground.standing(trial.folder, trial.seed) as site:
        await site.apply()
        await site.tell(200)
        await site.settle()
        for _ in range(trial.loops):
            head = await site.value("select position from log.heads where store = $1", site.world.store.id)
            with _broken("rows"), _broken("again"):
                async with following(site):
                    await site.tell(60)
                    begun = time.monotonic()
                    await others_hold(site)
                    lags.append(time.monotonic() - begun)
                    await asyncio.sleep(0.5)
            await site.settle()
            aside += await site.value("select count(*) from relay.parked")
            of = replaying.named(main.projections(), "coaching_cadence")
            await replaying.projection(site.world.pool, site.world.store, of, head)
            await site.settle()
        judged = await outcome(site, parked=aside, lag=round(max(lags), 2))
        left = await site.value("select count(*) from relay.parked")
        return Outcome(
            figure={**judged.figure, "left": left}, held=judged.held and max(lags) <= 2 and aside > 0 and not left
        )


@contextlib.contextmanager
def _broken(name: str) -> Iterator[None]:
    """For a while, what makes the rows of coaching cadence fails for half of the keys."""
    whole = getattr(CoachingCadence, name)

    def broken(self: CoachingCadence, key: str, *given: Any, **named: Any) -> Any:
        if hash(key) % 2:
            raise ZeroDivisionError(key)
        return whole(self, key, *given, **named)

    setattr(CoachingCadence, name, broken)
    try:
        yield
    finally:
        setattr(CoachingCadence, name, whole)


async def others_hold(site: Ground) -> None:
    """Wait until the projections that do not raise hold through the end of the log."""
    query = """select not exists (select from facts.marks where target <> 'coaching_cadence')
                  and (select c.position >= h.position from relay.checkpoints c join log.heads h using (store)
                        where c.follower = 'facts' and store = $1)"""
    async with asyncio.timeout(60):
        while not await site.value(query, site.world.store.id):  # noqa: ASYNC110 - another task's doing
            await asyncio.sleep(0.02)


@rows.row("P-05", f"{EQUAL}, every event delivered twice", loops=10, short=1)
async def delivered_twice(trial: Trial) -> Outcome:
    async with ground.standing(trial.folder, trial.seed) as site:
        changed = 0
        await site.apply(5)
        for loop in range(trial.loops):
            await site.tell(150)
            if loop == 0:
                await site.apply()
            await site.settle()
            before = await site.digest()
            await replaying.facts(site.world.pool, site.world.store, 1)
            await site.settle()
            changed += await site.digest() != before
        judged = await outcome(site, changed=changed)
        return Outcome(figure=judged.figure, held=judged.held and changed == 0)


@rows.row(
    "P-06",
    f"another goes on within {PATIENCE:.0f} s; {EQUAL}; the leader is frozen, each second time within COPY, and wakes",
    loops=200,
    short=2,
)
async def zombies(trial: Trial) -> Outcome:
    taken: list[float] = []
    async with ground.standing(trial.folder, trial.seed) as site:
        await site.apply()
        processes = {each.pid: each for each in [await site.follower(), await site.follower()]}
        in_copy = 0
        try:
            for loop in range(trial.loops):
                await site.tell(trial.dice.randint(1, 12))
                leader = await leading(site)
                in_copy += await freeze(site, processes[leader], within_copy=loop % 2 == 1)
                begun = time.monotonic()
                await site.tell(3)
                with contextlib.suppress(TimeoutError):
                    await goes_on(site, other_than=leader)
                    taken.append(time.monotonic() - begun)
                await asyncio.sleep(trial.dice.uniform(0, 0.3))
                processes[leader].send_signal(signal.SIGCONT)
        finally:
            for process in processes.values():
                end(process)
        longest = round(max(taken, default=0), 1)
        judged = await outcome(site, take_overs=len(taken), within_copy=in_copy, longest_seconds=longest)
        return Outcome(figure=judged.figure, held=judged.held and len(taken) == trial.loops and in_copy > 0)


async def freeze(site: Ground, process: subprocess.Popen[bytes], *, within_copy: bool) -> bool:
    """Stop a process where it is, or in the middle of its next COPY; whether that came."""
    if not within_copy:
        process.send_signal(signal.SIGSTOP)
        return False
    process.send_signal(signal.SIGUSR1)
    for _ in range(50):
        await site.tell(2)
        for _ in range(20):
            if stopped(process.pid):
                return True
            await asyncio.sleep(0.01)
    process.send_signal(signal.SIGSTOP)
    return False


def stopped(pid: int) -> bool:
    """Whether a child of ours is stopped just now."""
    return os.waitid(os.P_PID, pid, os.WSTOPPED | os.WNOHANG | os.WNOWAIT) is not None


async def goes_on(site: Ground, *, other_than: int) -> None:
    """Wait until another process follows the facts and all that is marked is computed; TimeoutError after a while."""
    query = """select (select c.position >= h.position from relay.checkpoints c join log.heads h using (store)
                        where c.follower = 'facts' and store = $1)
                  and not exists (select from facts.marks where store = $1)"""
    async with asyncio.timeout(PATIENCE):
        await leading(site, other_than=other_than)
        while not await site.value(query, site.world.store.id):  # noqa: ASYNC110 - another process's doing
            await asyncio.sleep(0.05)


async def leading(site: Ground, *, other_than: int = 0) -> int:
    """The process that holds the lease of the facts."""
    query = "select holder from relay.checkpoints where store = $1 and follower = 'facts' and expires > now()"
    async with asyncio.timeout(60):
        while True:
            holder = await site.value(query, site.world.store.id)
            if holder is not None and int(holder) != other_than:
                return int(holder)
            await asyncio.sleep(0.05)


@rows.row("P-07", "the same rows, whatever the order of arrival", loops=1000, short=3)
async def shuffled(trial: Trial) -> Outcome:
    """The order of references among themselves stays: the later of two that say different things holds."""
    applied, statements = ground.district(trial.folder / "district", trial.seed)
    start = trial.dice.randrange(max(1, len(statements) - 150))
    sample = statements[start : start + 120]
    seen: list[Any] = []
    async with ground.standing(trial.folder, trial.seed) as site:
        for loop in range(trial.loops + 1):
            store = await recording.create(site.world.log, site.world.stores, f"shuffle-{loop}")
            caller = type(site.world.caller)(**{**fields(site.world.caller), "store": store.id})
            own = Ground(
                folder=site.folder,
                where=site.where,
                world=World(**{**fields(site.world), "store": store, "caller": caller}),
                references=list(applied),
                statements=iter(trial.dice.sample(sample, len(sample)) if loop else sample),
            )
            while own.references:
                await own.apply(1)
                await own.tell(trial.dice.randint(0, 40) if loop else 0)
            await own.tell(len(sample))
            await own.settle()
            seen.append(await content(own))
    different = sum(each != seen[0] for each in seen)
    rows_ = sum(map(len, seen[0].values()))
    return Outcome(
        figure={"shuffles": trial.loops, "different": different, "rows": rows_}, held=not different and rows_ > 0
    )


def fields(struct: Any) -> dict[str, Any]:
    """The fields of a struct by name."""
    return {name: getattr(struct, name) for name in struct.__struct_fields__}


async def content(site: Ground) -> dict[str, list[str]]:
    """All rows of a store, without what tells it from others."""
    found = {}
    async with storage.connection(site.world.pool) as connection:
        for each in main.projections():
            for table in each.tables:
                columns = ", ".join(f'"{column.name}"' for column in table.columns)
                query = f"select row({columns})::text as row from {each.name}.{table.name} where store = $1"  # noqa: S608
                made = await connection.fetch(query, site.world.store.id)
                found[f"{each.name}.{table.name}"] = sorted(row["row"] for row in made)
    return found


class Noting:
    """A follower that notes which positions it was told."""

    name = "noting"
    round_seconds = 0.0

    def __init__(self) -> None:
        self.told: list[int] = []

    async def look_ahead(self, store: Store, events: Sequence[Told]) -> None:
        pass

    async def follow(self, tx: Connection, store: Store, events: Sequence[Told]) -> None:
        self._pending = [event.position for event in events]
        await tx.execute(
            "insert into relay.parked select $1, 'noted', p, '', '' from unnest($2::bigint[]) p",
            store.id,
            self._pending,
        )

    def forget(self, store: Store) -> None:
        """It remembers nothing."""


async def noted(world: World) -> tuple[int, int]:
    """How many positions were noted, and how many of the log were not."""
    async with storage.connection(world.pool) as connection:
        count = await connection.fetchval("select count(*) from relay.parked where follower = 'noted'")
        head = await connection.fetchval("select position from log.heads where store = $1", world.store.id)
    return count, head - count


@rows.row("P-08", "0 skipped, followed while eight writers append", loops=100_000, short=400)
async def followed_closely(trial: Trial) -> Outcome:
    async with ground.standing(trial.folder, trial.seed) as site:
        noting = Noting()
        runner = Runner(site.world.pool, site.world.stores, [noting], holder="noting", batch=64)

        async def write(count: int) -> None:
            for _ in range(count):
                await site.world.send(statement(id=str(uuid4())))

        writing = asyncio.gather(*(write(trial.loops // 8) for _ in range(8)))
        while not writing.done() or await checkpoints.waiting(site.world.pool, "noting"):
            await runner.turn(noting)
            await asyncio.sleep(0)
        await writing
        told, skipped = await noted(site.world)
        return Outcome(figure={"told": told, "skipped": skipped}, held=skipped == 0 and told > 0)


@rows.row("P-09", "0 skipped; half of the reader's turns have a statement_timeout of 1 ms", loops=400, short=30)
async def timed_out(trial: Trial) -> Outcome:
    async with ground.standing(trial.folder, trial.seed) as site:
        noting, failures = Noting(), 0
        hasty = await storage.open(site.where.dsn, size=2, statement_seconds=0.001)
        runners = [Runner(pool, site.world.stores, [noting], holder="n", batch=64) for pool in (hasty, site.world.pool)]
        for _ in range(trial.loops):
            await site.world.send(*(statement(id=str(uuid4())) for _ in range(trial.dice.randint(1, 80))))
            try:
                await trial.dice.choice(runners).turn(noting)
            except Unavailable:
                failures += 1
        while await runners[1].turn(noting):
            pass
        hasty.terminate()
        told, skipped = await noted(site.world)
        return Outcome(figure={"told": told, "skipped": skipped, "timed_out": failures}, held=skipped == 0)
