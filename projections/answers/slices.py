"""Long work on an event loop that others need: done a slice at a time, so that they go on between."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Final, TypeVar

T = TypeVar("T")
# So many rows take about a thousandth of a second.
ROWS: Final = 200


async def slices(every: Sequence[T], size: int = ROWS) -> AsyncIterator[Sequence[T]]:
    """All of these in order, so many at a time; whatever else waits for the event loop goes first each time."""
    for start in range(0, len(every), size):
        if start:
            await asyncio.sleep(0)
        yield every[start : start + size]
