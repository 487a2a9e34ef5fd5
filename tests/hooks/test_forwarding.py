"""Statements go to another LRS: all of them, in order, none twice; what it refuses is set aside."""

import asyncio
import random
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import aiohttp
import pytest
import pytest_asyncio

from lrs.events import Kind
from lrs.hooks.peers import forwarding
from lrs.relay import parked
from lrs.relay.carrier import Later, Refused
from lrs.xapi import equivalence
from lrs.xapi.versions import Version
from tests import factories, serving
from tests.conftest import Database
from tests.factories import statement
from tests.hooks import others
from tests.hooks.others import Fake, Pair, closes, hangs, says

CONTEXT_AGENTS = {"contextAgents": [{"objectType": "contextAgent", "agent": factories.agent("bo")}]}


@pytest_asyncio.fixture
async def pair(database: Database) -> AsyncIterator[Pair]:
    async with others.pair(database.dsn) as made:
        yield made


@pytest_asyncio.fixture
async def fake() -> AsyncIterator[Fake]:
    async with others.faked() as made:
        yield made


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Back-offs are a hundred times shorter."""
    monkeypatch.setattr(forwarding, "FIRST_RETRY", 0.01)
    monkeypatch.setattr(forwarding, "LAST_RETRY", 0.05)


async def send(pair: Pair, *statements: factories.Json, version: Version = Version.V2_0_0) -> list[UUID]:
    headers = {"X-Experience-API-Version": version.value}
    answer = await pair.client.send("POST", "/xAPI/statements", list(statements), headers)
    assert answer.status == 200, answer.body
    assert isinstance(answer.json, list)
    return [UUID(each) for each in answer.json]


async def parked_of(pair: Pair) -> list[str]:
    return [each.error for each in await parked.every(pair.core.reads)]


async def carried(pair: Pair, carrier: forwarding.Forwarding, *, seconds: float = 5.0) -> None:
    """Until the checkpoint is at the end of the log."""
    head = (await pair.told(pair.here))[-1].position

    async def is_there() -> bool:
        rows = await pair.core.reads.fetch("select position from relay.checkpoints where follower = $1", carrier.name)
        return bool(rows) and rows[0]["position"] == head

    async with others.carried(pair, carrier):
        await serving.until(is_there, seconds=seconds)


@pytest.mark.parametrize("version", Version)
async def test_statements_arrive_with_data(pair: Pair, version: Version) -> None:
    headers = {"X-Experience-API-Version": version.value}
    content = b"an essay\r\n--x--\r\n"
    body, kind = factories.multipart(
        statement(id=factories.ID, attachments=[factories.attachment(content)]), factories.part(content)
    )
    await pair.client.send("POST", "/xAPI/statements", body, {**headers, "Content-Type": kind})
    await send(pair, statement(timestamp="2026-03-01T10:00:00+02:00"), statement(), version=version)
    await carried(pair, pair.forwarding(pair.remote(version)))
    here, there = await pair.texts(pair.here), await pair.texts(pair.there)
    assert list(here) == list(there)
    for own, sent in here.items():
        assert equivalence.same(factories.body(sent), factories.body(there[own]), version=version)
        assert sent["timestamp"] == there[own]["timestamp"]
        assert there[own]["authority"]["account"]["name"] == "there"
    answer = await pair.other().get("/xAPI/statements?attachments=true")
    assert content in answer.body


async def test_voided_and_voiding_go_in_order(pair: Pair) -> None:
    await send(pair, statement(id=factories.ID))
    await send(pair, factories.voiding(factories.ID))
    await carried(pair, pair.forwarding())
    answer = await pair.other().get(f"/xAPI/statements?voidedStatementId={factories.ID}")
    assert answer.status == 200


async def test_batches_are_as_asked(pair: Pair, fake: Fake) -> None:
    await send(pair, *[statement() for _ in range(10)])
    await carried(pair, pair.forwarding(fake.remote(pair.opened), batch=4))
    assert fake.sizes == [4, 4, 2]


async def test_refused_one_is_found_and_set_aside(pair: Pair, fake: Fake) -> None:
    ids = await send(pair, *[statement() for _ in range(20)])
    culprits = {str(ids[7]), str(ids[13])}
    fake.refuses = lambda each: 400 if each["id"] in culprits else 0
    await carried(pair, pair.forwarding(fake.remote(pair.opened)))
    assert list(fake.held) == [str(own) for own in ids if str(own) not in culprits]
    words = await parked_of(pair)
    assert len(words) == 2
    assert f"NotTaken: the other LRS answered 400: I do not like {ids[7]} [31m" in words[0]


async def test_too_large_batch_is_halved(pair: Pair, fake: Fake) -> None:
    ids = await send(pair, *[statement() for _ in range(9)])

    async def narrow(request: object) -> aiohttp.web.StreamResponse:
        assert isinstance(request, aiohttp.web.Request)
        body = await request.read()
        return aiohttp.web.Response(status=413) if body.count(b'"actor"') > 2 else await fake.post(request)

    fake.always = narrow
    await carried(pair, pair.forwarding(fake.remote(pair.opened)))
    assert list(fake.held) == [str(own) for own in ids]
    assert max(fake.sizes) <= 2
    assert not await parked_of(pair)


async def test_conflict_over_the_same_is_none(pair: Pair, fake: Fake) -> None:
    ids = await send(pair, *[statement() for _ in range(3)])
    texts = await pair.texts(pair.here)
    fake.add(texts[ids[1]], 1)
    fake.refuses = lambda each: 409 if each["id"] in fake.held else 0
    await carried(pair, pair.forwarding(fake.remote(pair.opened)))
    assert set(fake.held) == {str(own) for own in ids}
    assert not await parked_of(pair)


async def test_conflict_over_another_is_set_aside(pair: Pair, fake: Fake) -> None:
    ids = await send(pair, *[statement() for _ in range(3)])
    fake.add(statement(id=ids[1], verb="passed"), 1)
    fake.refuses = lambda each: 409 if each["id"] in fake.held else 0
    await carried(pair, pair.forwarding(fake.remote(pair.opened)))
    assert len(fake.held) == 3
    assert "it has another statement of this id" in (await parked_of(pair))[0]


async def test_real_conflict_is_set_aside(pair: Pair) -> None:
    await pair.other().send("POST", "/xAPI/statements", statement(id=factories.ID, verb="passed"))
    ids = await send(pair, statement(), statement(id=factories.ID), statement())
    await carried(pair, pair.forwarding())
    assert set(await pair.texts(pair.there)) == set(ids)
    assert len(await parked_of(pair)) == 1


@pytest.mark.parametrize("trouble", [says(401), says(403), says(500), says(503), says(429), says(302), closes])
async def test_trouble_is_waited_out(pair: Pair, fake: Fake, trouble: others.Answering) -> None:
    ids = await send(pair, *[statement() for _ in range(3)])
    fake.answers = [trouble] * 3
    await carried(pair, pair.forwarding(fake.remote(pair.opened)))
    assert list(fake.held) == [str(own) for own in ids]
    assert not await parked_of(pair)


async def test_silence_is_cut(pair: Pair, fake: Fake) -> None:
    """W-02: an LRS that never answers is left after a while."""
    await send(pair, statement())
    fake.answers = [hangs]
    await carried(pair, pair.forwarding(fake.remote(pair.opened, seconds=0.2)))
    assert len(fake.held) == 1


@pytest.mark.parametrize(("header", "least", "most"), [("7", 7, 7), ("date", 25, 31), ("9e9", 0, 1)])
async def test_retry_after_is_kept(pair: Pair, fake: Fake, header: str, least: float, most: float) -> None:
    await send(pair, statement())
    fake.always = says(429, Retry_After=others.in_a_while(30) if header == "date" else header)
    with pytest.raises(Later) as later:
        await pair.forwarding(fake.remote(pair.opened)).carry(pair.here, await pair.told(pair.here))
    assert least <= later.value.seconds <= most


async def test_broken_over_one_goes_on(pair: Pair, fake: Fake) -> None:
    """An LRS that answers 500 to one statement, whenever it comes, does not hold up the others."""
    ids = await send(pair, *[statement() for _ in range(5)])
    fake.refuses = lambda each: 500 if each["id"] == str(ids[2]) else 0
    await carried(pair, pair.forwarding(fake.remote(pair.opened)))
    assert list(fake.held) == [str(own) for own in ids if own != ids[2]]
    assert "answered 500" in (await parked_of(pair))[0]


async def test_broken_lrs_is_waited_for(pair: Pair, fake: Fake) -> None:
    """Where it answers 500 to everything, nothing is set aside."""
    ids = await send(pair, *[statement() for _ in range(2)])
    fake.answers = [says(500)] * 40
    await carried(pair, pair.forwarding(fake.remote(pair.opened)))
    assert list(fake.held) == [str(own) for own in ids]
    assert not await parked_of(pair)


async def test_secret_is_not_told(pair: Pair, fake: Fake) -> None:
    await send(pair, statement())
    proof = serving.basic("key", others.SECRET)
    fake.always = says(400, f"you sent {proof}, that is {others.SECRET}")
    with pytest.raises(Refused) as refused:
        await pair.forwarding(fake.remote(pair.opened)).carry(pair.here, await pair.told(pair.here))
    assert "you sent" in str(refused.value)
    assert others.SECRET not in str(refused.value)
    assert proof.removeprefix("Basic ") not in str(refused.value)


async def test_new_statement_goes_to_old_if_it_can(pair: Pair) -> None:
    """A 2.0 statement with nothing that 1.0.3 lacks is sent to a 1.0.3 LRS, the others are set aside."""
    ids = await send(pair, statement(), statement(context=CONTEXT_AGENTS), statement(version="2.0.0"))
    await carried(pair, pair.forwarding(pair.remote(Version.V1_0_3)))
    there = await pair.texts(pair.there)
    assert list(there) == [ids[0], ids[2]]
    assert {each["version"] for each in there.values()} == {"1.0.0"}
    assert "cannot be said in 1.0.3 at /context" in (await parked_of(pair))[0]


async def test_old_statement_goes_to_new(pair: Pair) -> None:
    """Single contextActivities become arrays and local times UTC, as 2.0 wants them."""
    context = {"contextActivities": {"parent": factories.activity("unit")}}
    await send(
        pair,
        statement(context=context, timestamp="2026-03-01T10:00:00+02:00", version="1.0.3"),
        version=Version.V1_0_3,
    )
    await carried(pair, pair.forwarding())
    (there,) = (await pair.texts(pair.there)).values()
    assert there["timestamp"] == "2026-03-01T08:00:00Z"
    assert there["version"] == "2.0.0"
    assert isinstance(there["context"]["contextActivities"]["parent"], list)


async def test_statement_without_its_data_is_set_aside(pair: Pair, fake: Fake) -> None:
    """What was loaded without the data of an attachment cannot be taken by any LRS."""
    ids = await send(pair, statement(), statement())
    events = await pair.told(pair.here)
    bare = {**(await pair.texts(pair.here))[ids[0]], "attachments": [factories.attachment()]}
    broken = [
        type(each)(each.position, each.kind, each.stored, each.subject, factories.body(bare), each.filled)
        if each.subject == ids[0]
        else each
        for each in events
    ]
    with pytest.raises(Refused, match="is not here, and it has no fileUrl"):
        await pair.forwarding(fake.remote(pair.opened)).carry(pair.here, broken)
    assert not fake.held


async def test_filter_chooses(pair: Pair, fake: Fake) -> None:
    ids = await send(pair, statement(), statement(verb="passed"))
    carrier = pair.forwarding(fake.remote(pair.opened), takes=lambda event: b"passed" in (event.payload or b""))
    await carried(pair, carrier)
    assert list(fake.held) == [str(ids[1])]


async def test_authority_may_stay_here(pair: Pair, fake: Fake) -> None:
    await send(pair, statement())
    seen: list[bytes] = []

    async def look(request: aiohttp.web.Request) -> aiohttp.web.StreamResponse:
        seen.append(await request.read())
        return await fake.post(request)

    fake.answers = [look, look]
    await carried(pair, pair.forwarding(fake.remote(pair.opened), authority=False))
    assert b"authority" not in seen[0]
    assert b'"stored"' not in seen[0]


async def test_killed_at_random_misses_none_doubles_none(pair: Pair) -> None:
    """W-04 for forwarding: cut off anywhere, again and again, while statements come; each is there once, in order."""
    dice = random.Random(7)
    carrier = pair.forwarding(batch=3)

    async def load() -> None:
        for _ in range(40):
            await send(pair, *[statement(id=uuid4()) for _ in range(5)])

    loading = asyncio.create_task(load())
    while not loading.done():
        async with others.carried(pair, carrier):
            await asyncio.sleep(dice.uniform(0, 0.15))
    await loading
    await carried(pair, carrier)
    here = [each.subject for each in await pair.told(pair.here) if each.kind is Kind.STATEMENT_STORED]
    there = [each.subject for each in await pair.told(pair.there) if each.kind is Kind.STATEMENT_STORED]
    assert len(here) == 200
    assert there == here
