"""One carrier's way through one store's log: lease, batches, back-off, and the checkpoint behind what is carried."""

import asyncio
import contextlib
import random
import time
from typing import Final

from lrs.errors import Unavailable
from lrs.log import read
from lrs.log.read import Told
from lrs.log.store import Store
from lrs.relay import checkpoints, parked
from lrs.relay.carrier import Carrier, Later, Refused, Tending
from lrs.relay.checkpoints import Checkpoints, Lease, LeaseLost
from lrs.storage import pool as storage
from lrs.storage import sqlfile
from lrs.storage.pool import Connection, Pool
from lrs.telemetry import logs, metrics

SQL: Final = sqlfile.load(__package__, "way.sql")
BATCH_BYTES: Final = 2**21
FIRST_RETRY: Final = 1.0
LAST_RETRY: Final = 60.0


class Way:
    """One carrier on its way through one store's log."""

    def __init__(
        self, pool: Pool, checkpoints_: Checkpoints, carrier: Carrier, store: Store, batch: int, lease_seconds: float
    ) -> None:
        self.carrier = carrier
        self.stir = asyncio.Event()
        self._pool = pool
        self._checkpoints = checkpoints_
        self._store = store
        self._batch = batch
        self._lease_seconds = lease_seconds
        self._lease: Lease | None = None
        self._until = 0.0
        self._deadline = asyncio.timeout(None)
        self._failures = 0
        self._has_begun = False
        # While what comes next must wait, the carrier still tends.
        self._not_before = 0.0
        self._events: list[Told] = []
        self.task = asyncio.create_task(self._run(), name=f"{carrier.name} in store {store.id}")

    def renewed(self, asked: float) -> None:
        """The lease was renewed by a request sent at `asked`, and answered now: it holds for as long again."""
        # Answered later than it ran out, it may have been taken from us before.
        if self._lease is not None and time.monotonic() < self._until:
            self._until = asked + self._lease_seconds
            with contextlib.suppress(RuntimeError):  # nothing is under way
                self._deadline.reschedule(self._until)

    async def _run(self) -> None:
        try:
            await self._go()
        finally:
            # What the carrier holds on to for us, such as a client with threads of its own, goes with us.
            self._drop()

    async def _go(self) -> None:
        while True:
            try:
                pause = await self._turn()
            except LeaseLost:
                self._drop()
                pause = 0.0
            except Unavailable as error:
                logs.warning("a carrier waits for the database", carrier=self.carrier.name, reason=error.detail)
                self._drop()
                pause = FIRST_RETRY
            except Exception as error:
                logs.error("a carrier failed", carrier=self.carrier.name, store=self._store.id, cause=error)
                self._drop()
                pause = LAST_RETRY
            await self._wait(pause)

    async def _wait(self, seconds: float) -> None:
        """Wait so long, or until the log goes on where that would be of use."""
        if self._lease is None or time.monotonic() < self._not_before:
            await asyncio.sleep(seconds)
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.stir.wait()

    async def _turn(self) -> float:
        """Carry a batch and tend; how long to wait, unless the log goes on before."""
        lease = self._lease or await self._take()
        if lease is None:
            return self._lease_seconds / 3
        try:
            # A lease that ran out while we slept may be another's: what we have begun is cut off.
            self._deadline = asyncio.timeout_at(self._until)
            async with self._deadline:
                if await self._carry_if_due(lease):
                    await self._tend()
                    return 0.0
                pause = await self._tend()
        except TimeoutError:
            raise LeaseLost(f"the lease of {self.carrier.name} ran out") from None
        held = self._not_before - time.monotonic()
        return min(pause, held if held > 0 else LAST_RETRY)

    async def _tend(self) -> float:
        if not isinstance(self.carrier, Tending):
            return LAST_RETRY
        try:
            return min(await self.carrier.tend(self._store), LAST_RETRY)
        except (LeaseLost, Unavailable):
            raise
        except TimeoutError:
            if self._deadline.expired():
                raise
            return FIRST_RETRY
        except Exception as error:
            logs.error("a carrier could not tend", carrier=self.carrier.name, store=self._store.id, cause=error)
            return LAST_RETRY / 2

    async def _carry_if_due(self, lease: Lease) -> bool:
        """Carry what comes next, unless it must wait; whether the checkpoint came further."""
        if time.monotonic() < self._not_before:
            return False
        try:
            moved = await self._carry(lease)
        except Later as later:
            logs.debug("a carrier waits", carrier=self.carrier.name, reason=later.reason, seconds=later.seconds)
            self._not_before = time.monotonic() + later.seconds
            return False
        except (LeaseLost, Unavailable):
            raise
        except Exception as error:
            if self._deadline.expired():
                raise
            self._failures += 1
            jitter = random.uniform(0.8, 1.2)  # noqa: S311 - nobody gains by guessing it
            self._not_before = (
                time.monotonic() + min(FIRST_RETRY * 2 ** min(self._failures - 1, 10), LAST_RETRY) * jitter
            )
            logs.error("a carrier failed", carrier=self.carrier.name, store=self._store.id, cause=error)
            self._drop_events()
            return False
        self._failures = 0
        return moved

    async def _take(self) -> Lease | None:
        """The lease, if nobody else has it."""
        name = self.carrier.name
        if not self._has_begun:
            async with storage.connection(self._pool) as connection:
                await SQL.execute(connection, "begin", store=self._store.id, follower=name, position=self.carrier.start)
            # A checkpoint that goes later is that of a carrier that was removed.
            self._has_begun = True
        asked = time.monotonic()
        self._lease = await self._checkpoints.take(self._store.id, name)
        self._until = asked + self._lease_seconds
        self._not_before = 0.0
        self._drop_events()
        self.stir.set()
        return self._lease

    async def _carry(self, lease: Lease) -> bool:
        if not self._events:
            self._events = await self._read(lease)
        if not self._events:
            return False
        begun = time.monotonic()
        try:
            through = await self.carrier.carry(self._store, self._events)
        except Refused as refused:
            await self._park(lease, refused)
            return True
        if through <= lease.position:
            return False
        async with storage.connection(self._pool) as connection:
            await self._checkpoints.move(connection, lease, to=through)
        self._came(lease, through)
        metrics.FOLLOW_SECONDS.observe(time.monotonic() - begun, self.carrier.name)
        return True

    async def _park(self, lease: Lease, refused: Refused) -> None:
        async with storage.transaction(self._pool) as tx:
            await checkpoints.fence(tx, lease)
            await parked.park(
                tx, store=lease.store, follower=lease.follower, position=refused.position, error=refused.error
            )
            await self._checkpoints.move(tx, lease, to=refused.position)
        self._came(lease, refused.position)

    def _came(self, lease: Lease, through: int) -> None:
        left = [event for event in self._events if event.position > through]
        metrics.FOLLOWED.add(self.carrier.name, by=len(self._events) - len(left))
        self._events = left
        self._lease = Lease(store=lease.store, follower=lease.follower, number=lease.number, position=through)

    async def _read(self, lease: Lease) -> list[Told]:
        """What comes next; LeaseLost where somebody has moved the checkpoint."""
        if not self.stir.is_set():
            return []
        self.stir.clear()
        after = {"store": lease.store, "position": lease.position}
        async with storage.connection(self._pool) as connection:
            last = await SQL.fetchval(connection, "fitting", **after, events=self._batch, bytes=BATCH_BYTES)
            if last is None:
                await self._check(connection, lease)
                return []
            self.stir.set()
            return await read.told(connection, lease.store, lease.position, limit=int(str(last)) - lease.position)

    async def _check(self, connection: Connection, lease: Lease) -> None:
        """LeaseLost where the checkpoint is not where we left it: then there is more to carry than we think."""
        held = await SQL.fetchval(connection, "held", store=lease.store, follower=lease.follower, lease=lease.number)
        if held != lease.position:
            raise LeaseLost(f"{lease.follower} of store {lease.store} is elsewhere")

    def _drop(self) -> None:
        self._lease = None
        self._drop_events()

    def _drop_events(self) -> None:
        self._events = []
        self.carrier.forget(self._store)
