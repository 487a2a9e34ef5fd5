"""How fast what is recorded leaves: each way out a function, measured beside the ingest rate of the same round.

`WAYS` has them all; figures are named `leaving: …`. A way that needs more than the server given starts its own.
"""

import multiprocessing
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from typing import Final

from tests.bench import client, ingest, leaving_kafka, leaving_webhooks, servers
from tests.bench.figures import Figure, Taken
from tests.bench.generator import Generator
from tests.kafka import broker as brokers

BATCH: Final = 50
CONNECTIONS: Final = 8
BACKLOG: Final = 40_000
LIVE: Final = 30_000
PATIENCE_SECONDS: Final = 180.0
WEBHOOK_MESSAGES: Final = 5_000
# Ours begins with the event, that of the statement in it has no subject behind it.
STORED: Final = re.compile(rb'"stored":"([^"]+)","subject"')


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What the ways out are measured in: a server without followers, and how much of it."""

    lrs: servers.Server
    generator: Generator
    rounds: int
    scale: float


@dataclass(frozen=True, kw_only=True)
class Read:
    """What one reader took in: how many events, in what time and bytes, and how old each part was when it came."""

    events: int
    seconds: float
    bytes: int
    cpu: float
    behind: list[float]


def feed(setting: Setting) -> Iterator[Figure]:
    """The change feed to one client of server-sent events: a backlog, and live while statements come in."""
    backlog, live = [], []
    alone, meanwhile = [], []
    count, coming = int(BACKLOG * setting.scale), int(LIVE * setting.scale)
    for _ in range(setting.rounds):
        after = _head(setting.lrs)
        alone.append(_stored(setting, count))
        backlog.append(_taken(setting.lrs, Reader(setting.lrs, after, count), lambda: None))
        reader = Reader(setting.lrs, _head(setting.lrs), coming)
        live.append(_taken(setting.lrs, reader, lambda: meanwhile.append(_stored(setting, coming))))
    figure = Figure.of("leaving: feed, backlog to one reader", "events/s", backlog)
    figure.beside("ingest alone", alone)
    yield figure
    figure = Figure.of("leaving: feed, live to one reader", "events/s", live)
    figure.beside("ingest meanwhile", meanwhile)
    figure.beside("ingest alone", alone)
    yield figure


def webhooks(setting: Setting) -> Iterator[Figure]:
    """Webhooks to a sink that only counts, delivered while statements come in and until all are there."""
    for name, form in leaving_webhooks.FORMS.items():
        count = int((WEBHOOK_MESSAGES if form.get("batch", 1) == 1 else BACKLOG) * setting.scale)
        backlog, alone = [], []
        for _ in range(setting.rounds):
            with leaving_webhooks.delivering(setting.lrs, form, count) as pipe:
                alone.append(_stored(setting, count))
                backlog.append(_waited(setting.lrs, pipe, count))
        figure = Figure.of(f"leaving: webhooks {name}", "events/s", backlog)
        figure.beside("ingest meanwhile", alone)
        yield figure


def kafka(setting: Setting) -> Iterator[Figure]:
    """The relay to Kafka: a backlog, and while statements come in; nothing where there is no Java."""
    count = int(BACKLOG * setting.scale)
    backlog, live, alone, meanwhile = [], [], [], []
    try:
        with leaving_kafka.running() as broker:
            for _ in range(setting.rounds):
                after = _head(setting.lrs)
                alone.append(_stored(setting, count))
                with leaving_kafka.relaying(setting.lrs, broker, after, count) as pipe:
                    backlog.append(_waited(setting.lrs, pipe, count))
                with leaving_kafka.relaying(setting.lrs, broker, _head(setting.lrs), count) as pipe:
                    meanwhile.append(_stored(setting, count))
                    live.append(_waited(setting.lrs, pipe, count))
    except brokers.Missing:
        return
    figure = Figure.of("leaving: Kafka, backlog", "events/s", backlog)
    figure.beside("ingest alone", alone)
    yield figure
    figure = Figure.of("leaving: Kafka, live", "events/s", live)
    figure.beside("ingest meanwhile", meanwhile)
    figure.beside("ingest alone", alone)
    yield figure


WAYS: Final[tuple[Callable[[Setting], Iterator[Figure]], ...]] = (feed, webhooks, kafka)


class Reader:
    """A reader of server-sent events in a process of its own, until it has had so many statements."""

    def __init__(self, lrs: servers.Server, after: int, count: int) -> None:
        ours, theirs = multiprocessing.Pipe(duplex=False)
        target = multiprocessing.get_context("fork").Process
        self._process = target(target=_read, args=(lrs.port, after, count, theirs))
        self._process.start()
        theirs.close()
        self._pipe = ours

    def end(self) -> Read:
        """What it took in, once it has all; client.Failed where it never had."""
        outcome = self._pipe.recv()
        self._process.join()
        if isinstance(outcome, Read):
            return outcome
        raise client.Failed(str(outcome))


def _waited(lrs: servers.Server, pipe: Connection, count: int) -> Taken:
    """The figures, when the other end has all; client.Failed where it never does."""
    before = lrs.cpu()
    if not pipe.poll(PATIENCE_SECONDS):
        raise client.Failed(f"{count} events did not leave in {PATIENCE_SECONDS:.0f} s")
    seconds = float(pipe.recv())
    cpu = lrs.cpu() - before
    return Taken(
        rate=count / seconds,
        median=1000 * seconds / count,
        p99=1000 * seconds / count,
        serving=cpu.serving / count * 1e6,
        postgres=cpu.postgres / count * 1e6,
        client_share=0,
        bytes=0,
    )


def _taken(lrs: servers.Server, reader: Reader, meanwhile: Callable[[], None]) -> Taken:
    before = lrs.cpu()
    meanwhile()
    read = reader.end()
    cpu = lrs.cpu() - before
    behind = sorted(read.behind)
    return Taken(
        rate=read.events / read.seconds,
        median=1000 * behind[len(behind) // 2],
        p99=1000 * behind[int(len(behind) * 0.99)],
        serving=cpu.serving / read.events * 1e6,
        postgres=cpu.postgres / read.events * 1e6,
        client_share=read.cpu / read.seconds,
        bytes=read.bytes / read.events,
    )


def _stored(setting: Setting, count: int) -> float:
    """Have so many statements stored; how many a second."""
    requests = ingest.posts(setting.generator, BATCH, max(1, count // BATCH))
    return client.run(setting.lrs.port, requests, CONNECTIONS).rate * BATCH


def _head(lrs: servers.Server) -> int:
    asked = client.request("GET", "/events/v1?from=now&limit=1", servers.headers("2.0.0"))
    with client.connect(lrs.port) as sock:
        found = re.search(rb'"head":(\d+)', client.fetch(sock, asked))
    assert found is not None
    return int(found[1])


def _read(port: int, after: int, count: int, out: Connection) -> None:
    try:
        out.send(_follow(port, after, count))
    except (client.Failed, OSError) as error:
        out.send(f"{type(error).__name__}: {error}")


def _follow(port: int, after: int, count: int) -> Read:
    """Time runs from the first event."""
    path = f"/events/v1?format=sse&kind=StatementStored&after={after}"
    events, size, begun, behind, rest = 0, 0, 0.0, list[float](), b""
    with client.connect(port) as sock:
        sock.sendall(client.request("GET", path, servers.headers("2.0.0")))
        cpu = time.process_time()
        while events < count:
            part = sock.recv(client.PART)
            if not part:
                raise client.Failed(f"the stream ended after {events} events")
            size += len(part)
            whole = rest + part
            cut = whole.rfind(b"\n\n") + 2
            rest, whole = whole[cut:], whole[:cut]
            events += whole.count(b'"kind":"StatementStored"')
            if found := STORED.findall(whole):
                begun = begun or time.perf_counter()
                age = datetime.now(UTC) - datetime.fromisoformat(found[-1].decode())
                behind.append(age.total_seconds())
    return Read(
        events=events, seconds=time.perf_counter() - begun, bytes=size, cpu=time.process_time() - cpu, behind=behind
    )  # fmt: skip
