"""Stores: the tenants, each with a log, positions, a secret and an origin of its own.

Store 0 is the system's. The others are an inline projection of its log: a `StoreChanged` event there makes one.
"""

from collections.abc import Iterable, Mapping, Sequence

import asyncpg

from lrs.errors import Conflict, NotFound
from lrs.events import Event, Kind
from lrs.log.group import Keys
from lrs.log.store import Created, Store
from lrs.log.writing import Writing
from lrs.storage import pool as storage
from lrs.storage import sqlfile
from lrs.storage.pool import Connection, Pool

SQL = sqlfile.load(__package__, "stores.sql")
SYSTEM = 0


class Stores:
    """Every store, remembered once read: a store never changes and never goes."""

    kinds = frozenset({Kind.STORE_CHANGED})

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._known: dict[int, Store] = {}

    async def all(self) -> Mapping[int, Store]:
        """By id, read anew."""
        async with storage.connection(self._pool) as connection:
            rows = await SQL.fetch(connection, "all")
        self._known = {row["id"]: _store(row) for row in rows}
        return self._known

    async def get(self, store: int) -> Store:
        """The store of that id; else NotFound."""
        known = self._known.get(store) or (await self.all()).get(store)
        if known is None:
            raise NotFound(f"there is no store {store}")
        return known

    async def by_name(self, name: str) -> Store:
        """The store of that name; else NotFound."""
        for store in (await self.all()).values():
            if store.name == name:
                return store
        raise NotFound(f"there is no store {name!r}: `lrs store list` shows those that are")

    async def known(self, tx: Connection, store: Store, keys: Keys) -> Iterable[Event]:
        """Nothing: whether a name is taken is for the constraint to say."""
        return ()

    async def write(self, to: Writing, store: Store, events: Sequence[Event], *, alone: bool) -> None:
        """The rows of new stores; Conflict where a name is taken."""
        for event in events:
            created = event.detail
            assert isinstance(created, Created)
            try:
                await SQL.execute(
                    to.transaction(), "create", name=created.name, uuid=event.subject, secret=created.secret
                )
            except asyncpg.UniqueViolationError as error:
                raise Conflict(f"there is a store {created.name!r} already") from error
            except asyncpg.CheckViolationError as error:
                raise Conflict(
                    f"{created.name!r} is no name for a store: a lower-case letter, then up to 62 of a-z, 0-9, _ and -"
                ) from error


def _store(row: asyncpg.Record) -> Store:
    return Store(id=row["id"], name=row["name"], uuid=row["uuid"], epoch=row["epoch"], secret=bytes(row["secret"]))
