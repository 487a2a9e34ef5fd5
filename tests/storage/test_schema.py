"""schema.sql is the sum of the migrations, and every query fits it."""

import re

import asyncpg
import pytest

from lrs import main
from lrs.storage import schema, sqlfile
from lrs.storage.pool import Connection
from lrs.storage.sqlfile import Query
from projections.analytic import schemas as projected
from tests.conftest import Database

# What a header may say, and what PostgreSQL calls it.
WORDS = {"int": "int4", "bigint": "int8", "smallint": "int2", "boolean": "bool", "float": "float8"}
PLACE = re.compile(r"\{[a-z_]+\}")


async def lines(dsn: str) -> list[str]:
    connection = await asyncpg.connect(dsn)
    try:
        return list(await schema.catalogue(connection))
    finally:
        await connection.close()


async def test_schema_sql_is_the_sum_of_the_migrations(database: Database, empty: str) -> None:
    await schema.make(empty)
    # Not by migrations, but made after them wherever they are missing.
    await projected.make_missing(empty, main.projections())
    migrated = await lines(database.owner_dsn)
    assert migrated == await lines(empty), "run `python -m lrs.storage.schema`"
    assert len(migrated) > 100


@pytest.mark.parametrize(
    "change",
    [
        "alter table storage.migrations add more int",
        "alter table storage.migrations alter name drop not null",
        "alter table storage.migrations alter at set default now()",
        "alter table storage.migrations drop constraint a_migration_is_applied_once",
        "create index another on storage.migrations (name)",
        "grant delete on storage.migrations to lrs_app",
        "create function storage.f() returns int language sql return 1",
        "create type storage.t as enum ('a')",
        "drop trigger events_only_grow on log.events",
        "alter table log.events disable trigger events_only_grow",
        "alter table log.events enable row level security",
        "create view storage.v as select 1 as one",
    ],
)
async def test_the_catalogue_tells_a_change(module_database: Database, change: str) -> None:
    connection = await asyncpg.connect(module_database.owner_dsn)
    before = await schema.catalogue(connection)
    change_only = connection.transaction()
    await change_only.start()
    await connection.execute(change)
    assert before != await schema.catalogue(connection)
    await change_only.rollback()
    await connection.close()


async def test_every_query_can_be_prepared(module_database: Database) -> None:
    """By the server's own log-in; types that a header names are those that PostgreSQL finds."""
    async with module_database.pool.acquire() as connection:
        wrong = [words for query in sqlfile.every() for words in await prepare(connection, query)]
    assert not wrong


async def prepare(connection: Connection, query: Query) -> list[str]:
    """What is wrong with `query`; one with places for fixed conditions is for its own tests to prepare."""
    if PLACE.search(query.text):
        return []
    try:
        statement = await connection.prepare(query.text)
    except asyncpg.PostgresError as error:
        return [f"{query.file} {query.name}: {error}"]
    said = [word(kind) for kind in query.types]
    found = [kind.name for kind in statement.get_parameters()]
    return [] if said == found else [f"{query.file} {query.name}: says {said}, PostgreSQL {found}"]


def word(kind: str) -> str:
    return f"{word(kind[:-2])}[]" if kind.endswith("[]") else WORDS.get(kind, kind)
