"""K-01 to K-07: the relay to a real Kafka, while relay or broker is killed, stopped, cut off or away.

The short forms are in tests/kafka; here are the long ones, with processes of their own.
"""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator
from typing import Any

from lrs.config import Settings
from tests.guarantees import ground, rows
from tests.guarantees.ground import Ground
from tests.guarantees.proxy import Cutter
from tests.guarantees.rows import Outcome, Trial
from tests.kafka import broker as brokers
from tests.kafka import groups, reading
from tests.kafka.broker import Broker
from tests.serving import until
from tests.world import statement

PREFIX = "daybook."
TOPIC = f"{PREFIX}school"
PEOPLE = 20
# How fast statements come in where their times are compared, and how long each part lasts.
RATE = 150
CALM_SECONDS = 20.0


@contextlib.asynccontextmanager
async def broker(trial: Trial, *, advertised: int | None = None) -> AsyncIterator[Broker]:
    """A broker for one trial, formatted and not started."""
    made = Broker(brokers.artefacts(), trial.folder / "kafka", advertised=advertised)
    made.format()
    try:
        yield made
    finally:
        made.kill()


def settings(server: str) -> Settings:
    return Settings(kafka_servers=(server,), kafka_prefix=PREFIX)


class Writer:
    """Appends statements one by one at a rate, and notes how long each took."""

    def __init__(self, site: Ground, trial: Trial) -> None:
        self._site = site
        self._trial = trial

    async def write(self, seconds: float, *, rate: float = RATE) -> float:
        """Write for so long; the 99th percentile of what an append took, in seconds."""
        begun, taken = time.monotonic(), []
        while (now := time.monotonic()) < begun + seconds:
            person = {"mbox": f"mailto:p{self._trial.dice.randrange(PEOPLE)}@example.org"}
            await ground.send(self._site.world, statement(actor=person))
            taken.append(time.monotonic() - now)
            await asyncio.sleep(max(0.0, begun + len(taken) / rate - time.monotonic()))
        return sorted(taken)[int(len(taken) * 0.99)]


async def head(site: Ground) -> int:
    return int(await site.value("select position from log.heads where store = $1", site.world.store.id))


async def carried(site: Ground, position: int) -> bool:
    through = await site.value("select coalesce(max(position), 0) from relay.checkpoints where follower = 'kafka'")
    return bool(through >= position)


async def judged(site: Ground, server: str, **figure: Any) -> Outcome:
    """Whether all came, in the order of each partition; what came twice is counted."""
    last = await head(site)
    await until(lambda: carried(site, last), seconds=120)
    records = await reading.read(settings(server), TOPIC, least=last, seconds=120)
    try:
        twice = reading.judge(records, last)
    except AssertionError as error:
        return Outcome(figure={**figure, "wrong": str(error)[:500]}, held=False)
    return Outcome(figure={"events": last, "missed": 0, "reordered": 0, "twice": twice, **figure}, held=True)


@rows.row("K-01", "0 missed; p99 of an append +10 % at most; drains at twice the rate", loops=1, short=0)
async def broker_down(trial: Trial) -> Outcome:
    async with ground.standing(trial.folder, trial.seed) as site, broker(trial) as made:
        relay = await groups.relay(site, settings(made.server))
        writer = Writer(site, trial)
        try:
            at_start = await writer.write(CALM_SECONDS)
            await asyncio.to_thread(made.start)
            await until(lambda: carried(site, 1), seconds=60)
            last = await head(site)
            await until(lambda: carried(site, last), seconds=60)
            up = await writer.write(CALM_SECONDS)
            made.kill()
            down = await writer.write(60)
            last, begun = await head(site), time.monotonic()
            await asyncio.to_thread(made.start)
            await until(lambda: carried(site, last - 1), seconds=60)
            drained = 60 * RATE / (time.monotonic() - begun)
            outcome = await judged(site, made.server)
        finally:
            groups.kill(relay)
    figure = {
        "p99_ms_down_at_start": round(1000 * at_start, 1),
        "p99_ms_up": round(1000 * up, 1),
        "p99_ms_down": round(1000 * down, 1),
        "drained_per_second_with_start": round(drained),
        "rate": RATE,
    }
    held = outcome.held and max(at_start, down) <= 1.1 * up and drained >= 2 * RATE
    return Outcome(figure={**outcome.figure, **figure}, held=held)


