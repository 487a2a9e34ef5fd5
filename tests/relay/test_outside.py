"""Carriers are told every event at least once and in order, each by itself; checkpoints move behind what is carried."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from uuid import uuid4

from lrs.log.read import Told
from lrs.log.store import Store
from lrs.relay import parked
from lrs.relay.carrier import NEVER, Carrier, Later, Refused
from lrs.relay.outside import Outside
from tests.world import World, statement


class Noting:
    """Notes the positions that it carries."""

    def __init__(self, name: str = "noting", *, start: int = 0, stores: frozenset[int] | None = None) -> None:
        self.name = name
        self.start = start
        self.stores = stores
        self.told: list[int] = []
        self.forgotten = 0

    async def carry(self, store: Store, events: Sequence[Told]) -> int:
        self.told += [event.position for event in events]
        return events[-1].position

    def forget(self, store: Store) -> None:
        self.forgotten += 1

    async def has(self, *positions: int) -> None:
        async with asyncio.timeout(10):
            while not set(positions) <= set(self.told):  # noqa: ASYNC110 - another task's doing
                await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def carrying(world: World, *carriers: Carrier, holder: str = "", **given: float) -> AsyncIterator[Outside]:
    there = list(carriers)

    async def source() -> Sequence[Carrier]:
        return there

    outside = Outside(world.pool, world.stores, source, holder=holder or str(uuid4()), **given)  # type: ignore[arg-type]
    task = asyncio.ensure_future(outside.run())
    try:
        yield outside
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def fill(world: World, count: int) -> None:
    await world.send(*(statement(id=str(uuid4())) for _ in range(count)))


async def checkpoint(world: World, name: str = "noting") -> int:
    found = await world.pool.fetchval(
        "select position from relay.checkpoints where follower = $1 and store = $2", name, world.store.id
    )
    return -1 if found is None else int(found)


async def reached(world: World, position: int, name: str = "noting") -> None:
    async with asyncio.timeout(10):
        while await checkpoint(world, name) != position:  # noqa: ASYNC110 - another task's doing
            await asyncio.sleep(0.01)


async def test_every_event_is_carried_in_order(world: World) -> None:
    noting = Noting()
    await fill(world, 30)
    async with carrying(world, noting, batch=7):
        await noting.has(30)
        await fill(world, 5)
        await reached(world, 35)
    assert noting.told == list(range(1, 36))


async def test_a_new_carrier_begins_where_it_says(world: World) -> None:
    noting, never = Noting(start=3), Noting("never", start=NEVER)
    await fill(world, 5)
    async with carrying(world, noting, never):
        await noting.has(5)
    assert noting.told == [4, 5]
    assert never.told == []


async def test_what_was_carried_is_not_carried_again(world: World) -> None:
    first, second = Noting(), Noting()
    await fill(world, 5)
    async with carrying(world, first):
        await reached(world, 5)
    async with carrying(world, second):
        await fill(world, 1)
        await second.has(6)
    assert second.told == [6]


async def test_one_that_is_dead_delays_nobody(world: World) -> None:
    class Dead(Noting):
        async def carry(self, store: Store, events: Sequence[Told]) -> int:
            await asyncio.sleep(60)
            return 0

    noting = Noting()
    await fill(world, 5)
    async with carrying(world, Dead("dead"), noting):
        await noting.has(5)
    assert await checkpoint(world, "dead") == 0


async def test_one_that_ends_lets_go_of_what_it_holds(world: World) -> None:
    await fill(world, 1)
    noting = Noting()
    async with carrying(world, noting):
        await noting.has(1)
        before = noting.forgotten
    assert noting.forgotten == before + 1


async def test_who_fails_is_asked_again_from_there(world: World) -> None:
    class Failing(Noting):
        failures = 2

        async def carry(self, store: Store, events: Sequence[Told]) -> int:
            if self.failures:
                self.failures -= 1
                raise ConnectionError("no route")
            return await super().carry(store, events)

    failing = Failing()
    await fill(world, 3)
    async with carrying(world, failing):
        await failing.has(3)
    assert failing.told == [1, 2, 3]


async def test_later_is_not_before(world: World) -> None:
    loop = asyncio.get_running_loop()

    class Waiting(Noting):
        asked: list[float] = []  # noqa: RUF012 - one of them

        async def carry(self, store: Store, events: Sequence[Told]) -> int:
            self.asked.append(loop.time())
            if len(self.asked) == 1:
                raise Later(0.7, "not now")
            return await super().carry(store, events)

    waiting = Waiting()
    await fill(world, 1)
    async with carrying(world, waiting):
        await waiting.has(1)
    assert 0.7 <= waiting.asked[1] - waiting.asked[0] < 1.7


async def test_what_can_never_be_carried_is_parked(world: World) -> None:
    class Refusing(Noting):
        async def carry(self, store: Store, events: Sequence[Told]) -> int:
            for event in events:
                if event.position == 3:
                    raise Refused(3, ValueError("too large"))
                self.told.append(event.position)
            return events[-1].position

    refusing = Refusing()
    await fill(world, 5)
    async with carrying(world, refusing):
        await reached(world, 5)
    assert refusing.told == [1, 2, 4, 5]
    (aside,) = await parked.every(world.pool)
    assert (aside.position, aside.error) == (3, "ValueError: too large")


async def test_a_checkpoint_put_back_is_noticed(world: World) -> None:
    noting = Noting()
    await fill(world, 5)
    async with carrying(world, noting):
        await reached(world, 5)
        await world.pool.execute(
            "update relay.checkpoints set position = 2, lease = lease + 1, holder = null, expires = '-infinity'"
        )
        await reached(world, 5)
        await asyncio.sleep(0.5)
    assert noting.told == [1, 2, 3, 4, 5, 3, 4, 5]


async def test_one_process_at_a_time_carries(world: World) -> None:
    first, second = Noting(), Noting()
    await fill(world, 5)
    async with carrying(world, first, lease_seconds=1):
        await reached(world, 5)
        async with carrying(world, second, lease_seconds=1):
            await fill(world, 5)
            await reached(world, 10)
            await asyncio.sleep(1.5)
    assert second.told == []


async def test_who_tends_is_asked_though_nothing_happens(world: World) -> None:
    class Tending(Noting):
        tended = 0

        async def tend(self, store: Store) -> float:
            self.tended += 1
            return 0.05

    tending = Tending(stores=frozenset({world.store.id}))
    async with carrying(world, tending):
        async with asyncio.timeout(10):
            while tending.tended < 5:  # noqa: ASYNC110 - another task's doing
                await asyncio.sleep(0.01)


async def test_large_events_come_a_few_at_a_time(world: World) -> None:
    sizes: list[int] = []

    class Sizing(Noting):
        async def carry(self, store: Store, events: Sequence[Told]) -> int:
            sizes.append(sum(len(event.payload or b"") for event in events))
            return await super().carry(store, events)

    sizing = Sizing()
    for _ in range(8):
        await world.send(statement(context={"extensions": {"https://example.org/x": "x" * 600_000}}))
    async with carrying(world, sizing):
        await sizing.has(8)
    assert max(sizes) <= 2**21
    assert len(sizes) >= 3
