"""Answers what GET /agents asks. (1.0.3 Communication 2.4; 2.0 4.1.6.3)"""

from collections.abc import Sequence

from lrs.log.stores import Stores
from lrs.storage import pool as storage
from lrs.storage import sqlfile
from lrs.storage.pool import Pool
from projections import keys

SQL = sqlfile.load(__package__, "find.sql")


class Reader:
    """People of every store. Implements `lrs.readers.People`."""

    def __init__(self, pool: Pool, stores: Stores) -> None:
        self._pool = pool
        self._stores = stores

    async def names(self, store: int, agent: str) -> Sequence[str]:
        """Every name under which the agent (canonical IFI) was seen, earliest first."""
        secret = (await self._stores.get(store)).secret
        async with storage.connection(self._pool) as connection:
            rows = await SQL.fetch(connection, "names", store=store, agent=keys.agent(secret, agent))
        return [row["name"].decode() for row in rows]
