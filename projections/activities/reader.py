"""Answers what GET /activities and the canonical format ask. (1.0.3 Communication 2.5; 2.0 4.1.6.4)"""

from collections.abc import Iterable, Mapping, Sequence

from lrs.log.stores import Stores
from lrs.storage import pool as storage
from lrs.storage import sqlfile
from lrs.storage.pool import Pool
from projections import keys

SQL = sqlfile.load(__package__, "find.sql")


class Reader:
    """Activities of every store. Implements `lrs.readers.Activities`."""

    def __init__(self, pool: Pool, stores: Stores) -> None:
        self._pool = pool
        self._stores = stores

    async def definitions(self, store: int, activities: Iterable[str]) -> Mapping[str, Sequence[bytes]]:
        """By activity id: each definition (JSON) that was seen for it, earliest first; unknown ones are left out."""
        secret = (await self._stores.get(store)).secret
        ids = {keys.activity(secret, iri): iri for iri in activities}
        if not ids:
            return {}
        async with storage.connection(self._pool) as connection:
            rows = await SQL.fetch(connection, "definitions", store=store, activities=list(ids))
        found: dict[str, list[bytes]] = {}
        for row in rows:
            found.setdefault(ids[row["activity"]], []).append(row["definition"])
        return found
