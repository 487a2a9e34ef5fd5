"""One process of writers for R-18: each has a log of its own, so that all compete for the head of the store.

python -m tests.guarantees.writers '{"dsn": ..., "store": ..., "writers": 4, "events": 125000, ...}'
"""

import asyncio
import random
import sys
import uuid
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from lrs.events import Draft, Event, Kind
from lrs.log.append import Log
from lrs.log.group import Decide, Keys
from lrs.log.store import Store
from lrs.log.stores import Stores
from lrs.log.writing import Writing
from lrs.storage import pool as storage
from lrs.storage.pool import Connection
from tests.guarantees import defects

BATCH: Final = 100
LATEST: Final = 0.004


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """What a process of writers is told: `events` is the number that each of its writers appends."""

    dsn: str
    store: str
    writers: int
    events: int
    seed: int
    defect: str = ""


class Delay:
    """An inline projection that writes nothing and takes its time: with the head held, until COMMIT; else before."""

    def __init__(self, dice: random.Random) -> None:
        self.kinds = frozenset({Kind.STATEMENT_STORED})
        self._dice = dice

    async def known(self, tx: Connection, store: Store, keys: Keys) -> Iterable[Event]:
        return ()

    async def write(self, to: Writing, store: Store, events: Sequence[Event], *, alone: bool) -> None:
        if self._dice.random() < 0.5:
            if to.locked:
                to.afterwards(self._wait)
            else:
                await self._wait(to.looks)

    async def _wait(self, tx: Connection) -> None:
        await asyncio.sleep(self._dice.uniform(0, LATEST))


def drafts(count: int) -> Sequence[Draft]:
    return [
        Draft(kind=Kind.STATEMENT_STORED, subject=uuid.uuid4(), payload=b'{"result":{"success":true}}', filled=b"{}")
        for _ in range(count)
    ]


def _all(some: Sequence[Draft]) -> Decide:
    return lambda known: some


async def write(log: Log, store: int, count: int) -> None:
    """Append so many events, in batches."""
    while count > 0:
        some = drafts(min(BATCH, count))
        count -= len(some)
        await log.append(store, keys=Keys(), decide=_all(some), credential="w", weight=len(some))


async def work(task: Task) -> None:
    if task.defect:
        defects.DEFECTS[task.defect]()
    pool = await storage.open(task.dsn, size=task.writers + 1, lock_seconds=20, statement_seconds=20)
    stores = Stores(pool)
    store = await stores.by_name(task.store)
    logs = [Log(pool, stores, (Delay(random.Random(task.seed + each)),)) for each in range(task.writers)]
    await asyncio.gather(*(write(log, store.id, task.events) for log in logs))
    await pool.close()


if __name__ == "__main__":
    asyncio.run(work(msgspec.json.decode(sys.argv[1], type=Task)))
