"""Keeps facts and all analytic projections after the log, in one process; any number of processes may."""

import asyncio
import contextlib
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Final, Protocol

from lrs.errors import LrsError
from lrs.log.stores import Stores
from lrs.relay import checkpoints
from lrs.relay.checkpoints import LEASE_SECONDS
from lrs.relay.follower import Follower as Beside
from lrs.relay.runner import BUSY_SECONDS, IDLE_SECONDS, RETRY_SECONDS, Runner
from lrs.storage import pool as storage
from lrs.storage.pool import Pool
from lrs.telemetry import logs
from projections.analytic import Projection
from projections.analytic import projector as projectors
from projections.analytic.held import BYTES, Room
from projections.analytic.projector import Projector
from projections.analytic.turns import Turns
from projections.analytic.warming import Warming
from projections.facts.follower import Follower
from projections.facts.references import References
from projections.facts.store import Facts

BATCH: Final = 2_000
# So many keys are computed together where nobody waits for a round to end.
BUILT_KEYS: Final = 400
# Rounds begin no sooner one after the other, so that a key that is marked again and again is computed once for many.
ROUND_SECONDS: Final = 0.2
# After a round so much of its time is left to others, but no more than that: what comes later costs as much less.
REST: Final = 0.1
REST_SECONDS: Final = 0.2
# Of the time while facts are far behind, projections take one part and leave so many, but no more than that adds as
# much again.
PATIENCE: Final = 4
PATIENCE_SECONDS: Final = 20.0
FEW: Final = 3


class Runs(Protocol):
    """What goes on until it is cancelled."""

    async def run(self) -> None:
        """Go on."""


# Of the projections that facts are for, and of what is to be set whenever they have come further.
Apart = Callable[[Sequence[Projection], Sequence[asyncio.Event]], Runs]


class Running:
    """Facts, `projections` and the followers `beside` them, or of all these those that are named.

    `holder` is the name of this process and no other. `apart` makes what follows the facts in place of the log's
    follower. Projections hold `memory` bytes from round to round, about. `facts` are the
    live ones unless said.
    """

    def __init__(
        self,
        pool: Pool,
        stores: Stores,
        projections: Sequence[Projection],
        *,
        holder: str,
        names: Collection[str] = (),
        beside: Sequence[Beside] = (),
        suffix: str = "",
        batch: int = BATCH,
        lease_seconds: float = LEASE_SECONDS,
        apart: Apart | None = None,
        memory: int = BYTES,
        facts: Facts | None = None,
    ) -> None:
        self._pool = pool
        self._batch = batch
        self.facts = facts or Facts()
        self.follower = Follower(self.facts, projections)
        self._stores = stores
        self._references = References(pool)
        # What is built computes each key once.
        room = None if suffix else Room(memory, shares=len(projections))
        keys = BUILT_KEYS if suffix else projectors.BATCH
        make = partial(Projector, pool, stores, self._references, self.facts, room=room, batch=keys, turns=Turns())
        self.projectors = [make(each, each.name + suffix) for each in projections if not names or each.name in names]
        self._stirs = [asyncio.Event() for _ in self.projectors]
        self._followers: tuple[Beside, ...] = (self.follower, *beside)
        followers = [each for each in self._followers if not names or each.name in names]
        self._apart = None if apart is None or self.follower not in followers else apart(projections, self._stirs)
        if self._apart is not None:
            followers.remove(self.follower)
        self._is_following = self.follower in followers
        self.runner = Runner(
            pool, stores, followers, holder=holder, batch=batch, lease_seconds=lease_seconds, stirs=self._stirs
        )

    async def run(self) -> None:
        """Follow until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.runner.run())
            group.create_task(self._prepare())
            if self._apart is not None:
                group.create_task(self._apart.run())
            for projector, stir in zip(self.projectors, self._stirs, strict=True):
                group.create_task(self._keep(projector, stir))

    async def _prepare(self) -> None:
        """Have the facts' follower ready before something is to be followed; as nothing depends on it, it may fail."""
        if not self._is_following:
            return
        try:
            for lag in await checkpoints.lag(self._pool, self.facts.schema):
                if lag.head > lag.position:
                    continue
                async with storage.connection(self._pool) as connection:
                    await self.follower.prepare(connection, await self._stores.get(lag.store), lag.position)
        except Exception as error:
            logs.warning("the facts begin cold", reason=str(error))

    async def settle(self) -> None:
        """Follow to the end of every log, and compute all that is marked."""
        for follower in self._followers:
            while await self.runner.turn(follower):
                pass
        for projector in self.projectors:
            await projector.drain()

    async def _keep(self, projector: Projector, stir: asyncio.Event) -> None:
        pause = IDLE_SECONDS
        warming = Warming(self._pool, self._stores, self._references, self.facts, projector)
        while True:
            stir.clear()
            try:
                before = projector.seconds
                done = await projector.turn()
                # What is computed while the facts are far behind is computed over and over.
                behind = await self._behind() if done else 0.0
            except LrsError as error:
                logs.warning("a projection waits", projection=projector.schema, reason=error.detail)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            if done:
                took = projector.seconds - before
                rest = min(REST * took, REST_SECONDS)
                await asyncio.sleep(max(ROUND_SECONDS - took, rest, min(PATIENCE * took, behind, PATIENCE_SECONDS)))
                pause = BUSY_SECONDS
            elif await _warmed(warming):
                await asyncio.sleep(0)
            else:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await stir.wait()
                pause = min(pause * 1.5, IDLE_SECONDS)

    async def _behind(self) -> float:
        """By how many seconds the facts are behind, where they have more than a few batches to catch up with."""
        lags = await checkpoints.lag(self._pool, self.facts.schema)
        return max((each.seconds for each in lags if each.head - each.position > FEW * self._batch), default=0.0)


async def _warmed(warming: Warming) -> bool:
    """Have some more keys held; whether there are more. As nothing depends on it, what fails ends it."""
    try:
        return await warming.step() > 0
    except Exception as error:
        logs.warning("a projection begins cold", reason=str(error))
        warming.end()
        return False
