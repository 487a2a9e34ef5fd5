"""Runs followers over the logs of all stores, for as long as they are asked to; any number of processes may.

A log that goes on is noticed by polling heads, some times a second while there is work and less often when there is
none. Who holds the lease of a follower in a store runs it; when it runs out, somebody else does.
"""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from typing import Final, NamedTuple

from lrs.errors import LrsError, Unavailable
from lrs.log import read
from lrs.log.read import Told
from lrs.log.stores import Stores
from lrs.relay import checkpoints, frozen, parked
from lrs.relay.checkpoints import Checkpoints, Lease, LeaseLost
from lrs.relay.follower import Follower
from lrs.storage import pool as storage
from lrs.storage.pool import Pool
from lrs.telemetry import logs, metrics

BATCH: Final = 2_000
# Rounds of fewer events follow sooner one after the other.
MANY: Final = 100
BUSY_SECONDS: Final = 0.05
IDLE_SECONDS: Final = 0.25
LAG_SECONDS: Final = 1.0
RETRY_SECONDS: Final = 1.0


class Ahead(NamedTuple):
    """The events after a position, which are being read while the ones before are written."""

    after: int
    reading: asyncio.Task[Sequence[Told]]

    def drop(self) -> None:
        """Have no more of them read; what went wrong is nobody's business."""
        self.reading.add_done_callback(lambda task: task.cancelled() or task.exception())
        self.reading.cancel()


