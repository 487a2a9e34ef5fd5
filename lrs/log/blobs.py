"""Attachments' data by SHA-2, stored once however many statements name it. (1.0.3 Data 2.4.11; 2.0 4.2.2.6)"""

from collections.abc import Mapping, Sequence

from lrs.storage import pool as storage
from lrs.storage import sqlfile
from lrs.storage.pool import Pool

SQL = sqlfile.load(__package__, "blobs.sql")


class Reader:
    """Reads the blobs of every store."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def get(self, store: int, sha2: Sequence[str]) -> Mapping[str, bytes]:
        """By lower-case hex digest; what is not here is left out."""
        async with storage.connection(self._pool) as connection:
            rows = await SQL.fetch(connection, "get", store=store, digests=[bytes.fromhex(each) for each in sha2])
        return {row["sha2"].hex(): row["content"] for row in rows}
