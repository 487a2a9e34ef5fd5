"""The projections of the whole system from Kafka: the same rows as from the log, whoever comes, goes or dies."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from uuid import uuid4

from lrs.config import Settings
from lrs.hooks.kafka import relay
from tests.guarantees import ground
from tests.guarantees.ground import Ground
from tests.kafka import groups
from tests.serving import until


@asynccontextmanager
async def relaying(site: Ground, settings: Settings) -> AsyncIterator[None]:
    (outside,) = relay.outside(settings, site.world.pool, str(uuid4()))
    task = asyncio.create_task(outside.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_three_processes_and_six_partitions_give_the_rows_of_the_log(tmp_path: Path, kafka: Settings) -> None:
    """Also across killing a process and adding one, and reference data in between; and from the log, and back to it."""
    async with ground.standing(tmp_path, 7) as site, relaying(site, kafka):
        await site.apply(4)
        await site.tell(60)
        await site.settle()
        processes = list(await asyncio.gather(*(groups.follower(site, kafka) for _ in range(3))))
        try:
            await site.tell(80)
            await site.apply()
            groups.kill(processes[0])
            await site.tell(80)
            processes.append(await groups.follower(site, kafka))
            await until(partial(groups.caught_up, site), seconds=90)
            assert await site.value("select count(*) from relay.partitions") == 6
            assert await site.differences() == []
            await site.tell(30)
        finally:
            for each in processes:
                groups.kill(each)
        await site.tell(20)
        await site.settle()
        assert await site.value("select count(*) from relay.partitions") == 0
        assert await site.differences() == []
        assert await site.rows() > 0
