"""Carries numbered items that are no events of the log, with all that webhooks have: it is told no event, and tends.

How far it has come is a cursor of the hook; an item's number gives the id of its message, so one that is sent again
after whatever end has the same.
"""

from collections.abc import Sequence
from typing import Final, Generic, Protocol

import msgspec

from lrs.errors import Forbidden, Invalid, NotFound
from lrs.hooks.peers import cursors
from lrs.hooks.registry import Hook
from lrs.hooks.webhooks.content import Content, T
from lrs.hooks.webhooks.deliveries import Deliveries
from lrs.hooks.webhooks.webhooks import Webhooks
from lrs.log.read import Told
from lrs.log.store import Store
from lrs.relay.carrier import NEVER, Later
from lrs.relay.checkpoints import LeaseLost
from lrs.storage import pool as storage
from lrs.storage.pool import Pool
from lrs.telemetry import logs

NUMBER: Final = "number"
LIMIT: Final = 200
POLL_SECONDS: Final = 1.0
WRONG_SECONDS: Final = 30.0


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """An item by its number, with the message that it is; None where it is not told."""

    position: int
    body: bytes | None


class Source(Content[T], Protocol[T]):
    """Items, and where they come from."""

    async def prepare(self, store: Store, number: int) -> float:
        """Do what is due before items are read; in how many seconds there may be more. `number` is where we are."""

    async def after(self, store: Store, number: int, limit: int) -> Sequence[T]:
        """The next items, told or not."""


class Telling(Generic[T]):
    """Carries the items of `source` for one hook, by its `webhooks`."""

    start = NEVER

    def __init__(self, hook: Hook, pool: Pool, source: Source[T], webhooks: Webhooks[T]) -> None:
        self.name = hook.carrier
        self.stores: frozenset[int] | None = frozenset({hook.store})
        self._hook = hook
        self._pool = pool
        self._source = source
        self._webhooks = webhooks
        self._deliveries = Deliveries(pool, hook)
        self._number: int | None = None
        self._is_wrong = False

    def forget(self, store: Store) -> None:
        """Look up anew how far it has come."""
        self._number = None
        self._webhooks.forget(store)

    async def aclose(self) -> None:
        """Close the connections to the URL."""
        await self._webhooks.aclose()

    async def carry(self, store: Store, events: Sequence[Told]) -> int:
        """Nothing: it is told no event."""
        return events[-1].position

    async def tend(self, store: Store) -> float:
        """Send what comes next, and what is to be tried again; in how many seconds there may be more."""
        wait = await self._webhooks.tend(store)
        try:
            return min(wait, await self._next(store))
        except Later as later:
            return min(wait, later.seconds)
        except (Forbidden, Invalid, NotFound) as error:
            # What was set up cannot be asked for any more, by whom it was set up for.
            logs.warning("a hook cannot ask", hook=self._hook.name, carrier=self.name, reason=error.detail)
            await self._deliveries.fail(error.detail)
            self._is_wrong = True
            return min(wait, WRONG_SECONDS)

    async def _next(self, store: Store) -> float:
        number = await self._at()
        wait = await self._source.prepare(store, number)
        items = await self._source.after(store, number, LIMIT)
        if self._is_wrong:
            await self._deliveries.recover()
            self._is_wrong = False
        if not items:
            return min(wait, POLL_SECONDS)
        await self._move(await self._webhooks.carry(store, items))
        return 0.0

    async def _at(self) -> int:
        if self._number is None:
            named = {"store": self._hook.store, "hook": self._hook.id, "name": NUMBER}
            async with storage.connection(self._pool) as connection:
                await cursors.SQL.execute(connection, "begin", **named, value="0")
                self._number = int(str(await cursors.SQL.fetchval(connection, "cursor", **named)))
        return self._number

    async def _move(self, through: int) -> None:
        """Keep how far it has come; LeaseLost where another process has."""
        old = await self._at()
        if through <= old:
            return
        named = {"store": self._hook.store, "hook": self._hook.id, "name": NUMBER}
        async with storage.connection(self._pool) as connection:
            if not await cursors.SQL.execute(connection, "move", **named, old=str(old), new=str(through)):
                raise LeaseLost(f"the cursor of {self.name} was moved by another process")
        self._number = through
