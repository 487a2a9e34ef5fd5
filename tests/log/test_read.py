"""What is read of the log from a position on costs what comes behind it, however long the log is before it."""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import uuid4

import pytest

from lrs.events import Draft, Kind
from lrs.log import read
from lrs.log.group import Keys
from lrs.relay import way
from lrs.storage.sqlfile import File
from tests.world import World

EVENTS, BEHIND, LIMIT = 900, 600, 100


async def append(world: World) -> None:
    drafts = [Draft(kind=Kind.RECORDS_READ, subject=uuid4(), payload=b"{}", filled=b"{}") for _ in range(EVENTS)]
    await world.log.append(world.store.id, keys=Keys(), decide=lambda known: drafts, credential=None, weight=EVENTS)


@pytest.mark.parametrize(
    ("sql", "name", "values"),
    [
        (read.SQL, "told", {"limit": LIMIT}),
        (read.SQL, "after", {"limit": LIMIT}),
        (read.SQL, "span", {"count": LIMIT, "kinds": [kind.value for kind in Kind], "size": 10_000_000}),
        (way.SQL, "fitting", {"events": LIMIT, "bytes": 10_000_000}),
    ],
)
async def test_no_payload_before_the_position_is_looked_through(
    world: World, sql: File, name: str, values: Mapping[str, Any]
) -> None:
    await append(world)
    query = sql[name]
    given = query.values({"store": world.store.id, "position": BEHIND, **values})
    async with world.pool.acquire() as connection, connection.transaction():
        # What a planner chooses that thinks it comes to the first match at once; it does so of large logs.
        await connection.execute("set local enable_nestloop = off; set local enable_hashjoin = off")
        await connection.execute("set local enable_seqscan = off; set local enable_bitmapscan = off")
        await connection.execute("set local enable_sort = off")
        plan = json.loads(await connection.fetchval(f"explain (analyze, format json) {query.text}", *given))
    scanned = [each["Actual Rows"] for each in scans(plan[0]["Plan"], "payloads")]
    assert scanned
    assert max(scanned) <= EVENTS - BEHIND


def scans(node: Mapping[str, Any], table: str) -> Iterator[Mapping[str, Any]]:
    """The nodes of a plan that read a table."""
    if node.get("Relation Name") == table:
        yield node
    for each in node.get("Plans", ()):
        yield from scans(each, table)
