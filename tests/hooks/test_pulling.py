"""Statements come from another LRS: every one, once, however its pages come and whatever ends us."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import aiohttp
import pytest
import pytest_asyncio

from lrs.errors import LrsError
from lrs.hooks.peers import pulling
from lrs.hooks.peers.pulling import Pulling
from lrs.hooks.peers.remote import Away
from lrs.xapi.versions import Version
from tests import factories, serving
from tests.conftest import Database
from tests.factories import statement
from tests.hooks import others
from tests.hooks.others import Fake, Pair, closes, hangs, says


@pytest_asyncio.fixture
async def pair(database: Database) -> AsyncIterator[Pair]:
    async with others.pair(database.dsn, page_size=7) as made:
        yield made


@pytest_asyncio.fixture
async def fake() -> AsyncIterator[Fake]:
    async with others.faked() as made:
        yield made


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Back-offs are a hundred times shorter."""
    monkeypatch.setattr(pulling, "FIRST_RETRY", 0.01)
    monkeypatch.setattr(pulling, "LAST_RETRY", 0.05)


async def swept(pair: Pair, carrier: Pulling) -> None:
    """To the end of a sweep."""
    while await carrier.step(pair.here):
        pass


async def here(pair: Pair) -> set[str]:
    return {str(own) for own in await pair.texts(pair.here)}


async def quarantined(pair: Pair) -> list[Any]:
    return await pair.core.reads.fetch("select reason, pointer, body, credential from log.refusals order by id")


@pytest.mark.parametrize("version", Version)
async def test_real_lrs_is_pulled_with_data(pair: Pair, version: Version) -> None:
    headers = {"X-Experience-API-Version": version.value}
    content = b"an essay\r\n--x--\r\n"
    for number in range(20):
        body, kind = factories.multipart(
            statement(attachments=[factories.attachment(content + bytes([number]))]),
            factories.part(content + bytes([number])),
        )
        await pair.other().send("POST", "/xAPI/statements", body, {**headers, "Content-Type": kind})
    await swept(pair, pair.pulling(pair.remote(version), limit=6))
    assert await here(pair) == {str(own) for own in await pair.texts(pair.there)}
    answer = await pair.client.get("/xAPI/statements?attachments=true&limit=1")
    assert content in answer.body
    assert await pair.core.reads.fetchval("select count(*) from log.blobs where store = $1", pair.here.id) == 20


async def test_stored_and_authority_are_kept_as_received(pair: Pair, fake: Fake) -> None:
    own = fake.add(statement(), 5)
    await swept(pair, pair.pulling(fake.remote(pair.opened)))
    shown = (await pair.texts(pair.here))[UUID(own)]
    assert shown["authority"]["account"]["name"] == serving.KEY
    assert shown["stored"] != fake.held[own]["stored"]
    kept = [each.payload for each in await pair.told(pair.here) if each.kind == 1]
    assert b"mailto:other@example.org" in (kept[0] or b"")
    assert fake.held[own]["stored"].encode() in (kept[0] or b"")


async def test_equal_stored_over_pages_are_all_pulled(pair: Pair, fake: Fake) -> None:
    for _ in range(10):
        fake.add(statement(), 5)
    await swept(pair, pair.pulling(fake.remote(pair.opened)))
    assert await here(pair) == set(fake.held)


async def test_late_one_of_equal_stored_is_pulled(pair: Pair, fake: Fake) -> None:
    carrier = pair.pulling(fake.remote(pair.opened))
    fake.add(statement(), 5)
    await swept(pair, carrier)
    fake.add(statement(), 5)
    await swept(pair, carrier)
    assert await here(pair) == set(fake.held)


async def test_consistent_through_is_believed(pair: Pair, fake: Fake) -> None:
    """What was stored after it may not be all: a sweep begins there again, however late the rest shows."""
    carrier = pair.pulling(fake.remote(pair.opened), overlap=1)
    fake.add(statement(), 5)
    fake.add(statement(), 500)
    fake.through = fake.begun + timedelta(seconds=100)
    await swept(pair, carrier)
    fake.add(statement(), 200)
    await swept(pair, carrier)
    assert await here(pair) == set(fake.held)


async def test_goes_on_where_it_was(pair: Pair, fake: Fake) -> None:
    for number in range(20):
        fake.add(statement(), 100 * number)
    first = pair.pulling(fake.remote(pair.opened))
    await first.step(pair.here)
    await first.step(pair.here)
    del fake.requests[:]
    await swept(pair, pair.pulling(fake.remote(pair.opened)))
    assert "from=6" in fake.requests[0][1]
    assert await here(pair) == set(fake.held)


