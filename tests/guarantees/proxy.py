"""A TCP proxy that hangs up at a random byte of the answer."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator

LONGEST = 1_500
SHARE = 0.8


class Cutter:
    """Passes connections on to a port, and cuts them at some byte of what comes back, most in the first answer."""

    def __init__(self, target: int, dice: random.Random) -> None:
        self.port = 0
        self.cuts = 0
        self._target = target
        self._dice = dice
        self._running: set[asyncio.Task[None]] = set()

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator["Cutter"]:
        """While this lasts, `port` is where it listens."""
        server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for task in self._running:
                task.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._running.add(task)
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._target)
            there_to = asyncio.ensure_future(_pump(reader, back))
            try:
                await self._answer(there, writer)
            finally:
                there_to.cancel()
                await asyncio.gather(there_to, return_exceptions=True)
                back.close()
        except (OSError, asyncio.CancelledError):
            return  # a task of a stream that ends as cancelled is reported as broken
        finally:
            writer.close()
            self._running.discard(task)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        left = self._dice.randrange(LONGEST if self._dice.random() < SHARE else 10 * LONGEST)
        while content := await reader.read(65_536):
            writer.write(content[:left])
            await writer.drain()
            left -= len(content)
            if left <= 0:
                self.cuts += 1
                if self._dice.random() < 0.5:
                    writer.transport.abort()
                return


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while content := await reader.read(65_536):
            writer.write(content)
            await writer.drain()
