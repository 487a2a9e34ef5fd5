"""One process of followers: of the log, or the projections. `lrs.cli.workers` starts it, and it stops like a worker."""

import asyncio
import contextlib
import os
import sys
from typing import Final

from lrs import main
from lrs.auth import pepper
from lrs.cli import garbage, hugepages
from lrs.cli.worker import FOLLOWERS, READY, Order, Stop, publish, run_with
from lrs.errors import LrsError
from lrs.telemetry import logs
from lrs.telemetry.metrics import Share

RETRY_SECONDS: Final = 1.0
# Where the machine is too small for both, what is sent comes first, and what is made of it afterwards.
NICENESS: Final = 5


async def work(order: Order) -> None:
    """Follow until it is time to stop."""
    os.nice(NICENESS)
    stop = Stop()
    stop.listen()
    share = Share(order.folder, order.name)
    publishing = asyncio.ensure_future(publish(share))
    following = asyncio.ensure_future(_follow(order))
    waiting = asyncio.ensure_future(stop.wait())
    os.write(sys.stdout.fileno(), READY)
    try:
        await asyncio.wait((waiting, following), return_when=asyncio.FIRST_COMPLETED)
        if following.done():
            await following
    finally:
        for task in (following, publishing, waiting):
            task.cancel()
        await asyncio.gather(following, publishing, waiting, return_exceptions=True)
        share.publish()


async def _follow(order: Order) -> None:
    """Follow, as soon as there is a database."""
    async with contextlib.AsyncExitStack() as stack:
        if order.name == FOLLOWERS:
            garbage.settle()
        else:
            await stack.enter_async_context(garbage.holding())
            await stack.enter_async_context(hugepages.asked())
        while True:
            try:
                await _run(order)
            except LrsError as error:
                logs.warning("the followers wait", reason=error.detail)
            # What was held may be old garbage by now, which nobody else looks for.
            garbage.sweep()
            await asyncio.sleep(RETRY_SECONDS)


async def _run(order: Order) -> None:
    async with main.followers(order.settings, order.database, _names(order)) as running:
        await running.run()


def _names(order: Order) -> list[str]:
    """What follows the log, or what is computed from it."""
    computed = [each.name for each in main.projections()]
    if order.name != FOLLOWERS:
        return computed
    # Without the pepper there are no secrets to sign with, and so no hooks.
    absent = set() if pepper.is_there(order.settings) else {main.HOOKS}
    return [name for name in main.follower_names() if name not in {*computed, *absent}]


def run() -> int:
    """The process from its first line to its end; its exit status."""
    return run_with(work)
