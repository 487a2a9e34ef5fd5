"""Numbered steps from an empty database to today's: forward only, each in one transaction, by one process at a time.

A step is `migrations/NNNN_name.sql`. It runs as the owner of all tables and names the roles that it grants to as
lrs_owner, lrs_app and lrs_analyst. Once released it never changes.
"""

import asyncio
import random
import re
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final

import asyncpg
import msgspec

from lrs.errors import CannotStart
from lrs.storage import pool as storage
from lrs.storage import roles, sqlfile
from lrs.storage.pool import Connection
from lrs.storage.roles import Roles

SQL: Final = sqlfile.load(__package__, "migrate.sql")
FOLDER: Final = Path(__file__).with_name("migrations")
NAME: Final = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")
MADE: Final = """\
create schema storage;
create table storage.migrations (
    number int not null,
    name text not null,
    digest text not null,
    at timestamptz not null default clock_timestamp(),
    constraint a_migration_is_applied_once primary key (number)
);
grant usage on schema storage to lrs_app;
grant select on storage.migrations to lrs_app;
"""
LOCK: Final = 0x6461_7962_6F6F_6B21  # "daybook!"
TRIES: Final = 20
WAIT_SECONDS: Final = 60.0


class Migration(msgspec.Struct, frozen=True, kw_only=True):
    """One step; `digest` tells whether its text is what was once applied."""

    number: int
    name: str
    text: str
    digest: str


def known(folder: Path = FOLDER) -> Sequence[Migration]:
    """Every step in `folder`, numbered from 1 without gaps; else CannotStart."""
    found = []
    for number, path in enumerate(sorted(folder.glob("*.sql")), 1):
        match = NAME.fullmatch(path.name)
        if match is None or int(match[1]) != number:
            raise CannotStart(f"{path.name} is no migration: the next is called {number:04}_some_name.sql")
        text = path.read_text(encoding="utf-8")
        found.append(Migration(number=number, name=match[2], text=text, digest=sha256(text.encode()).hexdigest()))
    return found


async def current(connection: Connection) -> int:
    """The number of the last step that was applied; 0 where there is none."""
    number = await SQL.fetchval(connection, "current") if await SQL.fetchval(connection, "exists") else 0
    return int(str(number))


async def pending(connection: Connection, folder: Path = FOLDER) -> Sequence[Migration]:
    """The steps that are still to do; CannotStart where the database is newer, or was made by other steps."""
    steps = known(folder)
    rows = await SQL.fetch(connection, "applied") if await SQL.fetchval(connection, "exists") else []
    if len(rows) > len(steps):
        raise CannotStart(
            f"the database is at migration {rows[-1]['number']}, and this release knows {len(steps)}: use the newer"
            " release, or restore a backup from before it"
        )
    for row, step in zip(rows, steps, strict=False):
        if (row["number"], row["digest"]) != (step.number, step.digest):
            raise CannotStart(
                f"migration {step.number:04}_{step.name} is not what was applied as {row['name']} on"
                f" {row['at']:%Y-%m-%d}: a released migration never changes, so install the release again"
            )
    return steps[len(rows) :]


async def check(connection: Connection, folder: Path = FOLDER) -> None:
    """CannotStart unless the database is at the last step that this release knows."""
    if steps := await pending(connection, folder):
        raise CannotStart(f"{len(steps)} migrations are to do, the next is {steps[0].name}: run `lrs migrate`")


async def up(dsn: str, *, login: str | None = None, folder: Path = FOLDER) -> Sequence[Migration]:
    """Apply what is pending, and say what it was. `login` is who may act as the app (the embedded server's).

    Another process that migrates is waited for. A step that cannot get its locks within a second lets others pass and
    tries again; a step that fails leaves the database as it was before it.
    """
    with storage.translate():
        connection = await asyncpg.connect(dsn, timeout=10, server_settings={"application_name": "daybook migrate"})
    try:
        await _alone(connection)
        who = await roles.prepare(connection, login=login)
        if not await SQL.fetchval(connection, "exists"):
            await in_transaction(connection, who, who.fit(MADE))
        steps = await pending(connection, folder)
        for step in steps:
            await _apply(connection, who, step)
        return steps
    finally:
        await connection.close()


async def in_transaction(connection: Connection, who: Roles, sql: str, step: Migration | None = None) -> None:
    """Run `sql` as the owner, and note `step`, in one transaction that waits for no lock longer than a second."""
    async with connection.transaction():
        await connection.execute("set local lock_timeout = '1s'; set local statement_timeout = 0")
        if who.owner is not None:
            await connection.execute(f"set local role {roles.identifier(who.owner)}")
        await connection.execute(sql)
        if step is not None:
            await SQL.execute(connection, "note", number=step.number, name=step.name, digest=step.digest)


async def _apply(connection: Connection, who: Roles, step: Migration) -> None:
    for attempt in range(1, TRIES + 1):
        try:
            await in_transaction(connection, who, who.fit(step.text), step)
        except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError) as error:
            if attempt == TRIES:
                raise CannotStart(
                    f"migration {step.number:04}_{step.name} got no lock in {TRIES} tries: end long transactions"
                ) from error
            await asyncio.sleep(random.uniform(0.1, 1))  # noqa: S311 - nobody gains by guessing it
        except asyncpg.PostgresError as error:
            raise CannotStart(f"migration {step.number:04}_{step.name} failed: {error}") from error
        else:
            return


async def _alone(connection: Connection) -> None:
    """Hold the lock of those who migrate; it goes with the connection."""
    for _ in range(int(WAIT_SECONDS * 10)):
        if await SQL.fetchval(connection, "lock", key=LOCK):
            return
        await asyncio.sleep(0.1)
    raise CannotStart(
        f"another process has been migrating for {WAIT_SECONDS:.0f} s: wait for it, or see what it waits for"
    )
