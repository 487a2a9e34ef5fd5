"""How fast statements are stored: singly and in batches, beside COPY of the same rows and aiohttp alone.

In each round and for each case the server takes some requests; the very rows that it wrote are copied in the very
transactions that it formed; and the handler takes the same requests. So all three see the same minute of the machine.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from tests.bench import client, servers
from tests.bench.copying import Copied, Copies, Range, sliced
from tests.bench.figures import Figure, Taken, taken
from tests.bench.generator import Generator

PATH: Final = "/xAPI/statements"
BATCH: Final = 50
WARM_UP: Final = 40


@dataclass(frozen=True, kw_only=True)
class Case:
    """So many requests of so many statements over so many connections."""

    name: str
    requests: int
    size: int
    connections: int


CASES: Final = (
    Case(name="single, 1 connection", requests=1_500, size=1, connections=1),
    Case(name="single, 16 connections", requests=8_000, size=1, connections=16),
    Case(name="single, 64 connections", requests=20_000, size=1, connections=64),
    Case(name="batch of 50, 1 connection", requests=200, size=BATCH, connections=1),
    Case(name="batch of 50, 16 connections", requests=640, size=BATCH, connections=16),
)


@dataclass
class Seen:
    """The rounds of one case."""

    case: Case
    lrs: list[Taken] = field(default_factory=list)
    handler: list[Taken] = field(default_factory=list)
    formed: list[Copied] = field(default_factory=list)
    fifties: list[Copied] = field(default_factory=list)

    def figures(self) -> Figure:
        """What is reported of it."""
        figure = Figure.of(f"ingest: {self.case.name}", "statements/s", self.lrs, per=self.case.size)
        figure.beside("aiohttp alone", [each.rate * self.case.size for each in self.handler])
        figure.beside("COPY, same transactions", [each.rate for each in self.formed])
        if self.fifties:
            figure.beside("COPY, transactions of 50", [each.rate for each in self.fifties])
        figure.note("statements in a transaction", [each.statements / each.transactions for each in self.formed])
        figure.note("client share beside", [each.client_share for each in self.handler])
        figure.note("worker µs of aiohttp alone", [each.serving / self.case.size for each in self.handler])
        return figure


class Ingest:
    """The cases over a number of rounds; `scale` shortens each."""

    def __init__(
        self, lrs: servers.Server, handler: servers.Server, copies: Copies, generator: Generator, scale: float
    ) -> None:
        self._lrs = lrs
        self._handler = handler
        self._copies = copies
        self._generator = generator
        self._scale = scale
        self.seen = [Seen(case) for case in CASES]

    async def warm_up(self) -> None:
        """Have every statement prepared and every schema compiled, in each worker."""
        for size in (1, BATCH):
            requests = posts(self._generator, size, WARM_UP * (BATCH // size))
            for server in (self._lrs, self._handler):
                client.run(server.port, requests, 16)
        await self._copies.make()

    async def round(self, number: int) -> None:
        """Every case once; who of the server and the handler comes first changes from round to round."""
        for seen in self.seen:
            case = seen.case
            count = max(case.connections * 4, int(case.requests * self._scale))
            requests = posts(self._generator, case.size, count)
            if number % 2:
                seen.handler.append(taken(self._handler, requests, case.connections))
            after = await self._copies.position()
            seen.lrs.append(taken(self._lrs, requests, case.connections))
            groups = await self._copies.take(after)
            await self._copy(seen, groups)
            if not number % 2:
                seen.handler.append(taken(self._handler, requests, case.connections))

    async def _copy(self, seen: Seen, groups: Sequence[Range]) -> None:
        """COPY each row once: of groups larger than a batch, every second one in batches."""
        if seen.case.size > 1 and seen.case.connections > 1:
            seen.formed.append(await self._copies.replay(groups[::2]))
            seen.fifties.append(await self._copies.replay(sliced(groups[1::2], BATCH)))
        else:
            seen.formed.append(await self._copies.replay(groups))


def posts(generator: Generator, size: int, count: int) -> list[bytes]:
    """The next requests."""
    return [request for request, _ in zip(posting(generator, size), range(count), strict=False)]


def posting(generator: Generator, size: int) -> Iterator[bytes]:
    """POST requests without end."""
    for version, body in generator.singles() if size == 1 else generator.batches(size):
        yield client.request("POST", PATH, servers.headers(version), body)
