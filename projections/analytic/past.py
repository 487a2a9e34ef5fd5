"""Rows as they would have been: computed from the facts that were live, through a day, by the same pure function."""

from collections.abc import Iterable
from datetime import date

from lrs.log.store import Store
from lrs.reference.reference import Reference
from lrs.storage import pool as storage
from lrs.storage.pool import Pool
from projections.analytic import Projection, Row, wanted
from projections.facts.store import LAST, Facts


async def past(
    pool: Pool,
    store: Store,
    projection: Projection,
    keys: Iterable[str],
    reference: Reference,
    *,
    as_of: date | None = None,
    as_known_at: int | None = None,
) -> dict[str, list[Row]]:
    """The rows of some keys by table, from what was observed through `as_of` and was live at position `as_known_at`.

    Both may be left out, and `reference` may be that of the position too. Nothing is written.
    """
    facts = Facts()
    plans = {key: wanted.several(projection.wanted(key, reference)) for key in keys}
    # Facts are read by several queries, of one moment.
    async with storage.transaction(pool, isolation="repeatable_read") as connection:
        at = LAST if as_known_at is None else as_known_at
        found = await wanted.gather(connection, facts, store, plans, at=at)
    rows: dict[str, list[Row]] = {table.name: [] for table in projection.tables}
    for key, own in found.items():
        for name, made in projection.rows(key, own, reference, as_of=as_of).items():
            rows[name] += made
    return rows
