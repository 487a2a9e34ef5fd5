"""Builds projections anew beside the live ones: to switch to, or to compare with.

What is built is filled from the log, or from the live facts, under schemas of other names, while the live ones go on.
At the end the live follower is made to stand still, for as long as the new tables take to come up to it; then the
schemas change names in one transaction, or the digests of both are compared. One that is cut begins again.
"""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Final

import asyncpg
import msgspec

from lrs.errors import CannotStart, Conflict
from lrs.log.stores import Stores
from lrs.relay import checkpoints, parked
from lrs.storage import pool as storage
from lrs.storage.pool import Connection, Pool
from projections.analytic import Projection, changes, digests, schemas, views
from projections.analytic.projector import FILE, SWITCH, Projector
from projections.analytic.running import Running
from projections.facts.gathering import BYTES, Gathering
from projections.facts.store import SCHEMA

LOCK: Final = 0x6461_7962_6F6F_6B23
NEXT: Final = "_next"
OLD: Final = "_old"
BATCH: Final = 5_000
Tell = Callable[[str], None]


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """The digest of the live tables of a schema, and of those that were built anew."""

    schema: str
    live: str
    built: str


class Building:
    """Builds facts and all of `projections`, or one of them from the live facts."""

    def __init__(
        self,
        owner_dsn: str,
        pool: Pool,
        stores: Stores,
        projections: Sequence[Projection],
        name: str,
        tell: Tell = lambda _: None,
        *,
        memory: int = BYTES,
    ) -> None:
        self._owner_dsn = owner_dsn
        self._pool = pool
        self._stores = stores
        self._tell = tell
        self._whole = name == SCHEMA
        self._all = projections
        self._built = [each for each in projections if self._whole or each.name == name]
        if not self._built and not self._whole:
            known = ", ".join([SCHEMA, *(each.name for each in projections)])
            raise Conflict(f"there is no projection {name!r}: there are {known}")
        self._facts = SCHEMA + NEXT if self._whole else SCHEMA
        holder = f"build {uuid.uuid4()}"
        self._gathering = Gathering(self._facts, memory=memory)
        self._new = Running(pool, stores, self._built, holder=holder, suffix=NEXT, batch=BATCH, facts=self._gathering)
        self._live = Running(pool, stores, self._built, holder=f"{holder} live")

    async def switch(self) -> None:
        """Build, then have it in place of the live one."""
        async with self._alone() as owner:
            await self._build(owner, ahead=True)
            async with owner.transaction():
                await self._catch_up(owner, ahead=True)
                await FILE.execute(owner, "switch", number=SWITCH)
                await self._rename(owner)
            self._tell("switched")
            await self._drop(owner, OLD)

    async def compare(self) -> list[Difference]:
        """Build, and say where the live one differs; nothing is changed."""
        async with self._alone() as owner:
            try:
                await self._build(owner)
                async with owner.transaction():
                    await self._catch_up(owner)
                    for each in self._live.projectors:
                        await each.drain()
                    return await self._differences(owner)
            finally:
                await self._clear(owner)

    @contextlib.asynccontextmanager
    async def _alone(self) -> AsyncIterator[Connection]:
        with storage.translate():
            owner = await asyncpg.connect(
                self._owner_dsn, timeout=10, server_settings={"application_name": "daybook rebuild"}
            )
        try:
            if not await schemas.SQL.fetchval(owner, "try_alone", number=LOCK):
                raise CannotStart("another process builds projections at this moment: wait for it")
            await self._clear(owner)
            yield owner
        except asyncpg.InsufficientPrivilegeError as error:
            raise CannotStart(
                f"this log-in may not act as the owner of the tables ({error}): use the one of `lrs migrate`"
            ) from error
        finally:
            await owner.close()

    async def _clear(self, owner: Connection) -> None:
        """Remove what an earlier build left."""
        await self._drop(owner, OLD)
        await self._drop(owner, NEXT)
        async with owner.transaction():
            for each in self._all:
                await schemas.SQL.execute(owner, "miss", schema=each.name + NEXT)
                await schemas.SQL.execute(owner, "unmark", target=each.name + NEXT)
                await parked.SQL.execute(owner, "drop", follower=each.name + NEXT)
            await schemas.SQL.execute(owner, "forget", follower=SCHEMA + NEXT)
            await parked.SQL.execute(owner, "drop", follower=SCHEMA + NEXT)

    async def _drop(self, owner: Connection, suffix: str) -> None:
        for name in [SCHEMA, *(each.name for each in self._all)]:
            async with owner.transaction():
                await schemas.drop(owner, name + suffix)

    async def _build(self, owner: Connection, *, ahead: bool = False) -> None:
        async with owner.transaction():
            # What the live follower does now it marks for the live tables alone: it is waited for.
            await checkpoints.SQL.fetch(owner, "lock", follower=SCHEMA)
            if self._whole:
                await schemas.make_facts(owner, self._facts)
            for each in self._built:
                await schemas.make(owner, each, each.name + NEXT)
                await schemas.aim(owner, each, self._facts, each.name + NEXT, all_keys=not self._whole)
        self._tell("tables made")
        if self._whole:
            await self._replay(ahead=ahead)
        async with storage.transaction(self._pool) as tx:
            await self._gathering.flush(tx)
        tasks = [asyncio.ensure_future(self._fill(each)) for each in self._new.projectors]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
        # More may be added to them from now on.
        self._gathering.let_go()

    async def _fill(self, projector: Projector) -> None:
        await projector.drain()
        self._tell(f"{projector.schema} filled")

    async def _replay(self, *, ahead: bool) -> None:
        """Follow the log as far as the live facts have, or `ahead` of them to its end: they may have begun anew, and be
        far behind. Keys are marked meanwhile, and computed afterwards.
        """
        for _ in range(2):
            for lag in await checkpoints.lag(self._pool, SCHEMA):
                through = lag.head if ahead else lag.position
                await self._reach(lag.store, through)
                self._tell(f"store {lag.store}: facts through {through}")

    async def _reach(self, store: int, position: int) -> None:
        if not await self._new.runner.reach(self._new.follower, store, position):
            raise CannotStart(f"{self._facts} of store {store} went on, or the live facts back: run it again")

    async def _catch_up(self, owner: Connection, *, ahead: bool = False) -> None:
        """Have the live facts stand still until the transaction ends, and bring the new ones exactly there; those that
        may be `ahead` stay where they are further.
        """
        for lag in await checkpoints.lag(self._pool, SCHEMA) if self._whole else ():
            # Of a store that is followed by nobody yet, too.
            await checkpoints.SQL.execute(owner, "begin", store=lag.store, follower=SCHEMA)
        rows = await checkpoints.SQL.fetch(owner, "lock", follower=SCHEMA)
        if self._whole:
            reached = {lag.store: lag.position for lag in await checkpoints.lag(self._pool, self._facts)}
            for row in rows:
                if not ahead or row["position"] > reached.get(row["store"], 0):
                    await self._reach(row["store"], row["position"])
        for projector in self._new.projectors:
            await projector.drain()

    async def _rename(self, owner: Connection) -> None:
        if self._whole:
            await checkpoints.SQL.execute(owner, "succeed", follower=SCHEMA + NEXT, heir=SCHEMA)
        names = [each.name for each in self._built] + ([SCHEMA] if self._whole else [])
        for name in names:
            await schemas.rename(owner, name, name + OLD)
            await schemas.rename(owner, name + NEXT, name)
            await parked.SQL.execute(owner, "succeed", follower=name + NEXT, heir=name)
        for each in self._built:
            await changes.differ(owner, each, each.name, each.name + OLD)
            await self._live.facts.sql.execute(owner, "anew", target=each.name)
            if not self._whole:
                await schemas.SQL.execute(owner, "miss", schema=each.name)
                await schemas.SQL.execute(owner, "unmark", target=each.name)
            await schemas.SQL.execute(owner, "retarget", schema=each.name + NEXT, heir=each.name)
            await schemas.SQL.execute(owner, "remark", target=each.name + NEXT, heir=each.name)
        # Views hold on to tables, not to their names: those of before would go with the old tables.
        await views.make(owner, self._all)

    async def _differences(self, owner: Connection) -> list[Difference]:
        found = []
        pairs = [(each.name, digests.of_projection(each)) for each in self._built]
        if self._whole:
            pairs.append((SCHEMA, digests.OF_FACTS))
        for name, tables in pairs:
            live = await digests.digest(owner, name, tables)
            built = await digests.digest(owner, name + NEXT, tables)
            if live != built:
                found.append(Difference(schema=name, live=live, built=built))
        return found
