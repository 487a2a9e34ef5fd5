"""What a projector takes into memory after a start, before it is marked: else the first rounds would read it all."""

import contextlib
from typing import Final

from lrs.log.store import Store
from lrs.log.stores import Stores
from lrs.storage import pool as storage
from lrs.storage.pool import Pool
from projections.analytic.projector import Projector
from projections.facts.references import References
from projections.facts.store import Facts, decode

# By so many facts that came last it is told which keys are likely to be marked next.
LATEST: Final = 100_000
# So many of them are held at once, for which a round that is due waits.
AT_ONCE: Final = 100


class Warming:
    """Has `projector` hold the keys of the facts that came last, of every store, as long as there is room."""

    def __init__(self, pool: Pool, stores: Stores, references: References, facts: Facts, projector: Projector) -> None:
        self._pool = pool
        self._stores = stores
        self._references = references
        self._facts = facts
        self._projector = projector
        self._left: dict[int, list[str]] | None = None

    async def step(self) -> int:
        """Have some more held; how many are left."""
        if self._left is None:
            self._left = {id_: await self._latest(store) for id_, store in (await self._stores.all()).items()}
        for id_, left in self._left.items():
            if left:
                names = left[:AT_ONCE]
                del left[:AT_ONCE]
                if not await self._projector.hold(await self._stores.get(id_), names):
                    left.clear()
                break
        return sum(map(len, self._left.values()))

    def end(self) -> None:
        """Have no more of them held."""
        self._left = {}

    async def _latest(self, store: Store) -> list[str]:
        """The keys of the facts that came last, the last of all first."""
        projection = self._projector.projection
        async with storage.transaction(self._pool, isolation="repeatable_read") as tx:
            values = {"store": store.id, "kinds": sorted(projection.kinds), "limit": LATEST}
            rows = await self._facts.sql.fetch(tx, "latest", **values)
            reference = await self._references.as_known(store.id, await self._facts.applied(tx, store.id), tx)
        found: dict[str, None] = {}
        for row in rows:
            # A fact that has no keys was set aside when it came.
            with contextlib.suppress(Exception):
                found.update(dict.fromkeys(projection.keys(decode(row["body"]), reference)))
        return list(found)
