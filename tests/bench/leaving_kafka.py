"""Events relayed a second to a real Kafka on the same machine, beside the ingest rate of the same round.

The relay is a process of its own, as `lrs follow kafka` is.
"""

import multiprocessing
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from time import perf_counter
from typing import Final
from uuid import uuid4

from lrs.cli import worker
from lrs.config import Settings
from lrs.hooks.kafka.relay import BATCH, Relay
from lrs.log.read import Told
from lrs.log.store import Store
from lrs.log.stores import Stores
from lrs.relay.carrier import Carrier
from lrs.relay.outside import Outside
from lrs.storage import pool as storage
from tests.bench import servers
from tests.kafka import broker as brokers
from tests.kafka.broker import Broker

FORK: Final = multiprocessing.get_context("fork")


class Counting(Relay):
    """Relays what is behind `after`, and tells how long that took when it has come through `last`."""

    def __init__(self, settings: Settings, after: int, last: int, out: Connection) -> None:
        super().__init__(settings)
        self.name = f"kafka {after}"
        self.start = after
        self._last, self._out, self._begun = last, out, 0.0

    async def carry(self, store: Store, events: Sequence[Told]) -> int:
        """As it is, and count."""
        self._begun = self._begun or perf_counter()
        through = await super().carry(store, events)
        if self._last and through >= self._last:
            self._out.send(perf_counter() - self._begun)
            self._last = 0
        return through


@contextmanager
def running() -> Iterator[Broker]:
    """A broker of its own; brokers.Missing where there is no Java."""
    with tempfile.TemporaryDirectory(prefix="lrs-bench-kafka-") as folder:
        broker = Broker(brokers.artefacts(), Path(folder) / "kafka")
        broker.format()
        broker.start()
        try:
            yield broker
        finally:
            broker.kill()


@contextmanager
def relaying(lrs: servers.Server, broker: Broker, after: int, count: int) -> Iterator[Connection]:
    """Who relays so many events; the pipe says how long they took."""
    ours, theirs = FORK.Pipe(duplex=False)
    settings = Settings(kafka_servers=(broker.server,), kafka_prefix=f"bench{after}.")
    process = FORK.Process(target=_relay, args=(lrs.owner_dsn, settings, after, count, theirs))
    process.start()
    try:
        yield ours
    finally:
        process.terminate()
        process.join()


def _relay(dsn: str, settings: Settings, after: int, count: int, out: Connection) -> None:
    async def relay() -> None:
        pool = await storage.open(dsn, size=3)
        relays = (Counting(settings, after, after + count, out),)

        async def source() -> Sequence[Carrier]:
            return relays

        await Outside(pool, Stores(pool), source, holder=str(uuid4()), batch=BATCH).run()

    worker.loop()(relay())
