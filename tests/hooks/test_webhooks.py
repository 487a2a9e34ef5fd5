"""Webhooks against a real server, their signatures verified by an independent implementation."""

import asyncio
import re
from datetime import timedelta
from typing import Any

import pytest
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from lrs.events import Kind
from tests import tree
from tests.hooks import sinks
from tests.hooks.sinks import hooked
from tests.world import VERB, World, statement


async def test_an_event_arrives_signed_with_its_id(world: World) -> None:
    """W-10."""
    there = hooked(world)
    async with sinks.sink() as sink:
        made = await there.webhook(sink.url)
        async with there.carrying():
            await world.send(statement())
            (got,) = await sink.has(1)
    told = got.verified(made.secrets["signing"])
    assert told["kind"] == "StatementStored"
    assert told["data"]["verb"]["id"] == VERB
    assert got.id == told["id"]
    assert "." not in got.id


async def test_a_changed_body_is_not_verified(world: World) -> None:
    """W-10."""
    there = hooked(world)
    async with sinks.sink() as sink:
        made = await there.webhook(sink.url)
        async with there.carrying():
            await world.send(statement())
            (got,) = await sink.has(1)
    with pytest.raises(WebhookVerificationError):
        Verifier(made.secrets["signing"]).verify(got.body + b" ", dict(got.headers))


async def test_a_rotation_fails_nobody(world: World) -> None:
    """W-10: both secrets sign during the overlap, and the new one alone afterwards."""
    there = hooked(world)
    async with sinks.sink() as sink:
        made = await there.webhook(sink.url)
        async with there.carrying():
            await world.send(statement())
            await sink.has(1)
            rotated = await there.hooks.rotate(made.hook, overlap=timedelta(seconds=2.5))
            await asyncio.sleep(1.5)
            await world.send(statement())
            await sink.has(3)
            both = sink.got[-1]
            await asyncio.sleep(2)
            await world.send(statement())
            await sink.has(4)
    old, new = made.secrets["signing"], rotated.secrets["signing"]
    assert both.verified(old) == both.verified(new)
    sink.got[-1].verified(new)
    with pytest.raises(WebhookVerificationError):
        sink.got[-1].verified(old)


async def test_events_arrive_in_order(world: World) -> None:
    there = hooked(world)
    async with sinks.sink() as sink:
        await there.webhook(sink.url)
        async with there.carrying():
            await world.send(*(statement() for _ in range(50)))
            await sink.has(50)
    assert [got.position for got in sink.got] == sorted(got.position for got in sink.got)


async def test_a_filter_chooses(world: World) -> None:
    there = hooked(world)
    async with sinks.sink() as sink:
        await there.webhook(sink.url, filter={"verbs": ["https://example.org/wanted"]})
        async with there.carrying():
            await world.send(statement(), statement(verb={"id": "https://example.org/wanted"}), statement())
            await sink.has(1)
            await asyncio.sleep(0.3)
    assert [got.json["data"]["verb"]["id"] for got in sink.got] == ["https://example.org/wanted"]


async def test_a_hook_may_begin_at_the_first_event(world: World) -> None:
    there = hooked(world)
    await world.send(statement(), statement())
    async with sinks.sink() as sink:
        await there.webhook(sink.url, start=0, filter={"kinds": ["StatementStored"]})
        async with there.carrying():
            await sink.has(2)
    assert [got.position for got in sink.got] == [1, 2]


async def test_many_events_go_in_one_message(world: World) -> None:
    there = hooked(world)
    await world.send(*(statement() for _ in range(25)))
    async with sinks.sink() as sink:
        made = await there.webhook(sink.url, start=0, batch=10, filter={"kinds": ["StatementStored"]})
        async with there.carrying():
            await sink.has(3)
            await asyncio.sleep(0.2)
    told = [event["position"] for got in sink.got for event in got.verified(made.secrets["signing"])["events"]]
    assert told == list(range(1, 26))
    assert [got.id.rpartition(":")[2] for got in sink.got] == ["1-10", "11-20", "21-25"]


async def test_no_secret_is_in_an_event_or_readable_in_the_database(world: World) -> None:
    there = hooked(world)
    async with sinks.sink() as sink:
        made = await there.webhook(sink.url)
        await there.hooks.rotate(made.hook, overlap=timedelta(hours=1))
    secret = made.secrets["signing"]
    records = [each async for each in world.events.every(world.store.id)]
    assert [each.kind for each in records] == [Kind.HOOK_CHANGED, Kind.HOOK_CHANGED]
    assert not any(secret.encode() in (each.payload or b"") for each in records)
    rows = await world.pool.fetch("select sealed from hooks.secrets")
    assert len(rows) == 2
    assert not any(secret.encode() in row["sealed"] for row in rows)


async def test_the_verifier_of_the_docs_agrees(world: World) -> None:
    """W-10: what docs/webhooks.md shows to do by hand."""
    (code,) = re.findall(
        r"```python\n(import base64.+?)```", (tree.ROOT / "docs/webhooks.md").read_text(encoding="utf-8"), re.S
    )
    defined: dict[str, Any] = {}
    exec(code, defined)  # noqa: S102 - our own docs
    there = hooked(world)
    async with sinks.sink() as sink:
        made = await there.webhook(sink.url)
        async with there.carrying():
            await world.send(statement())
            (got,) = await sink.has(1)
    secret = made.secrets["signing"]
    assert defined["is_ours"](secret, got.headers, got.body)
    assert not defined["is_ours"](secret, got.headers, got.body + b" ")
    assert not defined["is_ours"](secret, {**got.headers, "webhook-timestamp": "1"}, got.body)
