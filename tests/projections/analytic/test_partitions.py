"""While facts are followed in partitions, rows are those of the position through which all have come."""

import pytest_asyncio

from tests.conftest import Database
from tests.projections import stage as stages
from tests.projections.stage import Stage, completed
from tests.world import World


@pytest_asyncio.fixture
async def stage(world: World, database: Database) -> Stage:
    return await stages.make(world, database)


async def test_rows_wait_for_the_slowest_partition(stage: Stage) -> None:
    await stage.send(completed("ann", "1"), completed("bob", "1"), completed("ann", "2"))
    await stage.running.runner.turn(stage.running.follower)
    pool, store = stage.world.pool, stage.world.store.id
    await pool.execute("update relay.checkpoints set position = 2 where follower = 'facts'")
    await pool.execute(
        "insert into relay.partitions (store, follower, partition, epoch, position)"
        " select $1, 'facts', n, lease, 2 + n from relay.checkpoints, generate_series(0, 1) n"
        " where store = $1 and follower = 'facts'",
        store,
    )
    # As partitions mark: each position by itself.
    await pool.execute(
        "insert into facts.marks (store, target, position, key)"
        " select store, target, 3, key from facts.marks where position = 1 on conflict do nothing"
    )
    (projector,) = stage.running.projectors
    await projector.drain()
    assert await stage.learned() == {"ann": (1, 10.0), "bob": (1, 10.0)}
    await pool.execute("update relay.checkpoints set position = 3 where follower = 'facts'")
    await projector.drain()
    assert await stage.learned() == {"ann": (2, 20.0), "bob": (1, 10.0)}
