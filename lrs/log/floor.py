"""The floor of a log: what X-Experience-API-Consistent-Through tells. (1.0.3 Communication 2.1.3; 2.0 4.1.6.1)"""

import time
from datetime import UTC, datetime, timedelta

from lrs.storage import pool as storage
from lrs.storage import sqlfile
from lrs.storage.pool import Pool

SQL = sqlfile.load(__package__, "append.sql")
FRESH = timedelta(seconds=1)
OLDEST = datetime(1970, 1, 1, tzinfo=UTC)


class Floors:
    """The floors that this process has seen. One that was ever true stays true: a floor only rises."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._seen: dict[int, datetime] = {}
        self._raised: dict[int, float] = {}

    def last(self, store: int | None) -> datetime:
        """The last floor seen of a store, or the lowest of all where it is not known whose; asks nobody."""
        if store is not None and store in self._seen:
            return self._seen[store]
        return min(self._seen.values(), default=OLDEST)

    def see(self, store: int, floor: datetime) -> datetime:
        """Remember a floor that was read or written; gives the highest known."""
        seen = self._seen.get(store)
        if seen is None or floor > seen:
            self._seen[store] = floor
            self._raised[store] = time.monotonic()
            return floor
        return seen

    async def freshen(self, store: int) -> None:
        """Have the floor raised to the clock if it may be more than a second old.

        Called before what it is to speak for is read, and not after: what is stored in between lies above it.
        """
        now = time.monotonic()
        raised = self._raised.get(store)
        if raised is not None and now - raised < FRESH.total_seconds():
            return
        async with storage.connection(self._pool) as connection:
            row = await SQL.fetchone(connection, "through", store=store)
            floor = row["floor"]
            if row["clock"] - floor > FRESH:
                floor = await SQL.fetchval(connection, "raise_floor", store=store) or floor
        self.see(store, floor)

    async def through(self, store: int) -> datetime:
        """The floor, at most about a second old unless somebody holds the head."""
        await self.freshen(store)
        return self.last(store)
