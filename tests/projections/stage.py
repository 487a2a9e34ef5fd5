"""A store whose log is followed by facts and by the small projection of the tests."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import msgspec

from lrs.events import Draft, Kind
from lrs.log.group import Keys
from lrs.reference.applied import Applied
from lrs.relay import checkpoints, parked
from lrs.storage import pool as storage
from projections.analytic import Projection, digests, schemas
from projections.analytic.running import Running
from tests.conftest import Database
from tests.projections import minutes
from tests.world import World

COMPLETED = "http://adlnet.gov/expapi/verbs/completed"
LESSON = "http://adlnet.gov/expapi/activities/lesson"
START = datetime(2026, 2, 2, 16, tzinfo=UTC)


def completed(who: str = "ann", unit: str = "1", *, minutes: int | None = 10, days: float = 0) -> dict[str, Any]:
    """She completed a unit."""
    told: dict[str, Any] = {
        "id": str(uuid4()),
        "actor": {"mbox": f"mailto:{who}@example.org"},
        "verb": {"id": COMPLETED},
        "object": {"id": f"https://example.org/units/{unit}", "definition": {"type": LESSON}},
        "timestamp": (START + timedelta(days=days)).isoformat(),
    }
    if minutes is not None:
        told["result"] = {"duration": f"PT{minutes}M"}
    return told


class Stage(msgspec.Struct, kw_only=True):
    """A world, and what runs the followers there."""

    world: World
    database: Database
    projections: Sequence[Projection]
    running: Running

    async def send(self, *sent: dict[str, Any]) -> list[UUID]:
        """Append statements; their ids."""
        await self.world.send(*sent)
        return [UUID(each["id"]) for each in sent]

    async def settle(self) -> None:
        """Follow to the end."""
        await self.running.settle()

    async def apply(self, kind: Any, body: object) -> None:
        """Append a change of reference data."""
        applied = Applied(
            kind=kind,
            sha256=sha256(repr(body).encode()).hexdigest(),
            effective_from=START.date(),
            source="t",
            body=body,
        )
        await self.append_reference(applied.encode())

    async def append_reference(self, payload: bytes) -> None:
        """Append a ReferenceApplied event with any payload."""
        draft = Draft(kind=Kind.REFERENCE_APPLIED, subject=uuid4(), payload=payload, filled=b"{}")
        await self.world.log.append(self.world.store.id, keys=Keys(), decide=lambda known: (draft,), credential=None)

    async def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """What a query gives."""
        async with storage.connection(self.world.pool) as connection:
            return [tuple(row) for row in await connection.fetch(sql, *values)]

    async def learned(self) -> dict[str, tuple[int, float]]:
        """Units and minutes by person."""
        found = await self.rows("select person_id, units, minutes::float from minutes.learned")
        return {person.removeprefix("mbox:mailto:").removesuffix("@example.org"): tuple(row) for person, *row in found}

    async def digest(self, *, facts: bool = True) -> dict[str, str]:
        """The digests of all that is projected."""
        connection = await asyncpg.connect(self.database.owner_dsn)
        try:
            found = {
                each.name: await digests.digest(connection, each.name, digests.of_projection(each))
                for each in self.projections
            }
            if facts:
                found["facts"] = await digests.digest(connection, "facts", digests.OF_FACTS)
            return found
        finally:
            await connection.close()

    async def parked(self) -> list[tuple[str, int, str]]:
        """What is parked: follower, position, key."""
        return [(each.follower, each.position, each.key) for each in await parked.every(self.world.pool)]

    def another(self, **changes: Any) -> Running:
        """Another process that follows."""
        return runner(self.world, self.projections, **changes)

    async def release(self) -> None:
        """As if all processes that followed had ended."""
        await self.rows("update relay.checkpoints set expires = '-infinity', holder = null")

    @contextlib.asynccontextmanager
    async def busy(self, count: int, *, batch: int) -> AsyncIterator[None]:
        """Meanwhile so many people complete a unit, and another process follows; at the end it has told all."""
        await self.release()
        following = asyncio.create_task(self.another(batch=batch).run())
        writing = asyncio.create_task(self._write(count))
        yield
        await writing
        async with asyncio.timeout(30):
            while await checkpoints.waiting(self.world.pool, "facts"):  # noqa: ASYNC110 - another task's doing
                await asyncio.sleep(0.05)
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        await self.release()

    async def _write(self, count: int) -> None:
        for number in range(count):
            await self.send(completed(f"writer{number}"))
            await asyncio.sleep(0.01)


def runner(world: World, projections: Sequence[Projection], **changes: Any) -> Running:
    """What runs the followers, in the name of a process of its own."""
    return Running(world.pool, world.stores, projections, **{"holder": str(uuid4()), **changes})


async def make(world: World, database: Database, projections: Sequence[Projection] = (minutes.PROJECTION,)) -> Stage:
    """A stage with tables for these projections."""
    await schemas.make_missing(database.owner_dsn, projections)
    running = runner(world, projections)
    await running.settle()
    return Stage(world=world, database=database, projections=projections, running=running)
