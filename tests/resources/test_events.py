"""GET /events/v1 as a page: where it begins and goes on, what it takes, who may see what, and that it is a look."""

from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from lrs.auth import people, scopes
from lrs.auth.issuing import Issued
from lrs.auth.people import Place
from tests import serving
from tests.conftest import Database
from tests.guarantees import hostile_query
from tests.resources.reading import page, send
from tests.serving import Client
from tests.world import ACTIVITY

MANY = 7
PASSWORD = "correct horse battery"


@pytest_asyncio.fixture
async def served(database: Database) -> Any:
    async with serving.lrs(database.dsn) as (client, core):
        yield client, core


@pytest_asyncio.fixture
async def fresh(served: Any) -> Client:
    """A server whose default store has a credential, and nothing else."""
    client: Client = served[0]
    return client


def ids(told: Any) -> list[str]:
    return [each["data"]["id"] for each in told["events"] if each["kind"] == "StatementStored"]


async def as_holder(served: Any, *held: str) -> str:
    """The Authorization of a new credential that holds these scopes."""
    _, core = served
    issued: Issued = await core.issuing.issue((await core.stores.by_name("default")).id, name="", scopes=held)
    return serving.basic(issued.key, issued.secret)


async def test_page_from_the_start_has_everything_in_order(fresh: Client) -> None:
    sent = await send(fresh, MANY)
    told = await page(fresh)
    assert ids(told) == sent
    assert [each["position"] for each in told["events"]] == list(range(1, told["head"] + 1))
    assert told["next"] == told["head"]
    assert told["store"] == "default"


async def test_pages_go_on_where_the_last_one_ended(fresh: Client) -> None:
    sent = await send(fresh, MANY)
    found: list[str] = []
    after = 0
    while True:
        told = await page(fresh, f"after={after}&limit=3&kind=StatementStored")
        assert len(told["events"]) <= 3
        found += ids(told)
        after = told["next"]
        if after == told["head"]:
            break
    assert found == sent


async def test_page_from_now_is_empty_and_says_where_now_is(fresh: Client) -> None:
    await send(fresh)
    told = await page(fresh, "from=now")
    assert told["events"] == []
    (sent,) = await send(fresh)
    assert ids(await page(fresh, f"after={told['next']}")) == [sent]


async def test_filtered_page_passes_over_what_it_does_not_take(fresh: Client) -> None:
    await send(fresh, MANY)
    told = await page(fresh, "verb=https://example.org/never")
    assert told["events"] == []
    assert told["next"] == told["head"]


@pytest.mark.parametrize(
    ("query", "changes"),
    [
        ("verb=https://example.org/v&verb=https://example.org/w", {"verb": {"id": "https://example.org/w"}}),
        ("activity=https://example.org/unit/2", {"object": {"id": "https://example.org/unit/2"}}),
        ('agent={"mbox":"mailto:bob@example.org"}', {"actor": {"mbox": "mailto:bob@example.org"}}),
        ("agent=mbox:mailto:bob@example.org", {"actor": {"member": [{"mbox": "mailto:bob@example.org"}],
                                                         "objectType": "Group"}}),
        ("registration=6690E6C9-3EF0-4ED3-8B37-7F3964730BEE",
         {"context": {"registration": "6690e6c9-3ef0-4ed3-8b37-7f3964730bee"}}),
        ("template=https://w3id.org/xapi/cmi5/context/categories/cmi5", {"context": {"contextActivities": {
            "category": {"id": "https://w3id.org/xapi/cmi5/context/categories/cmi5"}}}}),
        ('template={"verb":"https://example.org/w"}', {"verb": {"id": "https://example.org/w"}}),
    ],
)  # fmt: skip
async def test_each_filter_takes_what_it_names(fresh: Client, query: str, changes: dict[str, Any]) -> None:
    await send(fresh, 2)
    (wanted,) = await send(fresh, 1, **changes)
    assert ids(await page(fresh, query)) == [wanted]


async def test_kinds_are_told_apart(fresh: Client) -> None:
    await send(fresh)
    path = f"/xAPI/activities/profile?activityId={ACTIVITY}&profileId=p"
    put = await fresh.send("PUT", path, b"{}", headers={"Content-Type": "application/json", "If-None-Match": "*"})
    assert put.status == 204
    told = await page(fresh, f"kind=DocumentStored&kind=DocumentDeleted&activity={ACTIVITY}")
    assert [each["kind"] for each in told["events"]] == ["DocumentStored"]


@pytest.mark.parametrize(
    "query",
    [
        "after=-1", "after=x", "after=1e3", "after=%D9%A3", "after=99999999999999999999", "after=", "after=1&after=2",
        "after=9223372036854775807", "after=4000000000000000000",
        "from=yesterday", "from=now&after=1", "limit=0", "limit=1001", "limit=x", "wait=61", "wait=-1", "wait=1.5",
        "kind=Statement", "kind=", "verb=x", "verb=", "activity=%00", "agent={}", "agent=ada", "agent={", "agent=mbox",
        "registration=1", "template=x", "template={", "template={%22rules%22:[{%22location%22:%22$..x%22}]}",
        "template={%22objectStatementRefTemplate%22:[]}", "format=xml", "verbs=https://example.org/v", "verb=%ff",
        "limit=1&format=sse", "wait=1&format=sse", "&".join(["kind=StatementStored"] * 201),
    ],
)  # fmt: skip
async def test_what_makes_no_sense_is_refused(client: Client, query: str) -> None:
    answer = await client.get(f"/events/v1?{query}")
    assert answer.status == 400
    assert answer.problem["detail"]


