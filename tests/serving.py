"""A server in the test's own process, over a test's database or over nothing, and a client that speaks raw HTTP."""

import asyncio
import base64
import os
import random
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

import orjson
from aiohttp import ClientSession, web

from lrs import main
from lrs.auth import scopes
from lrs.auth.caller import Caller
from lrs.auth.issuing import Issued
from lrs.config import Settings
from lrs.http import protocol
from lrs.http.cors import Origins
from lrs.http.deadlines import Deadlines
from lrs.http.keys import DEADLINES, SETTINGS
from lrs.http.middlewares import Front
from lrs.http.rates import Rates
from lrs.http.readiness import Readiness

KEY, SECRET = "tests", "of: the tests"
PAUSE = 0.005
PORTS = range(16_384, 32_768)
FLOOR = datetime(2026, 1, 31, 12, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer, read to its end."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> object:
        return orjson.loads(self.body)

    @property
    def problem(self) -> dict[str, object]:
        assert self.headers["Content-Type"] == "application/problem+json"
        problem = orjson.loads(self.body)
        assert isinstance(problem, dict)
        return problem


@dataclass(frozen=True, kw_only=True)
class Client:
    """Sends requests with the credentials and version of `headers`, unless told otherwise; None leaves one out."""

    session: ClientSession
    port: int
    headers: Mapping[str, str] = field(default_factory=dict)

    async def send(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str | None] | None = None
    ) -> Answer:
        sent = {name: value for name, value in {**self.headers, **(headers or {})}.items() if value is not None}
        data = body if body is None or isinstance(body, bytes | str) else orjson.dumps(body)
        url = f"http://127.0.0.1:{self.port}{path}"
        async with self.session.request(
            method, url, data=data, headers=sent, skip_auto_headers=("Content-Type",)
        ) as answer:
            return Answer(status=answer.status, headers=answer.headers, body=await answer.read())

    async def get(self, path: str, **headers: str | None) -> Answer:
        return await self.send("GET", path, headers={name.replace("_", "-"): text for name, text in headers.items()})

    async def raw(self, text: bytes) -> bytes:
        """What comes back for these bytes, up to the end of the connection."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(text)
            await writer.drain()
            return await asyncio.wait_for(reader.read(), 5)
        finally:
            writer.close()


def basic(key: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{key}:{secret}".encode()).decode()


@asynccontextmanager
async def listening(app: web.Application, settings: Settings) -> AsyncIterator[Client]:
    """The application on a free port, and a client that speaks xAPI 2.0 with the credentials of the tests."""
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    sock = socket.create_server(("127.0.0.1", 0))
    server = await protocol.listen(runner, sock, settings)
    headers = {
        "Authorization": basic(KEY, SECRET),
        "X-Experience-API-Version": "2.0.0",
        "Content-Type": "application/json",
    }
    try:
        async with ClientSession() as session:
            yield Client(session=session, port=sock.getsockname()[1], headers=headers)
    finally:
        server.close()
        await runner.cleanup()


@asynccontextmanager
async def lrs(dsn: str, **given: object) -> AsyncIterator[tuple[Client, main.Core]]:
    """The whole server on a migrated database, with one credential that may do everything."""
    settings = Settings(pepper="of the tests", **given)  # type: ignore[arg-type]
    where = main.Database(dsn=dsn, owner_dsn=dsn, is_embedded=False)
    async with main.core(settings, where) as core:
        store = await main.default_store(core)
        if await core.issuing.find(KEY) is None:
            issued = Issued(key=KEY, secret=SECRET)
            await core.issuing.issue(store.id, name="", scopes=scopes.EVERY, given=issued)
        async with listening(main.build(settings, core), settings) as client:
            yield client, core


class Gate:
    """Knows whoever sends an Authorization header."""

    async def identify(self, request: web.Request) -> Caller:
        from lrs.auth import basic

        key, _ = basic.parse(request.headers.get("Authorization"))
        return caller(key=key)


class Floors:
    """A store that is seen up to FLOOR."""

    def last(self, store: int | None) -> datetime:
        return FLOOR

    async def through(self, store: int) -> datetime:
        return FLOOR


async def until(holds: Callable[[], Awaitable[bool]], *, seconds: float = 3.0) -> float:
    """How long it took until that held: seconds; fails where it never did."""
    begun = time.monotonic()
    for _ in range(int(seconds / PAUSE)):
        if await holds():
            return time.monotonic() - begun
        await asyncio.sleep(PAUSE)
    raise AssertionError(f"it did not come true in {seconds} s")


async def nothing() -> None:
    """No database to look at."""


def caller(*held: str, key: str = KEY) -> Caller:
    """Who holds those scopes, all if none is named."""
    return Caller(
        store=1,
        key=key,
        scopes=frozenset(held or scopes.EVERY),
        authority=b'{"account":{"homePage":"http://localhost","name":"tests"}}',
        authority_ifi="account:http://localhost|tests",
        store_secret=b"secret",
    )


@asynccontextmanager
async def front(routes: Iterable[web.AbstractRouteDef], **given: object) -> AsyncIterator[Client]:
    """Handlers behind all that every request goes through, without a database."""
    settings = Settings(**given)  # type: ignore[arg-type]
    loop = asyncio.get_running_loop()
    deadlines = Deadlines(settings.answer_seconds, loop.time)
    app = web.Application(
        middlewares=[
            Front(
                settings=settings,
                gate=Gate(),
                floors=Floors(),
                origins=Origins(settings.cors_origins, loopback=settings.cors_loopback),
                deadlines=deadlines,
                readiness=Readiness(nothing, nothing),
                rates=Rates(settings.rate_limit, settings.rate_burst, None) if settings.rate_limit else None,
            ).answer
        ]
    )
    app[SETTINGS] = settings
    app[DEADLINES] = deadlines
    app.add_routes(routes)
    watching = asyncio.ensure_future(deadlines.watch())
    try:
        async with listening(app, settings) as client:
            yield client
    finally:
        watching.cancel()


def free_port() -> int:
    """A port of the loopback address that nobody has at the moment, and that this process has not given before.

    It is none of those that the kernel gives to connections: until a server takes it, seconds may pass.
    """
    for port in _PORTS:
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no port is free")


def _ports() -> Iterator[int]:
    # Runs beside each other begin far apart.
    first = random.Random(os.getpid()).randrange(len(PORTS))
    yield from (*PORTS[first:], *PORTS[:first])


_PORTS = _ports()
