"""The schemas of facts and of analytic projections: made by the owner of all tables where they are missing.

They are no migrations: a schema is made under a version, noted as its comment, and made anew under the next.
"""

import hashlib
import importlib.resources
import re
from collections.abc import Mapping, Sequence
from typing import Final

import asyncpg

from lrs.storage import migrate, roles, sqlfile
from lrs.storage import pool as storage
from lrs.storage.pool import Connection
from projections.analytic import Projection, changes, views
from projections.analytic.tables import ddl
from projections.facts import store as facts
from projections.facts.store import SCHEMA

SQL: Final = sqlfile.load(__package__, "schemas.sql")
FACTS: Final = "projections.facts"


async def make_missing(dsn: str, projections: Sequence[Projection]) -> Sequence[str]:
    """Make what is missing, or was made under another version; what was made. All their keys are marked."""
    with storage.translate():
        connection = await asyncpg.connect(dsn, timeout=10, server_settings={"application_name": "daybook migrate"})
    try:
        async with connection.transaction():
            await SQL.execute(connection, "alone", number=migrate.LOCK)
            return await _make_missing(connection, projections)
    finally:
        await connection.close()


async def _make_missing(connection: Connection, projections: Sequence[Projection]) -> Sequence[str]:
    made = []
    versions = await _versions(connection)
    if versions.get(SCHEMA) != stamp(facts.VERSION, _facts()):
        await drop(connection, SCHEMA)
        await make_facts(connection, SCHEMA)
        await SQL.execute(connection, "forget", follower=SCHEMA)
        made.append(SCHEMA)
    for each in projections:
        version = stamp(each.version, ddl(each, each.name))
        if versions.get(each.name) != version:
            await drop(connection, each.name)
            await make(connection, each, each.name)
            await changes.gap(connection, each.name)
            made.append(each.name)
        if versions.get(each.name) != version or SCHEMA in made:
            await aim(connection, each, SCHEMA, each.name)
    await views.make(connection, projections, anew=bool(made))
    return made


async def make_facts(connection: Connection, schema: str) -> None:
    """Make the tables of facts under the name `schema`."""
    await _as_owner(connection, in_schemas(_facts(), {SCHEMA: schema}), schema, stamp(facts.VERSION, _facts()))


async def make(connection: Connection, projection: Projection, schema: str) -> None:
    """Make the tables of a projection under the name `schema`."""
    version = stamp(projection.version, ddl(projection, projection.name))
    await _as_owner(connection, ddl(projection, schema), schema, version)


def stamp(version: int, sql: str) -> str:
    """What a schema of a version is known by, with a digest of what makes it: tables may change before a release."""
    return f"{version} {hashlib.sha256(sql.encode()).hexdigest()[:12]}"


def _facts() -> str:
    return importlib.resources.files(FACTS).joinpath("tables.sql").read_text(encoding="utf-8")


async def aim(connection: Connection, projection: Projection, of: str, schema: str, *, all_keys: bool = True) -> None:
    """Have a projection computed from the facts in schema `of` into `schema`, beginning with all its keys.

    Without `all_keys`, from facts that are yet to come: they mark their own.
    """
    sql = SQL if of == SCHEMA else SQL.within({SCHEMA: of})
    await sql.execute(connection, "aim", name=projection.name, schema=schema, version=projection.version)
    if all_keys:
        await sql.execute(connection, "mark_all", target=schema, key=facts.EVER)


async def drop(connection: Connection, schema: str) -> None:
    """Drop a schema with all that is in it, if it is there."""
    await _act(connection, await roles.find(connection), f"drop schema if exists {schema} cascade")


async def rename(connection: Connection, schema: str, to: str) -> None:
    """Give a schema another name."""
    await _act(connection, await roles.find(connection), f"alter schema {schema} rename to {to}")


def in_schemas(sql: str, schemas: Mapping[str, str]) -> str:
    """SQL for other schemas in place of those it names."""
    for old, new in schemas.items():
        for before, after in ((f"schema {old};", f"schema {new};"), (f"schema {old} ", f"schema {new} ")):
            sql = sql.replace(before, after)
        sql = re.sub(rf"(?<![.\w]){old}\.", f"{new}.", sql)
    return sql


async def _as_owner(connection: Connection, sql: str, schema: str, version: str) -> None:
    who = await roles.find(connection)
    await _act(connection, who, f"{who.fit(sql)}\ncomment on schema {schema} is '{version}';")


async def _act(connection: Connection, who: roles.Roles, sql: str) -> None:
    if who.owner is not None:
        # What was granted on a database does not come along when it is copied or restored under another name.
        row = await SQL.fetchone(connection, "may_create", role=who.owner)
        if not row["may_create"]:
            names = f"database {roles.identifier(row['database'])} to {roles.identifier(who.owner)}"
            await connection.execute(f"grant create on {names}")
        await connection.execute(f"set local role {roles.identifier(who.owner)}")
    await connection.execute(sql)
    await connection.execute("reset role")


async def _versions(connection: Connection) -> dict[str, str | None]:
    return {row["name"]: row["version"] for row in await SQL.fetch(connection, "versions")}
