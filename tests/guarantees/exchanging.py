"""A process that forwards and pulls, for rows that kill it, or have it die between what it sent and its checkpoint.

python -m tests.guarantees.exchanging DSN LEASE_SECONDS CHANCE
"""

import asyncio
import contextlib
import os
import sys

from lrs import main
from lrs.config import Settings
from lrs.hooks import kinds
from lrs.hooks.carrying import Carrying
from lrs.recording.arriving import Arrivals
from lrs.relay.outside import Outside
from tests.guarantees.dispatching import ALLOWED, PEPPER
from tests.guarantees.following import die_before_moving

KINDS = ("forward", "pull")


async def carry(dsn: str, lease_seconds: float) -> None:
    """Carry until the process ends."""
    settings = Settings(pepper=PEPPER, hook_allow=ALLOWED)
    where = main.Database(dsn=dsn, owner_dsn=dsn, is_embedded=False)
    async with main.core(settings, where) as it:
        hooks = it.hooks.registry
        arrivals = Arrivals(it.log, it.issuing, settings.limits)
        every = kinds.makers(kinds.means(settings, it.reads, hooks, arrivals.record))
        async with contextlib.aclosing(Carrying(hooks, {kind: every[kind] for kind in KINDS})) as carrying:
            outside = Outside(
                it.reads, it.stores, carrying.source, holder=str(os.getpid()), batch=40, lease_seconds=lease_seconds
            )
            sys.stdout.write("carrying\n")
            sys.stdout.flush()
            await outside.run()


if __name__ == "__main__":
    die_before_moving(float(sys.argv[3]))
    asyncio.run(carry(sys.argv[1], float(sys.argv[2])))
