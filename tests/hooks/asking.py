"""Hooks on the analytics of a town: what they send arrives at a sink, by a clock that a test sets."""

import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

import msgspec

from lrs.config import Settings
from lrs.hooks import kinds
from lrs.hooks.analytic import analytics, questions, rows
from lrs.hooks.carrying import Carrying, Maker
from lrs.hooks.registry import Hook, Hooks, Made
from lrs.hooks.vault import Vault
from lrs.log import blobs
from lrs.relay.outside import Outside
from projections.answers.hooked import Hooked
from projections.answers.question import Question
from tests.hooks.sinks import LOOPBACK
from tests.projections.town import Town

SETTINGS = Settings(hook_allow=("127.0.0.0/8",), pepper="pepper")


class Asking:
    """Hooks on a town, as of `now`."""

    def __init__(self, town: Town, asked: Sequence[Question], now: datetime) -> None:
        self.town = town
        self.now = now
        world = town.stage.world
        self.analytics = Hooked(msgspec.structs.replace(town.ground, now=self.clock), asked)
        begin = functools.partial(rows.begin, self.analytics), functools.partial(questions.begin, self.clock)
        self.hooks = Hooks(world.pool, world.log, Vault(b"pepper"), analytics.sorts(LOOPBACK, self.analytics, *begin))
        self._means = kinds.Means(
            settings=SETTINGS, pool=world.pool, hooks=self.hooks, blobs=blobs.Reader(world.pool),
            analytics=self.analytics,
        )  # fmt: skip

    def clock(self) -> float:
        return self.now.timestamp()

    async def make(self, kind: str, **config: Any) -> Made:
        view = config.pop("view", {"role": "coach", "person": "cam"})
        return await self.hooks.create(
            self.town.stage.world.store.id, kind, str(len(await self.every())), {"as": view, **config}
        )

    async def every(self) -> Sequence[Hook]:
        return await self.hooks.every()

    def makers(self) -> dict[str, Maker]:
        known = dict(kinds.makers(self._means))

        def question(hook: Hook) -> Any:
            source = questions.Answers(hook, self._means.pool, self.analytics, now=self.clock)
            return kinds.telling(self._means, hook, source)

        return {**known, "question": question}

    @contextlib.asynccontextmanager
    async def carrying(self) -> AsyncIterator[None]:
        """What the hooks send is sent meanwhile."""
        world = self.town.stage.world
        async with contextlib.aclosing(Carrying(self.hooks, self.makers())) as carrying:
            outside = Outside(world.pool, world.stores, carrying.source, holder="tests")
            task = asyncio.ensure_future(outside.run())
            try:
                yield
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    async def tend(self) -> None:
        """Let every hook do what is due now, as if it had just started."""
        store = self.town.stage.world.store
        for hook in await self.every():
            carrier: Any = self.makers()[hook.kind](hook)
            async with contextlib.aclosing(carrier):
                for _ in range(3):
                    await carrier.tend(store)
