"""Puts everything together: what reads and writes the record, the application of a worker, and a server's first start.

Nothing but the command line imports it.
"""

import asyncio
import contextlib
import functools
import os
import socket
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Sequence
from pathlib import Path

import msgspec
from aiohttp import web

from lrs import machine, resources
from lrs.auth import bootstrap, pepper
from lrs.auth import credentials as auth
from lrs.auth.issuing import Issued, Issuing
from lrs.auth.listening import Listener
from lrs.auth.middleware import Gate
from lrs.auth.throttle import Throttle
from lrs.auth.users import Inline as UsersInline
from lrs.auth.users import Users
from lrs.config import Settings
from lrs.errors import NotFound
from lrs.hooks import kinds, registry
from lrs.hooks.feed import Feed
from lrs.hooks.kafka import relay as kafka
from lrs.hooks.operating import Operating
from lrs.http.behind import Behind
from lrs.http.cors import Origins
from lrs.http.deadlines import Deadlines
from lrs.http.keys import DEADLINES, SETTINGS
from lrs.http.middlewares import Front
from lrs.http.rates import Rates
from lrs.http.readiness import Readiness
from lrs.log import blobs, read
from lrs.log.append import Log
from lrs.log.floor import Floors
from lrs.log.loads import Loads
from lrs.log.store import Store
from lrs.log.stores import SYSTEM, Stores
from lrs.recording import documents, reference, statements
from lrs.recording import stores as recorded_stores
from lrs.recording.arriving import Arrivals
from lrs.recording.looks import Looks, Sittings
from lrs.recording.quarantine import Quarantine
from lrs.relay import frozen
from lrs.relay.outside import Outside
from lrs.resources import keys
from lrs.storage import connections, migrate
from lrs.storage.cluster import LOGIN
from lrs.storage.embedded import Embedded
from lrs.storage.pool import Pool
from lrs.telemetry import metrics
from projections.access import endpoints as access
from projections.access import inline as access_inline
from projections.activities import inline as activities_inline
from projections.activities import reader as activities
from projections.analytic import Projection, held, lags, plugins, schemas, views
from projections.analytic.building import Building, Tell
from projections.analytic.running import Running
from projections.answers import changed, explaining, feed, hooked, routes, standing
from projections.answers.ground import GROUND, Ground
from projections.answers.question import Question
from projections.coaching_cadence import projection as coaching_cadence
from projections.cohort_participation import projection as cohort_participation
from projections.documents import inline as documents_inline
from projections.documents import reader as document_reader
from projections.facts import endpoints as facts
from projections.facts import partitioned
from projections.facts.references import References
from projections.people import inline as people_inline
from projections.people import reader as people
from projections.rubric_evidence import projection as rubric_evidence
from projections.statements import inline as statements_inline
from projections.statements import reader as statement_reader
from projections.statistics import endpoints as counted
from projections.statistics import follower as statistics
from projections.statistics import search

Watch = Callable[[], Awaitable[None]]
DEFAULT_STORE = "default"
HOOKS = "hooks"
APPEND_CONNECTIONS = 4
SPARE_CONNECTIONS = 40


class Database(msgspec.Struct, frozen=True, kw_only=True):
    """Where the server connects, and where its owner does; `is_embedded` if it is our own."""

    dsn: str
    owner_dsn: str
    is_embedded: bool


class Core(msgspec.Struct, frozen=True, kw_only=True):
    """What reads and writes the record, whoever asks: the server, or a command."""

    dsn: str
    role: str | None
    reads: Pool
    searches: Pool
    appends: Pool
    stores: Stores
    floors: Floors
    log: Log
    loads: Loads
    credentials: auth.Credentials
    issuing: Issuing
    users: Users
    hooks: Operating