@pytest.mark.parametrize("name", ["after", "limit", "wait"])
async def test_no_number_brings_about_more_than_a_refusal(client: Client, name: str) -> None:
    for words, (_, number) in hostile_query.NUMBERS.items():
        # As it is: whoever builds the URL would write it anew.
        answer = await client.raw(request(client, f"{name}={number}"))
        assert answer[9:12] in (b"200", b"400"), (words, answer)


async def test_no_query_brings_about_more_than_a_refusal(client: Client) -> None:
    for words, (_, query) in hostile_query.SHAPES.items():
        answer = await client.raw(request(client, query))
        assert answer[9:12] in (b"200", b"400"), (words, answer)


def request(client: Client, query: str) -> bytes:
    head = f"GET /events/v1?{query} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    return f"{head}Authorization: {client.headers['Authorization']}\r\n\r\n".encode("utf-8", "surrogateescape")


async def test_a_wrong_last_event_id_is_refused(client: Client) -> None:
    answer = await client.get("/events/v1", Accept="text/event-stream", Last_Event_ID="x")
    assert answer.status == 400


async def test_head_tells_no_body(client: Client) -> None:
    for accept in ("application/json", "application/x-ndjson", "text/event-stream"):
        answer = await client.send("HEAD", "/events/v1?wait=30" if "json" in accept else "/events/v1",
                                   headers={"Accept": accept})  # fmt: skip
        assert (answer.status, answer.body) == (200, b"")
        assert answer.headers["Content-Type"].startswith(accept)


async def test_nobody_reads_without_a_credential(client: Client) -> None:
    assert (await client.get("/events/v1", Authorization=None)).status == 401


@pytest.mark.parametrize("held", [scope for scope in scopes.EVERY if scope != scopes.EVENTS_READ])
async def test_no_other_scope_gives_events(served: Any, held: str) -> None:
    client, _ = served
    assert (await client.get("/events/v1", Authorization=await as_holder(served, held))).status == 403


async def test_events_read_shows_content_and_nothing_that_administers(served: Any) -> None:
    client, _ = served
    await send(client)
    who = await as_holder(served, scopes.EVENTS_READ)
    told = await page(client, "", Authorization=who)
    assert {each["kind"] for each in told["events"]} == {"StatementStored"}
    assert told["next"] == told["head"]
    refused = await client.get("/events/v1?kind=CredentialIssued", Authorization=who)
    assert refused.status == 403


async def test_scopes_add_up_and_mine_takes_nothing_away(served: Any) -> None:
    client, _ = served
    (sent,) = await send(client)
    who = await as_holder(served, scopes.EVENTS_READ, scopes.STATEMENTS_READ_MINE)
    assert ids(await page(client, "", Authorization=who)) == [sent]


async def test_an_administrator_sees_all_but_content(served: Any) -> None:
    client, core = served
    await send(client)
    store = await core.stores.by_name("default")
    await core.users.create("ann", store.id, Place(roles=(people.ADMIN,)), password=PASSWORD)
    await core.users.create("cora", store.id, Place(roles=("director",)), password=PASSWORD)
    told = await page(client, "", Authorization=serving.basic("ann", PASSWORD))
    assert {each["kind"] for each in told["events"]} == {"CredentialIssued"}
    refused = await client.get("/events/v1?kind=StatementStored", Authorization=serving.basic("ann", PASSWORD))
    assert refused.status == 403
    assert (await client.get("/events/v1", Authorization=serving.basic("cora", PASSWORD))).status == 403


async def test_a_store_tells_nothing_of_another(served: Any) -> None:
    from lrs.recording import stores

    client, core = served
    await send(client)
    other = await stores.create(core.log, core.stores, "other")
    issued = await core.issuing.issue(other.id, name="", scopes=[scopes.EVENTS_READ])
    told = await page(client, "", Authorization=serving.basic(issued.key, issued.secret))
    assert (told["store"], told["events"]) == ("other", [])


async def test_reading_is_a_look_that_does_not_feed_itself(fresh: Client) -> None:
    await send(fresh)
    after, looks = 0, []
    for _ in range(5):
        told = await page(fresh, f"after={after}")
        after = told["next"]
        looks += [each for each in told["events"] if each["kind"] == "RecordsRead"]
    (look,) = looks
    assert look["data"]["endpoint"] == "events"
    assert look["data"]["people"] == ["*"]
    assert look["data"]["who"] == serving.KEY
    assert (await page(fresh, "from=now"))["head"] == after


async def test_going_on_reading_is_one_look_an_hour(fresh: Client) -> None:
    for _ in range(3):
        await send(fresh)
        await page(fresh, "kind=StatementStored")
    assert len((await page(fresh, "kind=RecordsRead"))["events"]) == 1
    await page(fresh, "activity=" + ACTIVITY)
    assert len((await page(fresh, "kind=RecordsRead"))["events"]) == 2


async def test_a_page_is_small_where_events_are_large(fresh: Client) -> None:
    extensions = {"https://example.org/x": "x" * 900_000}
    for _ in range(6):
        await send(fresh, 1, id=str(uuid4()), result={"extensions": extensions})
    told = await page(fresh, "kind=StatementStored&limit=1000")
    assert 1 <= len(told["events"]) < 6
    rest = await page(fresh, f"kind=StatementStored&limit=1000&after={told['next']}")
    assert len(told["events"]) + len(rest["events"]) == 6


async def test_a_form_that_there_is_not_is_refused_in_words(served: Any) -> None:
    client, _ = served
    answer = await client.get("/events/v1", Accept="text/csv")
    assert answer.status == 406
    assert "application/x-ndjson" in answer.body.decode()
    assert (await client.get("/events/v1?format=json", Accept="text/csv")).status == 200
