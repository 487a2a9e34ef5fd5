"""The sum of all migrations, for reading: `schema.sql`, written by `python -m lrs.storage.schema`.

A test makes one database by the migrations and one by that file, and compares their catalogues.
"""

import asyncio
import re
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import asyncpg

from lrs.errors import CannotStart
from lrs.storage import binaries, migrate, roles, sqlfile
from lrs.storage.cluster import LOGIN
from lrs.storage.embedded import Embedded
from lrs.storage.pool import Connection

SQL: Final = sqlfile.load(__package__, "catalogue.sql")
FILE: Final = Path(__file__).with_name("schema.sql")
HEAD: Final = """\
-- The sum of all migrations, for reading. Written by `python -m lrs.storage.schema`; a test compares the two.

"""
# Settings of the session that reads the dump, and remarks: neither is part of the schema.
NOISE: Final = re.compile(r"^(?:--.*|SET .*;|SELECT pg_catalog\.set_config.*;|\\.*)\n", re.MULTILINE)


async def catalogue(connection: Connection) -> Sequence[str]:
    """Every schema, table, column, constraint, index, function, trigger, policy, type and grant, a line each."""
    return [" | ".join(row) for row in await SQL.fetch(connection, "catalogue")]


async def make(dsn: str) -> None:
    """Make an empty database by schema.sql instead of the migrations; it notes none, and holds no rows."""
    connection = await asyncpg.connect(dsn)
    try:
        who = await roles.prepare(connection, login=LOGIN)
        await migrate.in_transaction(connection, who, who.fit(FILE.read_text(encoding="utf-8")))
    finally:
        await connection.close()


def dump(dsn: str, programs: binaries.Binaries) -> str:
    """The schema of a database as SQL, in the order in which it can be made."""
    ran = subprocess.run(
        [programs.program("pg_dump"), "--schema-only", "--no-owner", "--no-comments", "--exclude-schema=public", dsn],
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode != 0:
        raise CannotStart(f"pg_dump failed: {ran.stderr.strip()}")
    return HEAD + re.sub(r"\n{3,}", "\n\n", NOISE.sub("", ran.stdout)).strip() + "\n"


def main() -> None:
    """Write schema.sql anew, from a database that is made for it."""
    with tempfile.TemporaryDirectory(prefix="lrs-schema-") as folder, Embedded.start(Path(folder)) as server:
        asyncio.run(migrate.up(server.owner_dsn, login=LOGIN))
        FILE.write_text(dump(server.owner_dsn, binaries.find()), encoding="utf-8")


if __name__ == "__main__":
    main()
