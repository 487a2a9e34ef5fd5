"""Relays every event of every store to Kafka: a carrier of `lrs.relay.outside`."""

from collections.abc import Sequence
from typing import Final

from lrs.config import Settings
from lrs.hooks.kafka.sending import NotSent, Sender
from lrs.log.read import Told
from lrs.log.store import Store
from lrs.log.stores import Stores
from lrs.relay.carrier import Carrier, Later, Refused
from lrs.relay.outside import Outside
from lrs.storage.pool import Pool
from lrs.telemetry import metrics

NAME: Final = "kafka"
# Brokers that are away are asked again soon: that costs nobody anything.
FIRST_SECONDS: Final = 0.5
LAST_SECONDS: Final = 5.0
# How much is sent before acknowledgements are waited for; what is sent twice after a kill is no more than this.
BATCH: Final = 2_000


def outside(settings: Settings, pool: Pool, holder: str) -> list[Outside]:
    """What runs the relay in the process `holder`; nothing where no brokers are named."""
    if not settings.kafka_servers:
        return []
    relays = (Relay(settings),)

    async def source() -> Sequence[Carrier]:
        return relays

    return [Outside(pool, Stores(pool), source, holder=f"{holder} {NAME}", batch=BATCH)]


class Relay:
    """Implements `lrs.relay.carrier.Carrier`."""

    name = NAME
    stores: frozenset[int] | None = None
    start = 0

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._senders: dict[int, Sender] = {}
        self._pauses: dict[int, float] = {}

    async def carry(self, store: Store, events: Sequence[Told]) -> int:
        """Send events; Later while brokers are away, Refused where one is too large: nobody else waits for it."""
        sender = self._senders.get(store.id)
        if sender is None:
            sender = self._senders[store.id] = Sender(self._settings, store)
        try:
            through, refused = await sender.send(events)
        except NotSent as error:
            metrics.KAFKA_UP.set(0, store.name)
            self.forget(store)
            pause = self._pauses[store.id] = min(2 * self._pauses.get(store.id, FIRST_SECONDS / 2), LAST_SECONDS)
            raise Later(pause, error.detail) from error
        metrics.KAFKA_UP.set(1, store.name)
        self._pauses.pop(store.id, None)
        if refused is not None:
            raise Refused(through, refused)
        return through

    def forget(self, store: Store) -> None:
        """Give up what is under way: what comes next may be from any position."""
        if (sender := self._senders.pop(store.id, None)) is not None:
            sender.abandon()
