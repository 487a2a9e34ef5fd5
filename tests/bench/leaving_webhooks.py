"""Webhook deliveries a second to a sink that only counts, beside the ingest rate of the same round.

The hook is carried by a process of its own, as `lrs follow hooks` does it.
"""

import asyncio
import contextlib
import multiprocessing
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any, Final, cast
from uuid import uuid4

from lrs import main
from lrs.cli import worker
from lrs.config import Settings
from lrs.hooks import kinds
from lrs.hooks.carrying import Carrying
from lrs.log import blobs
from lrs.relay.outside import Outside
from tests.bench import servers

LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.I)
FORMS: Final[Mapping[str, Mapping[str, Any]]] = {
    "in order, one event a message": {},
    "8 side by side, one event a message": {"ordered": False, "concurrency": 8},
    "in order, 50 events a message": {"batch": 50},
}
FORK: Final = multiprocessing.get_context("fork")


class Counter:
    """Counts statements, and tells how long they took when it has all."""

    def __init__(self, wanted: int, out: Connection) -> None:
        self._wanted, self._out = wanted, out
        self._events, self._begun = 0, 0.0

    def take(self, body: bytes) -> None:
        """Count what is in a message."""
        self._begun = self._begun or time.perf_counter()
        self._events += body.count(b'"kind":"StatementStored"')
        if self._events >= self._wanted:
            self._out.send(time.perf_counter() - self._begun)
            self._wanted = 2**62


class Sink(asyncio.Protocol):
    """One connection: has the bodies that are POSTed counted, and answers 204."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's are none of asyncio's.
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._rest += data
        while (head := self._rest.find(b"\r\n\r\n")) >= 0:
            found = LENGTH.search(self._rest, 0, head)
            end = head + 4 + (int(found[1]) if found else 0)
            if len(self._rest) < end:
                return
            self._counter.take(self._rest[head + 4 : end])
            self._rest = self._rest[end:]
            self._transport.write(b"HTTP/1.1 204 No Content\r\n\r\n")


@contextmanager
def delivering(lrs: servers.Server, form: Mapping[str, Any], count: int) -> Iterator[Connection]:
    """A hook of this form, a sink and who carries from one to the other; the pipe says how long the events took."""
    ours, theirs = FORK.Pipe(duplex=False)
    ports, port = FORK.Pipe(duplex=False)
    sink = FORK.Process(target=_sink, args=(count, theirs, port))
    sink.start()
    ready, begun = FORK.Pipe(duplex=False)
    carrier = FORK.Process(target=_carry, args=(lrs.owner_dsn, dict(form), ports.recv(), begun))
    carrier.start()
    try:
        ready.recv()
        yield ours
    finally:
        for process in (carrier, sink):
            process.terminate()
            process.join()


def _sink(count: int, out: Connection, port: Connection) -> None:
    counter = Counter(count, out)

    async def serve() -> None:
        server = await asyncio.get_running_loop().create_server(lambda: Sink(counter), "127.0.0.1", 0)
        port.send(server.sockets[0].getsockname()[1])
        await asyncio.Event().wait()

    worker.loop()(serve())


def _carry(dsn: str, form: dict[str, Any], port: int, begun: Connection) -> None:
    async def carry() -> None:
        settings = Settings(pepper="of the benchmark", hook_allow=("127.0.0.1",), log_level="warning")
        where = main.Database(dsn=dsn, owner_dsn=dsn, is_embedded=False)
        async with main.core(settings, where) as it:
            store, hooks = await main.default_store(it), it.hooks.registry
            config = {"url": f"http://127.0.0.1:{port}/", "filter": {"kinds": ["StatementStored"]}, **form}
            made = await hooks.create(store.id, "webhook", f"bench {uuid4()}", config)
            means = kinds.Means(settings=settings, pool=it.reads, hooks=hooks, blobs=blobs.Reader(it.reads))
            makers = {"webhook": lambda hook: kinds.webhook(means, hook)}
            async with contextlib.aclosing(Carrying(_Only(hooks, made.hook.id), makers)) as carrying:  # type: ignore[arg-type]
                begun.send(True)
                await Outside(it.reads, it.stores, carrying.source, holder=str(uuid4())).run()

    worker.loop()(carry())


class _Only:
    """The hooks of which one alone is carried: those of rounds before are there still."""

    def __init__(self, hooks: Any, id: object) -> None:
        self._hooks, self._id = hooks, id

    async def every(self) -> list[Any]:
        return [hook for hook in await self._hooks.every() if hook.id == self._id]
