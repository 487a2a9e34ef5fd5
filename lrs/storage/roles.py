"""Who may do what in the database: an owner of all tables, and an app that may only do what is granted to it.

Neither can log in. Migrations are run as the owner, and grant to `lrs_app` and `lrs_analyst`. On the embedded server
the processes log in as `lrs`, which is a member of the app and of nothing else: no SQL makes it more. On a server by
URL there is one log-in for both. It acts as the app by the `role` setting of its sessions, which keeps mistakes of ours
from harm but not SQL that somebody else got in; for that, run `lrs migrate` with one URL and `lrs serve` with that of a
log-in that is a member of the app alone.
"""

import re
from typing import Final

import msgspec

from lrs.storage import sqlfile
from lrs.storage.pool import Connection

SQL: Final = sqlfile.load(__package__, "roles.sql")
PARTS: Final = ("owner", "app", "analyst")
NAMED: Final = re.compile(rf"\blrs_({'|'.join(PARTS)})\b")
GRANT: Final = re.compile(rf"^(?:grant|revoke|alter default privileges)\b[^;]*?{NAMED.pattern}[^;]*;\n?", re.M | re.I)


class Roles(msgspec.Struct, frozen=True, kw_only=True):
    """The roles of a database; `prefix` is `lrs` unless that is another's, None where there is but one role."""

    prefix: str | None

    @property
    def owner(self) -> str | None:
        """Who owns every schema; None where it is the log-in itself."""
        return self.prefix and f"{self.prefix}_owner"

    @property
    def app(self) -> str | None:
        """Whom the server acts as; None where it is the log-in itself."""
        return self.prefix and f"{self.prefix}_app"

    def warnings(self) -> tuple[str, ...]:
        """What an operator should know."""
        if self.prefix is not None:
            return ()
        words = (
            "the database lets us make no roles, so the server acts as the owner of its tables: grant CREATEROLE to its"
            " log-in, or, before the first start, make lrs_owner, lrs_app and lrs_analyst and grant them to it"
        )
        return (words,)

    def fit(self, sql: str) -> str:
        """`sql`, written for roles lrs_owner, lrs_app and lrs_analyst, for these; without its grants if there are none.

        Grants are found where a line begins with grant, revoke or alter default privileges.
        """
        if self.prefix is None:
            return GRANT.sub("", sql)
        if self.prefix == "lrs":
            return sql
        return NAMED.sub(lambda found: identifier(f"{self.prefix}_{found[1]}"), sql)


async def prepare(connection: Connection, *, login: str | None = None) -> Roles:
    """The roles of this database, made where missing and possible; `login` becomes a member of the app.

    Roles are the whole server's: where `lrs_owner` is that of another database, ours have its name in theirs.
    """
    roles = await find(connection)
    row = await SQL.fetchrow(connection, "situation")
    assert row is not None
    if row["exists"]:
        return roles
    prefix = f"lrs_{row['database']}" if row["taken"] else "lrs"
    for part in PARTS:
        name = f"{prefix}_{part}"
        if not await SQL.fetchval(connection, "is_member", role=name):
            if not row["may_create"]:
                return Roles(prefix=None)
            await connection.execute(f"create role {identifier(name)} nologin")
            await connection.execute(f"grant {identifier(name)} to current_user")
    database = identifier(row["database"])
    await connection.execute(f"grant create on database {database} to {identifier(f'{prefix}_owner')}")
    await connection.execute("revoke all on schema public from public")
    if login is not None:
        await connection.execute(f"grant {identifier(f'{prefix}_app')} to {identifier(login)}")
    return Roles(prefix=prefix)


async def find(connection: Connection) -> Roles:
    """The roles that this database was made with."""
    prefix = await SQL.fetchval(connection, "prefix")
    return Roles(prefix=None if prefix is None else str(prefix))


def identifier(name: str) -> str:
    """`name` as SQL writes it, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'
