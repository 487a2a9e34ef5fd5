"""Every row of the catalogue that has a short form, with as many loops as fit into `make test`."""

import pytest

from tests.guarantees import rows

ROWS = rows.every()


@pytest.mark.parametrize("id", [row.id for row in ROWS.values() if row.short])
async def test_promise_holds(id: str) -> None:
    verdict = await rows.judge(ROWS[id], loops=ROWS[id].short)
    assert verdict.held, verdict.line()
