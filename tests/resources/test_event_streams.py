"""GET /events/v1 for those who stay: long polls, lines and server-sent events; how they end, and what they cost."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import aiohttp
import orjson
import pytest
import pytest_asyncio

from lrs.auth import scopes
from lrs.errors import Unavailable
from lrs.hooks.feed import Feed
from lrs.resources import event_streams
from tests import serving
from tests.conftest import Database
from tests.resources.reading import page, send
from tests.serving import Client
from tests.world import ACTIVITY

SSE, LINES = "text/event-stream", "application/x-ndjson"
OTHER = "https://example.org/unit/2"


@pytest_asyncio.fixture
async def served(database: Database) -> Any:
    async with serving.lrs(database.dsn, event_streams=205) as (client, core):
        yield client, core


@pytest_asyncio.fixture
async def fresh(served: Any) -> Client:
    client: Client = served[0]
    return client


@asynccontextmanager
async def opened(client: Client, query: str = "", accept: str = LINES, **more: str) -> AsyncIterator[Any]:
    headers = {**client.headers, "Accept": accept, **{name.replace("_", "-"): value for name, value in more.items()}}
    url = f"http://127.0.0.1:{client.port}/events/v1?{query}"
    async with client.session.get(url, headers=headers, timeout=aiohttp.ClientTimeout(20)) as answer:
        yield answer


async def line(answer: Any) -> Any:
    """The next line of JSON Lines that is an event."""
    while True:
        told = orjson.loads(await asyncio.wait_for(answer.content.readline(), 5))
        if "kind" in told:
            return told


async def block(answer: Any) -> dict[str, str]:
    """The next block of server-sent events, comments under the empty name."""
    found: dict[str, str] = {}
    while text := (await asyncio.wait_for(answer.content.readline(), 5)).decode().rstrip("\n"):
        name, _, value = text.partition(": ")
        found[name] = value
    return found


async def event(answer: Any) -> dict[str, str]:
    """The next block that has data."""
    while "data" not in (found := await block(answer)):
        assert found, "the stream has ended"
    return found


async def test_long_poll_answers_as_soon_as_something_comes(fresh: Client) -> None:
    head = (await page(fresh, "from=now"))["head"]
    waiting = asyncio.ensure_future(page(fresh, f"after={head}&wait=10"))
    await asyncio.sleep(0.3)
    assert not waiting.done()
    begun = time.monotonic()
    (sent,) = await send(fresh)
    told = await asyncio.wait_for(waiting, 5)
    assert time.monotonic() - begun < 2
    assert [each["data"]["id"] for each in told["events"]] == [sent]


async def test_long_poll_without_news_ends_in_time(fresh: Client) -> None:
    begun = time.monotonic()
    told = await page(fresh, "from=now&wait=1")
    assert told["events"] == []
    assert 0.9 < time.monotonic() - begun < 3


async def test_long_poll_of_a_filter_waits_on_past_others(fresh: Client) -> None:
    waiting = asyncio.ensure_future(page(fresh, f"from=now&wait=10&activity={OTHER}"))
    await asyncio.sleep(0.1)
    await send(fresh, 3)
    await asyncio.sleep(0.4)
    assert not waiting.done()
    (sent,) = await send(fresh, 1, object={"id": OTHER})
    assert [each["data"]["id"] for each in (await waiting)["events"]] == [sent]


async def test_lines_go_on_with_what_is_stored_later(fresh: Client) -> None:
    first = await send(fresh, 3)
    async with opened(fresh, "kind=StatementStored") as answer:
        assert answer.headers["Content-Type"] == LINES
        assert [(await line(answer))["data"]["id"] for _ in range(3)] == first
        later = await send(fresh, 2)
        assert [(await line(answer))["data"]["id"] for _ in range(2)] == later


async def test_lines_end_at_the_end_of_the_log_where_asked(fresh: Client) -> None:
    sent = await send(fresh, 3)
    async with opened(fresh, "kind=StatementStored&wait=0") as answer:
        told = [orjson.loads(each) for each in (await answer.read()).splitlines()]
    assert [each["data"]["id"] for each in told if "kind" in each] == sent
    assert told[0] == {"through": 0}
    assert max(each.get("through", each.get("position")) for each in told) >= 4


async def test_server_sent_events_resume_behind_the_last_id(fresh: Client) -> None:
    sent = await send(fresh, 5)
    async with opened(fresh, "kind=StatementStored", SSE) as answer:
        assert answer.headers["Content-Type"] == SSE
        assert answer.headers["Cache-Control"] == "no-store"
        first = await block(answer)
        assert int(first["retry"]) > 0
        seen = [await event(answer) for _ in range(2)]
    last = seen[-1]["id"]
    assert orjson.loads(seen[-1]["data"])["position"] == int(last)
    async with opened(fresh, "kind=StatementStored&after=0", SSE, Last_Event_ID=last) as answer:
        seen += [await event(answer) for _ in range(3)]
    assert [orjson.loads(each["data"])["data"]["id"] for each in seen] == sent


async def test_filtered_events_tell_how_far_they_have_come(fresh: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_streams, "PROGRESS_SECONDS", 0.1)
    await send(fresh, 3)
    head = (await page(fresh, "from=now"))["head"]
    async with opened(fresh, "verb=https://example.org/never", SSE) as answer:
        told = {"id": "0"}
        while int(told["id"]) < head:
            told = await block(answer)
            assert "data" not in told


async def test_silence_is_broken_by_heartbeats(fresh: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_streams, "HEARTBEAT_SECONDS", 0.2)
    monkeypatch.setattr(event_streams, "LOOK_SECONDS", 0.1)
    async with opened(fresh, "from=now", SSE) as answer:
        told = [await block(answer) for _ in range(3)]
    assert len({each["id"] for each in told}) == 1
    async with opened(fresh, "from=now") as answer:
        assert [set(orjson.loads(await answer.content.readline())) for _ in range(3)] == [{"through"}] * 3


async def test_a_stream_is_one_look(fresh: Client) -> None:
    await send(fresh, 3)
    async with opened(fresh, "kind=StatementStored") as answer:
        for _ in range(3):
            await line(answer)
        await send(fresh)
        await line(answer)
    (look,) = (await page(fresh, "kind=RecordsRead"))["events"]
    assert look["data"]["rows"] is None


async def test_a_stream_of_all_does_not_feed_itself(fresh: Client) -> None:
    await send(fresh)
    async with opened(fresh, "wait=1") as answer:
        told = [orjson.loads(each) for each in (await answer.read()).splitlines()]
    assert [each["kind"] for each in told if "kind" in each] == ["CredentialIssued", "StatementStored", "RecordsRead"]


async def test_a_revoked_reader_is_sent_away(served: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_streams, "PROVE_SECONDS", 0.2)
    monkeypatch.setattr(event_streams, "LOOK_SECONDS", 0.1)
    client, core = served
    store = await core.stores.by_name("default")
    issued = await core.issuing.issue(store.id, name="", scopes=[scopes.EVENTS_READ])
    async with opened(client, "from=now", Authorization=serving.basic(issued.key, issued.secret)) as answer:
        await answer.content.readline()
        await core.issuing.revoke(issued.key)
        await asyncio.wait_for(answer.read(), 5)
        await send(client)
        assert answer.content.at_eof()


async def test_waiting_readers_share_one_look_and_one_read(served: Any) -> None:
    """200 who wait cost one query some times a second; what comes is read once for all of them."""
    client, _ = served
    head = (await page(client, "from=now"))["head"]
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        many = replace(client, session=session)
        waiting = [asyncio.ensure_future(page(many, f"after={head}&wait=30")) for _ in range(200)]
        await asyncio.sleep(2)
        before = time.process_time()
        await asyncio.sleep(2)
        spent = time.process_time() - before
        (sent,) = await send(client)
        told = await asyncio.gather(*waiting)
    assert {each["events"][0]["data"]["id"] for each in told} == {sent}
    assert spent < 0.5, f"200 waiting readers took {spent:.2f} s of 2 s"


async def test_more_than_the_places_are_sent_away(database: Database) -> None:
    async with serving.lrs(database.dsn, event_streams=2) as (client, _):
        async with opened(client, "from=now") as first, opened(client, "from=now", SSE) as second:
            await first.content.readline()
            await second.content.readline()
            refused = await client.get("/events/v1?from=now&wait=5")
            assert refused.status == 503
            assert "LRS_EVENT_STREAMS" in str(refused.problem["detail"])
            assert refused.headers["Retry-After"] == "5"
            assert (await client.get("/events/v1")).status == 200

        async def has_room() -> bool:
            return (await client.get("/events/v1?from=now&wait=1")).status == 200

        await serving.until(has_room)


async def test_readers_leave_at_once_when_the_server_stops(database: Database) -> None:
    async with serving.lrs(database.dsn) as (client, _):
        session = aiohttp.ClientSession()
        url = f"http://127.0.0.1:{client.port}/events/v1"
        streams = [
            await session.get(f"{url}?from=now", headers={**client.headers, "Accept": accept})
            for accept in (SSE, LINES)
        ]  # fmt: skip
        polled = asyncio.ensure_future(page(replace(client, session=session), "from=now&wait=50"))
        slow = await asyncio.open_connection("127.0.0.1", client.port)
        slow[1].write(f"GET /events/v1 HTTP/1.1\r\nHost: x\r\nAccept: {SSE}\r\n".encode())
        slow[1].write(f"Authorization: {client.headers['Authorization']}\r\n\r\n".encode())
        await asyncio.sleep(0.5)
        begun = time.monotonic()
    assert time.monotonic() - begun < 3
    for each in streams:
        await asyncio.wait_for(each.read(), 2)
    assert (await polled)["events"] == []
    slow[1].close()
    await session.close()


async def test_a_reader_that_takes_nothing_holds_one_portion(served: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a slow reader has not taken stays in the log; after a while it loses the connection."""
    client, _ = served
    extensions = {"https://example.org/x": "x" * 500_000}
    for _ in range(30):
        await send(client, 1, result={"extensions": extensions})
    reads = 0
    feed_read = Feed._read

    async def counted(*args: Any) -> Any:
        nonlocal reads
        reads += 1
        return await feed_read(*args)

    monkeypatch.setattr(Feed, "_read", counted)
    sock = socket.socket()
    # The system keeps no more than this for a reader who takes nothing.
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
    sock.connect(("127.0.0.1", client.port))
    reader, writer = await asyncio.open_connection(sock=sock, limit=4096)
    writer.write(f"GET /events/v1 HTTP/1.1\r\nHost: x\r\nAccept: {LINES}\r\n".encode())
    writer.write(f"Authorization: {client.headers['Authorization']}\r\n\r\n".encode())
    await asyncio.sleep(2)
    assert reads < 20, "it went on reading for one who takes nothing"
    assert await reader.read(10)
    writer.close()


