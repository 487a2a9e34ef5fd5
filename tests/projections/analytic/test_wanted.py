"""Facts are read for many keys at once, and of each kind no more than somebody wants."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg

from lrs.storage import pool as storage
from lrs.storage.pool import Connection
from lrs.storage.sqlfile import File
from projections.analytic import Wanted, wanted
from projections.facts.fact import Fact, Kind
from projections.facts.store import Facts, Stored
from tests.projections.stage import START
from tests.world import World

LEARN, SHARE = frozenset({Kind.LEARN}), frozenset({Kind.SHARE})


class Counting(File):
    """Counts the rows that are read."""

    def __init__(self, file: File) -> None:
        super().__init__(file)
        self.rows = 0

    async def fetch(self, tx: Connection, name: str, /, **values: object) -> list[asyncpg.Record]:
        rows = await super().fetch(tx, name, **values)
        self.rows += len(rows)
        return rows


def fact(n: int, kind: Kind, subject: str = "ann", **more: Any) -> Fact:
    at = START + timedelta(days=n)
    return Fact(
        statement=UUID(int=n), n=0, kind=kind, subject=subject, observed_at=at, stored_at=at, position=n,
        rule="r", mapping="m", **more,
    )  # fmt: skip


EVERY = [
    *(fact(n, Kind.LEARN) for n in range(1, 9)),
    *(fact(n, Kind.SHARE, cohort="c") for n in range(11, 15)),
    fact(21, Kind.LEARN, "bob", other="ann"),
    fact(22, Kind.SHARE, "bob", cohort="c"),
]


async def test_a_kind_that_is_wanted_since_ever_has_no_other_read_since_ever(world: World) -> None:
    facts = Facts()
    counting = facts.sql = Counting(facts.sql)
    since = START + timedelta(days=7)
    wants = (
        Wanted(kinds=LEARN, subjects=frozenset({"ann"}), since=since),
        Wanted(kinds=SHARE, subjects=frozenset({"ann"})),
    )
    async with storage.transaction(world.pool) as tx:
        await facts.add(tx, world.store, [Stored(each, each.position) for each in EVERY])
        found = await wanted.gather(tx, facts, world.store, {"ann": wants})
    assert [each.position for each in found["ann"]] == [7, 8, 11, 12, 13, 14]
    assert counting.rows == 6


async def test_each_key_has_what_it_wants_once_whatever_is_read_for_others(world: World) -> None:
    facts = Facts()
    until = START + timedelta(days=13)
    ann, bob, cohort = frozenset({"ann"}), frozenset({"bob"}), frozenset({"c"})
    plans = {
        "her": (Wanted(kinds=LEARN | SHARE, subjects=ann, until=until), Wanted(kinds=SHARE, subjects=ann, since=START)),
        "both": (Wanted(kinds=LEARN, subjects=ann | bob), Wanted(kinds=LEARN, others=ann)),
        "cohort": (Wanted(kinds=SHARE, cohorts=cohort, since=until), Wanted(kinds=SHARE, subjects=bob)),
        "nobody": (Wanted(kinds=frozenset(), subjects=ann), Wanted(kinds=LEARN)),
    }
    async with storage.transaction(world.pool) as tx:
        await facts.add(tx, world.store, [Stored(each, each.position) for each in EVERY])
        found = await wanted.gather(tx, facts, world.store, plans)
    for key, wants in plans.items():
        assert found[key] == [each for each in EVERY if any(want.takes(each) for want in wants)], key
