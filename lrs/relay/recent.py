"""The events that were read last: what one follower has read, others that come by later need not read again."""

from collections import deque
from collections.abc import Sequence
from itertools import islice
from typing import Final

from lrs.log.read import Told

BYTES: Final = 16 * 2**20
# What an event takes in memory besides its content, about.
EVENT_BYTES: Final = 500


class Recent:
    """The last events of the store whose log was read last, without a gap."""

    def __init__(self) -> None:
        self._store = 0
        self._events: deque[Told] = deque()
        self._size = 0

    def after(self, store: int, position: int, limit: int) -> list[Told]:
        """At most `limit` events after `position`, if the first of them is there."""
        if store != self._store or not self._events:
            return []
        start = position + 1 - self._events[0].position
        return [] if start < 0 else list(islice(self._events, start, start + limit))

    def add(self, store: int, events: Sequence[Told]) -> None:
        """Keep events that were read, unless later ones are kept; they join those that they go on from."""
        if not events:
            return
        if store != self._store:
            self._clear()
            self._store = store
        end = self._events[-1].position if self._events else 0
        if events[-1].position <= end:
            return
        if events[0].position != end + 1:
            self._clear()
        self._events.extend(events)
        self._size += sum(map(_size, events))
        while self._size > BYTES:
            self._size -= _size(self._events.popleft())

    def _clear(self) -> None:
        self._events.clear()
        self._size = 0


def _size(event: Told) -> int:
    return len(event.payload or b"") + len(event.filled or b"") + EVENT_BYTES
