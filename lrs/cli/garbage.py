"""How a process looks for garbage. What is made for a request is gone by its reference counts; cycles are rare."""

import asyncio
import contextlib
import gc
import time
from collections.abc import AsyncIterator
from typing import Final

COLLECT_AFTER: Final = (10_000, 20, 50)
# No old generation grows where what stays is passed over.
HOLDING: Final = (200_000, 20, 50)
SPARE_SECONDS: Final = 1.0
QUIET: Final = 0.1
YOUNG: Final = 1


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
async def holding(*, alone: bool = True) -> AsyncIterator[None]:
    """For a process that holds so much in memory that to look it over takes seconds.

    What is new there is long, as lists of facts are: to look it over too takes nearly a second, every few seconds, and
    projections leave no garbage to be found. So what stays for a second is passed over from then on. It is looked over
    once before, where that costs little, in a quiet second, or must be: where projections are not `alone`, for what
    talks to others leaves cycles behind whenever a connection fails.
    """
    gc.collect()
    gc.set_threshold(*HOLDING)
    sparing = asyncio.create_task(_spare(looks=not alone))
    try:
        yield
    finally:
        sparing.cancel()
        # What is held goes with the process, and need not be looked over once more.
        gc.freeze()


async def _spare(*, looks: bool) -> None:
    while True:
        gc.freeze()
        used = time.process_time()
        await asyncio.sleep(SPARE_SECONDS)
        if looks or time.process_time() - used < QUIET * SPARE_SECONDS:
            gc.collect(YOUNG)
