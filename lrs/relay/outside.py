"""Runs carriers: followers of the log whose effect lies outside the database, so that it happens at least once.

Each carrier goes through each store's log in a task of its own, so that one whose other end is dead delays nobody. Who
holds the lease carries; what is carried is never ahead of the log, and the checkpoint never ahead of what is carried.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from lrs.errors import LrsError
from lrs.log.stores import SYSTEM, Stores
from lrs.relay import checkpoints
from lrs.relay.carrier import Carrier
from lrs.relay.checkpoints import Checkpoints
from lrs.relay.way import FIRST_RETRY, Way
from lrs.storage import pool as storage
from lrs.storage import sqlfile
from lrs.storage.pool import Pool
from lrs.telemetry import logs, metrics

SQL: Final = sqlfile.load(__package__, "outside.sql")
BATCH: Final = 500
SOURCE_SECONDS: Final = 1.0
BUSY_SECONDS: Final = 0.03
IDLE_SECONDS: Final = 0.25
LAG_SECONDS: Final = 2.0


class Outside:
    """Runs the carriers that `source` names, asked once a second: new ones begin, those that are gone end.

    A carrier that is another object than before is begun anew. `holder` is the name of this process and no other, nor
    that of its Runner.
    """

    def __init__(
        self,
        pool: Pool,
        stores: Stores,
        source: Callable[[], Awaitable[Sequence[Carrier]]],
        *,
        holder: str,
        batch: int = BATCH,
        lease_seconds: float = checkpoints.LEASE_SECONDS,
    ) -> None:
        self._pool = pool
        self._stores = stores
        self._source = source
        self._batch = batch
        self._lease_seconds = lease_seconds
        self._checkpoints = Checkpoints(pool, holder, seconds=lease_seconds)
        self._ways: dict[tuple[str, int], Way] = {}

    async def run(self) -> None:
        """Carry until cancelled; then every lease is let go."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._look())
                group.create_task(self._stir())
                group.create_task(self._renew())
                group.create_task(self._tell())
        finally:
            await self._end(list(self._ways))
            with contextlib.suppress(LrsError):
                await self._checkpoints.release()

    async def _look(self) -> None:
        """Keep a way for each carrier and store."""
        while True:
            try:
                await self.refresh()
            except LrsError as error:
                logs.warning("what is carried outside could not be read", reason=error.detail)
            except Exception as error:
                logs.error("what is carried outside could not be made", cause=error)
            await asyncio.sleep(SOURCE_SECONDS)

    async def refresh(self) -> None:
        """Ask the source now."""
        every = [id for id in await self._stores.all() if id != SYSTEM]
        wanted: dict[tuple[str, int], Carrier] = {}
        for carrier in await self._source():
            for id in every if carrier.stores is None else sorted(carrier.stores):
                wanted[carrier.name, id] = carrier
        await self._end([key for key, way in self._ways.items() if wanted.get(key) is not way.carrier])
        for key, carrier in wanted.items():
            if key not in self._ways:
                store = await self._stores.get(key[1])
                self._ways[key] = Way(self._pool, self._checkpoints, carrier, store, self._batch, self._lease_seconds)

    async def _end(self, keys: Sequence[tuple[str, int]]) -> None:
        tasks = [self._ways.pop(key).task for key in keys]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _stir(self) -> None:
        """Wake those for whom the log goes on: one question for all of them."""
        pause = BUSY_SECONDS
        while True:
            try:
                names = sorted({name for name, _ in self._ways})
                async with storage.connection(self._pool) as connection:
                    rows = await SQL.fetch(connection, "behind", followers=names) if names else []
            except LrsError:
                await asyncio.sleep(FIRST_RETRY)
                continue
            for row in rows:
                if (way := self._ways.get((row["follower"], row["store"]))) is not None:
                    way.stir.set()
            pause = BUSY_SECONDS if rows else min(pause * 1.5, IDLE_SECONDS)
            await asyncio.sleep(pause)

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(self._lease_seconds / 3)
            asked = time.monotonic()
            try:
                if self._ways:
                    await self._checkpoints.renew()
            except LrsError as error:
                logs.warning("leases of carriers could not be renewed", reason=error.detail)
                continue
            for way in self._ways.values():
                way.renewed(asked)

    async def _tell(self) -> None:
        """Tell how far behind each carrier is."""
        told: set[str] = set()
        while True:
            try:
                names = sorted({name for name, _ in self._ways})
                async with storage.connection(self._pool) as connection:
                    rows = await SQL.fetch(connection, "lags", followers=names) if names else []
                for row in rows:
                    metrics.FOLLOWER_LAG.set(row["events"], row["follower"])
                    metrics.FOLLOWER_LAG_SECONDS.set(row["seconds"], row["follower"])
                for name in told - set(names):
                    metrics.FOLLOWER_LAG.sums.pop((name,), None)
                    metrics.FOLLOWER_LAG_SECONDS.sums.pop((name,), None)
                told = set(names)
            except LrsError as error:
                logs.warning("lag could not be told", reason=error.detail)
            await asyncio.sleep(LAG_SECONDS)
