"""The app may do what is granted to it and nothing else; with one role for all, it says so."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio

from lrs.storage import migrate, roles
from lrs.storage import pool as storage
from lrs.storage.cluster import SUPERUSER
from lrs.storage.embedded import Embedded
from lrs.storage.roles import Roles
from tests.conftest import Database, command

REFUSED = [
    "update log.events set kind = 2",
    "delete from log.events",
    "truncate log.events",
    "update log.payloads set payload = ''",
    "delete from log.payloads",
    "delete from log.stores",
    "update log.heads set store = 7",
    "create table log.mine (a int)",
    "create table public.mine (a int)",
    "create schema mine",
    "alter table log.events disable trigger all",
    "drop table log.events",
    "insert into storage.migrations (number, name, digest) values (99, '', '')",
    "select rolpassword from pg_authid",
    "set role lrs_owner",
    "create role mine",
    "copy log.stores to '/tmp/stolen'",
]


@pytest.mark.parametrize("sql", REFUSED)
async def test_the_app_is_refused(module_database: Database, sql: str) -> None:
    """What is not granted is refused by PostgreSQL itself."""
    async with module_database.pool.acquire() as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(sql)


@pytest.mark.parametrize("sql", ["update log.events set kind = 2", "delete from log.events", "truncate log.events"])
async def test_the_log_only_grows_even_for_its_owner(module_database: Database, sql: str) -> None:
    connection = await asyncpg.connect(module_database.owner_dsn)
    await connection.execute("set role lrs_owner")
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="the log only grows"):
        await connection.execute(sql)
    await connection.close()


async def test_the_roles_of_a_database_are_found(module_database: Database) -> None:
    async with module_database.pool.acquire() as connection:
        found = await roles.find(connection)
    assert (found.owner, found.app, found.warnings()) == ("lrs_owner", "lrs_app", ())


@pytest_asyncio.fixture
async def plain(postgres: Embedded) -> AsyncIterator[str]:
    """Where a log-in that may make no roles connects to a database of its own."""
    await command(postgres, "create role plain login password 'p'")
    await command(postgres, "create database plain owner plain")
    yield postgres.url(SUPERUSER, "plain").replace(f"//{SUPERUSER}:", "//plain:").replace(secret(postgres), "p")
    await command(postgres, "drop database plain with (force)")
    await command(postgres, "drop role plain")


def secret(postgres: Embedded) -> str:
    return postgres.owner_dsn.partition(f"{SUPERUSER}:")[2].partition("@")[0]


async def test_without_roles_it_works_and_warns(plain: str) -> None:
    await migrate.up(plain)
    pool = await storage.open(plain)
    async with pool.acquire() as connection:
        found = await roles.find(connection)
        assert found.owner is None
        assert "grant CREATEROLE" in found.warnings()[0]
        assert await connection.fetchval("select count(*) from log.events") == 0
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="the log only grows"):
            await connection.execute("delete from log.events")
    await pool.close()


async def test_a_second_database_of_a_server_has_roles_of_its_own(
    postgres: Embedded, template: str, plain: str
) -> None:
    """Its log-in is no member of the first one's, and must not become one."""
    await command(postgres, "alter role plain createrole")
    try:
        await migrate.up(plain)
        pool = await storage.open(plain, role="lrs_plain_app")
        async with pool.acquire() as connection:
            assert (await roles.find(connection)).app == "lrs_plain_app"
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute("delete from log.events")
            owner = "select has_table_privilege('lrs_app', 'log.events', 'select')"
            assert not await connection.fetchval(owner)
        await pool.close()
        await migrate.up(plain)
    finally:
        await clean(postgres)


async def clean(postgres: Embedded) -> None:
    connection = await asyncpg.connect(postgres.url(SUPERUSER, "plain"))
    for part in roles.PARTS:
        await connection.execute(f"drop owned by lrs_plain_{part} cascade")
        await connection.execute(f"drop role lrs_plain_{part}")
    await connection.close()


@pytest.mark.parametrize(
    ("sql", "prefix", "expected"),
    [
        ("grant a to lrs_app;\n", "lrs", "grant a to lrs_app;\n"),
        ("grant a to lrs_app;\n", "x y", 'grant a to "x y_app";\n'),
        ("grant a to lrs_app;\nselect 1;\n", None, "select 1;\n"),
        ("revoke a\n  from lrs_app, lrs_analyst;\nselect 1;", None, "select 1;"),
        ("grant a to public;\ngrant b to lrs_owner;", None, "grant a to public;\n"),
        ("alter default privileges in schema a grant select on tables to lrs_app;", None, ""),
        ("select 'lrs_apple', 'lrs_analyst_one';", "x", "select 'lrs_apple', 'lrs_analyst_one';"),
    ],
)
def test_sql_is_fitted_to_the_roles(sql: str, prefix: str | None, expected: str) -> None:
    assert Roles(prefix=prefix).fit(sql) == expected
