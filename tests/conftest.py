"""What every test may ask for: a PostgreSQL for the whole run, and a database of its own, migrated, in milliseconds."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from lrs import main
from lrs.storage import migrate
from lrs.storage import pool as storage
from lrs.storage.cluster import LOGIN, SUPERUSER
from lrs.storage.embedded import Embedded
from projections.analytic import schemas
from tests import scratch, workers
from tests import world as worlds
from tests.world import World

TEMPLATE = "migrated"
NUMBERS = count(1)


@dataclass(frozen=True, kw_only=True)
class Database:
    """A migrated database: `pool` acts as the server does, `owner_dsn` is the superuser's."""

    name: str
    dsn: str
    owner_dsn: str
    pool: storage.Pool


def pytest_configure(config: pytest.Config) -> None:
    """Temporary files lie in memory, and are gone afterwards; those of workers, its children, too."""
    if not hasattr(config, "workerinput"):
        stack = ExitStack()
        stack.enter_context(scratch.kept())
        config.add_cleanup(stack.close)


@pytest.hookimpl(tryfirst=True)  # before the names of groups are read
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Several workers (-n 2) share out the files of tests, the longest first."""
    if hasattr(config, "workerinput"):
        workers.share_out(items)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Embedded]:
    """One embedded PostgreSQL for the whole run."""
    with (
        tempfile.TemporaryDirectory(prefix="lrs-test-") as folder,
        Embedded.start(Path(folder) / "var", connections=200) as server,
    ):
        yield server


@pytest_asyncio.fixture(scope="session")
async def template(postgres: Embedded) -> str:
    """The name of a migrated database, to make others from."""
    await command(postgres, f"create database {TEMPLATE}")
    await migrate.up(postgres.url(SUPERUSER, TEMPLATE), login=LOGIN)
    await schemas.make_missing(postgres.url(SUPERUSER, TEMPLATE), main.projections())
    return TEMPLATE


@pytest_asyncio.fixture
async def database(postgres: Embedded, template: str) -> AsyncIterator[Database]:
    """A fresh migrated database for one test."""
    async for made in _database(postgres, template):
        yield made


@pytest_asyncio.fixture(scope="module")
async def module_database(postgres: Embedded, template: str) -> AsyncIterator[Database]:
    """A migrated database that the tests of a module share."""
    async for made in _database(postgres, template):
        yield made


@pytest_asyncio.fixture
async def empty(postgres: Embedded) -> AsyncIterator[str]:
    """Where the superuser connects to a database with nothing in it."""
    name = f"empty_{next(NUMBERS)}"
    await command(postgres, f"create database {name}")
    yield postgres.url(SUPERUSER, name)
    await command(postgres, f"drop database {name} with (force)")


@pytest_asyncio.fixture
async def world(database: Database) -> AsyncIterator[World]:
    """A store with its log and readers, on a fresh database."""
    made = await worlds.make(database.pool)
    yield made
    await made.log.close()


async def command(postgres: Embedded, sql: str) -> None:
    """Run `sql` as the superuser, outside of every test's database."""
    connection = await asyncpg.connect(postgres.url(SUPERUSER, "postgres"))
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


async def _database(postgres: Embedded, template: str) -> AsyncIterator[Database]:
    name = f"test_{next(NUMBERS)}"
    await command(postgres, f"create database {name} template {template} strategy file_copy")
    dsn = postgres.url(LOGIN, name)
    pool = await storage.open(dsn)
    try:
        yield Database(name=name, dsn=dsn, owner_dsn=postgres.url(SUPERUSER, name), pool=pool)
    finally:
        pool.terminate()
        await command(postgres, f"drop database {name} with (force)")
