"""How far followers and projections are behind the log, told in a word to whoever watches a server."""

from collections.abc import Collection
from typing import Final

from lrs.http.behind import Lags
from lrs.storage import pool as storage
from lrs.storage import sqlfile
from lrs.storage.pool import Pool

SQL: Final = sqlfile.load(__package__, "lags.sql")


async def lags(pool: Pool, projections: Collection[str]) -> Lags:
    """Each follower's lag in the store where it is most behind, by name; followers of hooks by their kind."""
    async with storage.connection(pool) as connection:
        rows = await SQL.fetch(connection, "lags", projections=list(projections))
    return {row["name"]: {"behind": row["behind"], "seconds": round(row["seconds"], 1)} for row in rows}
