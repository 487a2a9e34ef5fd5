"""How far each projection holds, in each store."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from lrs.log.store import Store
from lrs.relay import checkpoints, parked
from lrs.relay.checkpoints import Lag
from lrs.storage import pool as storage
from lrs.storage.pool import Connection, Pool
from projections.analytic import Projection
from projections.analytic.projector import FILE
from projections.facts import store as facts
from projections.facts.store import SCHEMA


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A projection in a store: it holds `through` a position of a log that ends at `head`, and so many `rows`. The
    first event that facts have yet to see is `seconds` old; `marked` keys are to be computed, `parked` could not be.
    """

    name: str
    version: int
    store: str
    through: int
    head: int
    seconds: float
    marked: int
    parked: int
    rows: int


class Through(msgspec.Struct, frozen=True, kw_only=True):
    """What is read holds through the event at `position`, stored at `stored`; None before the first."""

    position: int
    stored: datetime | None


async def through(connection: Connection, store: int, schema: str) -> Through:
    """Through which position the rows of a projection hold: read it in the transaction that reads the rows."""
    row = await FILE.fetchone(connection, "through", store=store, target=schema, follower=SCHEMA)
    return Through(position=row["position"], stored=row["stored"])


async def every(pool: Pool, stores: Mapping[int, Store], projections: Sequence[Projection]) -> list[Standing]:
    """Facts and all projections, store by store."""
    found = []
    async with storage.connection(pool) as connection:
        for lag in await checkpoints.lag(pool, SCHEMA):
            name = stores[lag.store].name
            found.append(await _standing(connection, lag, name, SCHEMA, facts.VERSION, ["facts"]))
            for each in projections:
                tables = [table.name for table in each.tables]
                found.append(await _standing(connection, lag, name, each.name, each.version, tables))
    return sorted(found, key=lambda each: (each.store, each.name != SCHEMA, each.name))


async def _standing(
    connection: Connection, lag: Lag, store: str, name: str, version: int, tables: Sequence[str]
) -> Standing:
    held = await through(connection, lag.store, name)
    marked = await FILE.fetchone(connection, "marked", store=lag.store, target=name)
    aside = await parked.SQL.fetchone(connection, "count", store=lag.store, follower=name)
    return Standing(
        name=name,
        version=version,
        store=store,
        through=held.position,
        head=lag.head,
        seconds=lag.seconds,
        marked=marked["marks"],
        parked=aside["parked"],
        rows=await _count(connection, name, tables, lag.store),
    )


async def _count(connection: Connection, schema: str, tables: Sequence[str], store: int) -> int:
    counts = [
        await connection.fetchval(f"select count(*) from {schema}.{table} where store = $1", store)  # noqa: S608
        for table in tables
    ]
    return sum(counts)
