"""A floor is held while older statements may yet come, and no longer."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from lrs.errors import Conflict
from lrs.events import Draft, Kind
from lrs.log.floor import OLDEST, Floors
from lrs.log.group import Keys
from lrs.log.loads import Loads
from tests.world import World

PAST = datetime(2020, 1, 1, tzinfo=UTC)


async def append(world: World, stored: datetime | None = None) -> datetime:
    draft = Draft(kind=Kind.RECORDS_READ, subject=uuid4(), payload=b"{}", filled=b"{}", stored=stored)
    appended = await world.log.append(world.store.id, keys=Keys(), decide=lambda known: [draft], credential=None)
    return appended.through


async def floor(world: World) -> datetime:
    return await Floors(world.pool).through(world.store.id)


async def test_a_held_floor_is_not_raised_by_readers(world: World) -> None:
    await Loads(world.pool).hold(world.store)
    assert await floor(world) == OLDEST
    await append(world, PAST)
    assert await floor(world) == PAST


async def test_the_floor_of_an_empty_store_falls_to_be_held(world: World) -> None:
    assert await floor(world) > PAST
    await Loads(world.pool).hold(world.store)
    assert await append(world, PAST) == PAST


async def test_the_first_event_with_a_time_of_ours_lets_go(world: World) -> None:
    await Loads(world.pool).hold(world.store)
    await append(world, PAST)
    written = await append(world)
    async with world.pool.acquire() as connection:
        assert not await connection.fetchval("select held from log.heads where store = $1", world.store.id)
    assert await floor(world) >= written > PAST + timedelta(days=1)


async def test_a_store_with_records_of_its_own_is_not_held(world: World) -> None:
    written = await append(world)
    with pytest.raises(Conflict, match="has records of its own"):
        await Loads(world.pool).hold(world.store)
    assert await floor(world) >= written
