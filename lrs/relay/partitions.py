"""How far each partition of a topic has been followed, for a follower that several processes work for at once.

The follower's own checkpoint is what all partitions have come through, so whoever asks for it need not know. It is held
by all of them together, and one who follows the log takes it over when none of them is left. What a partition may
commit is fenced twice: by its own lease, and by that of the checkpoint, its epoch.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

import msgspec

from lrs.relay.checkpoints import LEASE_SECONDS, LeaseLost
from lrs.storage import pool as storage
from lrs.storage import sqlfile
from lrs.storage.pool import Connection, Pool

SQL: Final = sqlfile.load(__package__, "partitions.sql")
# What takes back the effects of events after a position: for a follower whose partitions had come further.
Undo = Callable[[Connection, int], Awaitable[None]]


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """The right to follow a partition, and where it goes on: at `next_offset`, or at the first record from `since`.

    Both are None where there is nothing yet.
    """

    store: int
    follower: str
    partition: int
    epoch: int
    lease: int
    position: int
    next_offset: int | None
    since: datetime | None


class Barrier(msgspec.Struct, frozen=True, kw_only=True):
    """The next `reference` that partition 0 has yet to take in, None if there is none; how far the others all are."""

    reference: int | None
    others: int | None


class Partitions:
    """The partitions of a follower's stores, for the processes that call themselves `holder` together."""

    def __init__(self, pool: Pool, follower: str, holder: str, *, seconds: float = LEASE_SECONDS) -> None:
        self._pool = pool
        self._follower = follower
        self._holder = holder
        self._seconds = seconds

    async def take(self, store: int, partition: int, partitions: int, undo: Undo, *, number: int) -> Part | None:
        """The lease of one of so many partitions; None while somebody else follows the whole log.

        Where partitions had come to different positions and do not count any more, as their number has changed or the
        log was followed meanwhile, all begin again where all had come; `undo` takes the rest back, when nobody has the
        lock `number` any more, as all have who move a partition.
        """
        named = {"store": store, "follower": self._follower}
        async with storage.transaction(self._pool) as tx:
            await SQL.execute(tx, "begin", **named)
            held = await SQL.fetchrow(tx, "enter", **named, holder=self._holder, seconds=self._seconds)
            if held is None:
                return None
            epoch, position = held["lease"], held["position"]
            await _clear(tx, store, self._follower, position, undo, number, epoch=epoch, partitions=partitions)
            await SQL.execute(tx, "divide", **named, partitions=partitions, epoch=epoch, position=position)
            row = await SQL.fetchone(tx, "take", **named, partition=partition, epoch=epoch)
            since = None
            if row["next_offset"] is None:
                since = await SQL.fetchval(tx, "stored", store=store, position=row["position"])
        assert since is None or isinstance(since, datetime)
        return Part(
            store=store,
            follower=self._follower,
            partition=partition,
            epoch=epoch,
            lease=row["lease"],
            position=row["position"],
            next_offset=row["next_offset"],
            since=since,
        )

    async def fence(self, tx: Connection, part: Part) -> int:
        """The partition's position, locked until the transaction ends; LeaseLost where it is another's."""
        row = await SQL.fetchrow(
            tx, "fence", store=part.store, follower=part.follower, partition=part.partition, lease=part.lease
        )
        if row is None:
            raise LeaseLost(f"partition {part.partition} of store {part.store} is followed by another process")
        return int(row["position"])

    async def move(self, tx: Connection, part: Part, *, to: int, next_offset: int | None) -> None:
        """Move a partition's checkpoint in the transaction that holds the effect and the fence."""
        await SQL.execute(
            tx, "move", store=part.store, follower=part.follower, partition=part.partition, lease=part.lease,
            position=to, next_offset=next_offset,
        )  # fmt: skip

    async def through(self, part: Part) -> None:
        """Bring the follower's checkpoint to where all partitions have come, and hold on to it."""
        async with storage.connection(self._pool) as connection:
            await SQL.execute(
                connection, "through", store=part.store, follower=part.follower, epoch=part.epoch, seconds=self._seconds
            )

    async def barrier(self, store: int) -> Barrier:
        """What partitions have to wait for."""
        async with storage.connection(self._pool) as connection:
            row = await SQL.fetchone(connection, "barrier", store=store, follower=self._follower)
        return Barrier(reference=row["reference"], others=row["others"])

    async def relayed(self, store: int, carrier: str) -> int:
        """The position through which a carrier has brought the log to the topic."""
        async with storage.connection(self._pool) as connection:
            return int(str(await SQL.fetchval(connection, "relayed", store=store, carrier=carrier)))


async def leave(tx: Connection, store: int, follower: str, position: int, undo: Undo, *, number: int) -> None:
    """Follow the whole log again from `position` on: what partitions did beyond it is taken back."""
    await _clear(tx, store, follower, position, undo, number, epoch=-1, partitions=-1)


async def _clear(
    tx: Connection, store: int, follower: str, position: int, undo: Undo, number: int, *, epoch: int, partitions: int
) -> None:
    named = {"store": store, "follower": follower}
    asked = {**named, "epoch": epoch, "partitions": partitions}
    if (await SQL.fetchone(tx, "ahead", **asked))["most"] is None:
        return
    await SQL.execute(tx, "alone", number=number)
    old = await SQL.fetchone(tx, "ahead", **asked)
    await SQL.execute(tx, "clear", **named)
    if old["most"] is not None and old["most"] > position:
        await undo(tx, position)
