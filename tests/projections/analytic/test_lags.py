"""Lags tell of each follower how far it is behind, in the store where it is most so."""

from collections.abc import AsyncIterator

import pytest_asyncio

from lrs.storage import pool as storage
from projections.analytic.lags import lags
from tests.conftest import Database
from tests.projections import stage as stages
from tests.projections.stage import Stage, completed
from tests.world import World


@pytest_asyncio.fixture
async def stage(world: World, database: Database) -> AsyncIterator[Stage]:
    yield await stages.make(world, database)


async def test_projections_are_behind_while_facts_are_or_keys_are_marked(stage: Stage) -> None:
    (name,) = [each.name for each in stage.projections]
    await stage.send(completed())
    assert await behind(stage) == {name: 1}
    await stage.settle()
    assert await behind(stage) == {"facts": 0, name: 0}
    await stage.send(completed(), completed())
    await stage.running.runner.turn(stage.running.follower)
    assert await behind(stage) == {"facts": 0, name: 2}
    found = await lags(stage.world.pool, [])
    assert found["facts"]["seconds"] == 0


async def test_followers_of_hooks_are_told_by_kind(stage: Stage) -> None:
    async with storage.connection(stage.world.pool) as connection:
        await connection.execute(
            "insert into relay.checkpoints (store, follower, position)"
            " select $1, 'webhook:' || p, p from generate_series(0, 1) p",
            stage.world.store.id,
        )
    await stage.send(completed())
    found = await lags(stage.world.pool, [])
    assert found["webhook"]["behind"] == 1
    assert found["webhook"]["seconds"] >= 0


async def behind(stage: Stage) -> dict[str, float]:
    found = await lags(stage.world.pool, [each.name for each in stage.projections])
    return {name: each["behind"] for name, each in found.items()}
