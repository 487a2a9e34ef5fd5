"""Turns that the projections of one process take."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Final

# So long one waits for another.
BESIDE_SECONDS: Final = 1.0


class Turns:
    """What several do, one after the other: side by side, all of them would end when the last one does.

    A round is a turn from before it looks at what there is to do: one that waited after that would have less in it, and
    be older at its end. One that takes long holds each round of the others up for no more than `most` seconds.
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
