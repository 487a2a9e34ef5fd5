"""/analytics/v1/changes: changed rows as roles see them."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
import pytest_asyncio

from tests import serving
from tests.conftest import Database
from tests.projections.rubric_evidence import town as towns
from tests.projections.rubric_evidence.town import Town, scored
from tests.world import World

OCTOBER, NOVEMBER = "2025-10-07T17:00:00Z", "2025-11-11T18:00:00Z"
ALL = "changes?projection=rubric_evidence"
EVIDENCE = f"{ALL}&table=evidence&state=period_kind=schoolYear"


@pytest_asyncio.fixture
async def town(world: World, database: Database) -> AsyncIterator[Town]:
    async with towns.town(world, database) as made:
        await made.load_all()
        await made.stage.settle()
        yield made


async def page(town: Town, path: str, role: str = "coach", person: str = "cam") -> dict[str, Any]:
    answer = await super(Town, town).send(path, role, person)
    assert answer.status == 200, answer.body
    found: dict[str, Any] = answer.json  # type: ignore[assignment]
    return found


async def status(town: Town, path: str, role: str = "coach", person: str = "cam") -> int:
    return (await super(Town, town).send(path, role, person)).status


def told(found: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [(each["what"], each["key"]["person_id"], bool(each["row"])) for each in found["changes"]]


async def test_reading_has_changes_recorded(town: Town) -> None:
    first = await page(town, EVIDENCE)
    assert (first["changes"], first["next"], first["head"]) == ([], 0, 0)
    assert first["complete_from"] > 0
    (given,) = await town.tell(scored("ann", "cam", 4, OCTOBER))
    await town.void(given)
    found = await page(town, EVIDENCE)
    assert told(found) == [("added", "ann", True), ("removed", "ann", False)]
    assert [each["position"] > first["complete_from"] for each in found["changes"]] == [True, True]
    assert (await page(town, f"{EVIDENCE}&after={found['next']}"))["changes"] == []


async def test_each_role_is_told_of_its_rows_alone(town: Town) -> None:
    await page(town, EVIDENCE)
    await town.tell(scored("ann", "cam", 4, OCTOBER), scored("sue", "kim", 4, OCTOBER))
    assert {each["key"]["person_id"] for each in (await page(town, EVIDENCE))["changes"]} == {"ann"}
    assert told(await page(town, EVIDENCE, "educator", "sue")) == [("added", "sue", True)]
    assert told(await page(town, EVIDENCE, "educator", "sid")) == []
    # What is formative is between an educator and her coach.
    assert told(await page(town, EVIDENCE, "evaluator", "dee")) == []
    pseudonyms = {each["key"]["person_id"] for each in (await page(town, EVIDENCE, "researcher", "r"))["changes"]}
    assert len(pseudonyms) == 2
    assert all(each.startswith("p-") for each in pseudonyms)


async def test_who_sees_sums_alone_sees_no_change(town: Town) -> None:
    assert await status(town, EVIDENCE, "director", "") == 403
    assert await town.stage.rows("select * from changes.heads") == []


async def test_nobody_is_picked_by_pseudonym(town: Town) -> None:
    assert await status(town, f"{EVIDENCE}&person=ann", "researcher", "r") == 403


async def test_filters_choose(town: Town) -> None:
    await page(town, EVIDENCE)
    await town.tell(scored("ann", "cam", 4, OCTOBER), scored("bob", "cam", 2, OCTOBER))
    assert [who for _, who, _ in told(await page(town, f"{EVIDENCE}&person=bob"))] == ["bob"]
    assert [who for _, who, _ in told(await page(town, f"{EVIDENCE}&state=mastered=true"))] == ["ann"]
    assert told(await page(town, f"{EVIDENCE}&org=south")) == []
    assert len((await page(town, f"{ALL}&table=items"))["changes"]) == 2
    assert {each["table"] for each in (await page(town, ALL))["changes"]} == {"items", "evidence"}


async def test_a_page_ends_and_the_next_goes_on(town: Town) -> None:
    await page(town, ALL)
    await town.tell(*(scored(who, "cam", 4, OCTOBER) for who in ("ann", "bob", "eva")))
    found, after = list[int](), 0
    while (part := await page(town, f"{ALL}&limit=2&after={after}"))["changes"]:
        assert len(part["changes"]) <= 2
        found += [each["number"] for each in part["changes"]]
        after = part["next"]
    assert found == list(range(1, 10))


async def test_a_reader_may_wait(town: Town) -> None:
    await page(town, EVIDENCE)
    waiting = asyncio.ensure_future(page(town, f"{EVIDENCE}&wait=20"))
    await asyncio.sleep(0.2)
    assert not waiting.done()
    await town.tell(scored("ann", "cam", 4, OCTOBER))
    assert told(await waiting) == [("added", "ann", True)]


async def test_server_sent_events_go_on_where_they_ended(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("projections.answers.feed.STREAM_SECONDS", 3.0)
    await page(town, EVIDENCE)
    await town.tell(scored("ann", "cam", 4, OCTOBER))

    async def read(after: str) -> bytes:
        headers = {
            "Authorization": serving.basic("coach", "cam"),
            "Accept": "text/event-stream",
            "Last-Event-ID": after,
        }
        answer = await town.client.send("GET", f"/analytics/v1/{EVIDENCE}", headers=headers)
        assert answer.headers["Content-Type"] == "text/event-stream"
        return answer.body

    reading = asyncio.ensure_future(read("0"))
    await asyncio.sleep(1)
    await town.tell(scored("bob", "cam", 4, OCTOBER))
    body = await reading
    told = [orjson.loads(line[6:]) for line in body.split(b"\n") if line.startswith(b"data: ")]
    assert [each["key"]["person_id"] for each in told] == ["ann", "bob"]
    last = body.rpartition(b"id: ")[2].split()[0]
    assert b"data:" not in await read(last.decode())


async def test_from_now_on(town: Town) -> None:
    await page(town, EVIDENCE)
    await town.tell(scored("ann", "cam", 4, OCTOBER))
    now = await page(town, f"{EVIDENCE}&from=now")
    assert (now["changes"], now["next"]) == ([], now["head"])


async def test_who_looked_is_kept(town: Town) -> None:
    await page(town, EVIDENCE)
    await town.tell(scored("ann", "cam", 4, OCTOBER))
    assert town.kept == []
    await page(town, f"{EVIDENCE}&why=audit")
    (look,) = town.kept
    assert (look.endpoint, look.people, look.why) == ("changes", ("ann",), "audit")


@pytest.mark.parametrize(
    "path",
    ["changes", "changes?projection=nothing", f"{ALL}&table=nothing", f"{ALL}&state=mastered", f"{ALL}&state=nothing=1",
     f"{ALL}&after=x", f"{ALL}&after=99", f"{ALL}&from=then", f"{ALL}&limit=0", f"{ALL}&wait=61", f"{ALL}&nothing=1",
     f"{ALL}&after=1&after=1"],
)  # fmt: skip
async def test_what_is_wrong_is_refused(town: Town, path: str) -> None:
    assert await status(town, path) == 400
