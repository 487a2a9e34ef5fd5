"""What a process asks of its database before it works with it, and the pools that it works with."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from lrs.errors import CannotStart
from lrs.storage import migrate, roles
from lrs.storage import pool as storage
from lrs.storage.pool import Pool
from lrs.telemetry import logs

CLOSE_SECONDS = 5.0
FOLLOWER_CONNECTIONS = 6
# A batch may be large, and a rebuild waits for nobody.
FOLLOWER_SECONDS = 120.0
# While a rebuild switches, or another process works on the same keys, followers wait for locks that no request would.
FOLLOWER_LOCK_SECONDS = 30.0


async def check(dsn: str, *, is_embedded: bool) -> str | None:
    """The role that the server acts as; CannotStart where the schema is not today's, or our own server loses writes."""
    with storage.translate():
        connection = await asyncpg.connect(dsn, timeout=5, server_settings={"application_name": "daybook start"})
    try:
        await migrate.check(connection)
        if risks := await storage.durable(connection):
            words = f"PostgreSQL would lose acknowledged statements in a crash: {', '.join(risks)}"
            if is_embedded:
                raise CannotStart(words)
            logs.warning("acknowledged statements are at risk", advice=words)
        found = await roles.find(connection)
        for advice in found.warnings():
            logs.warning("database roles", advice=advice)
        return found.app
    finally:
        await connection.close()


@asynccontextmanager
async def pooled(
    dsn: str,
    role: str | None,
    size: int,
    *,
    statement_seconds: float,
    lock_seconds: float,
    plans: str = "auto",
    name: str = "daybook",
) -> AsyncIterator[Pool]:
    """A pool as `pool.open` makes it, closed at the end; what a connection still does then is ended after a while."""
    pool = await storage.open(
        dsn,
        size=size,
        role=role,
        name=name,
        statement_seconds=statement_seconds,
        lock_seconds=lock_seconds,
        plans=plans,
    )
    try:
        yield pool
    finally:
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await pool.close()
        except TimeoutError:
            pool.terminate()


@asynccontextmanager
async def following(dsn: str, name: str, lock_seconds: float, *, is_embedded: bool) -> AsyncIterator[Pool]:
    """The pool of a process of followers, under the `name` of their sessions."""
    role = await check(dsn, is_embedded=is_embedded)
    async with pooled(
        dsn,
        role,
        FOLLOWER_CONNECTIONS,
        statement_seconds=FOLLOWER_SECONDS,
        lock_seconds=max(lock_seconds, FOLLOWER_LOCK_SECONDS),
        name=name,
    ) as pool:
        yield pool
