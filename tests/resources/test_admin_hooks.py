"""Hooks over HTTP: set up, looked at, changed, tested and removed, by administrators alone."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from lrs import main
from lrs.auth import scopes
from lrs.auth.issuing import Issued
from lrs.events import Kind
from lrs.log import read
from tests import serving
from tests.conftest import Database
from tests.hooks import sinks
from tests.serving import Answer, Client

PATH = "/admin/v1/hooks"
There = tuple[Client, main.Core]


@pytest.fixture(scope="module")
async def there(module_database: Database) -> AsyncIterator[There]:
    async with serving.lrs(module_database.dsn, hook_allow=("127.0.0.0/8",)) as served:
        yield served


async def make(client: Client, name: str, **changes: Any) -> Answer:
    body = {"kind": "webhook", "name": name, "config": {"url": "http://127.0.0.1:9/x"}, **changes}
    return await client.send("POST", PATH, body)


async def test_a_hook_is_made_and_its_secret_shown_once(there: There) -> None:
    client, _ = there
    answer = await make(client, "one")
    assert answer.status == 201
    made: Any = answer.json
    assert made["secrets"]["signing"].startswith("whsec_")
    seen: Any = (await client.get(f"{PATH}/one")).json
    assert seen == {name: value for name, value in made.items() if name != "secrets"}
    assert seen["state"] == "live"
    every: Any = (await client.get(PATH)).json
    assert "one" in [hook["name"] for hook in every["hooks"]]


async def test_a_change_is_an_event_with_who_did_it(there: There) -> None:
    client, core = there
    await make(client, "audited")
    answer = await client.send("PUT", f"{PATH}/audited", {"config": {"url": "http://127.0.0.1:10/y", "ordered": False}})
    assert answer.status == 200
    store = await main.default_store(core)
    *_, last = [each async for each in read.Reader(core.reads).every(store.id)]
    assert (last.kind, last.credential) == (Kind.HOOK_CHANGED, serving.KEY)
    assert b"127.0.0.1:10" in (last.payload or b"")
    assert b"whsec_" not in (last.payload or b"")


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"config": {"url": "https://10.0.0.1/"}}, "/config/url"),
        ({"config": {"url": "http://127.0.0.1:9/", "batch": 0}}, "/config/batch"),
        ({"config": {"url": "http://127.0.0.1:9/", "filter": {"kinds": ["Nothing"]}}}, "/config/filter"),
        ({"config": {"url": "http://127.0.0.1:9/", "filter": {"registrations": ["x"]}}}, "/config/filter"),
        ({"config": {}}, "/config"),
        ({"kind": "pigeon"}, "/kind"),
        ({"name": ""}, "/name"),
        ({"from": 0}, "/from"),
        ({"secrets": {"signing": "whsec_short"}}, "/secrets/signing"),
        ({"secrets": {"other": "x"}}, "/secrets"),
    ],
)
async def test_what_is_wrong_is_told_with_its_place(there: There, changes: dict[str, Any], pointer: str) -> None:
    client, _ = there
    answer = await make(client, **{"name": "wrong", **changes})
    assert answer.status == 400
    assert answer.problem["pointer"] == pointer


async def test_a_name_is_taken_once(there: There) -> None:
    client, _ = there
    await make(client, "taken")
    assert (await make(client, "taken")).status == 409


async def test_a_hook_is_disabled_and_enabled(there: There) -> None:
    client, _ = there
    await make(client, "switched")
    for doing, state in (("disable", "disabled"), ("enable", "live")):
        answer = await client.send("POST", f"{PATH}/switched/{doing}")
        told: Any = answer.json
        assert told["state"] == state


async def test_a_rotation_shows_the_new_secret(there: There) -> None:
    client, _ = there
    made: Any = (await make(client, "rotated")).json
    answer: Any = (await client.send("POST", f"{PATH}/rotated/rotate", {"overlap_seconds": 60})).json
    assert answer["secrets"]["signing"] != made["secrets"]["signing"]
    assert (await client.send("POST", f"{PATH}/rotated/rotate", {"overlap_seconds": -1})).status == 400


async def test_a_hook_is_removed(there: There) -> None:
    client, _ = there
    await make(client, "removed")
    assert (await client.send("DELETE", f"{PATH}/removed")).status == 204
    assert (await client.get(f"{PATH}/removed")).status == 404
    assert (await make(client, "removed")).status == 201


async def test_a_test_message_arrives_signed(there: There) -> None:
    client, _ = there
    async with sinks.sink() as sink:
        made: Any = (await make(client, "tested", config={"url": sink.url})).json
        answer: Any = (await client.send("POST", f"{PATH}/tested/test")).json
    assert answer["delivered"]
    assert answer["status"] == 204
    message = sink.got[0].verified(made["secrets"]["signing"])
    assert (message["kind"], message["stored"][-1]) == ("Test", "Z")


async def test_deliveries_are_a_page(there: There) -> None:
    client, _ = there
    await make(client, "paged")
    answer: Any = (await client.get(f"{PATH}/paged/deliveries?limit=5&failed=true")).json
    assert answer == {"deliveries": []}
    for query in ("limit=0", "limit=x", "nonsense=1"):
        assert (await client.get(f"{PATH}/paged/deliveries?{query}")).status == 400


async def test_what_was_not_sent_cannot_be_sent_again(there: There) -> None:
    client, _ = there
    await make(client, "again")
    assert (await client.send("POST", f"{PATH}/again/deliveries/nonsense/redeliver")).status == 400


async def test_only_administrators_see_hooks(there: There) -> None:
    client, core = there
    store = await main.default_store(core)
    if await core.issuing.find("reader") is None:
        others = tuple(scope for scope in scopes.EVERY if scope != scopes.ADMIN)
        await core.issuing.issue(store.id, name="", scopes=others, given=Issued(key="reader", secret="of: a reader"))
    await make(client, "hidden")
    by = {"Authorization": serving.basic("reader", "of: a reader")}
    for method, path in (
        ("GET", PATH),
        ("POST", PATH),
        ("GET", f"{PATH}/hidden"),
        ("PUT", f"{PATH}/hidden"),
        ("DELETE", f"{PATH}/hidden"),
        ("POST", f"{PATH}/hidden/rotate"),
        ("POST", f"{PATH}/hidden/enable"),
        ("POST", f"{PATH}/hidden/disable"),
        ("POST", f"{PATH}/hidden/replay"),
        ("POST", f"{PATH}/hidden/test"),
        ("GET", f"{PATH}/hidden/deliveries"),
        ("POST", f"{PATH}/hidden/deliveries/x/redeliver"),
    ):
        answer = await client.send(method, path, {} if method in ("POST", "PUT") else None, headers=by)
        assert answer.status == 403, (method, path)
