"""Tells those who wait in this process that a log goes on: one query for all of them, and none while nobody waits."""

import asyncio
from collections.abc import Mapping
from typing import Final

from lrs.errors import LrsError
from lrs.storage import pool as storage
from lrs.storage import sqlfile
from lrs.storage.pool import Pool

SQL: Final = sqlfile.load(__package__, "heads.sql")
# Between two looks: soon after something came, and at most.
BUSY_SECONDS: Final = 0.05
IDLE_SECONDS: Final = 0.2
SLOWER: Final = 1.3
# Who was woken comes back in a moment: the looks go on for a while without anybody.
LINGER_SECONDS: Final = 1.0


class Heads:
    """The ends of the logs that somebody waits for."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._waiting: dict[int, dict[asyncio.Future[None], int]] = {}
        self._watching: asyncio.Task[None] | None = None
        self.is_closed = False

    async def beyond(self, store: int, position: int, *, seconds: float) -> bool:
        """Whether the log of the store went on beyond `position` within that time; no sooner false than at `close`."""
        if self.is_closed:
            return False
        if self._watching is None or self._watching.done():
            self._watching = asyncio.create_task(self._watch())
        told = asyncio.get_running_loop().create_future()
        waiting = self._waiting.setdefault(store, {})
        waiting[told] = position
        try:
            async with asyncio.timeout(seconds):
                await told
        except TimeoutError:
            return False
        finally:
            waiting.pop(told, None)
        return not self.is_closed

    def close(self) -> None:
        """Let all go who wait, and whoever comes to wait."""
        self.is_closed = True
        if self._watching is not None:
            self._watching.cancel()
        for waiting in self._waiting.values():
            for told in waiting:
                if not told.done():
                    told.set_result(None)

    async def _watch(self) -> None:
        pause, idle = BUSY_SECONDS, 0.0
        while idle < LINGER_SECONDS:
            await asyncio.sleep(pause)
            stores = [store for store, waiting in self._waiting.items() if waiting]
            idle = 0.0 if stores else idle + pause
            if not stores:
                continue
            woken = self._wake(await self._look(stores))
            pause = BUSY_SECONDS if woken else min(pause * SLOWER, IDLE_SECONDS)

    async def _look(self, stores: list[int]) -> Mapping[int, int]:
        try:
            async with storage.connection(self._pool) as connection:
                rows = await SQL.fetch(connection, "heads", stores=stores)
        except LrsError:
            # Those who wait are told nothing, and find out themselves when they look.
            return {}
        return {row["store"]: row["position"] for row in rows}

    def _wake(self, heads: Mapping[int, int]) -> int:
        woken = 0
        for store, head in heads.items():
            for told, position in self._waiting[store].items():
                if head > position and not told.done():
                    told.set_result(None)
                    woken += 1
        return woken
