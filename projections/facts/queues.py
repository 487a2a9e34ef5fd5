"""What was read of a partition and waits: events in order, and how far the partition is known to be complete."""

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

import msgspec

from lrs.events import Kind
from lrs.hooks.kafka import records
from lrs.hooks.kafka.source import Got
from lrs.log.read import Told

VOIDED: Final = "http://adlnet.gov/expapi/verbs/voided"


class Queued(msgspec.Struct, frozen=True):
    """An event; one that is not whole is to be read from the log. The offset is None where it came from there."""

    event: Told
    is_whole: bool
    offset: int | None

    @property
    def is_void(self) -> bool:
        """Whether it may void a statement."""
        if self.event.kind is not Kind.STATEMENT_STORED:
            return False
        return self.event.payload is None or _verb(self.event.payload).verb.id == VOIDED


class _Id(msgspec.Struct):
    id: str


class _Verb(msgspec.Struct):
    verb: _Id


_verb = msgspec.json.Decoder(_Verb).decode


class Queue:
    """Of one partition of `partitions`. `told` is the horizon that was acted upon, `next_offset` what was committed."""

    def __init__(self, partitions: int) -> None:
        self.partitions = partitions
        self.next_offset: int | None = None
        self.told = 0
        self._events: deque[Queued] = deque()
        self._read: int | None = None
        self._quiet = 0

    def __len__(self) -> int:
        return len(self._events)

    def add(self, got: Sequence[Got]) -> None:
        """More records: reference data is for the log to tell, tombstones are for what keeps the content."""
        self._events.extend(self._queued(got))
        self._read = got[-1].offset + 1

    def quiet(self, end: int, through: int) -> None:
        """All events of the partition up to `through` lie before the offset `end`, to which it was read."""
        if self._read is None or self._read >= end:
            self._quiet = max(self._quiet, through)
            if not self._events:
                self.next_offset = end

    @property
    def horizon(self) -> int:
        """The position up to which nothing comes any more that is not in the queue, and nothing is in it."""
        return self._events[0].event.position - 1 if self._events else self._quiet

    def head(self, count: int, *, before: int | None) -> list[Queued]:
        """The next events, at most so many, that lie before a position."""
        found: list[Queued] = []
        for each in islice(self._events, count):
            if before is not None and each.event.position >= before:
                break
            found.append(each)
        return found

    def drop(self, count: int) -> None:
        """Forget the next events: they are handled."""
        for _ in range(count):
            self._events.popleft()

    def _queued(self, got: Sequence[Got]) -> Iterator[Queued]:
        for each in got:
            if each.value is None:
                continue
            event, is_whole = records.told(each.value, each.headers)
            if event.kind is not Kind.REFERENCE_APPLIED:
                yield Queued(event, is_whole, each.offset)
