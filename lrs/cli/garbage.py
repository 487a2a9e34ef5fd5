"""How a process looks for garbage. What is made for a request is gone by its reference counts; cycles are rare."""

import asyncio
import contextlib
import gc
import time
from collections.abc import AsyncIterator
from typing import Final

COLLECT_AFTER: Final = (10_000, 20, 50)
HOLDING: Final = (200_000, 20, 1_000_000)
SPARE_SECONDS: Final = 1.0
SWEEP_SECONDS: Final = 86_400.0
LATEST_SECONDS: Final = 7 * SWEEP_SECONDS
QUIET: Final = 0.1


def settle() -> None:
    """What is there once all has started stays: let the garbage collector pass it over, and look less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


def sweep() -> None:
    """Look all of it over, also what is passed over."""
    gc.unfreeze()
    gc.collect()


@contextlib.asynccontextmanager
async def holding() -> AsyncIterator[None]:
    """For a process that holds so much in memory that to look it over takes seconds.

    What is new and long, as lists of facts are, takes nearly a second to be looked over too, every few seconds, and
    next to nothing is found: so what stays for a second is passed over, but for once a day.
    """
    gc.collect()
    gc.set_threshold(*HOLDING)
    sparing = asyncio.create_task(_spare())
    try:
        yield
    finally:
        sparing.cancel()
        # What is held goes with the process, and need not be looked over once more.
        gc.freeze()


async def _spare() -> None:
    swept = time.monotonic()
    while True:
        gc.freeze()
        used = time.process_time()
        await asyncio.sleep(SPARE_SECONDS)
        since = time.monotonic() - swept
        # In a quiet second, as it takes some: nobody is to look frozen in the middle of a statement.
        is_quiet = time.process_time() - used < QUIET * SPARE_SECONDS
        if since > SWEEP_SECONDS and (is_quiet or since > LATEST_SECONDS):
            sweep()
            swept = time.monotonic()
