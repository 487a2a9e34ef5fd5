"""A process that carries hooks on the analytics some days from now, and may die between any two of its steps.

python -m tests.guarantees.morning DSN DAYS CHANCE
"""

import asyncio
import contextlib
import os
import random
import signal
import sys
import time
from typing import Any

from lrs import main
from lrs.config import Settings
from lrs.hooks import kinds
from lrs.hooks.analytic.questions import Answers
from lrs.hooks.carrying import Carrying
from lrs.hooks.webhooks.endpoint import Endpoint
from lrs.hooks.webhooks.telling import Telling
from lrs.relay.outside import Outside
from projections.answers.hooked import Hooked
from tests.guarantees.dispatching import ALLOWED, PEPPER

LEASE_SECONDS = 1.0
DAY = 86_400.0


def shift(days: float) -> None:
    """Have the clock tell another time; what measures how long things take goes on as it does."""
    real = time.time
    time.time = lambda: real() + days * DAY


def die(chance: float) -> None:
    """Have the process killed, some times: before and after a decision, after a message, before that is noted."""

    def killing(method: Any, *, before: bool) -> Any:
        async def killed(*given: Any, **named: Any) -> Any:
            if before and random.random() < chance:
                os.kill(os.getpid(), signal.SIGKILL)
            result = await method(*given, **named)
            if random.random() < chance:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return killed

    Answers._decide = killing(Answers._decide, before=True)  # type: ignore[method-assign]
    Endpoint.post = killing(Endpoint.post, before=False)  # type: ignore[method-assign]
    Telling._move = killing(Telling._move, before=True)  # type: ignore[method-assign]


async def carry(dsn: str) -> None:
    """Carry until the process ends."""
    settings = Settings(pepper=PEPPER, hook_allow=ALLOWED)
    where = main.Database(dsn=dsn, owner_dsn=dsn, is_embedded=False)
    async with main.core(settings, where) as it:
        hooks = it.hooks.registry
        # By the clock as it is now.
        ground = main.ground(it)
        asked = Hooked(ground, main.questions())
        means = kinds.Means(settings=settings, pool=it.reads, hooks=hooks, blobs=None, analytics=asked)  # type: ignore[arg-type]
        known = dict(kinds.makers(means))

        def question(hook: Any) -> Any:
            return kinds.telling(means, hook, Answers(hook, it.reads, asked, now=time.time))

        carrying = Carrying(hooks, {**known, "question": question})
        async with contextlib.aclosing(carrying):
            outside = Outside(
                it.reads, it.stores, carrying.source, holder=str(os.getpid()), lease_seconds=LEASE_SECONDS
            )
            sys.stdout.write("carrying\n")
            sys.stdout.flush()
            await outside.run()


if __name__ == "__main__":
    shift(float(sys.argv[2]))
    die(float(sys.argv[3]))
    asyncio.run(carry(sys.argv[1]))
