"""How far followers are behind, as it was known a moment ago: for who watches, with no part in readiness."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, TypeAlias

from lrs.errors import LrsError
from lrs.telemetry import logs

ASK_SECONDS: Final = 5.0
PATIENCE_SECONDS: Final = 2.0

# Of each follower by name: `behind` so many events, the first of which is `seconds` old.
Lags: TypeAlias = Mapping[str, Mapping[str, float]]


class Behind:
    """Asks every few seconds. `lags` is the last answer; None at the start, and while the database is away."""

    def __init__(self, ask: Callable[[], Awaitable[Lags]]) -> None:
        self._ask = ask
        self.lags: Lags | None = None

    async def watch(self) -> None:
        """Ask, for ever."""
        while True:
            await self.look()
            await asyncio.sleep(ASK_SECONDS)

    async def look(self) -> None:
        """Ask once."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                self.lags = await self._ask()
        except (LrsError, TimeoutError) as error:
            self.lags = None
            logs.debug("followers cannot be told of", error=type(error).__name__)
