"""Every row of the catalogue that has a short form, with as many loops as fit into `make test`."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.guarantees import rows, sites

ROWS = rows.every()


@pytest_asyncio.fixture(scope="module", autouse=True)
async def standing() -> AsyncIterator[None]:
    """One server for all rows that need none of their own."""
    with rows.folder("standing") as folder:
        async with sites.STANDING.kept(folder):
            yield


@pytest.mark.parametrize("id", [row.id for row in ROWS.values() if row.short])
async def test_promise_holds(id: str) -> None:
    verdict = await rows.judge(ROWS[id], loops=ROWS[id].short)
    assert verdict.held, verdict.line()
