"""An embedded server that the tests of a file share."""

from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from lrs.storage.embedded import Embedded


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory, made and stopped; below a folder that is closed to all but us, as pytest's are."""
    data_dir = tmp_path_factory.mktemp("embedded") / ("deep" * 30) / "var"
    Embedded.start(data_dir).stop()
    return data_dir


@pytest.fixture
def server(made: Path) -> Iterator[Embedded]:
    with Embedded.start(made) as started:
        yield started


async def ask(server: Embedded, sql: str, login: str = "lrs") -> object:
    connection = await asyncpg.connect(server.url(login))
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()
