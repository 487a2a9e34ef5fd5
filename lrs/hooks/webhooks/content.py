"""What a webhook tells: numbered items, such as the events of a log, and the messages that they are put into."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from lrs.hooks import message
from lrs.hooks.registry import Hook
from lrs.hooks.webhooks import deliveries
from lrs.hooks.webhooks.deliveries import Deliveries, Message
from lrs.log.read import Told
from lrs.log.store import Store
from lrs.storage.pool import Pool


class Numbered(Protocol):
    """One of a row of items that are told in order."""

    @property
    def position(self) -> int:
        """Its number, from 1."""


T = TypeVar("T", bound=Numbered)


class Content(Protocol[T]):
    """Where items come from, and how they are told."""

    def takes(self, item: T) -> bool:
        """Whether it is told."""

    def id(self, store: Store, first: int, last: int) -> str:
        """The id of the message of the items first … last: the same however often it is sent."""

    async def read(self, store: Store, first: int, last: int) -> Sequence[T]:
        """The items first … last, for a message that is put together again."""

    def body(self, store: Store, of: Message, items: Sequence[T], *, single: bool) -> bytes:
        """The message of some items; `single` if it is for one alone."""


class Events:
    """The events of a store's log that the filter of a webhook takes."""

    def __init__(self, pool: Pool, hook: Hook) -> None:
        self._filter = hook.config.filter
        self._deliveries = Deliveries(pool, hook)

    def takes(self, item: Told) -> bool:
        """Whether the filter does."""
        return bool(self._filter.takes(item))

    def id(self, store: Store, first: int, last: int) -> str:
        """That of the events."""
        return deliveries.message_id(store, first, last)

    async def read(self, store: Store, first: int, last: int) -> Sequence[Told]:
        """From the log."""
        return await self._deliveries.events(first, last)

    def body(self, store: Store, of: Message, items: Sequence[Told], *, single: bool) -> bytes:
        """An event as it is told outside, or a list of them."""
        if single:
            return message.of(store, items[0])
        return joined(store, of, [message.of(store, event) for event in items])


def joined(store: Store, of: Message, told: Sequence[bytes]) -> bytes:
    """One message of several."""
    return b'{"id":"%b","store":"%b","events":[%b]}' % (of.id.encode(), store.name.encode(), b",".join(told))
