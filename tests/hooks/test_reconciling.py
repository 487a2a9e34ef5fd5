"""What two LRSs hold is compared statement by statement, and each difference is found."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from aiohttp import web

from lrs.hooks.peers import reconciling
from lrs.hooks.peers.reconciling import Difference, Reconciling, Window
from lrs.hooks.peers.remote import Away, Remote
from lrs.log import blobs
from lrs.xapi import equivalence
from lrs.xapi.versions import Version
from projections.statements import reader
from tests import factories
from tests.conftest import Database
from tests.factories import statement
from tests.hooks import others
from tests.hooks.others import Fake, Pair, says

TIME = "2026-03-01T10:00:00Z"


@pytest_asyncio.fixture
async def pair(database: Database) -> AsyncIterator[Pair]:
    async with others.pair(database.dsn, page_size=3) as made:
        yield made


@pytest_asyncio.fixture
async def fake() -> AsyncIterator[Fake]:
    async with others.faked() as made:
        yield made


async def both(pair: Pair, *sent: dict[str, Any]) -> None:
    for client in (pair.client, pair.other()):
        answer = await client.send("POST", "/xAPI/statements", list(sent))
        assert answer.status == 200


def work(pair: Pair, other: Remote | None = None, **given: Any) -> Reconciling:
    core = pair.core
    own = reader.Reader(core.reads, core.searches, core.stores, core.floors)
    return Reconciling(pair.here.id, own, blobs.Reader(core.reads), other or pair.remote(), **given)


async def differences(of: Reconciling) -> list[Difference]:
    return [each async for each in of.run()]


@pytest.mark.parametrize("version", Version)
async def test_same_has_no_difference(pair: Pair, version: Version) -> None:
    await both(pair, *[statement(id=uuid4(), timestamp=f"2026-03-{day:02}T23:30:00-02:00") for day in range(1, 11)])
    done = work(pair, pair.remote(version))
    assert not await differences(done)
    assert [(day.day, day.here, day.there, day.is_same) for day in done.days] == [
        (f"2026-03-{day:02}", 1, 1, True) for day in range(2, 12)
    ]


async def test_each_difference_is_found(pair: Pair) -> None:
    same, lacking, other, changed = (uuid4() for _ in range(4))
    await both(pair, statement(id=same, timestamp=TIME))
    await pair.client.send("POST", "/xAPI/statements", statement(id=lacking, timestamp=TIME))
    await pair.other().send("POST", "/xAPI/statements", statement(id=other, timestamp=TIME))
    await pair.client.send("POST", "/xAPI/statements", statement(id=changed, timestamp=TIME))
    await pair.other().send("POST", "/xAPI/statements", statement(id=changed, timestamp=TIME, verb="passed"))
    done = work(pair)
    found = {(each.kind, each.id, each.day) for each in await differences(done)}
    day = "2026-03-01"
    assert found == {("missing there", lacking, day), ("missing here", other, day), ("different", changed, day)}
    assert [day.is_same for day in done.days] == [False]


async def test_voided_on_one_side_is_told(pair: Pair) -> None:
    here, there = uuid4(), uuid4()
    await both(pair, statement(id=here, timestamp=TIME), statement(id=there, timestamp=TIME))
    await pair.client.send("POST", "/xAPI/statements", factories.voiding(here))
    await pair.other().send("POST", "/xAPI/statements", factories.voiding(there))
    kinds = {each.id: each.kind for each in await differences(work(pair))}
    assert kinds.pop(here) == "voided here"
    assert kinds.pop(there) == "voided there"
    assert sorted(kinds.values()) == ["missing here", "missing there"]


async def test_data_counts_where_asked(pair: Pair) -> None:
    own = factories.attachment(b"an essay", fileUrl="https://example.org/essay")
    body, kind = factories.multipart(
        statement(id=factories.ID, timestamp=TIME, attachments=[own]), factories.part(b"an essay")
    )
    await pair.client.send("POST", "/xAPI/statements", body, {"Content-Type": kind})
    await pair.other().send("POST", "/xAPI/statements", statement(id=factories.ID, timestamp=TIME, attachments=[own]))
    assert not await differences(work(pair))
    assert [each.kind for each in await differences(work(pair, with_data=True))] == ["different"]


async def test_window_is_of_timestamps(pair: Pair) -> None:
    for month in range(1, 6):
        await pair.client.send("POST", "/xAPI/statements", statement(timestamp=f"2026-0{month}-01T00:00:00Z"))
    window = Window(since=datetime(2026, 2, 1, tzinfo=UTC), until=datetime(2026, 4, 1, tzinfo=UTC))
    found = await differences(work(pair, window=window))
    assert sorted(each.day for each in found) == ["2026-02-01", "2026-03-01"]


async def test_stored_before_its_timestamp_is_no_difference(pair: Pair, fake: Fake) -> None:
    """A window asks the other LRS by `stored`; what it hides is looked up by its id."""
    own = {**statement(id=str(factories.ID)), "timestamp": "2026-05-01T00:00:00Z"}
    await pair.client.send("POST", "/xAPI/statements", own)
    fake.add(own, 0)
    window = Window(since=datetime(2026, 4, 30, tzinfo=UTC))
    assert not await differences(work(pair, fake.remote(pair.opened), window=window))


async def test_repeats_are_counted_once(pair: Pair, fake: Fake) -> None:
    own = statement(id=str(factories.ID), timestamp=TIME)
    await pair.client.send("POST", "/xAPI/statements", own)
    fake.add(own, 0)
    page = says(200, factories.body({"statements": list(fake.held.values()) * 2, "more": ""}).decode(), X="1")

    async def told(request: web.Request) -> web.StreamResponse:
        answer = await page(request)
        answer.headers["Content-Type"] = "application/json"
        return answer

    fake.answers = [told]
    done = work(pair, fake.remote(pair.opened))
    assert not await differences(done)
    assert done.days[0].there == 1


async def test_trouble_is_tried_again_and_then_told(pair: Pair, fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    fake.answers = [says(503, Retry_After="0")] * 3
    assert not await differences(work(pair, fake.remote(pair.opened)))
    fake.always = says(401)
    with pytest.raises(Away, match="credentials are wrong"):
        await differences(work(pair, fake.remote(pair.opened)))


async def test_memory_holds_a_part_at_a_time(tmp_path: Any) -> None:
    spool = reconciling.Spool(tmp_path)
    ids = [UUID(int=number * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128) for number in range(3_000)]
    for side in (0, 1):
        for own in ids:
            spool.add(side, own, reconciling.Entry("2026-03-01", bytes(16)))
    parts = list(spool.parts())
    assert len(parts) == 256
    assert sum(len(here) for here, _ in parts) == 3_000
    assert max(len(here) for here, _ in parts) < 300


@pytest.mark.parametrize(
    ("change", "is_same"),
    [
        ({"stored": "2026-01-01T00:00:00Z", "authority": factories.agent("x"), "version": "1.0.0"}, True),
        ({"timestamp": "2026-03-01T12:00:00.0004+02:00"}, True),
        ({"timestamp": "2026-03-01T10:00:00.001Z"}, False),
        ({"actor": {"objectType": "Agent", **factories.agent()}}, True),
        ({"object": {**factories.activity(), "definition": {"name": {"en": "x"}}}}, True),
        ({"object": factories.activity("other")}, False),
        ({"context": {"language": "de"}}, False),
        ({"attachments": [factories.attachment()]}, False),
    ],
)
def test_digest_is_of_what_is_said(change: dict[str, Any], is_same: bool) -> None:
    one, two = statement(timestamp=TIME), statement(**{"timestamp": TIME, **change})
    digests = {equivalence.digest(factories.body(each)) for each in (one, two)}
    assert len(digests) == (1 if is_same else 2)