@contextlib.contextmanager
def database(settings: Settings, *, serves: bool = False) -> Iterator[Database]:
    """The database of the settings, running; the embedded one is started or joined, and left as it was found.

    `serves` is for the one server of a data directory. CannotStart says why there is none.
    """
    if settings.database_url:
        yield Database(dsn=settings.database_url, owner_dsn=settings.database_url, is_embedded=False)
        return
    connections = SPARE_CONNECTIONS + workers(settings) * (2 * settings.pool_size + APPEND_CONNECTIONS + 1)
    embedded = Embedded.start(settings.data_dir, exclusive=serves, connections=max(100, connections))
    try:
        yield Database(dsn=embedded.dsn, owner_dsn=embedded.owner_dsn, is_embedded=True)
    finally:
        embedded.stop()


def workers(settings: Settings) -> int:
    """How many processes serve HTTP: one for every two processors that this process may use, unless it is set."""
    return settings.workers or max(1, machine.processors() // 2)


async def migrate_up(where: Database) -> list[str]:
    """Bring the schema up to date; the names of the steps that were applied, and of the projections that were made."""
    steps = await migrate.up(where.owner_dsn, login=LOGIN if where.is_embedded else None)
    made = await schemas.make_missing(where.owner_dsn, projections())
    await make_analysts(where)
    return [*(f"{step.number:04}_{step.name}" for step in steps), *made]


async def make_analysts(where: Database) -> Sequence[str]:
    """Make the role of each store that has none, `lrs_analyst_STORE`, by which views show it alone."""
    return await views.make_roles(where.owner_dsn)


def projections() -> tuple[Projection, ...]:
    """Every analytic projection: ours, and those that are installed beside them; CannotStart where one does not fit."""
    return plugins.load((rubric_evidence.PROJECTION, cohort_participation.PROJECTION, coaching_cadence.PROJECTION))


class Followers(msgspec.Struct, frozen=True, kw_only=True):
    """What follows the log: facts and projections, and what leaves the system, where that is followed here."""

    running: Running
    outside: Sequence[Outside]

    async def run(self) -> None:
        """Follow until cancelled."""
        async with asyncio.TaskGroup() as group:
            for run in (self.running.run, *(each.run for each in self.outside)):
                group.create_task(run())


def follower_names() -> tuple[str, ...]:
    """What can be followed by name."""
    return ("facts", "statistics", *(each.name for each in projections()), HOOKS, kafka.NAME)


@contextlib.asynccontextmanager
async def followers(settings: Settings, where: Database, names: Collection[str] = ()) -> AsyncIterator[Followers]:
    """The facts, all analytic projections and the hooks, or those of `names`, ready to be run after the log."""
    async with contextlib.AsyncExitStack() as stack:
        pool = await stack.enter_async_context(_followers_pool(settings, where))
        holder = f"{socket.gethostname()} {os.getpid()} {uuid.uuid4()}"
        running = partitioned.running(settings, pool, projections(), holder, names, (statistics.Follower(),))
        outside = kafka.outside(settings, pool, holder) if kafka.NAME in names or not names else []
        if HOOKS in names or (not names and pepper.is_there(settings)):
            outside.append(await stack.enter_async_context(_outside(settings, where, f"{holder} outside")))
        yield Followers(running=running, outside=outside)


@contextlib.asynccontextmanager
async def _outside(settings: Settings, where: Database, holder: str) -> AsyncIterator[Outside]:
    """What carries events outside, for all hooks."""
    async with core(settings, where) as it:
        record = Arrivals(it.log, it.issuing, settings.limits).record
        carriers = kinds.carrying(settings, it.reads, it.hooks.registry, record, hooked.Hooked(ground(it), questions()))
        async with contextlib.aclosing(carriers) as carrying:
            yield Outside(it.reads, it.stores, carrying.source, holder=holder)


@contextlib.asynccontextmanager
async def building(settings: Settings, where: Database, name: str, tell: Tell) -> AsyncIterator[Building]:
    """What builds a projection anew, or the facts and all projections."""
    async with _followers_pool(settings, where) as pool:
        yield Building(where.owner_dsn, pool, Stores(pool), projections(), name, tell, memory=held.most(settings))


@contextlib.asynccontextmanager
async def core(settings: Settings, where: Database) -> AsyncIterator[Core]:
    """The record in a database whose schema must be today's; at the end, what was queued is finished."""
    dsn = where.dsn
    role = await connections.check(dsn, is_embedded=where.is_embedded)
    pooled = functools.partial(connections.pooled, dsn, role, lock_seconds=settings.lock_seconds)
    reading = functools.partial(pooled, settings.pool_size, statement_seconds=settings.read_statement_seconds)
    async with contextlib.AsyncExitStack() as stack:
        reads = await stack.enter_async_context(reading())
        searches = await stack.enter_async_context(reading(plans="force_custom_plan"))
        appends = await stack.enter_async_context(
            pooled(APPEND_CONNECTIONS, statement_seconds=settings.write_statement_seconds)
        )
        stores = Stores(reads)
        loads = Loads(appends)
        log = _log(settings, appends, stores, loads)
        stack.push_async_callback(log.close)
        secret = pepper.load(settings)
        credentials = auth.Credentials(reads, secret)
        yield Core(
            dsn=dsn,
            role=role,
            reads=reads,
            searches=searches,
            appends=appends,
            stores=stores,
            floors=Floors(reads),
            log=log,
            loads=loads,
            credentials=credentials,
            issuing=Issuing(reads, log, credentials, pepper=secret, homepage=settings.authority_homepage),
            users=Users(reads, log, stores, pepper=secret, homepage=settings.authority_homepage),
            hooks=kinds.operating(settings, reads, log, stores, secret, hooked.Declared(questions(), projections())),
        )


def _log(settings: Settings, appends: Pool, stores: Stores, loads: Loads) -> Log:
    """The log with every inline projection: what a GET of the standard asks, credentials, stores and loads."""
    inlines = (
        statements_inline.Inline(),
        documents_inline.Inline(),
        people_inline.Inline(),
        activities_inline.Inline(),
        auth.Inline(),
        UsersInline(),
        registry.Inline(),
        access_inline.Inline(),
        stores,
        loads,
    )
    return Log(
        appends,
        stores,
        inlines,
        queue_events=settings.queue_size,
        queue_seconds=settings.queue_seconds,
        deadline=settings.answer_seconds * 0.8,
    )


class First(msgspec.Struct, frozen=True, kw_only=True):
    """What a first start generated, to be shown once: a credential, and the name and password of an administrator."""

    credential: Issued | None
    administrator: Issued | None


async def first_start(settings: Settings, where: Database) -> First:
    """Make the store `default`, the first credential and the first administrator where there are none."""
    async with core(settings, where) as it:
        store = await default_store(it)
        first = First(
            credential=await bootstrap.first_credential(settings, it.issuing, store.id),
            administrator=await bootstrap.first_user(settings, it.users, store.id),
        )
    if where.is_embedded:
        await make_analysts(where)
    return first


async def default_store(it: Core) -> Store:
    """The store that is meant where none is named, made where it is missing."""
    try:
        return await it.stores.by_name(DEFAULT_STORE)
    except NotFound:
        return await recorded_stores.create(it.log, it.stores, DEFAULT_STORE)


def build(
    settings: Settings,
    it: Core,
    *,
    figures: Callable[[], metrics.Snapshot] = metrics.snapshot,
    rates_file: Path | None = None,
) -> web.Application:
    """The application of one worker, over a `Core` that outlives it. `rates_file` is shared by all workers."""
    deadlines = Deadlines(settings.answer_seconds, time.monotonic)
    readiness = Readiness(read=it.stores.all, write=lambda: it.floors.through(SYSTEM))
    quarantine = Quarantine(it.reads, days=settings.quarantine_days, size=settings.quarantine_bytes)
    gate = Gate(it.credentials, Throttle(settings.sign_in_failures), it.users)
    front = Front(
        settings=settings,
        gate=gate,
        floors=it.floors,
        origins=Origins(settings.cors_origins, loopback=settings.cors_loopback),
        deadlines=deadlines,
        readiness=readiness,
        rates=Rates(settings.rate_limit, settings.rate_burst, rates_file) if settings.rate_limit else None,
    )
    app = web.Application(middlewares=[front.answer])
    app[SETTINGS], app[DEADLINES] = settings, deadlines
    app[keys.READINESS] = readiness
    app[keys.BEHIND] = behind = Behind(functools.partial(lags.lags, it.reads, [each.name for each in projections()]))
    app[keys.FIGURES] = figures
    app[keys.RECORD_STATEMENTS] = statements.Statements(it.log)
    app[keys.RECORD_DOCUMENTS] = documents.Documents(it.log, settings.limits)
    app[keys.QUARANTINE] = quarantine
    app[keys.USERS], app[keys.HOOKS] = it.users, it.hooks
    app[keys.REFERENCES] = reference.References(it.log, read.Reader(it.reads))
    _read(app, it)
    app[keys.IDS] = uuid.uuid4
    app[keys.NOW] = time.time
    app.add_routes(resources.ROUTES)
    _answer(app, it)
    _tell(app, it, gate)
    app.cleanup_ctx.append(lambda _: _running(it, (deadlines.watch, readiness.watch, behind.watch), quarantine))
    return app


def _read(app: web.Application, it: Core) -> None:
    """Hand the resources of the standard what they may ask of the projections."""
    app[keys.READ_STATEMENTS] = statement_reader.Reader(it.reads, it.searches, it.stores, it.floors)
    app[keys.READ_DOCUMENTS] = document_reader.Reader(it.reads)
    app[keys.READ_PEOPLE] = people.Reader(it.reads, it.stores)
    app[keys.READ_ACTIVITIES] = activities.Reader(it.reads, it.stores)
    app[keys.READ_BLOBS] = blobs.Reader(it.reads)


def questions() -> tuple[Question, ...]:
    """Every question of the analytics: of each projection those that it has, installed ones too."""
    own = (question for each in projections() for question in getattr(each, "questions", ()))
    return (*access.QUESTIONS, *counted.QUESTIONS, *facts.QUESTIONS, *own)


def ground(it: Core) -> Ground:
    """What the questions of the analytics stand on."""
    every = projections()
    return Ground(
        pool=it.searches,
        tables=standing.tables(every),
        references=standing.References(References(it.reads)),
        marks=standing.Marks(every),
        audit=Looks(it.log),
        now=time.time,
        past=standing.Past(it.stores, every),
        projections=every,
    )


def _answer(app: web.Application, it: Core) -> None:
    """Have an application answer the questions of the analytics."""
    app[GROUND] = ground(it)
    app[changed.CHANGED] = changed.Changed(app[GROUND], questions())
    app.add_routes((*routes.routes(questions()), *search.ROUTES, *explaining.ROUTES, *feed.ROUTES))


def _tell(app: web.Application, it: Core, gate: Gate) -> None:
    """Have an application tell of events; its readers go when it is to end, and not when they please."""
    app[keys.FEED] = events = Feed(it.reads, places=app[SETTINGS].event_streams)
    app[keys.SITTINGS] = Sittings(Looks(it.log))
    app[keys.STORES], app[keys.GATE] = it.stores, gate
    app.on_shutdown.append(lambda _: events.close())


async def _running(it: Core, watches: Sequence[Watch], quarantine: Quarantine) -> AsyncIterator[None]:
    """What goes on in the background while an application runs."""
    listener = Listener(it.dsn, it.credentials, role=it.role)
    listener.start()
    for store in await it.stores.all():
        await it.floors.through(store)
    watching = [asyncio.ensure_future(watch()) for watch in watches]
    yield
    for task in watching:
        task.cancel()
    await asyncio.gather(*watching, return_exceptions=True)
    await listener.stop()
    await quarantine.close()


def _followers_pool(settings: Settings, where: Database) -> contextlib.AbstractAsyncContextManager[Pool]:
    return connections.following(where.dsn, frozen.NAME, settings.lock_seconds, is_embedded=where.is_embedded)
