"""How far each follower has come in each store, and who may move it: a lease with a number that fences off the last.

A transaction that works for a follower locks its checkpoint first (`fence`), which fails if the lease is no longer the
last; so a process that slept through its lease can change nothing, and nobody takes over while it is in the middle.
"""

from typing import Final

import msgspec

from lrs.errors import LrsError
from lrs.storage import pool as storage
from lrs.storage import sqlfile
from lrs.storage.pool import Connection, Pool

SQL: Final = sqlfile.load(__package__, "checkpoints.sql")
LEASE_SECONDS: Final = 10.0


class LeaseLost(LrsError):
    """Another process follows in our place, or somebody has moved the checkpoint."""

    status = 503


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """The right to follow a store's log under a follower's name, until somebody takes the next number."""

    store: int
    follower: str
    number: int
    position: int


class Lag(msgspec.Struct, frozen=True, kw_only=True):
    """How far a follower has come in a store whose log ends at `head`; `seconds` is the age of what comes next."""

    store: int
    position: int
    head: int
    seconds: float


class Checkpoints:
    """The checkpoints of all followers, for one process, `holder`, whose name no other may have."""

    def __init__(self, pool: Pool, holder: str, *, seconds: float = LEASE_SECONDS) -> None:
        self._pool = pool
        self._holder = holder
        self._seconds = seconds

    async def take(self, store: int, follower: str) -> Lease | None:
        """The lease, if nobody else holds it."""
        async with storage.connection(self._pool) as connection:
            named = {"store": store, "follower": follower}
            row = await SQL.fetchrow(connection, "take", **named, holder=self._holder, seconds=self._seconds)
            if row is None and await SQL.execute(connection, "begin", **named):
                row = await SQL.fetchrow(connection, "take", **named, holder=self._holder, seconds=self._seconds)
        if row is None:
            return None
        return Lease(store=store, follower=follower, number=row["lease"], position=row["position"])

    async def renew(self) -> None:
        """Hold on to every lease that this process has."""
        async with storage.connection(self._pool) as connection:
            await SQL.execute(connection, "renew", holder=self._holder, seconds=self._seconds)

    async def release(self) -> None:
        """Let others take every lease at once."""
        async with storage.connection(self._pool) as connection:
            await SQL.execute(connection, "release", holder=self._holder)

    async def move(self, tx: Connection, lease: Lease, *, to: int) -> None:
        """Move the checkpoint to position `to`, in the transaction that holds the effect; else LeaseLost."""
        moved = await SQL.execute(
            tx,
            "move",
            store=lease.store,
            follower=lease.follower,
            lease=lease.number,
            position=to,
            seconds=self._seconds,
        )
        if moved == 0:
            raise LeaseLost(f"{lease.follower} of store {lease.store} is followed by another process")


async def fence(tx: Connection, lease: Lease) -> int:
    """The checkpoint's position, locked until the transaction ends; LeaseLost where the lease is not the last."""
    position = await SQL.fetchval(tx, "fence", store=lease.store, follower=lease.follower, lease=lease.number)
    if position is None:
        raise LeaseLost(f"{lease.follower} of store {lease.store} is followed by another process")
    return int(str(position))


async def waiting(pool: Pool, follower: str) -> list[int]:
    """The stores whose log goes on beyond the follower's checkpoint."""
    async with storage.connection(pool) as connection:
        return [row["store"] for row in await SQL.fetch(connection, "waiting", follower=follower)]


async def lag(pool: Pool, follower: str) -> list[Lag]:
    """How far the follower has come, store by store."""
    async with storage.connection(pool) as connection:
        return [Lag(**dict(row)) for row in await SQL.fetch(connection, "lag", follower=follower)]