class Runner:
    """Runs `followers`; each of `stirs` is set whenever one of them has come further."""

    def __init__(
        self,
        pool: Pool,
        stores: Stores,
        followers: Sequence[Follower],
        *,
        holder: str,
        batch: int = BATCH,
        lease_seconds: float = checkpoints.LEASE_SECONDS,
        stirs: Sequence[asyncio.Event] = (),
    ) -> None:
        self._pool = pool
        self._stores = stores
        self._followers = followers
        self._batch = batch
        self._lease_seconds = lease_seconds
        self._checkpoints = Checkpoints(pool, holder, seconds=lease_seconds)
        self._leases: dict[tuple[str, int], Lease] = {}
        self._stirs = stirs
        self._ahead: dict[tuple[str, int], Ahead] = {}

    async def run(self) -> None:
        """Follow until cancelled; then every lease is let go."""
        tasks = [asyncio.create_task(self._keep(each)) for each in self._followers]
        tasks.append(asyncio.create_task(self._renew()))
        tasks.append(asyncio.create_task(self._tell()))
        tasks.append(asyncio.create_task(frozen.watch(self._pool)))
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            with contextlib.suppress(LrsError):
                await self.release()

    async def _keep(self, follower: Follower) -> None:
        pause = BUSY_SECONDS
        while True:
            begun = time.monotonic()
            try:
                moved = await self.turn(follower)
            except (Unavailable, LeaseLost) as error:
                logs.warning("a follower waits", follower=follower.name, reason=error.detail)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            if moved:
                pause = BUSY_SECONDS
                await asyncio.sleep(max(0.0, begun + self._round_seconds(follower, moved) - time.monotonic()))
            else:
                pause = min(pause * 1.5, IDLE_SECONDS)
                await asyncio.sleep(pause)

    def _round_seconds(self, follower: Follower, moved: int) -> float:
        """How long a round is that moved so many events: nothing is waited for where that is all, or few."""
        return follower.round_seconds * min(1.0, moved / MANY) if moved < self._batch else 0.0

    async def turn(self, follower: Follower) -> int:
        """One batch for each store whose log goes on; how many events were told in all."""
        moved = 0
        for store in await checkpoints.waiting(self._pool, follower.name):
            moved += await self.step(follower, store)
        return moved

    async def reach(self, follower: Follower, store_id: int, position: int) -> bool:
        """Follow a store's log exactly so far; False where the lease cannot be had, or it is further already."""
        while (lease := await self._lease(follower, store_id)) is not None and lease.position < position:
            await self.step(follower, store_id, limit=min(self._batch, position - lease.position))
        self._look_no_further()
        return lease is not None and lease.position == position

    async def step(self, follower: Follower, store_id: int, *, limit: int | None = None) -> int:
        """One batch of a store, if the lease can be had; how many events were told."""
        for _ in range(2):
            lease = await self._lease(follower, store_id)
            if lease is None:
                return 0
            try:
                if told := await self._batch_of(follower, lease, limit or self._batch):
                    return told
            except LeaseLost:
                logs.warning("lease lost", follower=follower.name, store=store_id)
            except BaseException:
                self._leases.pop((follower.name, store_id), None)
                raise
            # Lost, or somebody moved the checkpoint: what we know of it is not so any more.
            self._leases.pop((follower.name, store_id), None)
        return 0

    async def _lease(self, follower: Follower, store_id: int) -> Lease | None:
        """Our lease, taken now if nobody holds it."""
        lease = self._leases.get((follower.name, store_id))
        if lease is None:
            lease = await self._checkpoints.take(store_id, follower.name)
            if lease is not None:
                follower.forget(await self._stores.get(store_id))
                self._leases[follower.name, store_id] = lease
        return lease

    async def _batch_of(self, follower: Follower, lease: Lease, limit: int) -> int:
        events = await self._next(follower, lease, limit)
        if events:
            if len(events) == limit:
                after = events[-1].position
                reading = asyncio.create_task(self._read(follower, lease.store, after, limit, is_ahead=True))
                self._ahead[follower.name, lease.store] = Ahead(after, reading)
            await self._told(follower, lease, events)
            for each in self._stirs:
                each.set()
        return len(events)

    async def _next(self, follower: Follower, lease: Lease, limit: int) -> Sequence[Told]:
        """The next events, read ahead where the last batch was full."""
        ahead = self._ahead.pop((follower.name, lease.store), None)
        if ahead is not None and ahead.after == lease.position:
            if events := await ahead.reading:
                return events[:limit]
        elif ahead is not None:
            ahead.drop()
        return await self._read(follower, lease.store, lease.position, limit)

    async def _read(
        self, follower: Follower, store: int, after: int, limit: int, *, is_ahead: bool = False
    ) -> Sequence[Told]:
        async with storage.connection(self._pool) as connection:
            events = await read.told(connection, store, after, limit=limit)
        if is_ahead and events:
            await follower.look_ahead(await self._stores.get(store), events)
        return events

    async def _told(self, follower: Follower, lease: Lease, events: Sequence[Told]) -> Lease:
        """Tell the events, or halves of them where they cannot be handled together; the lease at its new position."""
        try:
            return await self._effect(follower, lease, events)
        except (LeaseLost, Unavailable):
            follower.forget(await self._stores.get(lease.store))
            raise
        except Exception as error:
            follower.forget(await self._stores.get(lease.store))
            if len(events) == 1:
                return await self._park(follower, lease, events[0], error)
        middle = len(events) // 2
        return await self._told(follower, await self._told(follower, lease, events[:middle]), events[middle:])

    async def _effect(self, follower: Follower, lease: Lease, events: Sequence[Told]) -> Lease:
        begun = time.monotonic()
        store = await self._stores.get(lease.store)
        async with storage.transaction(self._pool) as tx:
            position = await checkpoints.fence(tx, lease)
            if position + 1 != events[0].position:
                raise LeaseLost(f"the checkpoint of {follower.name} in store {lease.store} was moved")
            await follower.follow(tx, store, events)
            await self._checkpoints.move(tx, lease, to=events[-1].position)
        metrics.FOLLOWED.add(follower.name, by=len(events))
        metrics.FOLLOW_SECONDS.observe(time.monotonic() - begun, follower.name)
        return self._at(lease, events[-1].position)

    async def _park(self, follower: Follower, lease: Lease, event: Told, error: Exception) -> Lease:
        async with storage.transaction(self._pool) as tx:
            await checkpoints.fence(tx, lease)
            await parked.park(tx, store=lease.store, follower=follower.name, position=event.position, error=error)
            await self._checkpoints.move(tx, lease, to=event.position)
        return self._at(lease, event.position)

    def _at(self, lease: Lease, position: int) -> Lease:
        moved = Lease(store=lease.store, follower=lease.follower, number=lease.number, position=position)
        self._leases[lease.follower, lease.store] = moved
        return moved

    async def release(self) -> None:
        """Let go of every lease, for others to take at once."""
        self._look_no_further()
        self._leases.clear()
        await self._checkpoints.release()

    def _look_no_further(self) -> None:
        for ahead in self._ahead.values():
            ahead.drop()
        self._ahead.clear()

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(self._lease_seconds / 3)
            try:
                if self._leases:
                    await self._checkpoints.renew()
            except LrsError as error:
                logs.warning("leases could not be renewed", reason=error.detail)

    async def _tell(self) -> None:
        """Tell how far behind each follower is, and how much it has parked."""
        while True:
            try:
                counts = await parked.counts(self._pool)
                for follower in self._followers:
                    lags = await checkpoints.lag(self._pool, follower.name)
                    metrics.FOLLOWER_LAG.set(max((lag.head - lag.position for lag in lags), default=0), follower.name)
                    metrics.FOLLOWER_LAG_SECONDS.set(max((lag.seconds for lag in lags), default=0), follower.name)
                for name, count in counts.items():
                    metrics.PARKED_NOW.set(count, name)
                for labels in metrics.PARKED_NOW.sums:
                    if labels[0] not in counts:
                        metrics.PARKED_NOW.set(0, *labels)
            except LrsError as error:
                logs.warning("lag could not be told", reason=error.detail)
            await asyncio.sleep(LAG_SECONDS)
