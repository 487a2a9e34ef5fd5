"""What follows the log: a name, and a function of a batch of events."""

from collections.abc import Sequence
from typing import Protocol

from lrs.log.read import Told
from lrs.log.store import Store
from lrs.storage.pool import Connection


class Follower(Protocol):
    """Is told every event of a store's log once and in order, in batches; several stores may take turns."""

    @property
    def name(self) -> str:
        """What its checkpoints are kept under."""

    @property
    def round_seconds(self) -> float:
        """While much arrives, rounds begin no sooner one after the other: in larger ones each event costs less."""

    async def follow(self, tx: Connection, store: Store, events: Sequence[Told]) -> None:
        """Bring about the effect of the next events, in the transaction that moves the checkpoint past them.

        If it raises, the transaction is rolled back and the events come again, in smaller batches; an event that it
        cannot handle alone is parked, and not told again.
        """

    async def look_ahead(self, store: Store, events: Sequence[Told]) -> None:
        """Prepare for the events that come after those that are being written; they may come otherwise, or not at all.

        Asked for where a log is read far behind its head, to work while the database does.
        """

    def forget(self, store: Store) -> None:
        """Drop what is remembered of a store from batch to batch: the next may be from any position."""
