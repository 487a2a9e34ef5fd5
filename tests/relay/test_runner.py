"""Followers are told every event once and in order, by one process at a time, whatever becomes of the others."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence
from uuid import uuid4

import pytest

from lrs.log.read import Told
from lrs.log.store import Store
from lrs.relay import checkpoints, parked
from lrs.relay.checkpoints import Checkpoints, LeaseLost
from lrs.relay.runner import MANY, Runner
from lrs.storage import pool as storage
from lrs.storage.pool import Connection
from tests.world import World, statement


class Listing:
    """Notes the positions it is told, in a table, so that what is rolled back is not noted."""

    name = "listing"

    def __init__(self, *bad: int, round_seconds: float = 0.0) -> None:
        self.bad = bad
        self.round_seconds = round_seconds
        self.rounds: asyncio.Queue[float] = asyncio.Queue()
        self.durability: set[str] = set()
        self.batches: list[int] = []
        self.forgotten = 0
        self.seen: list[int] = []

    async def look_ahead(self, store: Store, events: Sequence[Told]) -> None:
        self.seen += [event.position for event in events]

    async def follow(self, tx: Connection, store: Store, events: Sequence[Told]) -> None:
        begun = time.monotonic()
        self.durability.add(str(await tx.fetchval("show synchronous_commit")))
        self.batches.append(len(events))
        self.rounds.put_nowait(begun)
        for event in events:
            if event.position in self.bad:
                raise ValueError(f"cannot read\0 {event.position}")
            await tx.execute("insert into relay.parked values ($1, 'noted', $2, '', '')", store.id, event.position)

    def forget(self, store: Store) -> None:
        self.forgotten += 1


async def noted(world: World) -> list[int]:
    return [each.position for each in await parked.every(world.pool) if each.follower == "noted"]


async def fill(world: World, count: int) -> None:
    await world.send(*(statement(id=str(uuid4())) for _ in range(count)))


def runner(world: World, follower: Listing, **changes: object) -> Runner:
    return Runner(world.pool, world.stores, [follower], **{"holder": str(uuid4()), "batch": 10, **changes})  # type: ignore[arg-type]


async def follow(made: Runner, follower: Listing) -> None:
    while await made.turn(follower):
        pass


async def test_every_event_is_told_once_in_order(world: World) -> None:
    await fill(world, 25)
    listing = Listing()
    made = runner(world, listing)
    await follow(made, listing)
    await fill(world, 3)
    await follow(made, listing)
    assert await noted(world) == list(range(1, 29))
    assert listing.batches == [10, 10, 5, 3]
    assert listing.forgotten == 1


async def test_what_follows_a_full_batch_is_seen_before_its_turn(world: World) -> None:
    await fill(world, 25)
    listing = Listing()
    made = runner(world, listing)
    await follow(made, listing)
    assert listing.seen == list(range(11, 26)), "and so that what came in batches that were not full was not"


async def test_nothing_beyond_where_it_was_to_stop_is_told(world: World) -> None:
    await fill(world, 25)
    listing = Listing()
    made = runner(world, listing)
    assert await made.reach(listing, world.store.id, 20)
    assert await noted(world) == list(range(1, 21))
    await follow(made, listing)
    assert await noted(world) == list(range(1, 26))


async def test_an_event_that_raises_is_parked_and_the_others_go_on(world: World) -> None:
    await fill(world, 25)
    listing = Listing(7, 21)
    await follow(runner(world, listing), listing)
    assert await noted(world) == [number for number in range(1, 26) if number not in (7, 21)]
    aside = [(each.position, each.error) for each in await parked.every(world.pool) if each.follower == "listing"]
    assert aside == [(7, "ValueError: cannot read\ufffd 7"), (21, "ValueError: cannot read\ufffd 21")]
    assert await checkpoints.waiting(world.pool, "listing") == []


async def test_another_process_waits_for_the_lease(world: World) -> None:
    await fill(world, 5)
    first, second = Listing(), Listing()
    one, other = runner(world, first, lease_seconds=0.3), runner(world, second, lease_seconds=0.3)
    assert await one.turn(first) == 5
    await fill(world, 5)
    assert await other.turn(second) == 0
    await asyncio.sleep(0.35)
    assert await other.turn(second) == 5
    assert second.forgotten == 1
    await fill(world, 5)
    assert await one.turn(first) == 0, "its lease was lost"
    assert await other.turn(second) == 5
    assert await noted(world) == list(range(1, 16))


async def test_what_was_let_go_is_taken_at_once(world: World) -> None:
    await fill(world, 5)
    first, second = Listing(), Listing()
    running = asyncio.ensure_future(runner(world, first).run())
    async with asyncio.timeout(10):
        while await checkpoints.waiting(world.pool, "listing"):  # noqa: ASYNC110 - it has no event of ours
            await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await fill(world, 1)
    assert await runner(world, second).turn(second) == 1


async def test_a_zombie_changes_nothing(world: World) -> None:
    await fill(world, 5)
    zombie = Checkpoints(world.pool, "zombie", seconds=0.05)
    stale = await zombie.take(world.store.id, "listing")
    assert stale is not None
    await asyncio.sleep(0.06)
    assert await Checkpoints(world.pool, "heir").take(world.store.id, "listing") is not None
    async with storage.connection(world.pool) as connection:
        with pytest.raises(LeaseLost):
            await checkpoints.fence(connection, stale)
        with pytest.raises(LeaseLost):
            await zombie.move(connection, stale, to=5)
    await zombie.renew()
    assert await zombie.take(world.store.id, "listing") is None


async def test_nobody_takes_over_in_the_middle_of_a_transaction(world: World) -> None:
    held = Checkpoints(world.pool, "holder", seconds=0.05)
    lease = await held.take(world.store.id, "listing")
    assert lease is not None
    await fill(world, 1)
    async with storage.transaction(world.pool) as tx:
        assert await checkpoints.fence(tx, lease) == 0
        await asyncio.sleep(0.06)
        assert await Checkpoints(world.pool, "heir").take(world.store.id, "listing") is None
        await held.move(tx, lease, to=1)


async def test_exactly_so_far(world: World) -> None:
    await fill(world, 25)
    listing = Listing()
    made = runner(world, listing)
    assert await made.reach(listing, world.store.id, 13)
    assert listing.batches == [10, 3]
    assert not await made.reach(listing, world.store.id, 12)
    assert await made.reach(listing, world.store.id, 25)
    assert await noted(world) == list(range(1, 26))


async def test_the_lag_is_told(world: World) -> None:
    await fill(world, 3)
    (lag,) = await checkpoints.lag(world.pool, "listing")
    assert (lag.store, lag.position, lag.head) == (world.store.id, 0, 3)
    assert 0 <= lag.seconds < 60


async def test_a_round_is_not_waited_for_by_the_disk(world: World) -> None:
    """A crash of the server takes effect and checkpoint back together: what is acknowledged is the log alone."""
    await fill(world, 1)
    listing = Listing()
    await follow(runner(world, listing), listing)
    assert listing.durability == {"off"}
    async with storage.connection(world.pool) as connection:
        assert await connection.fetchval("show synchronous_commit") == "on"


@contextlib.asynccontextmanager
async def running(made: Runner) -> AsyncIterator[None]:
    task = asyncio.create_task(made.run())
    try:
        async with asyncio.timeout(20):
            yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_rounds_of_many_events_are_some_time_apart(world: World) -> None:
    listing = Listing(round_seconds=1.0)
    await fill(world, MANY)
    async with running(runner(world, listing, batch=MANY + 1)):
        first = await listing.rounds.get()
        await fill(world, 1)
        second = await listing.rounds.get()
    assert listing.batches == [MANY, 1]
    # A round begins a little before its events are told.
    assert second - first > 0.8


async def test_full_rounds_follow_at_once(world: World) -> None:
    listing = Listing(round_seconds=3_600.0)
    await fill(world, 2 * MANY)
    async with running(runner(world, listing, batch=MANY)):
        await listing.rounds.get()
        await listing.rounds.get()
    assert listing.batches == [MANY, MANY]
