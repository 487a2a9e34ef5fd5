"""Follows the facts from Kafka: several processes at once, each with the partitions that the group gives it.

Between two changes of reference data the order of partitions does not matter, and nobody waits for anybody: a void is
remembered until its target comes. At a change of reference data all meet. Partition 0 takes it in, from the log, when
every other has come to the position before it; those go on beyond it only then. So facts are what they would be had
one process followed the log, `since` and `until` included.
"""

import asyncio
import contextlib
import time
from collections.abc import Collection, Sequence
from typing import Final

import asyncpg
import msgspec

from lrs.config import Settings
from lrs.errors import LrsError, NotFound, Unavailable
from lrs.events import Kind
from lrs.hooks.kafka import relay, topics
from lrs.hooks.kafka.source import Place, Source, Turn
from lrs.log import read
from lrs.log.read import Told
from lrs.log.store import Store
from lrs.log.stores import Stores
from lrs.relay import checkpoints, parked
from lrs.relay.checkpoints import LeaseLost
from lrs.relay.follower import Follower as Beside
from lrs.relay.partitions import SQL, Part, Partitions
from lrs.storage import pool as storage
from lrs.storage.pool import Connection, Pool
from lrs.telemetry import logs, metrics
from projections.analytic import Projection, held, replaying
from projections.analytic.running import Running
from projections.facts.follower import Follower
from projections.facts.queues import Queue, Queued
from projections.facts.store import Facts

BATCH: Final = 1_000
# Where a queue is longer, no more is read into it.
FULL: Final = 4_000
TELL_SECONDS: Final = 0.5
RETRY_SECONDS: Final = 1.0
WAIT_SECONDS: Final = 0.1


def running(
    settings: Settings, pool: Pool, every: Sequence[Projection], holder: str, names: Collection[str],
    beside: Sequence[Beside],
) -> Running:  # fmt: skip
    """What runs the followers of a process: facts come from Kafka where the settings say so."""

    def apart(projections: Sequence[Projection], stirs: Sequence[asyncio.Event]) -> Partitioned:
        return Partitioned(settings, pool, Stores(pool), projections, stirs=stirs)

    source = apart if settings.follow_source == "kafka" else None
    memory = held.most(settings)
    return Running(pool, Stores(pool), every, holder=holder, names=names, beside=beside, apart=source, memory=memory)


class _Follower(Follower):
    """Follows parts of a log that are kept apart by their own checkpoints."""

    is_apart = True

    async def _enter(self, tx: Connection, store: Store, position: int) -> None:
        """Nothing is taken over."""


class _Lane(msgspec.Struct, kw_only=True, eq=False):
    """A partition that is ours, and what of it waits."""

    store: Store
    part: Part
    queue: Queue
    stir: asyncio.Event
    is_paused: bool = False
    task: "asyncio.Task[None] | None" = None