@rows.row("K-02", "0 missed, 0 out of order, one batch at most twice for each kill -9", loops=200, short=0)
async def relay_killed(trial: Trial) -> Outcome:
    async with ground.standing(trial.folder, trial.seed) as site, broker(trial) as made:
        await asyncio.to_thread(made.start)
        writer = Writer(site, trial)
        for _ in range(trial.loops):
            relay = await groups.relay(site, settings(made.server), lease_seconds=0.5)
            await writer.write(trial.dice.uniform(0.3, 2))
            groups.kill(relay)
        relay = await groups.relay(site, settings(made.server), lease_seconds=0.5)
        try:
            outcome = await judged(site, made.server, kills=trial.loops)
        finally:
            groups.kill(relay)
    return Outcome(figure=outcome.figure, held=outcome.held and int(str(outcome.figure["twice"])) <= 50 * trial.loops)


@rows.row("K-03", "0 missed, 0 reordered; frozen for 30 s each, a cut at random bytes for each", loops=10, short=0)
async def broker_frozen(trial: Trial) -> Outcome:
    cutter = Loose(0, trial.dice)
    async with cutter.listening(), broker(trial, advertised=cutter.port) as made:
        cutter.aim(made.port)
        async with ground.standing(trial.folder, trial.seed) as site:
            await asyncio.to_thread(made.start)
            relay = await groups.relay(site, settings(made.server))
            writer = Writer(site, trial)
            try:
                for _ in range(trial.loops):
                    await writer.write(10)
                    made.freeze()
                    await writer.write(30)
                    made.thaw()
                cuts = cutter.cuts
                cutter.loose = False
                outcome = await judged(site, made.server, cuts=cuts, freezes=trial.loops)
            finally:
                groups.kill(relay)
    return Outcome(figure=outcome.figure, held=outcome.held and cuts >= trial.loops)


class Loose(Cutter):
    """Cuts later than a handshake takes, most of the time; not at all any more when told so."""

    loose = True

    def aim(self, port: int) -> None:
        self._target = port

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        left = self._dice.randrange(1_500, 6_000)
        while content := await reader.read(65_536):
            writer.write(content[:left] if self.loose else content)
            await writer.drain()
            left -= len(content)
            if left <= 0 and self.loose:
                self.cuts += 1
                writer.transport.abort()
                return


@rows.row("K-07", "0 missed, 0 reordered in take-overs from a relay that is stopped, and wakes up", loops=200, short=0)
async def two_relays(trial: Trial) -> Outcome:
    async with ground.standing(trial.folder, trial.seed) as site, broker(trial) as made:
        await asyncio.to_thread(made.start)
        relays = [await groups.relay(site, settings(made.server), lease_seconds=0.5) for _ in range(2)]
        writer = Writer(site, trial)
        try:
            for loop in range(trial.loops):
                stopped = relays[loop % 2]
                os.kill(stopped.pid, signal.SIGSTOP)
                await writer.write(trial.dice.uniform(0.8, 1.6))
                os.kill(stopped.pid, signal.SIGCONT)
                await writer.write(0.2)
            return await judged(site, made.server, take_overs=trial.loops)
        finally:
            for each in relays:
                groups.kill(each)


@rows.row("K-08", "rows by Kafka, in 3 processes and 6 partitions, equal those by the log", loops=20, short=0)
async def group_killed(trial: Trial) -> Outcome:
    async with ground.standing(trial.folder, trial.seed) as site, broker(trial) as made:
        await asyncio.to_thread(made.start)
        given = settings(made.server)
        relay = await groups.relay(site, given)
        await site.apply(3)
        group = [await groups.follower(site, given) for _ in range(3)]
        try:
            for loop in range(trial.loops):
                await site.tell(trial.dice.randint(20, 60))
                if loop % 4 == 1 and site.references:
                    await site.apply(1)
                if loop % 4 == 2:
                    await site.building().switch()
                groups.kill(group.pop(trial.dice.randrange(len(group))))
                await asyncio.sleep(trial.dice.uniform(0, 3))
                group.append(await groups.follower(site, given))
            await site.apply()
            await until(lambda: groups.caught_up(site), seconds=180)
        finally:
            for each in (*group, relay):
                groups.kill(each)
        different = await site.differences()
        figure = {"different": different, "events": site.told, "rows": await site.rows(), "kills": trial.loops}
        return Outcome(figure=figure, held=not different and await site.rows() > 0)
