"""Changed rows: recorded while somebody wants them, with the transaction that changes them."""

from typing import Any

import asyncpg
import pytest_asyncio

from lrs.storage import pool as storage
from projections.analytic import changes, schemas
from projections.analytic.building import Building
from projections.analytic.changes import Change, Head
from tests.conftest import Database
from tests.projections import minutes
from tests.projections import stage as stages
from tests.projections.stage import Stage, completed
from tests.world import World, voids

ANN, BOB = "mbox:mailto:ann@example.org", "mbox:mailto:bob@example.org"


@pytest_asyncio.fixture
async def stage(world: World, database: Database) -> Stage:
    return await stages.make(world, database)


async def want(stage: Stage, **given: Any) -> Head:
    async with storage.transaction(stage.world.pool) as tx:
        return await changes.want(tx, stage.world.store.id, "minutes", **given)


async def recorded(stage: Stage, number: int = 0) -> list[Change]:
    async with storage.connection(stage.world.pool) as connection:
        portion = await changes.after(connection, stage.world.store.id, "minutes", number, 1_000)
    return list(portion.changes)


def told(found: list[Change]) -> list[tuple[object, ...]]:
    return [
        (
            each.number,
            each.what,
            each.key[0] if each.key else None,
            each.before["units"] if each.before else None,
            each.row["units"] if each.row else None,
        )
        for each in found
    ]


async def test_nothing_is_recorded_that_nobody_wants(stage: Stage) -> None:
    await stage.send(completed())
    await stage.settle()
    assert await stage.rows("select * from changes.rows") == []


# Notes at COMMIT whether that waits for the disk.
NOTING = """
create table public.noted (durability text);
create function public.note() returns trigger language plpgsql security definer as
$$ begin insert into public.noted values (current_setting('synchronous_commit')); return null; end $$;
create constraint trigger noting after insert on minutes.learned deferrable initially deferred
    for each row execute function public.note();
"""


async def test_changes_that_are_told_are_on_disk_first(stage: Stage) -> None:
    """What was told under a number must not come again as something else under the same, after a crash."""
    owner = await asyncpg.connect(stage.database.owner_dsn)
    try:
        await owner.execute(NOTING)
        await stage.send(completed(unit="1"))
        await stage.settle()
        await want(stage)
        await stage.send(completed(unit="2"))
        await stage.settle()
        assert [row["durability"] for row in await owner.fetch("select * from public.noted")] == ["off", "on"]
    finally:
        await owner.close()


async def test_a_row_is_added_changed_and_removed(stage: Stage) -> None:
    await want(stage)
    (first,) = await stage.send(completed(unit="1"))
    await stage.settle()
    (second,) = await stage.send(completed(unit="2"))
    await stage.settle()
    await stage.world.send(voids(first), voids(second))
    await stage.settle()
    found = await recorded(stage)
    assert told(found) == [(1, "added", ANN, None, 1), (2, "changed", ANN, 1, 2), (3, "removed", ANN, 2, None)]
    assert [each.position for each in found] == [1, 2, 4]
    assert found[0].row is not None
    assert found[0].row["statement_ids"] == [str(first)]
    assert not {"store", "owner", "content"} & set(found[0].row)


async def test_a_row_that_comes_out_the_same_is_no_change(stage: Stage) -> None:
    await want(stage)
    await stage.send(completed())
    await stage.settle()
    async with storage.transaction(stage.world.pool) as tx:
        await tx.execute("insert into facts.marks values ($1, 'minutes', 1, '{**}', '{1}')",
                         stage.world.store.id)  # fmt: skip
    await stage.settle()
    assert len(await recorded(stage)) == 1


async def test_a_round_that_fails_at_first_is_recorded_once(stage: Stage) -> None:
    await want(stage)
    store = stage.world.store.id
    async with storage.transaction(stage.world.pool) as tx:
        # Somebody else's row under ann's key, so that the round has to go about it carefully.
        row = "insert into minutes.learned (store, person_id, units, owner, content) values ($1, $2, 7, 'x', 1)"
        await tx.execute(row, store, ANN)
    await stage.send(completed(), completed("bob"))
    await stage.settle()
    assert sorted(told(await recorded(stage)), key=lambda each: str(each[2])) in (
        [(1, "changed", ANN, 7, 1), (2, "added", BOB, None, 1)],
        [(2, "changed", ANN, 7, 1), (1, "added", BOB, None, 1)],
    )


