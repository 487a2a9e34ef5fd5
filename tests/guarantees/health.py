"""O-05: readiness and liveness while the store is killed, frozen or read-only; Kafka and a webhook are always away."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Final

import msgspec

from tests import serving
from tests.guarantees import checker, postgres, processes, rows, sites, wire
from tests.guarantees.postgres import Postgres
from tests.guarantees.rows import Outcome, Trial
from tests.guarantees.sites import Site
from tests.guarantees.wire import Unknown

LIVE, READY = "/health/live", "/health/ready"
EVERY_SECONDS: Final = 0.02
# How long the store is away, and how soon that must be told. Whether it can be written is looked at each fifth second.
AWAY_SECONDS: Final = 3.5
LOST_SECONDS: Final = 2.0
READ_ONLY_SECONDS: Final = 8.0
# What a busy machine may take to answer, beside what the server waits for.
POLL_SECONDS: Final = 0.25
CALM_SECONDS: Final = 2.0


class Seen(msgspec.Struct, frozen=True):
    """An answer: when it was asked for, what it was (0: none), and how long it took."""

    at: float
    status: int
    seconds: float


class Watch:
    """Asks over and over whether the server lives, and whether it is ready."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.seen: dict[str, list[Seen]] = {LIVE: [], READY: []}

    async def watch(self, path: str) -> None:
        """Ask until cancelled."""
        while True:
            begun = time.monotonic()
            status = 0
            with contextlib.suppress(Unknown):
                status = (await wire.once(self._port, "GET", path)).status
            self.seen[path].append(Seen(begun, status, time.monotonic() - begun))
            await asyncio.sleep(EVERY_SECONDS)

    def last_ready(self, since: float, until: float) -> float:
        """How long after `since` it was ready last, before `until`; 0 where it never was."""
        found = [each.at for each in self.seen[READY] if each.status == 200 and since <= each.at < until]
        return max(found, default=since) - since

    async def ready(self) -> float:
        """When it was asked and ready next, by every worker: for a second without a break."""
        begun = time.monotonic()
        async with asyncio.timeout(60):
            while True:
                await asyncio.sleep(EVERY_SECONDS)
                late = [each for each in self.seen[READY] if each.at > begun]
                if not late or late[-1].at - begun < 1:
                    continue
                if all(each.status == 200 for each in late):
                    return begun
                begun = next(each.at for each in reversed(late) if each.status != 200)

    def unready(self, since: float, until: float) -> int:
        """How often it was not, in between."""
        return sum(each.status != 200 for each in self.seen[READY] if since <= each.at < until)


@contextlib.asynccontextmanager
async def watching(site: Site) -> AsyncIterator[Watch]:
    """While this lasts, it is watched."""
    made = Watch(site.port)
    tasks = [asyncio.ensure_future(made.watch(path)) for path in made.seen]
    try:
        yield made
        for each in tasks:
            if each.done():
                each.result()
    finally:
        for each in tasks:
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@contextlib.asynccontextmanager
async def kept(site: Site) -> AsyncIterator[None]:
    """While this lasts, it runs."""
    try:
        await site.start()
        yield
    finally:
        await site.stop()


@contextlib.contextmanager
def silent() -> Iterator[int]:
    """The port of one who takes every connection and says nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listening:
        yield listening.getsockname()[1]


async def killed(cluster: Postgres, site: Site) -> None:
    """PostgreSQL is killed, and comes back later."""
    cluster.kill()
    await asyncio.sleep(AWAY_SECONDS)
    await asyncio.to_thread(cluster.start)


async def frozen(cluster: Postgres, site: Site) -> None:
    """PostgreSQL stands still."""
    first = int((cluster.folder / "data" / "postmaster.pid").read_text().split("\n")[0])
    stopped = [first, *processes.below(first)]
    for each in stopped:
        _signal(each, signal.SIGSTOP)
    await asyncio.sleep(AWAY_SECONDS)
    for each in reversed(stopped):
        _signal(each, signal.SIGCONT)


async def read_only(cluster: Postgres, site: Site) -> None:
    """PostgreSQL can be read, and takes nothing, as with a disk that is full."""
    async with site.sql() as sql:
        await sql.execute("set default_transaction_read_only = off")
        await sql.execute("alter system set default_transaction_read_only = on")
        await sql.execute("select pg_reload_conf()")
        await asyncio.sleep(READ_ONLY_SECONDS)
        await sql.execute("alter system reset default_transaction_read_only")
        await sql.execute("select pg_reload_conf()")


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


Fault = Callable[[Postgres, Site], Awaitable[None]]
FAULTS: Final[dict[str, tuple[Fault, float]]] = {
    "killed": (killed, LOST_SECONDS),
    "frozen": (frozen, LOST_SECONDS),
    # The fifth look writes, and may wait for a second.
    "read_only": (read_only, 6.0),
}


async def hook(site: Site, port: int) -> None:
    """A webhook to one who never answers."""
    body = {"kind": "webhook", "name": "silent", "config": {"url": f"http://127.0.0.1:{port}/"}}
    reply = await wire.once(site.port, "POST", "/admin/v1/hooks", json.dumps(body).encode())
    assert reply.status == 201, reply.body


@rows.row(
    "O-05",
    "not ready 2 s after the store is lost, alive all along; ready without Kafka and webhooks",
    loops=20,
    short=1,
)
async def health_is_told(trial: Trial) -> Outcome:
    until: dict[str, list[float]] = {name: [] for name in FAULTS}
    back: list[float] = []
    unready = 0
    with postgres.running(trial.folder / "postgres") as cluster, silent() as port:
        away = {"LRS_KAFKA_SERVERS": f"127.0.0.1:{serving.free_port()}", "LRS_HOOK_ALLOW": "127.0.0.0/8"}
        site = sites.new(trial.folder / "site", url=cluster.url)
        site.settings = {"LRS_FOLLOWERS": "true", **away}
        async with kept(site):
            await hook(site, port)
            async with watching(site) as watch:
                for _ in range(trial.loops):
                    for name, (fault, _) in FAULTS.items():
                        ready = await watch.ready()
                        await asyncio.sleep(trial.dice.uniform(0, CALM_SECONDS))
                        begun = time.monotonic()
                        unready += watch.unready(ready, begun)
                        await fault(cluster, site)
                        ended = time.monotonic()
                        until[name].append(watch.last_ready(begun, ended))
                        back.append(max(0.0, await watch.ready() - ended))
    alive = watch.seen[LIVE]
    dead = sum(each.status != 200 for each in alive)
    figure: dict[str, object] = {f"until_unready_{name}": checker.quantiles(each) for name, each in until.items()}
    figure |= {"until_ready_again": checker.quantiles(back), "asked": len(alive), "not_alive": dead}
    figure |= {"unready_without_kafka_and_webhook": unready, "slowest_alive": max(each.seconds for each in alive)}
    told = all(max(until[name]) <= limit + POLL_SECONDS for name, (_, limit) in FAULTS.items())
    return Outcome(figure=figure, held=told and dead == 0 and unready == 0)
