"""Long work on an event loop that others need: done a slice at a time, so that they go on between."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from typing import Final, TypeVar

T = TypeVar("T")
# So many rows take about a thousandth of a second.
ROWS: Final = 200
# A turn of a busy loop may take as long itself: who let others go first after each slice would hardly come forward.
STRETCH_SECONDS: Final = 0.005


async def slices(every: Sequence[T], size: int = ROWS) -> AsyncIterator[Sequence[T]]:
    """All of these in order, so many at a time; after a stretch whatever else waits for the event loop goes first."""
    begun = time.monotonic()
    for start in range(0, len(every), size):
        if start and time.monotonic() - begun >= STRETCH_SECONDS:
            await asyncio.sleep(0)
            begun = time.monotonic()
        yield every[start : start + size]