async def test_numbers_have_no_gaps_over_rounds(stage: Stage) -> None:
    await want(stage)
    for number in range(5):
        await stage.send(*(completed(f"p{number}x{each}") for each in range(3)))
        await stage.settle()
    assert [each.number for each in await recorded(stage)] == list(range(1, 16))
    assert len(await recorded(stage, 10)) == 5


async def test_what_lapses_and_begins_again_has_a_gap(stage: Stage) -> None:
    await want(stage)
    await stage.send(completed())
    await stage.settle()
    await stage.rows("update changes.heads set until = now() - interval '1 day' returning 1")
    await stage.send(completed("bob"))
    await stage.settle()
    head = await want(stage)
    await stage.send(completed("cy"))
    await stage.settle()
    found = await recorded(stage)
    assert [(each.number, each.what) for each in found] == [(1, "added"), (2, "gap"), (3, "added")]
    assert (head.number, head.since, found[1].position) == (2, 2, 2)


async def test_asking_again_keeps_it_up(stage: Stage) -> None:
    await want(stage, days=2)
    await stage.rows("update changes.heads set until = now() + interval '1 hour' returning 1")
    assert await want(stage, days=2) == Head(number=0, since=0)
    assert await stage.rows("select until > now() + interval '1 day' from changes.heads") == [(True,)]


async def test_what_is_old_is_forgotten_and_leaves_a_gap(stage: Stage) -> None:
    await want(stage)
    for who in ("ann", "bob", "cy"):
        await stage.send(completed(who))
        await stage.settle()
    await stage.rows("update changes.rows set at = now() - interval '40 days' where number < 3 returning 1")
    async with storage.connection(stage.world.pool) as connection:
        assert await changes.prune(connection, "minutes") == 2
    assert [(each.number, each.what) for each in await recorded(stage)] == [(2, "gap"), (3, "added")]
    assert [each.number for each in await recorded(stage, 2)] == [3]
    await stage.rows("delete from changes.rows returning 1")
    assert [(each.number, each.what) for each in await recorded(stage)] == [(3, "gap")]
    assert await recorded(stage, 3) == []


async def test_what_nobody_wants_any_more_is_forgotten(stage: Stage) -> None:
    await want(stage)
    await stage.send(completed())
    await stage.settle()
    await stage.rows("update changes.heads set until = now() - interval '1 hour' returning 1")
    await stage.rows("update changes.rows set at = now() - interval '1 day' returning 1")
    async with storage.connection(stage.world.pool) as connection:
        assert await changes.prune(connection, "minutes") == 1


async def test_a_rebuild_tells_the_rows_that_differ(stage: Stage) -> None:
    await want(stage)
    await stage.send(completed(), completed("bob"))
    await stage.settle()
    await stage.rows("update minutes.learned set units = 9, content = 1 where person_id = $1 returning 1", ANN)
    await stage.rows("delete from minutes.learned where person_id = $1 returning 1", BOB)
    world = stage.world
    await Building(stage.database.owner_dsn, world.pool, world.stores, stage.projections, "minutes").switch()
    assert told(await recorded(stage, 2)) == [(3, "changed", ANN, 9, 1), (4, "added", BOB, None, 1)]
    await stage.send(completed("cy"))
    await stage.settle()
    assert [each.number for each in await recorded(stage, 4)] == [5]


async def test_a_rebuild_of_the_same_rows_tells_nothing(stage: Stage) -> None:
    await want(stage)
    await stage.send(completed(), completed("bob"))
    await stage.settle()
    world = stage.world
    await Building(stage.database.owner_dsn, world.pool, world.stores, stage.projections, "facts").switch()
    assert len(await recorded(stage)) == 2


async def test_tables_of_another_version_begin_with_a_gap(stage: Stage) -> None:
    await want(stage)
    await stage.send(completed())
    await stage.settle()
    owner = await asyncpg.connect(stage.database.owner_dsn)
    await owner.execute("comment on schema minutes is 'another version'")
    await owner.close()
    await schemas.make_missing(stage.database.owner_dsn, [minutes.PROJECTION])
    await stage.settle()
    assert [each.what for each in await recorded(stage, 1)] == ["gap", "added"]
