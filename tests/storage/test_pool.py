"""Connections: bounded in time, with the driver's errors turned into ours."""

import asyncio
import os
import signal
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from lrs.errors import Invalid, Unavailable
from lrs.storage import pool as storage
from lrs.storage.embedded import Embedded
from tests.conftest import Database


@pytest.mark.parametrize(
    "state",
    [
        "53100",
        "53200",
        "53300",
        "57P01",
        "57P02",
        "57P03",
        "08006",
        "40001",
        "40P01",
        "57014",
        "55P03",
        "25P03",
        "25006",
    ],
)
def test_what_may_go_well_again_is_unavailable(state: str) -> None:
    with pytest.raises(Unavailable) as caught, storage.translate():
        raise asyncpg.PostgresError.new({"C": state, "M": "secret words"})
    assert caught.value.retry_after >= 1
    assert "secret" not in caught.value.detail


@pytest.mark.parametrize("state", ["22003", "22021", "22P05", "54000"])
def test_what_the_data_brought_about_is_invalid(state: str) -> None:
    with pytest.raises(Invalid), storage.translate():
        raise asyncpg.PostgresError.new({"C": state, "M": ""})


@pytest.mark.parametrize(
    "error",
    [
        TimeoutError(),
        ConnectionRefusedError(),
        ConnectionResetError(),
        asyncpg.CannotConnectNowError(""),
        asyncpg.ConnectionDoesNotExistError(""),
        asyncpg.InterfaceError("connection is closed"),
        asyncpg.InterfaceError("pool is closing"),
    ],
)
def test_a_lost_connection_is_unavailable(error: Exception) -> None:
    with pytest.raises(Unavailable), storage.translate():
        raise error


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.UniqueViolationError(""),
        asyncpg.UndefinedTableError(""),
        asyncpg.InterfaceError("cannot perform operation: another operation is in progress"),
        Invalid("ours already"),
        asyncio.CancelledError(),
        KeyError("a defect"),
    ],
)
def test_any_other_error_passes(error: BaseException) -> None:
    with pytest.raises(type(error)) as caught, storage.translate():
        raise error
    assert caught.value is error


async def test_a_number_out_of_range_is_invalid(module_database: Database) -> None:
    with pytest.raises(Invalid):
        async with storage.connection(module_database.pool) as connection:
            await connection.fetchval("select $1::int", 2**40)


async def test_an_error_of_ours_does_not_strike_who_comes_next(module_database: Database) -> None:
    pool = await storage.open(module_database.dsn, size=1, statement_seconds=0.2)
    with pytest.raises(Invalid):
        async with storage.connection(pool) as connection:
            await connection.fetchval("select $1::int", 2**40)
    await asyncio.sleep(0.4)
    async with storage.connection(pool) as connection:
        assert await connection.fetchval("select 1") == 1
    await pool.close()


async def test_a_transaction_is_rolled_back_by_an_error(module_database: Database) -> None:
    owner = await storage.open(module_database.owner_dsn, size=1)
    with pytest.raises(asyncpg.DuplicateTableError):
        async with storage.transaction(owner) as connection:
            await connection.execute("create table public.gone (a int); create table public.gone (a int)")
    async with storage.connection(owner) as connection:
        assert await connection.fetchval("select to_regclass('public.gone')") is None
    await owner.close()


async def test_a_full_pool_is_unavailable_in_time(module_database: Database) -> None:
    pool = await storage.open(module_database.dsn, size=1)
    async with storage.connection(pool):
        began = time.monotonic()
        with pytest.raises(Unavailable):
            async with storage.connection(pool, seconds=0.2):
                pass
        assert time.monotonic() - began < 3
    await pool.close()


async def test_a_long_statement_is_ended_by_the_server(module_database: Database) -> None:
    pool = await storage.open(module_database.dsn, size=1, statement_seconds=0.2)
    with pytest.raises(Unavailable):
        async with storage.connection(pool) as connection:
            await connection.execute("select pg_sleep(5)")
    async with storage.connection(pool) as connection:
        assert await connection.fetchval("select 1") == 1
    await pool.close()


