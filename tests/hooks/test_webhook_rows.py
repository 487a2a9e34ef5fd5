"""Webhooks whose other end fails, hangs, lies or is gone: the rows W-01 to W-07 and W-12 of the catalogue."""

import asyncio
import gzip
import resource
import statistics
import time

import pytest
from aiohttp import web

from lrs.errors import Conflict, Invalid, NotFound
from lrs.events import Kind
from lrs.hooks.operating import Operating
from lrs.hooks.webhooks.deliveries import Deliveries
from lrs.hooks.webhooks.endpoint import Endpoint
from tests.hooks import sinks
from tests.hooks.sinks import LOOPBACK, Got, Hooked, Sink, close, drip, hang, hooked
from tests.world import World, statement

SCHEDULE = (0.4, 0.8, 1.6)
# A busy machine may be so many seconds late, and never early.
LATE = 0.5


async def gaps(sink: Sink) -> list[float]:
    return [later.at - earlier.at for earlier, later in zip(sink.got, sink.got[1:], strict=False)]


@pytest.mark.parametrize("ordered", [True, False])
async def test_tried_again_by_the_schedule(world: World, ordered: bool) -> None:
    """W-01: attempts lie within 20 % of the schedule, under one id, and the message arrives."""
    there = hooked(world, schedule=SCHEDULE)
    async with sinks.sink(sinks.status(500, 500, 500, 204)) as sink:
        made = await there.webhook(sink.url, ordered=ordered)
        async with there.carrying():
            await world.send(statement())
            await sink.has(4)
            await asyncio.sleep(0.2)
    assert len(set(sink.ids)) == 1
    assert len(sink.got) == 4
    for found, wanted in zip(await gaps(sink), SCHEDULE, strict=True):
        assert 0.8 * wanted <= found <= 1.2 * wanted + LATE
    log = await there.log(made.hook)
    assert [(each.attempt, each.status) for each in reversed(log)] == [(1, 500), (2, 500), (3, 500), (4, 204)]


async def test_an_ordered_hook_keeps_order_over_failures(world: World) -> None:
    """W-01: later events wait for the one that fails."""
    there = hooked(world, schedule=(0.1,))
    failures: dict[str, int] = {}

    async def flaky(got: Got, request: web.Request) -> web.StreamResponse:
        failures[got.id] = failures.get(got.id, 0) + 1
        return web.Response(status=503 if got.position % 3 == 0 and failures[got.id] < 3 else 200)

    async with sinks.sink(flaky) as sink:
        await there.webhook(sink.url)
        async with there.carrying():
            await world.send(*(statement() for _ in range(10)))
            await sink.has(16)
    arrived = [got.position for got in sink.got]
    assert arrived == sorted(arrived)
    assert set(arrived) == set(range(2, 12))


async def test_an_unordered_hook_goes_on_meanwhile(world: World) -> None:
    """W-01: the failed message is tried beside the others, and is not lost."""
    there = hooked(world, schedule=(0.5,))
    seen: list[int] = []

    async def flaky(got: Got, request: web.Request) -> web.StreamResponse:
        seen.append(got.position)
        return web.Response(status=500 if got.position == 2 and seen.count(2) == 1 else 200)

    async with sinks.sink(flaky) as sink:
        await there.webhook(sink.url, ordered=False)
        async with there.carrying():
            await world.send(*(statement() for _ in range(10)))
            await sink.has(11)
    assert seen[-1] == 2
    assert set(seen) == set(range(2, 12))


async def test_retry_after_is_kept(world: World) -> None:
    there = hooked(world, schedule=(0.1,))
    async with sinks.sink(sinks.status(429, 200, Retry_After="1")) as sink:
        await there.webhook(sink.url)
        async with there.carrying():
            await world.send(statement())
            await sink.has(2)
    assert 1 <= (await gaps(sink))[0] < 1.6


async def test_what_never_arrives_is_parked_and_can_be_asked_for(world: World) -> None:
    there = hooked(world, schedule=(0.05, 0.05))
    async with sinks.sink(sinks.status(500, 500, 500, 200)) as sink:
        made = await there.webhook(sink.url, ordered=False, filter={"kinds": ["StatementStored"]})
        async with there.carrying():
            await world.send(statement())
            await sink.has(3)
            await asyncio.sleep(0.3)
            parked = await world.pool.fetch("select position, error from relay.parked")
            assert [row["position"] for row in parked] == [2]
            assert "not delivered in 3 attempts: answered 500" in parked[0]["error"]
            await operating(there).redeliver(made.hook, sink.ids[0])
            await sink.has(4)
    assert len(set(sink.ids)) == 1


