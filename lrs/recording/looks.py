"""Keeps who looked at whose records: one event for each query of personal data, on disk before it is answered."""

import asyncio
import time
import uuid
from collections.abc import Callable
from typing import Final

import msgspec

from lrs.events import Draft, Kind, Look
from lrs.log.append import Log
from lrs.log.group import Keys

# Who goes on reading the same is one reader, whether by one long answer or by many.
SITTING_SECONDS: Final = 3_600.0
REMEMBERED: Final = 10_000


class Looks:
    """Records looks in the log of the store whose records they were."""

    def __init__(self, log: Log) -> None:
        self._log = log

    async def looked(self, store: int, look: Look) -> None:
        """`RecordsRead`, or of a file `RecordsExported`; Unavailable where it cannot be kept: then show nothing."""
        kind = Kind.RECORDS_READ if look.format == "json" else Kind.RECORDS_EXPORTED
        draft = Draft(kind=kind, subject=uuid.uuid4(), payload=msgspec.json.encode(look), filled=b"{}", detail=look)
        await self._log.append(store, keys=Keys(), decide=lambda known: [draft], credential=look.who)


class Sittings:
    """Records looks of those who go on looking, such as readers of the change feed: one for each hour, not each answer.

    Each process counts for itself.
    """

    def __init__(self, looks: Looks, clock: Callable[[], float] = time.monotonic) -> None:
        self._looks = looks
        self._clock = clock
        self._kept: dict[tuple[int, str, str], tuple[float, asyncio.Task[None]]] = {}

    async def sits(self, store: int, look: Look) -> None:
        """Return once this look, or one like it in the last hour, is on disk; Unavailable where it cannot be kept."""
        key = (store, look.who, look.filter)
        since, keeping = self._kept.get(key, (0.0, None))
        if keeping is None or self._clock() - since > SITTING_SECONDS or (keeping.done() and _failed(keeping)):
            if len(self._kept) >= REMEMBERED:
                self._kept.clear()
            keeping = asyncio.create_task(self._looks.looked(store, look))
            self._kept[key] = self._clock(), keeping
        # Others like it may wait for the same.
        await asyncio.shield(keeping)


def _failed(task: asyncio.Task[None]) -> bool:
    return task.cancelled() or task.exception() is not None
