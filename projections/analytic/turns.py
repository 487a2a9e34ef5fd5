"""Turns at the processor of a process that several projections share."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Final

# So long one waits for another.
BESIDE_SECONDS: Final = 1.0


class Turns:
    """What several compute, one after the other: side by side, all of them would end when the last one does.

    Who waits for the database leaves the processor to others. One that takes long holds the others up for no more than
    `most` seconds.
    """

    def __init__(self, most: float = BESIDE_SECONDS) -> None:
        self._most = most
        self._lock = asyncio.Lock()

    @contextlib.asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """A turn."""
        is_alone = False
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._most):
                is_alone = await self._lock.acquire()
        try:
            yield
        finally:
            if is_alone:
                self._lock.release()