class Partitioned:
    """Keeps the facts after the topics of all stores; `stirs` are set whenever it has come further."""

    def __init__(
        self,
        settings: Settings,
        pool: Pool,
        stores: Stores,
        projections: Sequence[Projection],
        *,
        stirs: Sequence[asyncio.Event] = (),
        batch: int = BATCH,
    ) -> None:
        self._settings = settings
        self._pool = pool
        self._stores = stores
        self._facts = Facts()
        self._follower = _Follower(self._facts, projections)
        self._partitions = Partitions(pool, self._facts.schema, f"kafka group {settings.kafka_group}")
        self._stirs = stirs
        self._batch = batch
        self._lanes: dict[Place, _Lane] = {}
        self._locks: dict[int, asyncio.Lock] = {}
        self._applied: dict[int, int] = {}

    async def run(self) -> None:
        """Follow until cancelled."""
        while True:
            source = Source(self._settings)
            try:
                await self._read(source)
            except asyncio.CancelledError:
                with contextlib.suppress(Exception):
                    async with asyncio.timeout(3):
                        await source.closed()
                raise
            except Exception as error:
                logs.warning("Kafka cannot be read", reason=f"{type(error).__name__}: {str(error)[:200]}")
                source.close()
            finally:
                await self._drop(list(self._lanes))
            await asyncio.sleep(RETRY_SECONDS)

    async def _read(self, source: Source) -> None:
        waiting: dict[Place, int] = {}
        told = 0.0
        while True:
            horizons: dict[int, int] = {}
            if time.monotonic() - told > TELL_SECONDS:
                # How far the relay has come is read first: what it sent by then lies before the ends read after.
                horizons = await self._horizons()
                told = time.monotonic()
            turn = await source.turn(ends=bool(horizons))
            await self._drop([*turn.gone, *turn.given])
            waiting = {place: count for place, count in waiting.items() if place not in turn.gone} | dict(turn.given)
            self._sort(turn, horizons)
            for place in [place for place, lane in self._lanes.items() if lane.task is None or lane.task.done()]:
                # Its lease was lost: it is asked for again, unless the group has given it to another.
                waiting[place] = self._lanes[place].queue.partitions
                await self._drop([place])
            for place, count in list(waiting.items()):
                if await self._take(source, place, count):
                    del waiting[place]
            await self._flow(source)
            if horizons:
                await self._tell()

    async def _horizons(self) -> dict[int, int]:
        stores = {lane.store.id for lane in self._lanes.values()}
        return {store: await self._partitions.relayed(store, relay.NAME) for store in stores}

    def _sort(self, turn: Turn, horizons: dict[int, int]) -> None:
        for place, lane in self._lanes.items():
            if got := turn.got.get(place):
                lane.queue.add(got)
            if place in turn.ends:
                lane.queue.quiet(turn.ends[place], horizons.get(lane.store.id, 0))
            lane.stir.set()

    async def _take(self, source: Source, place: Place, count: int) -> bool:
        """Follow a partition, if that can be had."""
        try:
            store = await self._stores.by_name(topics.store_name(self._settings, place.topic))
        except NotFound:
            return True

        async def undo(tx: Connection, through: int) -> None:
            await replaying.undo(tx, self._facts, store, through + 1)

        part = await self._partitions.take(store.id, place.number, count, undo, number=replaying.apart(store))
        if part is None:
            return False
        self._follower.forget(store)
        lane = _Lane(store=store, part=part, queue=Queue(count), stir=asyncio.Event())
        lane.task = asyncio.create_task(self._keep(lane), name=f"facts of {place.topic} {place.number}")
        self._lanes[place] = lane
        await source.seek(place, offset=part.next_offset, since=part.since)
        return True

    async def _drop(self, places: Sequence[Place]) -> None:
        lanes = [self._lanes.pop(place) for place in places if place in self._lanes]
        tasks = [lane.task for lane in lanes if lane.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _flow(self, source: Source) -> None:
        for place, lane in self._lanes.items():
            if lane.is_paused != (len(lane.queue) > FULL):
                lane.is_paused = not lane.is_paused
                await (source.pause(place) if lane.is_paused else source.resume(place))

    async def _tell(self) -> None:
        """Bring the facts' checkpoint along, hold on to it, and tell how far behind they are."""
        for part in {lane.store.id: lane.part for lane in self._lanes.values()}.values():
            await self._partitions.through(part)
        lags = await checkpoints.lag(self._pool, self._facts.schema)
        metrics.FOLLOWER_LAG.set(max((lag.head - lag.position for lag in lags), default=0), self._facts.schema)
        metrics.FOLLOWER_LAG_SECONDS.set(max((lag.seconds for lag in lags), default=0), self._facts.schema)

    async def _keep(self, lane: _Lane) -> None:
        while True:
            try:
                moved = await self._step(lane)
            except LeaseLost as error:
                logs.warning("a partition is followed elsewhere", reason=error.detail)
                await asyncio.sleep(RETRY_SECONDS)
                return
            except (LrsError, asyncpg.DeadlockDetectedError) as error:
                logs.warning("a partition waits", reason=str(error))
                await asyncio.sleep(RETRY_SECONDS)
                continue
            except Exception as error:
                logs.error("a partition failed", store=lane.store.id, cause=error)
                await asyncio.sleep(RETRY_SECONDS)
                return
            if moved:
                await self._partitions.through(lane.part)
                for each in self._stirs:
                    each.set()
                continue
            lane.stir.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(WAIT_SECONDS):
                    await lane.stir.wait()

    async def _step(self, lane: _Lane) -> bool:
        """Handle what comes next, up to the next change of reference data; whether there was any."""
        async with self._locks.setdefault(lane.store.id, asyncio.Lock()):
            barrier = await self._partitions.barrier(lane.store.id)
            queued = lane.queue.head(self._batch, before=barrier.reference)
            if queued:
                await self._handle(lane, queued)
                lane.queue.drop(len(queued))
                return True
            horizon = lane.queue.horizon
            if lane.part.partition == 0 and barrier.reference is not None and horizon >= barrier.reference:
                if barrier.others is not None and barrier.others < barrier.reference - 1:
                    return False
                return await self._refer(lane, barrier.reference)
            return await self._idle(lane, horizon)

    async def _refer(self, lane: _Lane, position: int) -> bool:
        """Take a change of reference data in, as the log has it."""
        async with storage.connection(self._pool) as connection:
            (event,) = await read.references(connection, lane.store.id, after=position - 1, through=position)
        await self._handle(lane, [Queued(event, True, None)])
        return True

    async def _idle(self, lane: _Lane, horizon: int) -> bool:
        """All that comes up to the horizon is handled."""
        if horizon <= lane.queue.told:
            return False
        async with storage.transaction(self._pool) as tx:
            if await self._partitions.fence(tx, lane.part) < horizon:
                await self._partitions.move(tx, lane.part, to=horizon, next_offset=lane.queue.next_offset)
        lane.queue.told = horizon
        return True

    async def _handle(self, lane: _Lane, queued: Sequence[Queued]) -> None:
        """Handle events together, or halves of them where that fails; one that cannot be handled alone is parked."""
        try:
            await self._effect(lane, queued)
        except (LeaseLost, Unavailable, asyncpg.DeadlockDetectedError, asyncio.CancelledError):
            self._follower.forget(lane.store)
            raise
        except Exception as error:
            self._follower.forget(lane.store)
            if len(queued) == 1:
                await self._park(lane, queued[0], error)
                return
            middle = len(queued) // 2
            await self._handle(lane, queued[:middle])
            await self._handle(lane, queued[middle:])

    async def _effect(self, lane: _Lane, queued: Sequence[Queued]) -> None:
        begun = time.monotonic()
        store = lane.store
        async with storage.transaction(self._pool) as tx:
            # A void and its target, at the same time in two processes, would not see each other.
            alone = any(each.is_void or each.event.kind is Kind.REFERENCE_APPLIED for each in queued)
            await self._partitions.fence(tx, lane.part)
            await SQL.execute(tx, "alone" if alone else "apart", number=replaying.apart(store))
            # While that was waited for, all may have been taken back.
            position = await self._partitions.fence(tx, lane.part)
            events = await self._whole(tx, store, [each for each in queued if each.event.position > position])
            if events:
                applied = await self._facts.applied(tx, store.id)
                if self._applied.get(store.id) != applied:
                    self._follower.forget(store)
                await self._follower.follow(tx, store, events)
                self._applied[store.id] = await self._facts.applied(tx, store.id)
            last = queued[-1]
            next_offset = lane.queue.next_offset if last.offset is None else last.offset + 1
            await self._partitions.move(tx, lane.part, to=last.event.position, next_offset=next_offset)
        lane.queue.next_offset = next_offset
        metrics.FOLLOWED.add(self._follower.name, by=len(events))
        metrics.FOLLOW_SECONDS.observe(time.monotonic() - begun, self._follower.name)

    async def _whole(self, tx: Connection, store: Store, queued: Sequence[Queued]) -> list[Told]:
        """The events; those that Kafka could not hold as the log has them."""
        missing = [each.event.position for each in queued if not each.is_whole]
        logged = {each.position: each for each in await read.statements(tx, store.id, missing)} if missing else {}
        return [logged.get(each.event.position, each.event) for each in queued]

    async def _park(self, lane: _Lane, one: Queued, error: Exception) -> None:
        event = one.event
        next_offset = lane.queue.next_offset if one.offset is None else one.offset + 1
        async with storage.transaction(self._pool) as tx:
            await self._partitions.fence(tx, lane.part)
            await parked.park(
                tx, store=lane.store.id, follower=self._follower.name, position=event.position, error=error
            )
            await self._partitions.move(tx, lane.part, to=event.position, next_offset=next_offset)
        lane.queue.next_offset = next_offset
