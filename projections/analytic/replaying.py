"""Handles events again from a position on: after what was parked has been mended."""

from lrs.errors import Conflict
from lrs.log.store import Store
from lrs.relay import checkpoints, parked, partitions
from lrs.storage import pool as storage
from lrs.storage.pool import Connection, Pool
from projections import keys
from projections.analytic import Projection
from projections.facts.references import References
from projections.facts.store import SCHEMA, Facts, Marks, decode

UNDONE = ("rewind_facts", "rewind_ends", "rewind_voids", "rewind_unmatched")


async def facts(pool: Pool, store: Store, position: int) -> None:
    """Have the facts of a store follow the log again from `position` on; all rows are computed anew."""
    held = Facts()
    async with storage.transaction(pool) as tx:
        await checkpoints.SQL.execute(tx, "rewind", store=store.id, follower=SCHEMA, position=position - 1)
        await undo(tx, held, store, position)


async def undo(tx: Connection, held: Facts, store: Store, position: int) -> None:
    """Take back what the events of a store from `position` on brought about; all rows are computed anew."""
    # Who works for a partition at this moment is waited for: what it has begun goes too.
    await partitions.SQL.execute(tx, "alone", number=apart(store))
    for name in UNDONE:
        await held.sql.execute(tx, name, store=store.id, position=position)
    await held.sql.execute(tx, "rewind_applied", store=store.id, position=position)
    await parked.SQL.execute(tx, "from_position", store=store.id, follower=held.schema, position=position)
    marks = Marks()
    for target in await held.targets(tx):
        marks.all(target.schema, position)
    await held.mark(tx, store, marks)


def apart(store: Store) -> int:
    """The number of the lock that is held in common by those who write facts of a store in partitions."""
    return keys.digest(store.secret, b"facts apart")


async def projection(pool: Pool, store: Store, of: Projection, position: int) -> int:
    """Have the keys computed again that were parked or changed at `position` or later; how many they are."""
    held, references = Facts(), References(pool)
    async with storage.transaction(pool) as tx:
        reference = await references.at(store.id, await held.applied(tx, store.id))
        rows = await parked.SQL.fetch(tx, "from_position", store=store.id, follower=of.name, position=position)
        found = {row["key"] for row in rows if row["key"]}
        for row in await held.sql.fetch(tx, "since", store=store.id, position=position):
            fact = decode(row["body"])
            if fact.kind in of.kinds:
                found.update(of.keys(fact, reference))
        marks = Marks()
        marks.add(of.name, found, position)
        await held.sql.execute(tx, "anew", target=of.name)
        await held.mark(tx, store, marks)
        return len(found)


def named(projections: tuple[Projection, ...], name: str) -> Projection:
    """The projection of that name; Conflict tells those that there are."""
    for each in projections:
        if each.name == name:
            return each
    raise Conflict(f"there is no projection {name!r}: there are {', '.join([SCHEMA, *(e.name for e in projections)])}")
