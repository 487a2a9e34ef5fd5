"""Reference data as it was known at a position."""

import pytest

from projections.facts import references
from tests.conftest import Database
from tests.projections import stage as stages
from tests.projections.stage import completed
from tests.world import World

MAPPING = "mapping: {0}\nversion: 1\nextends: [default]\n"


async def test_it_is_that_of_the_last_application_before(world: World, database: Database) -> None:
    stage = await stages.make(world, database)
    await stage.send(completed("ann"))
    for name in ("first", "second", "third"):
        await stage.apply("mapping", MAPPING.format(name))
        await stage.send(completed("ann"))
    known = references.References(world.pool)
    found = [(await known.as_known(world.store.id, position)).through for position in range(9)]
    assert found == [0, 0, 2, 2, 4, 4, 6, 6, 6]


async def test_it_is_read_once(world: World, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = await stages.make(world, database)
    for name in ("first", "second"):
        await stage.apply("mapping", MAPPING.format(name))
        await stage.send(completed("ann"))
    known = references.References(world.pool)
    first = await known.as_known(world.store.id, 1)
    assert await known.as_known(world.store.id, 2) is first
    monkeypatch.setattr(references, "REMEMBERED", 0)
    await known.as_known(world.store.id, 0)
    assert await known.as_known(world.store.id, 1) is not first
