"""Sends the events of one store to its topic, in a thread: what it says is sent, brokers have for good."""

from collections.abc import Sequence
from typing import Any, Final

from lrs.config import Settings
from lrs.errors import LrsError
from lrs.hooks.kafka import client, records, topics
from lrs.hooks.kafka.records import Record
from lrs.hooks.kafka.threads import Thread
from lrs.log.read import Told
from lrs.log.store import Store

# How long acknowledgements are waited for, before all is given up and sent again.
ACKNOWLEDGED_SECONDS: Final = 10.0
CLOSED_SECONDS: Final = 5.0


class NotSent(LrsError):
    """Brokers are away, or did not acknowledge in time."""

    status = 503


class TooLarge(LrsError):
    """An event has more bytes than brokers take; a record without its data stands for it."""

    status = 413


class Sender:
    """Sends for one store. After NotSent it is of no more use: another must send all that was not acknowledged.

    What it had under way may still arrive, after and in between; as each sends in order, and what was acknowledged is
    not sent again, a reader who passes over the positions that it has seen gets every event once and in order.
    """

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings = settings
        self._store = store
        self._topic = topics.name(settings, store)
        self._thread = Thread(f"kafka {self._topic}")
        self._producer: Any = None
        self._limit = 0
        self._partitions = 0

    async def send(self, events: Sequence[Told]) -> tuple[int, TooLarge | None]:
        """Send events; the position through which all are acknowledged, and why it is not the last, if it is not.

        With TooLarge the position is that of the event which was too large.
        """
        return await self._thread.call(lambda: self._send(events))

    def abandon(self) -> None:
        """Give up, whatever is under way."""
        self._thread.end(self._close)

    def _send(self, events: Sequence[Told]) -> tuple[int, TooLarge | None]:
        from kafka.errors import KafkaError  # type: ignore[import-untyped]

        try:
            if self._producer is None:
                self._open()
            batch, refused = self._batch(events)
            futures = [
                self._producer.send(
                    self._topic,
                    value=each.value,
                    key=each.key,
                    headers=each.headers,
                    partition=each.partition,
                    timestamp_ms=each.timestamp_ms,
                )
                for _, each in batch
            ]
            self._producer.flush(timeout=ACKNOWLEDGED_SECONDS)
            for future in futures:
                future.get(timeout=0)
        except (KafkaError, OSError, AssertionError) as error:
            raise NotSent(f"{self._topic}: {type(error).__name__}: {str(error)[:200]}") from error
        return batch[-1][0], refused

    def _batch(self, events: Sequence[Told]) -> tuple[list[tuple[int, Record]], TooLarge | None]:
        """The records of events, up to and with the first that is too large."""
        batch: list[tuple[int, Record]] = []
        for event in events:
            for each in records.of(self._store, event, self._partitions):
                if each.size > self._limit:
                    stub = records.oversize(self._store, event, self._partitions, each.size)
                    batch.append((event.position, stub))
                    words = f"{each.size} bytes in Kafka, where {self._limit} may be: its data was left out there"
                    return batch, TooLarge(words)
                batch.append((event.position, each))
        return batch, None

    def _open(self) -> None:
        from kafka import KafkaProducer  # type: ignore[import-untyped]

        self._limit = topics.ensure(self._settings, self._topic)
        self._producer = KafkaProducer(**client.producer(self._settings, limit=self._limit))
        self._partitions = len(self._producer.partitions_for(self._topic))

    def _close(self) -> None:
        if self._producer is not None:
            # Closing alone would wait for what is under way, and give up where that does not end.
            self._producer._sender.force_close()
            self._producer._sender.join(CLOSED_SECONDS)
            self._producer.close(timeout=0)
