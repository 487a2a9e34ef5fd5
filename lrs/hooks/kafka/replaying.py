"""Relays events again: after a topic was lost, or what was too large may be larger now."""

import msgspec

from lrs.config import Settings
from lrs.hooks.kafka import topics
from lrs.hooks.kafka.relay import NAME
from lrs.log.store import Store
from lrs.log.stores import SYSTEM, Stores
from lrs.relay import checkpoints, parked, partitions
from lrs.storage import pool as storage
from lrs.storage.pool import Pool


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How far the relay of a store is, and how much of it was too large."""

    store: str
    topic: str
    position: int
    head: int
    seconds: float
    parked: int


async def replay(pool: Pool, store: Store, position: int) -> None:
    """Have the relay of a store begin again with the event at `position`; it is a no-op beyond what was relayed.

    Whoever follows from Kafka looks for its place in the topic again, as that may be another topic by now.
    """
    async with storage.transaction(pool) as tx:
        await checkpoints.SQL.execute(tx, "rewind", store=store.id, follower=NAME, position=position - 1)
        await parked.SQL.execute(tx, "from_position", store=store.id, follower=NAME, position=position)
        await partitions.SQL.execute(tx, "lose", store=store.id)


async def every(settings: Settings, pool: Pool, stores: Stores) -> list[Standing]:
    """How far the relay is, store by store."""
    named = await stores.all()
    aside = await parked.every(pool)
    found = {each.store: each for each in await checkpoints.lag(pool, NAME)}
    return [
        Standing(
            store=store.name,
            topic=topics.name(settings, store),
            position=found[id].position,
            head=found[id].head,
            seconds=round(found[id].seconds, 1),
            parked=sum(each.store == id and each.follower == NAME for each in aside),
        )
        for id, store in sorted(named.items())
        if id != SYSTEM and id in found
    ]
