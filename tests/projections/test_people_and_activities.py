"""What statements say of agents and activities."""

from uuid import uuid4

from tests.world import ACTIVITY, MBOX, World, statement


def named(name: str) -> dict[str, object]:
    return statement(actor={"mbox": MBOX, "name": name})


def defined(**definition: object) -> dict[str, object]:
    return statement(object={"id": ACTIVITY, "definition": definition})


async def test_names_are_kept_once_in_order(world: World) -> None:
    for name in ("Ada", "Ada Lovelace", "Ada", "A\0da"):
        await world.send(named(name))
    assert ["Ada", "Ada Lovelace", "A\0da"] == await world.people.names(world.store.id, f"mbox:{MBOX}")
    assert [] == await world.people.names(world.store.id, "mbox:mailto:nobody@example.org")


async def test_definitions_are_kept_where_they_change(world: World) -> None:
    await world.send(*(defined(name={"en": name}) for name in ("a", "a", "b", "b", "a")))
    await world.send(defined(name={"en": "a"}))
    await world.send(defined(name={"en": "c"}))
    found = await world.activities.definitions(world.store.id, [ACTIVITY, "https://example.org/unknown"])
    assert {ACTIVITY: [b'{"name":{"en":"%s"}}' % name for name in (b"a", b"b", b"a", b"c")]} == found


async def test_who_may_not_define_defines_nothing(world: World) -> None:
    reader = world.credential("writer", "statements/write")
    await world.send(defined(name={"en": "a"}) | {"actor": {"mbox": MBOX, "name": "Ada"}}, by=reader)
    assert {} == await world.activities.definitions(world.store.id, [ACTIVITY])
    assert [] == await world.people.names(world.store.id, f"mbox:{MBOX}")


async def test_attachments_are_stored_once(world: World) -> None:
    assert {} == await world.blobs.get(world.store.id, [uuid4().hex * 2])
