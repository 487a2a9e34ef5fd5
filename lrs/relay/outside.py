"""Runs carriers: followers of the log whose effect lies outside the database, so that it happens at least once.

Each carrier goes through each store's log in a task of its own, so that one whose other end is dead delays nobody. Who
holds the lease carries; what is carried is never ahead of the log, and the checkpoint never ahead of what is carried.
"""

import asyncio
import contextlib
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Protocol, runtime_checkable

from lrs.errors import LrsError, Unavailable
from lrs.log import read
from lrs.log.read import Told
from lrs.log.store import Store
from lrs.log.stores import SYSTEM, Stores
from lrs.relay import checkpoints, parked
from lrs.relay.checkpoints import Checkpoints, Lease, LeaseLost
from lrs.storage import pool as storage
from lrs.storage import sqlfile
from lrs.storage.pool import Connection, Pool
from lrs.telemetry import logs, metrics

SQL: Final = sqlfile.load(__package__, "outside.sql")
BATCH: Final = 500
BATCH_BYTES: Final = 2**21
SOURCE_SECONDS: Final = 1.0
BUSY_SECONDS: Final = 0.03
IDLE_SECONDS: Final = 0.25
LAG_SECONDS: Final = 2.0
FIRST_RETRY: Final = 1.0
LAST_RETRY: Final = 60.0
# The start of a carrier that is told no event and only tends.
NEVER: Final = 2**62


class Later(Exception):
    """Raised by a carrier that wants to be asked again after `seconds`, and not before; `reason` is for the log."""

    def __init__(self, seconds: float, reason: str) -> None:
        super().__init__(reason)
        self.seconds = seconds
        self.reason = reason


class Refused(Exception):
    """Raised by a carrier where the event at `position` can never be carried, and all before it are: it is parked."""

    def __init__(self, position: int, error: BaseException) -> None:
        super().__init__(f"position {position}: {error}")
        self.position = position
        self.error = error


class Carrier(Protocol):
    """Brings events outside, at least once and in order, by their positions as ids."""

    @property
    def name(self) -> str:
        """What its checkpoints are kept under: `webhook:UUID`, `forward:UUID`, `kafka`, `plugin:NAME`."""

    @property
    def stores(self) -> frozenset[int] | None:
        """The stores whose logs it carries; None for all of them."""

    @property
    def start(self) -> int:
        """The position after which a new checkpoint begins: 0 for the first event, NEVER for no event at all."""

    async def carry(self, store: Store, events: Sequence[Told]) -> int:
        """Bring the events outside; the position through which all of them are, which may be before the first.

        It may be cancelled at any time. Raises Later or Refused; after any other error it is asked again, later and
        later. It does well to return after a second or so: what was carried until then is not carried again.
        """

    def forget(self, store: Store) -> None:
        """Drop what is remembered of a store from batch to batch: the next may be from any position."""


@runtime_checkable
class Tending(Protocol):
    """A carrier that also has things to do that no event brings about, such as repeating what failed."""

    async def tend(self, store: Store) -> float:
        """Do what is due, for a second or so; in how many seconds there may be more. Only who holds the lease is asked.

        Before the first call and after each lost lease, `forget` is called.
        """


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
        self._ways: dict[tuple[str, int], _Way] = {}

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
                self._ways[key] = _Way(self._pool, self._checkpoints, carrier, store, self._batch, self._lease_seconds)

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


class _Way:
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
        async with storage.connection(self._pool) as connection:
            await SQL.execute(connection, "begin", store=self._store.id, follower=name, position=self.carrier.start)
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