async def test_more_that_ended_is_begun_anew(pair: Pair, fake: Fake) -> None:
    for number in range(9):
        fake.add(statement(), 100 * number)
    await pair.pulling(fake.remote(pair.opened)).step(pair.here)
    fake.answers = [says(404)]
    del fake.requests[:]
    await swept(pair, pair.pulling(fake.remote(pair.opened)))
    assert await here(pair) == set(fake.held)
    assert "since=2026-03-01T00:03:19.999" in fake.requests[1][1]


async def test_page_that_is_always_broken_is_waited_for(pair: Pair, fake: Fake) -> None:
    """It is not asked for over and over without a pause, even where nothing tells how far it has come."""
    held = [{**statement(id=str(factories.ID)), "timestamp": "2026-03-01T00:00:00Z"}]
    fake.answers = [listed(held, "/xAPI/statements?x=1"), says(400)] * 20
    carrier = pair.pulling(fake.remote(pair.opened))
    with pytest.raises(Away):
        await swept(pair, carrier)
    assert len(fake.requests) == 4


@pytest.mark.parametrize("form", ["http://127.0.0.1:{port}{path}", "{path}"])
async def test_more_of_the_same_host_is_followed(pair: Pair, fake: Fake, form: str) -> None:
    for number in range(9):
        fake.add(statement(), number)
    fake.more = lambda path: form.format(port=fake.port, path=path)
    await swept(pair, pair.pulling(fake.remote(pair.opened)))
    assert len(fake.requests) == 3
    assert await here(pair) == set(fake.held)


@pytest.mark.parametrize(
    "form",
    [
        "http://127.0.0.1:{canary}{path}", "//127.0.0.1:{canary}{path}", "http://user@127.0.0.1:{port}{path}",
        "http://127.0.0.2:{port}{path}", "https://127.0.0.1:{port}{path}", "file:///etc/passwd", "http://[::1",
        "http://127.0.0.1:{port}\\@127.0.0.1:{canary}{path}",
    ],
)  # fmt: skip
async def test_more_elsewhere_is_not_followed(pair: Pair, fake: Fake, form: str) -> None:
    """W-08: a page that sends us elsewhere is taken, its `more` is not; the cursor goes on by `since`."""
    for number in range(9):
        fake.add(statement(), 100 * number)
    async with others.faked() as canary:
        fake.more = lambda path: form.format(port=fake.port, canary=canary.port, path=path)
        await swept(pair, pair.pulling(fake.remote(pair.opened)))
        assert not canary.requests
    assert await here(pair) == set(fake.held)
    assert not [path for _, path in fake.requests if "from=" in path]


async def test_repeats_between_pages_change_nothing(pair: Pair, fake: Fake) -> None:
    for number in range(9):
        fake.add(statement(), number)
    again = list(fake.held.values())
    fake.answers = [listed(again[:4], "/xAPI/statements?x=1"), listed(again[2:7], "/xAPI/statements?x=2")]
    await swept(pair, pair.pulling(fake.remote(pair.opened)))
    assert await here(pair) == set(fake.held)
    assert len([each for each in await pair.told(pair.here) if each.kind == 1]) == 9


async def test_disordered_sweep_counts_at_its_end(pair: Pair, fake: Fake) -> None:
    """An LRS that does not keep the order is read to the end, before the cursor moves."""
    for number in range(6):
        fake.add(statement(), 1000 * number)
    held = list(fake.held.values())
    fake.answers = [listed(held[5:], "/xAPI/statements?x=1"), listed(held[1:3], "/xAPI/statements?x=2"), says(404)]
    await swept(pair, pair.pulling(fake.remote(pair.opened)))
    assert await here(pair) == set(fake.held)


async def test_refused_ones_go_to_quarantine_once(pair: Pair, fake: Fake) -> None:
    carrier = pair.pulling(fake.remote(pair.opened))
    fake.add(statement(verb=None), 1)
    fake.add(statement(), 2)
    fake.add(statement(result={"score": {"scaled": 7}}), 3)
    await swept(pair, carrier)
    await swept(pair, carrier)
    await swept(pair, pair.pulling(fake.remote(pair.opened)))
    refused = await quarantined(pair)
    assert len(refused) == 2
    assert refused[0]["reason"].startswith(f"pulled from http://127.0.0.1:{fake.port}/xAPI: ")
    assert refused[1]["pointer"] == "/result/score/scaled"
    assert len(await here(pair)) == 1


