"""Answers the GETs of the document resources. (1.0.3 Communication 2.2; 2.0 4.1.6.2, 4.1.6.5, 4.1.6.6)"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from lrs.readers import StoredDocument
from lrs.storage import pool as storage
from lrs.storage import sqlfile
from lrs.storage.pool import Pool

SQL = sqlfile.load(__package__, "find.sql")


class Reader:
    """Documents of every store. Implements `lrs.readers.Documents`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def get(self, store: int, subject: UUID) -> StoredDocument | None:
        """The latest version, None where there never was one or it was deleted."""
        async with storage.connection(self._pool) as connection:
            row = await SQL.fetchrow(connection, "get", store=store, subject=subject)
        if row is None or row["deleted"]:
            return None
        return StoredDocument(
            content=row["payload"], content_type=row["content_type"], etag=row["etag"], updated=row["stored"]
        )

    async def ids(self, store: int, context: UUID, *, since: datetime | None) -> Sequence[str]:
        """Ids of the documents of a context that were stored after `since`, in order."""
        async with storage.connection(self._pool) as connection:
            rows = await SQL.fetch(connection, "ids", store=store, context=context, since=since)
        return [row["id"].decode() for row in rows]
