"""What followers could not handle: set aside with its error, so that they go on; looked at and replayed later."""

from datetime import datetime
from typing import Final

import msgspec

from lrs.storage import pool as storage
from lrs.storage import sqlfile
from lrs.storage.pool import Connection, Pool
from lrs.telemetry import logs, metrics

SQL: Final = sqlfile.load(__package__, "parked.sql")
ERROR_CHARACTERS: Final = 2_000


class Parked(msgspec.Struct, frozen=True, kw_only=True):
    """An event that a follower could not handle; `key` is that of a projection's rows, empty for the event itself."""

    store: int
    follower: str
    position: int
    key: str
    error: str
    at: datetime


async def park(
    tx: Connection, *, store: int, follower: str, position: int, error: BaseException, key: str = ""
) -> None:
    """Set an event or a key aside with its error, in the transaction that goes on past it."""
    words = f"{type(error).__name__}: {error}".replace("\0", "\ufffd")[:ERROR_CHARACTERS]
    words = words.encode(errors="replace").decode()
    await SQL.execute(tx, "park", store=store, follower=follower, position=position, key=key, error=words)
    metrics.PARKED.add(follower)
    logs.error("parked", follower=follower, store=store, position=position, key=key, cause=error)


async def every(pool: Pool) -> list[Parked]:
    """All that is parked."""
    async with storage.connection(pool) as connection:
        return [Parked(**dict(row)) for row in await SQL.fetch(connection, "all")]


async def counts(pool: Pool) -> dict[str, int]:
    """How much is parked, by follower; those with nothing are left out."""
    async with storage.connection(pool) as connection:
        return {row["follower"]: row["parked"] for row in await SQL.fetch(connection, "counts")}