async def test_conflict_goes_to_quarantine(pair: Pair, fake: Fake) -> None:
    await pair.client.send("POST", "/xAPI/statements", statement(id=factories.ID))
    fake.add(statement(id=str(factories.ID), verb="passed"), 1)
    fake.add(statement(), 2)
    await swept(pair, pair.pulling(fake.remote(pair.opened)))
    assert "is stored already and differs" in (await quarantined(pair))[0]["reason"]
    assert len(await here(pair)) == 2


async def test_statement_without_id_goes_to_quarantine(pair: Pair, fake: Fake) -> None:
    fake.answers = [listed([statement(stored="2026-03-01T00:00:00Z")], "")]
    await swept(pair, pair.pulling(fake.remote(pair.opened)))
    assert (await quarantined(pair))[0]["pointer"] == "/id"


@pytest.mark.parametrize(
    "trouble",
    [says(401), says(500), says(429, Retry_After="0"), says(302), closes, hangs, says(200, "{"), says(200, "[]")],
)
async def test_trouble_is_waited_out(pair: Pair, fake: Fake, trouble: others.Answering) -> None:
    fake.add(statement(), 1)
    fake.answers = [trouble] * 2
    carrier = pair.pulling(fake.remote(pair.opened, seconds=0.2))

    async def is_here() -> bool:
        return await here(pair) == set(fake.held)

    async with others.carried(pair, carrier):
        await serving.until(is_here, seconds=8)


async def test_page_that_is_too_large_is_asked_for_in_parts(pair: Pair, fake: Fake) -> None:
    fake.page = 100
    for number in range(9):
        fake.add(statement(result={"response": "x" * 1000}), number)
    await swept(pair, pair.pulling(fake.remote(pair.opened, page_bytes=4_000)))
    assert await here(pair) == set(fake.held)


async def test_credential_that_may_not_write_takes_nothing(pair: Pair, fake: Fake) -> None:
    await pair.core.issuing.revoke(serving.KEY)
    fake.add(statement(), 1)
    with pytest.raises(LrsError, match="revoked or expired"):
        await pair.pulling(fake.remote(pair.opened)).step(pair.here)


async def test_secret_is_not_told(pair: Pair, fake: Fake) -> None:
    fake.always = says(403, f"not with {others.SECRET}")
    with pytest.raises(Away) as away:
        await pair.pulling(fake.remote(pair.opened)).step(pair.here)
    assert others.SECRET not in away.value.detail


async def test_there_and_back_adds_nothing(pair: Pair) -> None:
    """Two LRSs that forward to and pull from each other end with the same."""
    for _ in range(5):
        await pair.client.send("POST", "/xAPI/statements", statement())
        await pair.other().send("POST", "/xAPI/statements", statement())

    async def is_same() -> bool:
        return await here(pair) == {str(own) for own in await pair.texts(pair.there)}

    async with others.carried(pair, pair.forwarding(), pair.pulling(pair.remote())):
        await serving.until(is_same, seconds=5)
        await asyncio.sleep(0.3)
    assert len([each for each in await pair.told(pair.here) if each.kind == 1]) == 10


async def test_killed_at_random_misses_none(pair: Pair) -> None:
    """Cut off anywhere, again and again, while statements come there: each is here once."""
    dice = random.Random(7)

    async def load() -> None:
        for _ in range(30):
            await pair.other().send("POST", "/xAPI/statements", [statement() for _ in range(5)])

    loading = asyncio.create_task(load())
    while not loading.done():
        async with others.carried(pair, pair.pulling(pair.remote(), limit=4)):
            await asyncio.sleep(dice.uniform(0, 0.2))
    await loading
    await swept(pair, pair.pulling(pair.remote()))
    there = [each.subject for each in await pair.told(pair.there) if each.kind == 1]
    got = [each.subject for each in await pair.told(pair.here) if each.kind == 1]
    assert len(got) == 150
    assert set(got) == set(there)


def listed(statements: list[dict[str, Any]], more: str) -> others.Answering:
    """A page of these."""

    async def answer(request: aiohttp.web.Request) -> aiohttp.web.Response:
        return aiohttp.web.json_response({"statements": statements, "more": more})

    return answer
