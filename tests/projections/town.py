"""A small town, from files to answers: reference data and statements into the log, followed, asked over HTTP."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime
from typing import Any, Final, TypeVar
from uuid import UUID

import msgspec
from aiohttp import web

from lrs.auth.caller import Caller
from lrs.config import Settings
from lrs.events import Look
from lrs.hooks.feed import Feed
from lrs.http.cors import Origins
from lrs.http.deadlines import Deadlines
from lrs.http.keys import DEADLINES, SETTINGS
from lrs.http.middlewares import Front
from lrs.http.readiness import Readiness
from lrs.log.store import Store
from lrs.reference import incoming
from lrs.reference.applied import Kind
from lrs.reference.incoming import Given
from lrs.resources import keys
from projections.analytic import Projection
from projections.answers import changed, feed, routes, standing
from projections.answers.ground import GROUND, Ground
from projections.answers.question import Question
from projections.facts.references import References
from tests import serving
from tests.conftest import Database
from tests.projections import stage as stages
from tests.projections.answers.asking import Gate
from tests.projections.stage import Stage
from tests.serving import Answer, Client
from tests.world import World, voids

FIRST: Final = date(2025, 8, 1)


class Town(msgspec.Struct, kw_only=True):
    """The stage, who asks unless somebody else is named, and who looked."""

    stage: Stage
    client: Client
    asker: tuple[str, str]
    ground: Ground
    kept: list[Look] = msgspec.field(default_factory=list)

    async def load(self, kind: Kind, content: Any, day: date = FIRST) -> None:
        """Apply reference data."""
        given = Given(source=kind, files=content) if isinstance(content, dict) else Given.of(f"{kind}.csv", content)
        await self.stage.append_reference(incoming.read(kind, given, day=day).encode())

    async def tell(self, *statements: dict[str, Any]) -> list[UUID]:
        """Send statements and follow."""
        ids = await self.stage.send(*statements)
        await self.stage.settle()
        return ids

    async def void(self, statement: UUID) -> None:
        """Void one, and follow."""
        await self.stage.world.send(voids(statement))
        await self.stage.settle()

    async def send(self, path: str, role: str | None = None, person: str | None = None) -> Answer:
        """A question as it is asked."""
        headers = {"Authorization": serving.basic(role or self.asker[0], person or self.asker[1])}
        return await self.client.send("GET", f"/analytics/v1/{path}", headers=headers)

    async def ask(self, path: str, role: str | None = None, person: str | None = None) -> list[dict[str, Any]]:
        """The rows of an answer."""
        answer = await self.send(path, role, person)
        assert answer.status == 200, answer.body
        rows: list[dict[str, Any]] = answer.json["rows"]  # type: ignore[index]
        return rows

    async def looked(self, store: int, look: Look) -> None:
        """Keep who looked."""
        self.kept.append(look)


T = TypeVar("T", bound=Town)


class _Door(Gate):
    """Lets everybody in as who they say, to one store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def identify(self, request: web.Request) -> Caller:
        caller = await super().identify(request)
        return msgspec.structs.replace(caller, store=self._store.id, store_secret=self._store.secret)


@asynccontextmanager
async def standing_in(
    kind: type[T],
    world: World,
    database: Database,
    projections: Sequence[Projection],
    questions: Sequence[Question],
    *,
    now: datetime,
    asker: tuple[str, str],
) -> AsyncIterator[T]:
    """An empty town of a kind, where projections are followed and questions are answered as of `now`."""
    settings = Settings()
    deadlines = Deadlines(settings.answer_seconds, asyncio.get_running_loop().time)
    front = Front(
        settings=settings,
        gate=_Door(world.store),
        floors=serving.Floors(),
        origins=Origins((), loopback=False),
        deadlines=deadlines,
        readiness=Readiness(serving.nothing, serving.nothing),
    )
    app = web.Application(middlewares=[front.answer])
    app[SETTINGS], app[DEADLINES] = settings, deadlines
    app.add_routes((*routes.routes(questions), *feed.ROUTES))
    stage = await stages.make(world, database, projections)
    made = kind(stage=stage, client=Client(session=None, port=0), asker=asker, ground=None)  # type: ignore[arg-type]
    app[GROUND] = made.ground = Ground(
        pool=world.pool,
        tables=standing.tables(projections),
        now=now.timestamp,
        references=standing.References(References(world.pool)),
        marks=standing.Marks(projections),
        audit=made,
        past=standing.Past(world.stores, projections),
        projections=projections,
    )
    app[changed.CHANGED], app[keys.FEED] = changed.Changed(made.ground, questions), Feed(world.pool, places=4)
    async with serving.listening(app, settings) as client:
        made.client = client
        yield made
