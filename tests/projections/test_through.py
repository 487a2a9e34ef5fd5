"""What a page claims to be consistent through."""

from datetime import datetime, timedelta

import pytest

from lrs.log.store import Store
from lrs.storage.pool import Connection
from lrs.xapi.query import StatementQuery
from projections.statements import reader
from tests.world import World, statement


async def test_a_page_claims_the_floor_that_it_was_read_at(world: World) -> None:
    await world.send(statement())
    before = (await world.statements.find(world.store.id, StatementQuery(), mine=None)).through
    world.floors.see(world.store.id, before + timedelta(hours=1))  # as another request does whose look came later
    page = await world.statements.find(world.store.id, StatementQuery(), mine=None)
    assert page.through == before


async def test_a_page_up_to_a_time_claims_no_more_than_when_its_end_was_looked_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.send(statement())
    before = (await world.statements.find(world.store.id, StatementQuery(), mine=None)).through
    honest = reader._window

    async def late(connection: Connection, store: Store, query: StatementQuery) -> tuple[int, int, datetime | None]:
        looked = await honest(connection, store, query)
        await world.send(statement())
        return looked

    monkeypatch.setattr(reader, "_window", late)
    query = StatementQuery(until=before + timedelta(hours=1))
    page = await world.statements.find(world.store.id, query, mine=None)
    assert (len(page.statements), page.through) == (1, before)
