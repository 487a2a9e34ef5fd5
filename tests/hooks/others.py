"""Other LRSs for a test: a store of a real server with its credential, and one that does whatever it is told to."""

from __future__ import annotations

import asyncio
import email.utils
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from aiohttp import web

from lrs import main
from lrs.auth import scopes
from lrs.auth.issuing import Issued
from lrs.hooks import targets
from lrs.hooks.peers.forwarding import Forwarding
from lrs.hooks.peers.pulling import Pulling, Wanted
from lrs.hooks.peers.remote import Endpoint, Remote
from lrs.log import blobs, read
from lrs.log.read import Told
from lrs.log.store import Store
from lrs.recording import arriving
from lrs.recording import stores as recorded_stores
from lrs.recording.arriving import Arrivals
from lrs.relay.outside import Outside
from lrs.storage import pool as storage
from lrs.xapi import formats
from lrs.xapi.limits import Limits
from lrs.xapi.statements import receive
from lrs.xapi.versions import Version
from tests import serving

LOOPBACK = targets.Allow.parse(["127.0.0.0/8"])
HOOK = UUID("0c6a4d1e-2ad2-4b35-9d64-5a6e6fb1d2a7")
SECRET = "of the other LRS"
Answering = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A server with two stores, each of which is another LRS to the other."""

    core: main.Core
    client: serving.Client
    here: Store
    there: Store
    opened: list[Remote]

    def remote(self, version: Version = Version.V2_0_0) -> Remote:
        """The store `there`, as another LRS."""
        url = f"http://127.0.0.1:{self.client.port}/xAPI"
        return remote(self.opened, Endpoint(url=url, version=version, key="there"))

    def other(self, version: Version = Version.V2_0_0) -> serving.Client:
        """A client of the store `there`."""
        headers = {
            "Authorization": serving.basic("there", SECRET),
            "X-Experience-API-Version": version.value,
            "Content-Type": "application/json",
        }
        return serving.Client(session=self.client.session, port=self.client.port, headers=headers)

    def forwarding(self, target: Remote | None = None, **given: Any) -> Forwarding:
        """Forwards the store `here`."""
        return Forwarding(
            f"forward:{HOOK}", self.here.id, target or self.remote(), blobs.Reader(self.core.reads), **given
        )

    def pulling(self, source: Remote, **given: Any) -> Pulling:
        """Pulls into the store `here`."""
        arrivals = Arrivals(self.core.log, self.core.issuing, Limits(), arriving.clock)
        wanted = Wanted(credential=serving.KEY, **{"every": 0.05, **given})
        return Pulling(HOOK, self.here.id, source, wanted, pool=self.core.appends, record=arrivals.record)

    async def told(self, store: Store) -> list[Told]:
        """The whole log of a store."""
        async with storage.connection(self.core.reads) as connection:
            return await read.told(connection, store.id, 0, limit=100_000)

    async def texts(self, store: Store) -> dict[UUID, dict[str, Any]]:
        """The statements of a store by id, as a GET gives them, voided ones too."""
        return {
            each.subject: json.loads(formats.exact(each.payload, each.filled or b"{}", each.stored))
            for each in await self.told(store)
            if each.kind == 1 and each.payload is not None
        }


@asynccontextmanager
async def pair(dsn: str, **given: object) -> AsyncIterator[Pair]:
    """A server on a migrated database, with a store `default` and another one."""
    async with serving.lrs(dsn, **given) as (client, core):
        here = await main.default_store(core)
        there = await recorded_stores.create(core.log, core.stores, "there")
        await core.issuing.issue(there.id, name="", scopes=scopes.EVERY, given=Issued(key="there", secret=SECRET))
        made = Pair(core=core, client=client, here=here, there=there, opened=[])
        yield made
        for each in made.opened:
            await each.close()


def remote(opened: list[Remote], endpoint: Endpoint, **given: Any) -> Remote:
    """A client of another LRS with the secret of the tests, to be closed at the end."""

    async def secret() -> str:
        return SECRET

    made = Remote(endpoint, secret, lambda: targets.connector(LOOPBACK), **given)
    opened.append(made)
    return made


@asynccontextmanager
async def carried(pair_: Pair, *carriers: Any) -> AsyncIterator[Outside]:
    """Carriers at work."""

    async def source() -> Sequence[Any]:
        return carriers

    async with running(Outside(pair_.core.appends, pair_.core.stores, source, holder=str(uuid4()))) as outside:
        yield outside


@asynccontextmanager
async def running(outside: Outside) -> AsyncIterator[Outside]:
    """It, running."""
    task = asyncio.create_task(outside.run())
    try:
        yield outside
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@dataclass
class Fake:
    """An LRS that keeps statements, unless `answers` has something else to do for the next request."""

    version: Version = Version.V2_0_0
    held: dict[str, dict[str, Any]] = field(default_factory=dict)
    data: dict[str, bytes] = field(default_factory=dict)
    answers: list[Answering] = field(default_factory=list)
    always: Answering | None = None
    requests: list[tuple[str, str]] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    port: int = 0
    page: int = 3
    begun: datetime = datetime(2026, 3, 1, tzinfo=UTC)
    through: datetime | None = None
    more: Callable[[str], str] = lambda path: path
    refuses: Callable[[dict[str, Any]], int] = lambda statement: 0

    def add(self, statement: dict[str, Any], seconds: float = 0.0) -> str:
        """Keep a statement, stored so many seconds after the beginning."""
        own = str(statement.get("id", uuid4()))
        stored = (self.begun + timedelta(seconds=seconds)).isoformat()
        authority = {"mbox": "mailto:other@example.org"}
        self.held[own] = {"timestamp": stored, "authority": authority, **statement, "id": own, "stored": stored}
        return own

    def remote(self, opened: list[Remote], **given: Any) -> Remote:
        """A client of it."""
        url = f"http://127.0.0.1:{self.port}/xAPI"
        return remote(opened, Endpoint(url=url, version=self.version, key="key"), **given)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.requests.append((request.method, request.path_qs))
        if self.answers:
            return await self.answers.pop(0)(request)
        if self.always is not None:
            return await self.always(request)
        if request.method == "POST":
            return await self.post(request)
        return self.find(request) if "statementId" in request.query else self.list(request)

    async def post(self, request: web.Request) -> web.Response:
        body = await request.read()
        receipt = receive(body, request.headers["Content-Type"], version=self.version, ids=uuid4)
        sent = [json.loads(each.payload) for each in receipt.statements]
        self.sizes.append(len(sent))
        for statement in sent:
            if status := self.refuses(statement):
                return web.Response(status=status, text=f"I do not like {statement['id']}\x1b[31m")
        for statement in sent:
            self.add(statement, len(self.held))
        self.data |= {sha2: blob.content for sha2, blob in receipt.blobs.items()}
        return web.json_response([each["id"] for each in sent])

    def find(self, request: web.Request) -> web.Response:
        found = self.held.get(request.query["statementId"])
        return web.Response(status=404) if found is None else web.json_response(found)

    def list(self, request: web.Request) -> web.Response:
        since = request.query.get("since")
        ordered = sorted(self.held.values(), key=lambda each: datetime.fromisoformat(each["stored"]))
        if since:
            ordered = [
                each for each in ordered if datetime.fromisoformat(each["stored"]) > datetime.fromisoformat(since)
            ]
        begun = int(request.query.get("from", "0"))
        size = min(self.page, int(request.query.get("limit", "100")))
        more = ""
        if begun + size < len(ordered):
            rest = {**request.query, "from": str(begun + size)}
            more = self.more(str(request.rel_url.with_query(rest)))
        headers = {} if self.through is None else {"X-Experience-API-Consistent-Through": self.through.isoformat()}
        return web.json_response({"statements": ordered[begun : begun + size], "more": more}, headers=headers)


@asynccontextmanager
async def faked(**given: Any) -> AsyncIterator[Fake]:
    """A fake LRS on a port of its own."""
    fake = Fake(**given)
    app = web.Application(client_max_size=2**30)
    app.router.add_route("*", "/{path:.*}", fake.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    fake.port = runner.addresses[0][1]
    try:
        yield fake
    finally:
        await runner.cleanup()


def says(status: int, text: str = "no", **headers: str) -> Answering:
    """An answer of that status."""

    async def answer(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(
            status=status, text=text, headers={name.replace("_", "-"): value for name, value in headers.items()}
        )

    return answer


async def hangs(request: web.Request) -> web.Response:
    """Never answers."""
    await asyncio.sleep(3600)
    return web.Response()


async def closes(request: web.Request) -> web.Response:
    """Hangs up."""
    assert request.transport is not None
    request.transport.close()
    return web.Response()


def in_a_while(seconds: float) -> str:
    """A Retry-After that is a date."""
    return email.utils.format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)
