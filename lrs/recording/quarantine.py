"""Keeps refused statements, so that they can be looked at, mended and sent again.

Keeping is done after the answer and never in its way: what does not fit the queue is let go and counted.
"""

import asyncio
import logging

from lrs.errors import LrsError
from lrs.log import refusals
from lrs.log.refusals import Refusal
from lrs.storage.pool import Pool

LOG = logging.getLogger(__name__)
QUEUE = 100


class Quarantine:
    """Refused statements of every store; `days` and `size` (bytes) bound what is kept of one credential."""

    def __init__(self, pool: Pool, *, days: int = 30, size: int = 64 * 1024 * 1024) -> None:
        self._pool = pool
        self._days = days
        self._size = size
        self._queue: asyncio.Queue[Refusal] = asyncio.Queue(QUEUE)
        self._worker: asyncio.Task[None] | None = None
        self.dropped = 0

    def keep(
        self, *, store: int, credential: str, version: str, body: bytes, content_type: str, error: LrsError
    ) -> None:
        """Keep a refused body, some time soon."""
        refusal = Refusal(
            store=store,
            credential=credential,
            version=version,
            content_type=content_type,
            body=body,
            reason=error.detail,
            pointer=error.pointer,
            rule=error.rule,
        )
        try:
            self._queue.put_nowait(refusal)
        except asyncio.QueueFull:
            self.dropped += 1
            return
        if self._worker is None:
            self._worker = asyncio.get_running_loop().create_task(self._work(), name="quarantine")

    async def close(self) -> None:
        """Write what is queued."""
        if self._worker is not None:
            await self._worker

    async def _work(self) -> None:
        try:
            while not self._queue.empty():
                try:
                    await refusals.keep(self._pool, self._queue.get_nowait(), days=self._days, size=self._size)
                except LrsError as error:
                    self.dropped += 1
                    LOG.warning("a refusal was not kept", extra={"reason": error.detail})
        finally:
            self._worker = None
