"""A process that follows, for rows that kill it, stop it, or have it die between an effect and its checkpoint.

At SIGUSR1 it stops itself (SIGSTOP) in the middle of its next COPY.

python -m tests.guarantees.following DATA_DIR LEASE_SECONDS CHANCE
"""

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from lrs import main
from lrs.config import Settings
from lrs.log.stores import Stores
from lrs.relay import frozen
from lrs.relay.checkpoints import Checkpoints
from lrs.storage import copy
from lrs.storage import pool as storage
from projections.analytic.projector import Projector
from projections.analytic.running import Running


def die_before_moving(chance: float) -> None:
    """Have the process killed, some times, when an effect is written and its checkpoint, or marks, are not."""
    move = Checkpoints.move

    async def moved(self: Checkpoints, *given: Any, **named: Any) -> None:
        if random.random() < chance:
            os.kill(os.getpid(), signal.SIGKILL)
        await move(self, *given, **named)

    compute = Projector._compute

    async def computed(self: Projector, *given: Any, **named: Any) -> None:
        await compute(self, *given, **named)
        if random.random() < chance:
            os.kill(os.getpid(), signal.SIGKILL)

    Checkpoints.move = moved  # type: ignore[method-assign]
    Projector._compute = computed  # type: ignore[method-assign]


def stop_in_copy() -> None:
    """Have the process stop, when it has been asked to, while PostgreSQL waits for what it copies."""
    asked: list[int] = []
    signal.signal(signal.SIGUSR1, lambda number, frame: asked.append(number))
    whole = copy._whole

    async def stopped(content: bytes) -> AsyncIterator[bytes]:
        if asked:
            asked.clear()
            os.kill(os.getpid(), signal.SIGSTOP)
        async for each in whole(content):
            yield each

    copy._whole = stopped


async def follow(where: main.Database, lease_seconds: float) -> None:
    """Follow until the process ends, in small batches."""
    pool = await storage.open(where.dsn, size=6, statement_seconds=20, name=frozen.NAME)
    running = Running(
        pool, Stores(pool), main.projections(), holder=str(os.getpid()), batch=50, lease_seconds=lease_seconds
    )
    sys.stdout.write("following\n")
    sys.stdout.flush()
    await running.run()


if __name__ == "__main__":
    die_before_moving(float(sys.argv[3]))
    stop_in_copy()
    with main.database(Settings(data_dir=Path(sys.argv[1]))) as where:
        asyncio.run(follow(where, float(sys.argv[2])))
