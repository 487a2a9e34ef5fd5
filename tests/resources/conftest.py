"""The whole server over a database that the tests of a module share."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests import serving
from tests.conftest import Database
from tests.serving import Client


@pytest_asyncio.fixture(scope="module")
async def client(module_database: Database) -> AsyncIterator[Client]:
    async with serving.lrs(module_database.dsn, page_size=5) as (client, _):
        yield client