@pytest.mark.parametrize("way", [hang, drip, close])
async def test_no_answer_is_waited_for_longer_than_the_limit(way: object) -> None:
    """W-02: an endpoint that hangs, drips or closes is cut off; 30 at once leave nothing behind."""
    async with sinks.raw(way) as sink:  # type: ignore[arg-type]
        endpoint = Endpoint(sink.url, LOOPBACK, limit=30, seconds=0.5)
        begun = time.monotonic()
        answers = await asyncio.gather(*(endpoint.post(b"{}", {}) for _ in range(30)))
        took = time.monotonic() - begun
        await endpoint.aclose()
    assert all(answer.status is None and answer.error for answer in answers)
    assert took < 2
    assert sink.connections >= 30


async def test_the_limit_is_ten_seconds() -> None:
    """W-02."""
    async with sinks.raw(hang) as sink:
        endpoint = Endpoint(sink.url, LOOPBACK)
        begun = time.monotonic()
        answer = await endpoint.post(b"{}", {})
        await endpoint.aclose()
    assert answer.error == "no answer in time"
    assert 9.5 < time.monotonic() - begun < 15


async def test_a_dead_endpoint_delays_nobody(world: World) -> None:
    """W-03: with one of 20 hooks hanging, the others get their events as they do without it.

    So few rounds show that none waits for it; p99 is compared by the row of the guarantees.
    """
    there = hooked(world)
    only = {"kinds": ["StatementStored"]}

    async def arrives(sink: Sink) -> float:
        had, begun = len(sink.got), time.monotonic()
        await world.send(*(statement() for _ in range(5)))
        await sink.has(had + 19 * 5, seconds=60)
        return time.monotonic() - begun

    async with sinks.sink() as sink, sinks.raw(hang) as dead:
        for number in range(19):
            await there.webhook(f"{sink.url}/{number}", name=f"hook {number}", filter=only)
        async with there.carrying() as outside:
            await outside.refresh()
            await arrives(sink)
            alone = statistics.median([await arrives(sink) for _ in range(5)])
            await there.webhook(dead.url, name="dead", filter=only)
            await outside.refresh()
            beside = statistics.median([await arrives(sink) for _ in range(5)])
            assert dead.connections > 0
    assert beside <= 1.2 * alone + 0.5


@pytest.mark.parametrize("code", [302, 307, 308])
async def test_redirects_are_not_followed(world: World, code: int) -> None:
    """W-05: 0 requests to where it leads; it is a failure."""
    there = hooked(world)
    async with sinks.sink() as canary, sinks.sink(sinks.status(code, Location=canary.url)) as sink:
        made = await there.webhook(sink.url)
        async with there.carrying():
            await world.send(statement())
            await sink.has(2)
    assert canary.got == []
    (first, *_) = await there.log(made.hook)
    assert first.status == code
    assert "redirects are not followed" in str(first.error)


