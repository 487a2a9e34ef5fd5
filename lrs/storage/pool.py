"""Connections to PostgreSQL: bounded in number and in time, and with the driver's errors turned into ours.

What a session would hold beyond a transaction (SET, LISTEN, session locks, temporary tables) has no place on a pooled
connection: it is not cleared between two uses, which saves a round trip each time.
"""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from types import TracebackType
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from lrs.errors import Invalid, Unavailable

if TYPE_CHECKING:
    Connection: TypeAlias = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]
    Pool: TypeAlias = asyncpg.Pool[asyncpg.Record]
else:
    Connection = asyncpg.Connection | PoolConnectionProxy
    Pool = asyncpg.Pool

Isolation: TypeAlias = Literal["repeatable_read"]

ACQUIRE_SECONDS: Final = 2.0
RELEASE_SECONDS: Final = 0.25
KEEPALIVE_SECONDS: Final = 5
TCP_USER_TIMEOUT_MS: Final = 10_000

# Whole classes: 08 lost connection, 40 rolled back by the server, 53 out of something, 57P the operator's doing.
# Single ones: a read-only server after a fail-over, idle and transaction timeouts, lock and statement timeouts.
AGAIN_CLASSES: Final = ("08", "40", "53", "57P")
AGAIN: Final = frozenset({"25006", "25P03", "25P04", "55P03", "57014"})


class _Translate:
    """Stateless, so that one object serves every use."""

    __slots__ = ()

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is not None:
            ours = _ours(error)
            if ours is not None:
                raise ours from error


_TRANSLATE: Final = _Translate()


def translate() -> _Translate:
    """A block in which the driver's errors become ours; those of constraints pass, for who knows them by name.

    What may go well a second time (no connection, no room, deadlock, timeout) is Unavailable; what the data of the
    client brought about (class 22, 54000) is Invalid; anything else is a defect, and passes.
    """
    return _TRANSLATE


async def open(
    dsn: str,
    *,
    size: int = 10,
    role: str | None = None,
    name: str = "daybook",
    statement_seconds: float = 4.0,
    lock_seconds: float = 2.0,
    plans: str = "auto",
) -> Pool:
    """A pool of at most `size` connections to `dsn`, each acting as `role` where one is given; else Unavailable.

    A statement ends after `statement_seconds` by the server's clock, and half a second later by ours: so it ends too
    when the server is frozen or the network gone. `plans` is PostgreSQL's plan_cache_mode.
    """
    settings = {
        "application_name": name,
        "statement_timeout": _ms(statement_seconds),
        "lock_timeout": _ms(lock_seconds),
        "idle_in_transaction_session_timeout": _ms(30),
        "timezone": "UTC",
        "jit": "off",
        "plan_cache_mode": plans,
    }
    if role is not None:
        settings["role"] = role
    with translate():
        return await asyncpg.create_pool(
            dsn,
            min_size=1,
            max_size=size,
            timeout=ACQUIRE_SECONDS,
            command_timeout=statement_seconds + 0.5,
            max_queries=1_000_000,
            statement_cache_size=256,
            max_cached_statement_lifetime=0,
            server_settings=settings,
            init=_watch_socket,
            reset=_leave_as_it_is,
        )


@asynccontextmanager
async def connection(pool: Pool, *, seconds: float = ACQUIRE_SECONDS) -> AsyncIterator[Connection]:
    """A connection of `pool`, waited for no longer than `seconds`; the driver's errors become ours."""
    with _TRANSLATE:
        held = await pool.acquire(timeout=seconds)
        try:
            yield held
        except (TimeoutError, OSError):
            raise
        except Exception:
            await _mend(held)
            raise
        finally:
            await _release(pool, held)


@asynccontextmanager
async def transaction(
    pool: Pool, *, seconds: float = ACQUIRE_SECONDS, isolation: Isolation | None = None
) -> AsyncIterator[Connection]:
    """A transaction on a connection of `pool`: committed at the end of the block, rolled back by any error."""
    async with connection(pool, seconds=seconds) as held, held.transaction(isolation=isolation):
        yield held


async def durable(connection: Connection) -> tuple[str, ...]:
    """What of the settings of this session could lose acknowledged writes in a crash; empty is good."""
    with _TRANSLATE:
        rows = await connection.fetch(
            "select name, setting from pg_catalog.pg_settings"
            " where name in ('fsync', 'full_page_writes', 'synchronous_commit') and setting = 'off' order by name"
        )
    return tuple(f"{name} is {value}" for name, value in rows)


async def _mend(held: "PoolConnectionProxy[asyncpg.Record]") -> None:
    # A value that cannot be sent is noticed when the statement is already open at the server: left so, its timeout
    # would strike whoever has the connection next.
    try:
        await held.reset(timeout=RELEASE_SECONDS)
    except Exception:
        with suppress(asyncpg.InterfaceError):  # it is closed already
            held.terminate()


async def _release(pool: Pool, held: "PoolConnectionProxy[asyncpg.Record]") -> None:
    # A server that is frozen cannot confirm that a statement was cancelled: the connection is closed instead, or the
    # request would wait as long as the server does.
    with suppress(TimeoutError):
        await pool.release(held, timeout=RELEASE_SECONDS)


async def _watch_socket(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """A peer that vanished without a word is noticed in seconds; without these it takes hours."""
    transport: asyncio.Transport | None = getattr(connection, "_transport", None)
    peer = transport.get_extra_info("socket") if transport is not None else None
    if peer is None or peer.family not in (socket.AF_INET, socket.AF_INET6):
        return
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (
        ("TCP_KEEPIDLE", KEEPALIVE_SECONDS),
        ("TCP_KEEPINTVL", 1),
        ("TCP_KEEPCNT", KEEPALIVE_SECONDS),
        ("TCP_USER_TIMEOUT", TCP_USER_TIMEOUT_MS),
    ):
        if hasattr(socket, option):
            peer.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)


async def _leave_as_it_is(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """In place of a RESET ALL after each use; an open transaction has been rolled back by now."""


def _ours(error: BaseException) -> Exception | None:
    if isinstance(error, asyncpg.PostgresError):
        state = str(error.sqlstate)
        if state in AGAIN or state.startswith(AGAIN_CLASSES):
            return Unavailable(_again(state))
        if state.startswith("22") or state == "54000":
            return Invalid("a value is outside of what can be stored, or larger")
        return None
    if isinstance(error, TimeoutError):
        return Unavailable("the database did not answer in time: send the same again, with the same ids")
    if isinstance(error, OSError) or (isinstance(error, asyncpg.InterfaceError) and "clos" in str(error)):
        return Unavailable(_again("08000"))
    return None


def _again(state: str) -> str:
    if state.startswith("53"):
        return "the database is out of room or connections: send the same again, with the same ids"
    if state.startswith(("08", "57P")):
        return "the database cannot be reached: send the same again, with the same ids"
    return "the database could not finish in time: send the same again, with the same ids"


def _ms(seconds: float) -> str:
    return str(int(seconds * 1000))
