"""What business intelligence tools read with SQL: the schema `analytics`, a view for each table of a projection.

A view shows whoever reads it the stores whose role is hers, `lrs_analyst_STORE`, and nothing can be written through it.
Views are made anew whenever tables are, since they hold on to the tables and not to their names.
"""

import hashlib
from collections.abc import Sequence
from typing import Final

import asyncpg

from lrs.storage import migrate, roles, sqlfile
from lrs.storage import pool as storage
from lrs.storage.pool import Connection
from lrs.storage.roles import Roles, identifier
from projections.analytic import Column, Projection, Table

SQL: Final = sqlfile.load(__package__, "views.sql")
SCHEMA: Final = "analytics"
LONGEST: Final = 63
# Of members of a role too, whatever they are called; it does not depend on the row, and so is looked up once.
OWN: Final = """store in (select a.store from analytics.analysts a join pg_catalog.pg_roles r on r.rolname = a.role
                  where pg_catalog.pg_has_role(current_user, r.oid, 'usage'))"""
# What is no projection of facts, and is read all the same.
COUNTS: Final = Table(
    "counts",
    (
        Column("dimension", "text", "What is counted by: day, verb, activity or agent."),
        Column("day", "date", "The day in UTC on which it happened."),
        Column("key", "text", "The verb, activity or identifier of the agent; empty for days."),
        Column("statements", "bigint", "How many were stored, voided ones and voiding ones too."),
        Column("voided", "bigint", "How many of these are voided."),
    ),
    ("dimension", "day", "key"),
    "How many statements there are, by day, verb, activity and agent.",
)
READABLE: Final = """
grant usage on schema analytics to lrs_analyst;
grant select on all tables in schema analytics to lrs_analyst;
revoke select on analytics.analysts from lrs_analyst;
"""


async def make(connection: Connection, projections: Sequence[Projection], *, anew: bool = True) -> None:
    """Make the views of these projections, in the transaction of the owner's `connection`.

    Unless `anew`, those that are the same already are left alone: nobody who reads one is kept waiting.
    """
    who = await roles.find(connection)
    names = [table.name for projection in projections for table in projection.tables]
    text = view("statistics", COUNTS, "statistics")
    for projection in projections:
        for table in projection.tables:
            name = table.name if names.count(table.name) == 1 else f"{projection.name}_{table.name}"
            text += view(projection.name, table, name)
    mark = hashlib.sha256(text.encode()).hexdigest()
    if not anew and await SQL.fetchval(connection, "mark") == mark:
        return
    old = [row["name"] for row in await SQL.fetch(connection, "views")]
    gone = "".join(f"drop view if exists {SCHEMA}.{identifier(name)};\n" for name in old)
    await _as_owner(connection, who, f"{gone}{text}{READABLE}\ncomment on schema {SCHEMA} is '{mark}';")


async def make_roles(dsn: str) -> Sequence[str]:
    """Make the role of every store that has none; their names. None where the database lets us make no roles."""
    with storage.translate():
        connection = await asyncpg.connect(dsn, timeout=10, server_settings={"application_name": "daybook migrate"})
    try:
        async with connection.transaction():
            who = await roles.find(connection)
            if who.prefix is None:
                return []
            # Of processes that start at once, one makes them.
            await SQL.execute(connection, "alone", number=migrate.LOCK)
            return [await _role(connection, who, row["id"], row["name"]) for row in await _lacking(connection, who)]
    except asyncpg.InsufficientPrivilegeError:
        return []
    finally:
        await connection.close()


def role(who: Roles, store: str) -> str:
    """The role of a store's analysts; of a long name the end is a digest, as PostgreSQL would cut it."""
    name = f"{who.prefix}_analyst_{store}"
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 9]}_{hashlib.sha256(store.encode()).hexdigest()[:8]}"


def view(schema: str, table: Table, name: str) -> str:
    """SQL that makes the view of a table, with its comments."""
    called = f"{SCHEMA}.{name}"
    columns = ", ".join(f"t.{column.name}" for column in table.columns)
    parts = [
        f"create view {called} with (security_barrier) as select {columns} from {schema}.{table.name} t where {OWN}",  # noqa: S608
        f"comment on view {called} is {_quoted(table.sentence)}",
    ]
    parts += [
        f"comment on column {called}.{column.name} is {_quoted(column.sentence)}" for column in table.columns
    ]  # fmt: skip
    return ";\n".join(parts) + ";\n"


async def _lacking(connection: Connection, who: Roles) -> list[asyncpg.Record]:
    known = {row["role"] for row in await SQL.fetch(connection, "analysts")}
    return [row for row in await SQL.fetch(connection, "stores") if role(who, row["name"]) not in known]


async def _role(connection: Connection, who: Roles, store: int, store_name: str) -> str:
    name = role(who, store_name)
    if not await SQL.fetchval(connection, "exists", role=name):
        await connection.execute(f"create role {identifier(name)} nologin")
        await connection.execute(f"comment on role {identifier(name)} is {_quoted(f'Reads the store {store_name}.')}")
    await connection.execute(f"grant {identifier(f'{who.prefix}_analyst')} to {identifier(name)}")
    await SQL.execute(connection, "note", role=name, store=store)
    return name


async def _as_owner(connection: Connection, who: Roles, text: str) -> None:
    if who.owner is not None:
        await connection.execute(f"set local role {identifier(who.owner)}")
    await connection.execute(who.fit(text))
    await connection.execute("reset role")


def _quoted(sentence: str) -> str:
    return "'" + sentence.replace("'", "''") + "'"
