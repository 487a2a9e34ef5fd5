"""Documents: versions, contexts, preconditions as one decision."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from lrs.errors import Conflict, Invalid, PreconditionFailed
from lrs.readers import StoredDocument
from lrs.recording.documents import Conditions
from lrs.xapi import documents
from lrs.xapi.documents import Content, Context, Key, Resource
from lrs.xapi.versions import Version
from tests.world import ACTIVITY, World

STATE = Context(resource=Resource.STATE, activity=ACTIVITY, agent="mbox:mailto:ada@example.org")
ATTEMPT = Context(
    resource=Resource.STATE, activity=ACTIVITY, agent="mbox:mailto:ada@example.org", registration=UUID(int=7)
)
ANY = Conditions(version=Version.V1_0_3)


async def put(world: World, name: str, body: bytes, within: Context = STATE, conditions: Conditions = ANY) -> None:
    content = Content(body=body, content_type="application/json")
    await world.changes.put(Key(context=within, id=name), content, conditions, by=world.caller)


async def get(world: World, name: str, within: Context = STATE) -> StoredDocument | None:
    subject = documents.subject(Key(context=within, id=name), world.store.secret)
    return await world.documents.get(world.store.id, subject)


async def ids(world: World, within: Context = STATE, **since: object) -> list[str]:
    context = documents.context(within, world.store.secret)
    return list(await world.documents.ids(world.store.id, context, **{"since": None} | since))  # type: ignore[arg-type]


async def test_the_last_version_counts(world: World) -> None:
    await put(world, "a", b"1")
    await put(world, "a", b"2")
    assert (found := await get(world, "a")) is not None
    assert (b"2", documents.etag(b"2")) == (found.content, found.etag)


async def test_ids_are_listed_once(world: World) -> None:
    for name in ("b", "a", "b", ""):
        await put(world, name, b"1")
    assert ["", "a", "b"] == await ids(world)


async def test_an_id_may_hold_any_character(world: World) -> None:
    for name in ("\0", "../x", "\N{SNOWMAN}"):
        await put(world, name, b"1")
    assert ["\0", "../x", "\N{SNOWMAN}"] == await ids(world)


async def test_since_leaves_out_what_is_older(world: World) -> None:
    await put(world, "a", b"1")
    assert (first := await get(world, "a")) is not None
    await put(world, "b", b"1")
    assert ["b"] == await ids(world, since=first.updated)
    assert ["a", "b"] == await ids(world, since=first.updated - timedelta(microseconds=1))
    await put(world, "a", b"2")
    assert ["a", "b"] == await ids(world, since=first.updated)


async def test_a_deleted_document_is_gone(world: World) -> None:
    await put(world, "a", b"1")
    await world.changes.delete(Key(context=STATE, id="a"), ANY, by=world.caller)
    assert await get(world, "a") is None
    assert [] == await ids(world)
    await put(world, "a", b"2")
    assert ["a"] == await ids(world)


async def test_deleting_nothing_appends_nothing(world: World) -> None:
    await world.changes.delete(Key(context=STATE, id="a"), ANY, by=world.caller)
    assert 0 == (await world.events.head(world.store.id)).position


async def test_clearing_a_state_spares_other_attempts(world: World) -> None:
    await put(world, "a", b"1")
    await put(world, "b", b"1")
    await put(world, "c", b"1", ATTEMPT)
    await world.changes.clear(STATE, by=world.caller)
    assert [] == await ids(world)
    assert ["c"] == await ids(world, ATTEMPT)


async def test_a_post_merges(world: World) -> None:
    await put(world, "a", b'{"x":1.10,"y":{"z":1}}')
    content = Content(body=b'{"y":2,"w":"\\u0000"}', content_type="application/json")
    await world.changes.post(Key(context=STATE, id="a"), content, ANY, by=world.caller)
    assert (found := await get(world, "a")) is not None
    assert b'{"x":1.10,"y":2,"w":"\\u0000"}' == found.content


async def test_a_post_to_what_is_no_object_is_refused(world: World) -> None:
    await put(world, "a", b"[1]")
    content = Content(body=b'{"y":2}', content_type="application/json")
    with pytest.raises(Invalid):
        await world.changes.post(Key(context=STATE, id="a"), content, ANY, by=world.caller)
    assert 1 == (await world.events.head(world.store.id)).position


async def test_one_of_many_creators_wins(world: World) -> None:
    new = Conditions(version=Version.V2_0_0, if_none_match="*")
    outcomes = await asyncio.gather(
        *(put(world, "a", b"%d" % number, conditions=new) for number in range(8)), return_exceptions=True
    )
    assert 7 == sum(isinstance(outcome, PreconditionFailed) for outcome in outcomes)


async def test_no_increment_is_lost(world: World) -> None:
    await put(world, "a", b"0")
    added = 0

    async def add() -> None:
        nonlocal added
        for _ in range(10):
            current = await get(world, "a")
            assert current is not None
            try:
                await put(
                    world,
                    "a",
                    b"%d" % (int(current.content) + 1),
                    conditions=Conditions(version=Version.V2_0_0, if_match=current.etag),
                )
                added += 1
            except PreconditionFailed:
                pass

    await asyncio.gather(*(add() for _ in range(8)))
    assert (found := await get(world, "a")) is not None
    assert added == int(found.content) > 0


async def test_overwriting_unseen_is_a_conflict(world: World) -> None:
    await put(world, "a", b"1")
    with pytest.raises(Conflict):
        await put(world, "a", b"2", conditions=Conditions(version=Version.V2_0_0))
