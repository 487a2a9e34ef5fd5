"""A change of reference data has statements mapped again, and rows computed again, whenever it comes."""

from typing import Any

import pytest
import pytest_asyncio

from lrs.reference import lists
from lrs.storage import pool as storage
from projections.analytic import replaying
from projections.analytic.running import Running
from tests.conftest import Database
from tests.projections import minutes
from tests.projections import stage as stages
from tests.projections.stage import Stage, completed
from tests.world import World, voids

IDENTITIES = b"""\
person_sourcedId,ifi_type,value,homePage,from,to
p1,mbox,mailto:ann@example.org,,,
p1,mbox,mailto:ann.lee@example.org,,,
"""
MAPPING = "mapping: other\nversion: 1\nextends: [default]\n"


@pytest_asyncio.fixture
async def stage(world: World, database: Database) -> Stage:
    return await stages.make(world, database)


async def identify(stage: Stage) -> None:
    await stage.apply("identities", lists.parse("identities", IDENTITIES, "identities.csv"))


async def tell(stage: Stage) -> None:
    await stage.send(completed("ann"), completed("ann.lee", "2"), completed("bob"))


@pytest.mark.parametrize("settled", [True, False])
async def test_rows_of_two_identifiers_become_one(stage: Stage, settled: bool) -> None:
    await tell(stage)
    if settled:
        await stage.settle()
    await identify(stage)
    await stage.settle()
    assert await stage.learned() == {"p1": (2, 20), "bob": (1, 10)}


async def test_statements_before_reference_data_or_after_give_the_same(stage: Stage) -> None:
    await identify(stage)
    await tell(stage)
    await stage.settle()
    assert await stage.learned() == {"p1": (2, 20), "bob": (1, 10)}


async def test_a_void_after_reference_data_reaches_the_person(stage: Stage) -> None:
    (first,) = await stage.send(completed("ann"))
    await identify(stage)
    await stage.settle()
    await stage.world.send(voids(first))
    await stage.settle()
    assert await stage.learned() == {}


async def test_a_new_mapping_maps_all_again(stage: Stage) -> None:
    await tell(stage)
    await stage.settle()
    before = await stage.rows("select count(*) from facts.facts where until is null")
    await stage.apply("mapping", MAPPING)
    await stage.settle()
    live = await stage.rows("select since, body::jsonb ->> 'mapping' from facts.facts where until is null")
    assert len(live) == before[0][0] == 3
    assert {since for since, _ in live} == {4}
    assert all("other" in label for _, label in live)
    assert await stage.rows("select count(*) from facts.facts where until = 4") == [(3,)]
    assert await stage.learned() == {"ann": (1, 10), "ann.lee": (1, 10), "bob": (1, 10)}


@pytest.mark.parametrize("batch", [1, 2, 3, 4, 5])
async def test_statements_seen_ahead_are_mapped_by_the_reference_data_of_their_turn(stage: Stage, batch: int) -> None:
    await tell(stage)
    await tell(stage)
    await stage.apply("mapping", MAPPING)
    await tell(stage)
    await stages.runner(stage.world, (minutes.PROJECTION,), batch=batch).settle()
    told = await stage.rows("select position, since, until, body::jsonb ->> 'mapping' like '%other%' from facts.facts")
    first = [(position, position, 7, False) for position in range(1, 7)]
    again = [(position, 7, None, True) for position in range(1, 7)]
    assert sorted(told, key=str) == sorted(
        [*first, *again, *((position, position, None, True) for position in (8, 9, 10))], key=str
    )


async def test_what_cannot_be_taken_in_is_parked_and_the_rest_goes_on(stage: Stage) -> None:
    await tell(stage)
    await stage.append_reference(
        b'{"kind":"mapping","sha256":"","effective_from":"2026-01-01","source":"t","body":"["}'
    )
    await stage.append_reference(b"no JSON at all")
    await stage.send(completed("cleo"))
    await identify(stage)
    await stage.settle()
    learned: dict[str, Any] = await stage.learned()
    assert learned["cleo"] == (1, 10)
    assert ("facts", 5, "") in await stage.parked()
    # Another process, which reads all reference data anew, is not stopped by it either.
    await stage.send(completed("cleo", "2"))
    stage.running = stage.another()
    await stage.rows("update relay.checkpoints set expires = '-infinity'")
    await stage.settle()
    assert (await stage.learned())["cleo"] == (2, 20)


@pytest.mark.parametrize("later", [False, True])
async def test_who_prepares_for_what_is_to_come_tells_the_same(stage: Stage, *, later: bool) -> None:
    await stage.apply("mapping", MAPPING)
    await tell(stage)
    await stage.settle()
    await stage.running.runner.release()
    successor = stage.another()
    await prepare(stage, successor)
    if later:
        await stage.apply("mapping", MAPPING.replace("other", "last"))
    await stage.send(completed("cleo"))
    await successor.settle()
    live = await stage.rows("select body::jsonb ->> 'mapping' from facts.facts where until is null order by since")
    assert len(live) == 4
    assert all(("last" if later else "other") in label for (label,) in live)


async def test_what_was_prepared_is_of_no_use_where_the_log_is_followed_from_before(stage: Stage) -> None:
    await tell(stage)
    await stage.apply("mapping", MAPPING)
    await stage.settle()
    before = await stage.digest()
    await stage.running.runner.release()
    successor = stage.another()
    await prepare(stage, successor)
    await replaying.facts(stage.world.pool, stage.world.store, 1)
    await successor.settle()
    assert await stage.digest() == before
    assert {since for (since,) in await stage.rows("select since from facts.facts where until is null")} == {4}


async def prepare(stage: Stage, running: Running) -> None:
    head = await stage.world.events.head(stage.world.store.id)
    async with storage.connection(stage.world.pool) as connection:
        await running.follower.prepare(connection, stage.world.store, head.position)
