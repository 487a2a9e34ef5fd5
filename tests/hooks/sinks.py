"""The other end of webhooks: a server that keeps what it is sent and answers as it is told; and hooks to it."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiohttp import web
from standardwebhooks import Webhook as Verifier

from lrs.hooks.carrying import Carrying
from lrs.hooks.registry import Hook, Hooks, Made
from lrs.hooks.targets import Allow
from lrs.hooks.vault import Vault
from lrs.hooks.webhooks import webhooks
from lrs.hooks.webhooks.content import Events
from lrs.hooks.webhooks.deliveries import Deliveries, Delivery
from lrs.hooks.webhooks.endpoint import Endpoint
from lrs.log.read import Told
from lrs.relay.outside import Outside
from tests.world import World

LOOPBACK = Allow.parse(["127.0.0.0/8"])
Answering = Callable[["Got", web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, kw_only=True)
class Got:
    """A message as it arrived, at `at` (monotonic seconds)."""

    at: float
    headers: Mapping[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def position(self) -> int:
        """Of the last event in it."""
        return int(self.id.replace("-", ":").rpartition(":")[2])

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)

    def verified(self, secret: str) -> Any:
        """The body, if an independent implementation takes the signature for right; else it raises."""
        return Verifier(secret).verify(self.body, dict(self.headers))


@dataclass(kw_only=True)
class Sink:
    """A server; `answers` says what to answer to which message, 204 by default."""

    port: int = 0
    got: list[Got] = field(default_factory=list)
    answers: Answering | None = None
    connections: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/sink"

    @property
    def ids(self) -> list[str]:
        return [each.id for each in self.got]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        got = Got(at=time.monotonic(), headers=dict(request.headers), body=await request.read())
        self.got.append(got)
        return web.Response(status=204) if self.answers is None else await self.answers(got, request)

    async def has(self, count: int, *, seconds: float = 10.0) -> list[Got]:
        """All that arrived, once it is so much."""
        async with asyncio.timeout(seconds):
            while len(self.got) < count:  # noqa: ASYNC110 - another task's doing
                await asyncio.sleep(0.005)
        return self.got


def status(*codes: int, **headers: str) -> Answering:
    """These answers one after the other, the last for ever."""
    left = list(codes)

    async def answer(got: Got, request: web.Request) -> web.StreamResponse:
        code = left.pop(0) if len(left) > 1 else left[0]
        return web.Response(status=code, headers={name.replace("_", "-"): text for name, text in headers.items()})

    return answer


@contextlib.asynccontextmanager
async def sink(answers: Answering | None = None) -> AsyncIterator[Sink]:
    """A sink on a free port."""
    made = Sink(answers=answers)
    app = web.Application(client_max_size=2**26)
    app.router.add_route("*", "/{path:.*}", made.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    listening = socket.create_server(("127.0.0.1", 0))
    made.port = listening.getsockname()[1]
    await web.SockSite(runner, listening).start()
    try:
        yield made
    finally:
        await runner.cleanup()


@contextlib.asynccontextmanager
async def raw(answer: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]) -> AsyncIterator[Sink]:
    """A server that answers each connection as it likes; it counts connections."""
    made = Sink()
    handling: set[asyncio.Task[None]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        made.connections += 1
        current = asyncio.current_task()
        assert current is not None
        handling.add(current)
        try:
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await answer(reader, writer)
        finally:
            handling.discard(current)
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        for task in handling:
            task.cancel()
        await asyncio.gather(*handling, return_exceptions=True)


async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Never answers."""
    await asyncio.sleep(60)


async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers a byte now and then."""
    for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n" * 50:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.1)


async def close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Closes without an answer."""
    await reader.read(100)


@dataclass(kw_only=True)
class Hooked:
    """A world with hooks."""

    world: World
    hooks: Hooks
    schedule: tuple[float, ...] = (0.2, 0.4, 0.8)
    failing_days: float = 30.0
    seconds: float = 10.0
    carriers: list[webhooks.Webhooks[Told]] = field(default_factory=list)

    async def webhook(self, url: str, *, name: str = "sink", start: int | None = None, **config: Any) -> Made:
        return await self.hooks.create(self.world.store.id, "webhook", name, {"url": url, **config}, start=start)

    def maker(self, hook: Hook) -> webhooks.Webhooks[Told]:
        limit = 1 if hook.config.ordered else hook.config.concurrency
        endpoint = Endpoint(hook.config.url, LOOPBACK, limit=limit, seconds=self.seconds)
        made = webhooks.Webhooks(
            hook,
            endpoint,
            self.hooks,
            self.world.pool,
            Events(self.world.pool, hook),
            schedule=self.schedule,
            failing_days=self.failing_days,
        )
        self.carriers.append(made)
        return made

    @contextlib.asynccontextmanager
    async def carrying(self, *, lease_seconds: float = 10.0) -> AsyncIterator[Outside]:
        """The hooks of the world are carried meanwhile."""
        async with contextlib.aclosing(Carrying(self.hooks, {"webhook": self.maker})) as carrying:
            outside = Outside(
                self.world.pool, self.world.stores, carrying.source, holder="tests", lease_seconds=lease_seconds
            )
            task = asyncio.ensure_future(outside.run())
            try:
                yield outside
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    async def log(self, hook: Hook, **asked: Any) -> list[Delivery]:
        return await Deliveries(self.world.pool, hook).log(**asked)

    async def hook(self, made: Made) -> Hook:
        """The hook as it is now."""
        return await self.hooks.get(self.world.store.id, made.hook.id)


def hooked(world: World, **given: Any) -> Hooked:
    """Hooks over a world, whose targets may be on the loopback address."""
    return Hooked(world=world, hooks=Hooks(world.pool, world.log, Vault(b"pepper"), [webhooks.sort(LOOPBACK)]), **given)