async def gigabyte(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n")
    for _ in range(1024):
        writer.write(b"x" * 2**20)
        await writer.drain()


async def bomb(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    body = gzip.compress(bytes(2**27))
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    await writer.drain()


async def many_headers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: %b\r\n" % (n, b"y" * 1000) for n in range(10_000)) + b"\r\n")
    await writer.drain()


@pytest.mark.parametrize("way", [gigabyte, bomb, many_headers])
async def test_no_more_is_read_than_is_of_use(way: object) -> None:
    """W-06: memory grows by 16 MiB at most, and the connection is closed."""
    async with sinks.raw(way) as sink:  # type: ignore[arg-type]
        endpoint = Endpoint(sink.url, LOOPBACK)
        await endpoint.post(b"{}", {})
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        answer = await endpoint.post(b"{}", {})
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        await endpoint.aclose()
    assert after - before <= 16 * 1024
    assert len(answer.response) <= 2_048
    assert sink.connections == 2
    assert answer.is_success == (way is not many_headers)


async def test_a_gone_endpoint_is_disabled(world: World) -> None:
    """W-07: 410 disables the hook at once; an event and its state say so, and enabling it goes on where it was."""
    there = hooked(world)
    async with sinks.sink(sinks.status(410, 204)) as sink:
        made = await there.webhook(sink.url)
        async with there.carrying():
            await world.send(statement())
            await sink.has(1)
            await disabled(there, made.hook.id)
            await world.send(statement())
            await asyncio.sleep(1.5)
            assert len(sink.got) == 1
            hook = await there.hook(made)
            assert hook.why == "the endpoint answered 410 Gone: it wants nothing more"
            await there.hooks.enable(hook)
            await sink.has(3)
    assert sink.ids[0] == sink.ids[1]
    kinds = [each.kind async for each in world.events.every(world.store.id)]
    assert kinds.count(Kind.HOOK_CHANGED) == 3


async def test_an_endpoint_that_fails_for_days_is_disabled(world: World) -> None:
    """W-07: so long without any delivery disables the hook."""
    there = hooked(world, schedule=(0.1,), failing_days=1 / 86_400)
    async with sinks.sink(sinks.status(500)) as sink:
        made = await there.webhook(sink.url)
        async with there.carrying():
            await world.send(statement())
            await disabled(there, made.hook.id)
    hook = await there.hook(made)
    assert "nothing was delivered" in hook.why
    assert "answered 500" in hook.why


async def disabled(there: Hooked, which: object) -> None:
    async with asyncio.timeout(10):
        while (await there.hooks.get(there.world.store.id, str(which))).enabled:  # noqa: ASYNC110 - another task's doing
            await asyncio.sleep(0.02)


def operating(there: Hooked) -> Operating:
    return Operating(there.hooks, there.world.pool, there.world.stores, lambda config: Endpoint(config.url, LOOPBACK))


async def test_a_message_is_sent_again_under_its_id(world: World) -> None:
    """W-12: the same id and content, and an event that says who asked."""
    there = hooked(world)
    async with sinks.sink() as sink:
        made = await there.webhook(sink.url, filter={"kinds": ["StatementStored"]})
        async with there.carrying():
            await world.send(statement())
            (got,) = await sink.has(1)
            await operating(there).redeliver(made.hook, got.id, by="ada")
            await sink.has(2)
            await asyncio.sleep(0.3)
    assert [each.body for each in sink.got] == [got.body, got.body]
    assert sink.ids == [got.id, got.id]
    *_, last = [each async for each in world.events.every(world.store.id)]
    assert (last.kind, last.credential) == (Kind.HOOK_CHANGED, "ada")
    assert b'"change":"redelivered"' in (last.payload or b"")
    assert got.id.encode() in (last.payload or b"")
    assert not await Deliveries(world.pool, made.hook).due(10)


async def test_only_what_there_is_can_be_sent_again(world: World) -> None:
    """W-12."""
    there = hooked(world)
    async with sinks.sink() as sink:
        made = await there.webhook(sink.url, filter={"kinds": ["StatementStored"]})
    own = f"{world.store.uuid}:{world.store.epoch}"
    for id, error in (("x", Invalid), (f"{own}:99", NotFound), (f"{own}:1", Conflict), (f"{own}:1-0", Invalid)):
        with pytest.raises(error):
            await operating(there).redeliver(made.hook, id)


async def test_replay_sends_all_again_under_the_same_ids(world: World) -> None:
    there = hooked(world)
    async with sinks.sink() as sink:
        made = await there.webhook(sink.url, filter={"kinds": ["StatementStored"]})
        async with there.carrying():
            await world.send(*(statement() for _ in range(5)))
            await sink.has(5)
            await asyncio.sleep(0.5)
            await there.hooks.replay(made.hook, 3)
            await sink.has(9)
    assert sink.ids[5:] == sink.ids[1:5]


async def test_a_removed_hook_leaves_no_secret_and_no_place(world: World) -> None:
    there = hooked(world)
    async with sinks.sink() as sink:
        made = await there.webhook(sink.url)
        async with there.carrying():
            await world.send(statement())
            await sink.has(1)
            await asyncio.sleep(0.5)
            await there.hooks.remove(made.hook)
            await asyncio.sleep(1.5)
            await world.send(statement())
            await asyncio.sleep(0.3)
    assert len(sink.got) == 1
    for table in ("hooks.secrets", "hooks.deliveries", "hooks.pending", "relay.checkpoints"):
        assert await world.pool.fetchval(f"select count(*) from {table}") == 0  # noqa: S608
    assert not await there.hooks.of_store(world.store.id)


async def test_enabling_a_hook_that_fails_tries_it_at_once(world: World) -> None:
    there = hooked(world, schedule=(600.0,))
    async with sinks.sink(sinks.status(500, 204)) as sink:
        made = await there.webhook(sink.url, filter={"kinds": ["StatementStored"]})
        async with there.carrying():
            await world.send(statement(), statement())
            await sink.has(1)
            await asyncio.sleep(0.5)
            await there.hooks.enable(made.hook)
            await sink.has(3)
    assert sink.ids[0] == sink.ids[1]
