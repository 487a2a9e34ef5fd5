"""What answers stand on, handed in by `main`: the tables, reference data, how far all holds, the past and the audit."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import date
from typing import Protocol

import msgspec
from aiohttp import web

from lrs.events import Look
from lrs.reference.reference import Reference
from lrs.storage.pool import Connection, Pool
from projections.analytic import Projection
from projections.analytic.standing import Through
from projections.answers.data import Past, Stored
from projections.answers.kept import Kept


class References(Protocol):
    """Reference data of every store."""

    async def of(self, store: int) -> Reference:
        """That of a store, as new as its log."""

    async def as_known(self, store: int, position: int, connection: Connection | None = None) -> Reference:
        """That of a store as it was at a position, read through `connection` where one is held already."""


class Marks(Protocol):
    """How far projections have come."""

    async def through(self, connection: Connection, store: int, projections: Sequence[str]) -> Through:
        """The position and time through which all of these projections hold, as this transaction sees them."""

    async def told(
        self, connection: Connection, store: int, position: int, projections: Sequence[str], *, day: date | None = None
    ) -> Hashable:
        """What rows of these projections can depend on, up to `position`; looks at records are no such thing. With a
        `day` of the past, what rows as of that day can.
        """

    async def is_switched(self, connection: Connection, projections: Sequence[str]) -> bool:
        """Whether tables took the place of those of these projections since this transaction began to see."""


class Audit(Protocol):
    """Keeps who looked at whose data."""

    async def looked(self, store: int, look: Look) -> None:
        """Keep it; on disk when this returns."""


class Ground(msgspec.Struct, frozen=True, kw_only=True):
    """What every question may use."""

    pool: Pool
    tables: Mapping[str, Stored]
    references: References
    marks: Marks
    audit: Audit
    now: Callable[[], float]
    past: Past | None = None
    projections: Sequence[Projection] = ()
    kept: Kept = msgspec.field(default_factory=Kept)
    # What goes over a whole district takes seconds of a processor that all share: by store one at a time of what is
    # live, and one of the past.
    lanes: defaultdict[tuple[int, bool], asyncio.Lock] = msgspec.field(
        default_factory=lambda: defaultdict(asyncio.Lock)
    )


GROUND: web.AppKey[Ground] = web.AppKey("ground", Ground)
