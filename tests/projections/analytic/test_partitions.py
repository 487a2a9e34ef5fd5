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
        "with whole as (delete from facts.marks returning *),"
        " each as (select store, target, at, key from whole, unnest(keys, positions) m (key, at))"
        " insert into facts.marks select store, target, at, array[key], array[at] from each"
        " union all select store, target, 3, array[key], array[3] from each where at = 1"
    )
    (projector,) = stage.running.projectors
    await projector.drain()
    assert await stage.learned() == {"ann": (1, 10.0), "bob": (1, 10.0)}
    await pool.execute("update relay.checkpoints set position = 3 where follower = 'facts'")
    await projector.drain()
    assert await stage.learned() == {"ann": (2, 20.0), "bob": (1, 10.0)}
