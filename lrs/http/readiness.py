"""Whether requests should come here: the database could be read and written a moment ago, and we are not leaving."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

from lrs.errors import LrsError
from lrs.telemetry import logs, metrics

LOOK_SECONDS: Final = 1.0
PATIENCE_SECONDS: Final = 1.0
WRITE_EVERY: Final = 5


class Readiness:
    """Looks at the database each second by `read`, and each fifth time by `write`, a real write of one row."""

    def __init__(self, read: Callable[[], Awaitable[object]], write: Callable[[], Awaitable[object]]) -> None:
        self._read = read
        self._write = write
        self._looked = float("-inf")
        self._unwritten = False
        self._reason = "it has just begun"
        self._leaving = False

    def reason(self) -> str | None:
        """Why no requests should come, None where they may."""
        if self._leaving:
            return "the server is stopping"
        # Two looks and the patience of one, so that a loop that hangs shows too.
        if time.monotonic() - self._looked > 2 * LOOK_SECONDS:
            return self._reason
        return None

    @property
    def is_leaving(self) -> bool:
        """Whether the server is stopping."""
        return self._leaving

    def leave(self) -> None:
        """Say from now on that no more should come."""
        self._leaving = True
        metrics.READY.set(0)

    async def watch(self) -> None:
        """Look, for ever."""
        looks = 0
        while True:
            await self.look(write=looks % WRITE_EVERY == 0)
            looks += 1
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self, *, write: bool) -> None:
        """Look once; after a write that failed by writing, until one goes well."""
        write = write or self._unwritten
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await (self._write() if write else self._read())
        except (LrsError, TimeoutError) as error:
            self._reason = "the database cannot be read" if not write else "the database cannot be written to"
            self._looked = float("-inf")
            self._unwritten = write
            metrics.READY.set(0)
            logs.warning("not ready", reason=self._reason, error=type(error).__name__)
        else:
            self._looked = time.monotonic()
            self._unwritten = False
            metrics.READY.set(0 if self._leaving else 1)
