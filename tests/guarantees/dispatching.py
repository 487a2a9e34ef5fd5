"""A process that carries hooks, for rows that kill it, or have it die between a delivery and its checkpoint.

python -m tests.guarantees.dispatching DSN LEASE_SECONDS CHANCE
"""

import asyncio
import contextlib
import os
import sys

from lrs import main
from lrs.auth import pepper
from lrs.config import Settings
from lrs.hooks import kinds
from lrs.hooks.carrying import Carrying
from lrs.log import blobs
from lrs.relay.outside import Outside
from tests.guarantees.following import die_before_moving

PEPPER = "of the tests"
ALLOWED = ("127.0.0.0/8",)


async def carry(dsn: str, lease_seconds: float) -> None:
    """Carry until the process ends."""
    settings = Settings(pepper=PEPPER, hook_allow=ALLOWED)
    assert pepper.is_there(settings)
    where = main.Database(dsn=dsn, owner_dsn=dsn, is_embedded=False)
    async with main.core(settings, where) as it:
        hooks = it.hooks.registry
        means = kinds.Means(settings=settings, pool=it.reads, hooks=hooks, blobs=blobs.Reader(it.reads))
        async with contextlib.aclosing(Carrying(hooks, {"webhook": kinds.makers(means)["webhook"]})) as carrying:
            outside = Outside(
                it.reads, it.stores, carrying.source, holder=str(os.getpid()), batch=40, lease_seconds=lease_seconds
            )
            sys.stdout.write("carrying\n")
            sys.stdout.flush()
            await outside.run()


if __name__ == "__main__":
    die_before_moving(float(sys.argv[3]))
    asyncio.run(carry(sys.argv[1], float(sys.argv[2])))
