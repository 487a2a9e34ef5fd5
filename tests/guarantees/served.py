"""The whole server in this process, on a PostgreSQL of a trial's own, for rows that need no process to kill."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from lrs import main
from lrs.storage import migrate
from lrs.storage.cluster import LOGIN
from lrs.storage.embedded import Embedded
from tests import serving
from tests.serving import Client


@asynccontextmanager
async def server(folder: Path, **given: object) -> AsyncIterator[tuple[Client, main.Core]]:
    """A client and the record behind it; `given` are settings."""
    with Embedded.start(folder / "var", connections=100) as postgres:
        await migrate.up(postgres.owner_dsn, login=LOGIN)
        async with serving.lrs(postgres.dsn, **given) as made:
            yield made
