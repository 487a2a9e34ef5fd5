"""Reads the topics of all stores as one of a group, in a thread. Where each partition goes on is said from outside.

Kafka gives out partitions and sends nothing of one before it is said where to begin (`seek`); what was read so far of
partitions that were given out before is of no use any more, also where the same process has them again.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec

from lrs.config import Settings
from lrs.hooks.kafka import client, records
from lrs.hooks.kafka.threads import Thread

POLL_MS: Final = 200
RECORDS: Final = 2_000


class Place(NamedTuple):
    """A partition of a topic."""

    topic: str
    number: int


class Got(msgspec.Struct, frozen=True):
    """A record of a partition; one without value is a tombstone."""

    offset: int
    key: bytes
    value: bytes | None
    headers: Sequence[records.Header]


class Turn(msgspec.Struct, frozen=True):
    """What a look at Kafka gave: partitions that are ours since now and how many their topics have; those that are not
    any more; records; and where the ends were of partitions that are read through their ends, if that was asked.
    """

    given: Mapping[Place, int]
    gone: frozenset[Place]
    got: Mapping[Place, Sequence[Got]]
    ends: Mapping[Place, int]


class Source:
    """One reader of the group. After an error it is closed, and another is made."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._thread = Thread("kafka source")
        self._consumer: Any = None
        self._ours: set[Place] = set()
        self._fresh: set[Place] = set()

    async def turn(self, *, ends: bool) -> Turn:
        """Look at Kafka for a moment."""
        return await self._thread.call(lambda: self._turn(ends=ends))

    async def seek(self, place: Place, *, offset: int | None, since: datetime | None) -> None:
        """Begin a partition at an offset; else at the first record since a time; else at its beginning."""
        await self._thread.call(lambda: self._seek(place, offset, since))

    async def pause(self, place: Place) -> None:
        """Get no more of a partition until it is resumed."""
        await self._thread.call(lambda: self._set(place, flows=False))

    async def resume(self, place: Place) -> None:
        """Go on with a partition."""
        await self._thread.call(lambda: self._set(place, flows=True))

    def close(self) -> None:
        """Leave the group, so that others get the partitions at once; nobody waits for it."""
        self._thread.end(self._close)

    async def closed(self) -> None:
        """Leave the group, and wait until that is done."""
        await self._thread.call(self._close)

    def _turn(self, *, ends: bool) -> Turn:
        if self._consumer is None:
            self._consumer = self._open()
        polled = self._consumer.poll(POLL_MS, max_records=RECORDS)
        assigned = {Place(each.topic, each.partition) for each in self._consumer.assignment()}
        gone, self._ours = self._ours - assigned, assigned
        fresh = self._fresh & assigned
        self._fresh.clear()
        return Turn(
            given={place: len(self._consumer.partitions_for_topic(place.topic) or ()) for place in fresh},
            gone=frozenset(gone),
            got={
                Place(part.topic, part.partition): [
                    Got(each.offset, each.key, each.value, each.headers) for each in several
                ]
                for part, several in polled.items()
            },
            ends=self._ends(assigned - fresh) if ends else {},
        )

    def _ends(self, places: set[Place]) -> Mapping[Place, int]:
        """The ends of partitions that were read through them."""
        parts = {place: _partition(place) for place in places}
        found = self._consumer.end_offsets(list(parts.values())) if parts else {}
        return {place: found[part] for place, part in parts.items() if self._consumer.position(part) == found.get(part)}

    def _open(self) -> Any:  # noqa: ANN401 - the client has no types
        from kafka import ConsumerRebalanceListener, KafkaConsumer  # type: ignore[import-untyped]

        consumer = KafkaConsumer(**client.consumer(self._settings))
        fresh = self._fresh

        class Listener(ConsumerRebalanceListener):  # type: ignore[misc]
            def on_partitions_revoked(self, revoked: Iterable[Any]) -> None:
                pass

            def on_partitions_assigned(self, assigned: Iterable[Any]) -> None:
                consumer.pause(*assigned)
                fresh.update(Place(each.topic, each.partition) for each in assigned)

        consumer.subscribe(pattern=f"^{re.escape(self._settings.kafka_prefix)}[a-z][a-z0-9_-]*$", listener=Listener())
        return consumer

    def _seek(self, place: Place, offset: int | None, since: datetime | None) -> None:
        part = _partition(place)
        if part not in self._consumer.assignment():
            return
        if offset is None and since is not None:
            found = self._consumer.offsets_for_times({part: records.milliseconds(since)})[part]
            offset = None if found is None else found.offset
        if offset is None:
            self._consumer.seek_to_beginning(part)
        else:
            self._consumer.seek(part, offset)
        self._consumer.resume(part)

    def _set(self, place: Place, *, flows: bool) -> None:
        part = _partition(place)
        if part in self._consumer.assignment():
            (self._consumer.resume if flows else self._consumer.pause)(part)

    def _close(self) -> None:
        if self._consumer is not None:
            self._consumer.close(autocommit=False, timeout_ms=2_000)
            self._consumer = None


def _partition(place: Place) -> Any:  # noqa: ANN401 - the client has no types
    from kafka import TopicPartition

    return TopicPartition(place.topic, place.number)
