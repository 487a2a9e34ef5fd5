"""Changed rows of a projection as messages: one for each change, in order, by the role that the hook was made for."""

import time
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import orjson

from lrs.hooks.analytic.analytics import Analytics, Declared, Rows
from lrs.hooks.peers.cursors import SQL as CURSORS
from lrs.hooks.registry import Hook
from lrs.hooks.sorts import Effect
from lrs.hooks.webhooks.content import joined
from lrs.hooks.webhooks.deliveries import Message
from lrs.hooks.webhooks.telling import NUMBER, Item
from lrs.log.store import Store
from lrs.storage import pool as storage
from lrs.storage.pool import Connection, Pool

KIND: Final = "RowChanged"
VERSION: Final = 1
WANT_SECONDS: Final = 3_600.0
POLL_SECONDS: Final = 1.0
# While nothing changes, it is looked so seldom whether the role still sees anything.
LOOK_SECONDS: Final = 60.0


def begin(analytics: Declared, store: int, hook: UUID, config: Any) -> Effect:  # noqa: ANN401 - the configuration
    """From the event on that makes the hook, changes are recorded."""
    projection: str = config.projection

    async def effect(tx: Connection) -> None:
        number = await analytics.want(tx, store, projection)
        await CURSORS.execute(tx, "begin", store=store, hook=hook, name=NUMBER, value=str(number))

    return effect


class Changes:
    """The changes that a hook wants."""

    def __init__(self, hook: Hook, pool: Pool, analytics: Analytics) -> None:
        self._hook = hook
        self._config: Rows = hook.config
        self._pool = pool
        self._analytics = analytics
        self._wanted = self._looked = -WANT_SECONDS

    def takes(self, item: Item) -> bool:
        """Whether it concerns the hook."""
        return item.body is not None

    def id(self, store: Store, first: int, last: int) -> str:
        """`STORE:rows:PROJECTION:NUMBER`, of several with the last one's number."""
        own = f"{store.uuid}:{store.epoch}:rows:{self._config.projection}:{first}"
        return own if first == last else f"{own}-{last}"

    async def prepare(self, store: Store, number: int) -> float:
        """Have changes recorded."""
        if time.monotonic() - self._wanted > WANT_SECONDS:
            async with storage.transaction(self._pool) as tx:
                await self._analytics.want(tx, store.id, self._config.projection)
            self._wanted = time.monotonic()
        return POLL_SECONDS

    async def after(self, store: Store, number: int, limit: int) -> Sequence[Item]:
        """The next changes."""
        config = self._config
        is_seldom = time.monotonic() - self._looked < LOOK_SECONDS
        if is_seldom and not await self._analytics.beyond(store, config.projection, number):
            return []
        found = await self._analytics.changes(store, self._hook.id, config, number, limit)
        self._looked = time.monotonic()
        return [
            Item(position=each.number, body=None if each.told is None else self._told(store, each.number, each.told))
            for each in found
        ]

    async def read(self, store: Store, first: int, last: int) -> Sequence[Item]:
        """Some changes once more, as they are seen now."""
        return [each for each in await self.after(store, first - 1, last - first + 1) if each.position <= last]

    def body(self, store: Store, of: Message, items: Sequence[Item], *, single: bool) -> bytes:
        """A change, or a list of them."""
        bodies = [each.body for each in items if each.body is not None]
        return bodies[0] if single else joined(store, of, bodies)

    def _told(self, store: Store, number: int, told: object) -> bytes:
        said = {
            "id": self.id(store, number, number), "store": store.name, "kind": KIND, "version": VERSION,
            "projection": self._config.projection,
        }  # fmt: skip
        assert isinstance(told, dict)
        return orjson.dumps({**said, **told}, option=orjson.OPT_UTC_Z)
