"""A process that relays, for rows that kill it or stop it.

python -m tests.kafka.process DATA_DIR SERVER PREFIX LEASE_SECONDS
"""

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from lrs import main
from lrs.config import Settings
from lrs.hooks.kafka.relay import Relay
from lrs.log.stores import Stores
from lrs.relay.carrier import Carrier
from lrs.relay.outside import Outside
from lrs.storage import pool as storage


async def relay(where: main.Database, settings: Settings, lease_seconds: float) -> None:
    """Relay until the process ends, in small batches."""
    pool = await storage.open(where.dsn, size=4)
    relays = (Relay(settings),)

    async def source() -> Sequence[Carrier]:
        return relays

    outside = Outside(pool, Stores(pool), source, holder=str(os.getpid()), batch=50, lease_seconds=lease_seconds)
    sys.stdout.write("following\n")
    sys.stdout.flush()
    await outside.run()


if __name__ == "__main__":
    given = Settings(kafka_servers=(sys.argv[2],), kafka_prefix=sys.argv[3])
    with main.database(Settings(data_dir=Path(sys.argv[1]))) as where:
        asyncio.run(relay(where, given, float(sys.argv[4])))