async def test_a_lock_is_not_waited_for_long(module_database: Database) -> None:
    owner = await storage.open(module_database.owner_dsn, size=2, lock_seconds=0.2)
    async with storage.transaction(owner) as holder:
        await holder.execute("lock table log.heads")
        with pytest.raises(Unavailable):
            async with storage.transaction(owner) as other:
                await other.execute("lock table log.heads")
    await owner.close()


async def test_a_frozen_server_holds_nobody_beyond_the_deadline(postgres: Embedded, module_database: Database) -> None:
    pool = await storage.open(module_database.dsn, size=2, statement_seconds=0.5)
    async with storage.connection(pool) as connection:
        backend = int(await connection.fetchval("select pg_backend_pid()"))
        os.kill(backend, signal.SIGSTOP)
        os.kill(postgres.pid, signal.SIGSTOP)
        try:
            began = time.monotonic()
            with pytest.raises(TimeoutError):
                await connection.fetchval("select 1")
        finally:
            asyncio.get_running_loop().call_later(3, thaw, postgres.pid, backend)
    assert time.monotonic() - began < 2
    await asyncio.sleep(3)
    async with storage.connection(pool) as connection:
        assert await connection.fetchval("select 1") == 1
    assert pool.get_size() <= 2
    await pool.close()


def thaw(*processes: int) -> None:
    for process in processes:
        os.kill(process, signal.SIGCONT)


async def test_a_killed_backend_is_replaced(module_database: Database) -> None:
    pool = await storage.open(module_database.dsn, size=1)
    with pytest.raises(Unavailable):
        async with storage.connection(pool) as connection:
            await connection.execute("select pg_terminate_backend(pg_backend_pid())")
    async with storage.connection(pool) as connection:
        assert await connection.fetchval("select 1") == 1
    await pool.close()


async def test_no_server_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        await storage.open("postgresql://nobody@127.0.0.1:1/none")


async def test_the_defaults_are_durable(module_database: Database) -> None:
    async with storage.connection(module_database.pool) as connection:
        assert await storage.durable(connection) == ()


async def test_what_could_lose_writes_is_named(module_database: Database) -> None:
    async with storage.transaction(module_database.pool) as connection:
        await connection.execute("set local synchronous_commit = off")
        assert await storage.durable(connection) == ("synchronous_commit is off",)


async def test_a_session_acts_as_the_role(module_database: Database) -> None:
    pool = await storage.open(module_database.owner_dsn, size=1, role="lrs_app")
    async with storage.connection(pool) as connection:
        assert await connection.fetchval("select current_user") == "lrs_app"
        await connection.execute("reset role")
        assert await connection.fetchval("select current_user") == "lrs_app"
    await pool.close()


async def test_a_peer_that_vanishes_is_noticed_by_tcp(postgres: Embedded, module_database: Database) -> None:
    async with proxy(postgres) as port:
        pool = await storage.open(
            module_database.dsn.replace(f"host={sockets(postgres)}&port=5432", f"host=127.0.0.1&port={port}")
        )
        async with pool.acquire() as connection:
            peer = connection._con._transport.get_extra_info("socket")  # type: ignore[attr-defined]
            assert peer.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            if hasattr(socket, "TCP_USER_TIMEOUT"):
                assert peer.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 10_000
        await pool.close()


def sockets(postgres: Embedded) -> str:
    return postgres.dsn.partition("host=")[2].partition("&")[0]


@asynccontextmanager
async def proxy(postgres: Embedded) -> AsyncIterator[int]:
    """A TCP port before the server's socket."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back, forth = await asyncio.open_unix_connection(f"{sockets(postgres)}/.s.PGSQL.5432")
        await asyncio.gather(pass_on(reader, forth), pass_on(back, writer))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while some := await reader.read(65536):
        writer.write(some)
    writer.close()
