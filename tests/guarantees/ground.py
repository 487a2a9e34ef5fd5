"""A store, a simulated district that is told to it piece by piece, and what follows: for the rows of projections."""

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import msgspec
import orjson

from lrs import main
from lrs.config import Settings
from lrs.errors import LrsError
from lrs.events import Draft, Kind
from lrs.log.group import Keys
from lrs.reference import case, lists, oneroster
from lrs.reference.applied import Applied
from lrs.relay import checkpoints
from lrs.simulation import writer
from lrs.simulation.simulation import Simulation
from lrs.storage import pool as storage
from lrs.xapi.versions import Version
from projections.analytic import digests
from projections.analytic.building import Building
from projections.analytic.running import Running
from tests import world as worlds
from tests.guarantees.sites import TREE
from tests.world import World

LISTS = ("calendar", "identities", "alignments")
Json = dict[str, Any]


class Ground(msgspec.Struct, kw_only=True):
    """The database in `folder`, a world in it, the references to apply and the statements to tell, in order."""

    folder: Path
    where: main.Database
    world: World
    references: list[Applied]
    statements: Iterator[Json]
    told: int = 0

    @property
    def data(self) -> Path:
        return self.folder / "var"

    async def apply(self, count: int | None = None) -> None:
        """Append changes of reference data: the next few, or all that are left."""
        for _ in range(len(self.references) if count is None else count):
            payload = self.references.pop(0).encode()
            draft = Draft(kind=Kind.REFERENCE_APPLIED, subject=uuid4(), payload=payload, filled=b"{}")
            await append(self.world, draft)

    async def tell(self, count: int) -> None:
        """Append the next statements."""
        for _ in range(count):
            each = next(self.statements, None)
            if each is not None:
                await send(self.world, each)
                self.told += 1

    def running(self, **changes: Any) -> Running:
        """What follows, in this process."""
        named = {"holder": str(uuid4()), "lease_seconds": 1.0, **changes}
        return Running(self.world.pool, self.world.stores, main.projections(), **named)

    def building(self, name: str = "facts") -> Building:
        """What builds a projection anew."""
        return Building(self.where.owner_dsn, self.world.pool, self.world.stores, main.projections(), name)

    async def settle(self) -> None:
        """Follow to the end, once nobody else does."""
        running = self.running()
        async with asyncio.timeout(120):
            while await checkpoints.waiting(self.world.pool, "facts"):
                await running.settle()
                await asyncio.sleep(0.05)
            await running.settle()
        await running.runner.release()

    async def differences(self) -> list[str]:
        """The projections that are not what the log says."""
        return [each.schema for each in await self.building().compare()]

    async def digest(self) -> Mapping[str, str]:
        """The digest of each projection."""
        connection = await asyncpg.connect(self.where.owner_dsn)
        try:
            return {
                each.name: await digests.digest(connection, each.name, digests.of_projection(each))
                for each in main.projections()
            }
        finally:
            await connection.close()

    async def rows(self) -> int:
        """How many rows there are in all."""
        async with storage.connection(self.world.pool) as connection:
            counts = [
                await connection.fetchval(f"select count(*) from {each.name}.{table.name}")  # noqa: S608
                for each in main.projections()
                for table in each.tables
            ]
        return sum(counts)

    async def value(self, sql: str, *given: object) -> Any:
        """What a query gives."""
        async with storage.connection(self.world.pool) as connection:
            return await connection.fetchval(sql, *given)

    def begin(self, *command: str) -> subprocess.Popen[bytes]:
        """A process of ours, in its own session."""
        with (self.folder / "processes.log").open("ab") as out:
            return subprocess.Popen(
                [sys.executable, *command], cwd=TREE, stdout=subprocess.PIPE, stderr=out, start_new_session=True
            )

    async def follower(self, *, lease_seconds: float = 0.5, chance: float = 0.0) -> subprocess.Popen[bytes]:
        """A process that follows, and does so by now."""
        begun = self.begin("-m", "tests.guarantees.following", str(self.data), str(lease_seconds), str(chance))
        assert begun.stdout is not None
        await asyncio.to_thread(begun.stdout.readline)
        return begun


async def append(world: World, draft: Draft) -> None:
    """Append an event as it is."""
    await world.log.append(world.store.id, keys=Keys(), decide=lambda known: (draft,), credential=None)


async def send(world: World, statement: Json) -> None:
    """Append a statement; one whose id is taken is none."""
    version = Version.V2_0_0 if str(statement.get("version", "1.0.3")).startswith("2") else Version.V1_0_3
    with contextlib.suppress(LrsError):
        await world.send(statement, version=version)


def district(folder: Path, seed: int) -> tuple[list[Applied], list[Json]]:
    """A small simulated district: its reference data, and its statements in order of arrival."""
    writer.write(Simulation(seed=seed, scale=0.1, years=1), folder)
    packages = [case.parse((folder / name).read_bytes()) for name in ("rubric.json", "rubric-lab.json")]
    roster = oneroster.parse({file.name: file.read_bytes() for file in (folder / "roster").iterdir()})
    bodies: list[tuple[Any, Any]] = [("policy", (folder / "policy.yaml").read_text())]
    bodies += [("rubric", each) for each in packages]
    bodies += [("roster", roster)]
    bodies += [(kind, lists.parse(kind, (folder / f"{kind}.csv").read_bytes(), kind)) for kind in LISTS]
    applied = [_applied(kind, msgspec.to_builtins(body)) for kind, body in bodies]
    statements = [orjson.loads(line) for line in (folder / "statements.jsonl").read_bytes().splitlines()]
    for each in statements:
        each.pop("stored", None)
        each.pop("authority", None)
    return applied, statements


def _applied(kind: Any, body: Any) -> Applied:
    digest = sha256(orjson.dumps(body)).hexdigest()
    return Applied(kind=kind, sha256=digest, effective_from=date(2022, 7, 1), source=kind, body=body)


@contextlib.asynccontextmanager
async def standing(folder: Path, seed: int, *, skip: int = 0) -> AsyncIterator[Ground]:
    """A database of its own with a store in it, to which nothing was told yet."""
    applied, statements = district(folder / "district", seed)
    with main.database(Settings(data_dir=folder / "var")) as where:
        await main.migrate_up(where)
        pool = await storage.open(where.dsn, size=10, statement_seconds=60)
        world = await worlds.make(pool)
        try:
            yield Ground(
                folder=folder, where=where, world=world, references=applied, statements=iter(statements[skip:])
            )
        finally:
            await world.log.close()
            pool.terminate()