async def test_a_stream_that_breaks_off_is_resumed_with_nothing_missing(fresh: Client) -> None:
    sent = await send(fresh, 40, object={"id": ACTIVITY})
    found: list[str] = []
    after = 0
    while len(found) < len(sent):
        async with opened(fresh, f"after={after}&kind=StatementStored") as answer:
            for _ in range(7):
                told = await line(answer)
                found.append(told["data"]["id"])
                after = told["position"]
                if len(found) == len(sent):
                    break
    assert found == sent


async def test_nothing_is_shown_whose_look_is_not_kept(served: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    client, core = served
    await send(client)

    async def away(*args: Any, **more: Any) -> None:
        raise Unavailable("the log takes nothing")

    monkeypatch.setattr(core.log, "append", away)
    assert (await client.get("/events/v1")).status == 503
    async with opened(client, "kind=StatementStored") as answer:
        told = (await answer.read()).splitlines()
    assert all("kind" not in orjson.loads(each) for each in told)


async def test_figures_tell_who_reads(fresh: Client) -> None:
    await send(fresh)
    async with opened(fresh, "kind=StatementStored") as answer:
        await line(answer)
        figures = (await fresh.get("/metrics", Authorization=None)).body
    assert b"lrs_feed_readers 1" in figures
    assert b"lrs_feed_events_total" in figures


async def test_old_http_has_streams_that_end_with_the_connection(fresh: Client) -> None:
    await send(fresh)
    asked = f"GET /events/v1?format=ndjson&wait=0 HTTP/1.0\r\nAuthorization: {fresh.headers['Authorization']}\r\n\r\n"
    answer = await fresh.raw(asked.encode())
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"chunked" not in head
    assert body.count(b'"kind":"StatementStored"') == 1
