"""What inline projections remember is believed only while it is what the database has."""

from uuid import UUID, uuid4

import msgspec
import pytest

from lrs.errors import Conflict
from lrs.events import Draft, Kind
from lrs.log.append import Log
from lrs.log.group import Keys
from lrs.storage import pool as storage
from projections.activities import inline as activities
from projections.people import inline as people
from projections.statements import inline as statements
from tests.world import World, refers, statement, voids

X = "https://example.org/x"
VERB = "https://example.org/verbs/special"


async def count(world: World, sql: str) -> int:
    async with storage.connection(world.pool) as connection:
        found: int = await connection.fetchval(sql)
        return found


def defined(name: str) -> dict[str, object]:
    return statement(id=str(uuid4()), object={"id": X, "definition": {"name": {"en": name}}})


async def test_what_was_refused_is_said_when_it_comes_again(world: World) -> None:
    first = await world.send(statement())
    other = defined("X") | {"actor": {"mbox": "mailto:eve@example.org", "name": "Eve"}}
    with pytest.raises(Conflict):
        await world.send(other | {"id": str(first.ids[0])})
    await world.send(other)
    assert await count(world, "select count(*) from people.names") == 1
    assert await count(world, "select count(*) from activities.definitions") == 1


async def test_what_was_sent_again_is_voided(world: World) -> None:
    sent = statement(id=str(uuid4()))
    await world.send(sent)
    await world.send(sent)
    await world.send(voids(UUID(sent["id"])))
    assert await count(world, "select position from statements.voided") == 1


async def test_what_was_sent_again_is_inherited_from(world: World) -> None:
    sent = statement(id=str(uuid4()), verb={"id": VERB})
    await world.send(sent)
    await world.send(sent)
    about = refers(UUID(sent["id"]))
    await world.send(about)
    assert {UUID(sent["id"]), UUID(about["id"])} == set(await world.find(verb=VERB))


async def test_what_another_process_said_between_is_no_longer_the_last(world: World) -> None:
    log = Log(world.pool, world.stores, [statements.Inline(), people.Inline(), activities.Inline()])
    other = msgspec.structs.replace(world, log=log)
    await world.send(defined("A"))
    await other.send(defined("B"))
    draft = Draft(kind=Kind.RECORDS_READ, subject=uuid4(), payload=b"{}", filled=b"{}")
    # Who remembers definitions is not asked for this one, and does not learn of the other process by it.
    await world.log.append(world.store.id, keys=Keys(), decide=lambda known: (draft,), credential=None)
    await world.send(defined("A"))
    assert await count(world, "select count(*) from activities.definitions") == 3
    await log.close()


async def test_the_clock_does_not_fall_behind_while_nothing_is_new(world: World) -> None:
    sent = [statement(id=str(uuid4())) for _ in range(3)]
    await world.send(*sent)
    tails = world.log._transactions._tails
    await world.send(*sent)
    before = tails[world.store.id]
    for _ in range(5):
        await world.send(*sent)
    after = tails[world.store.id]
    assert (after.clock - before.clock).total_seconds() == pytest.approx(after.at - before.at, abs=1e-5)
