"""Every kind of event that is written leaves in the form that its schema documents."""

import re
from collections.abc import AsyncIterator, Mapping
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import jsonschema_rs
import orjson
import pytest
import pytest_asyncio

from lrs.auth import people
from lrs.events import Kind, Look
from lrs.hooks import message
from lrs.log import read
from lrs.log.read import Told
from lrs.log.store import Store
from lrs.log.stores import SYSTEM
from lrs.recording.looks import Looks
from lrs.recording.reference import References, Wanted
from lrs.reference.incoming import Given
from lrs.storage import pool as storage
from tests import serving, tree
from tests.conftest import Database
from tests.hooks.telling import STORE, STORED
from tests.world import ACTIVITY, statement

FOLDER = tree.ROOT / "schemas" / "events"
SCHEMAS: Mapping[str, Any] = {path.name: orjson.loads(path.read_bytes()) for path in sorted(FOLDER.glob("*.json"))}
# Kept for what is not written yet.
LATER = {
    Kind.PERSON_ERASED, Kind.STATEMENT_REDACTED, Kind.RECORDS_PRUNED, Kind.SIGNED_IN,
    Kind.ACCESS_REFUSED, Kind.LOG_RESTORED,
}  # fmt: skip
AGENT = '{"mbox":"mailto:ada@example.org"}'
PASSWORD = "correct horse battery"


def valid(told: Any) -> Any:
    schema = SCHEMAS[f"{told['kind']}-v{told['version']}.json"]
    jsonschema_rs.validate(schema, told, validate_formats=True)
    return told


@pytest.mark.parametrize("name", SCHEMAS)
def test_schema_describes_all_it_names(name: str) -> None:
    schema = SCHEMAS[name]
    jsonschema_rs.meta.validate(schema)
    assert schema["$id"].endswith(f"/events/{name}")
    undescribed = [where for where, each in properties(schema, "") if not each.get("description")]
    assert not undescribed


@pytest.mark.parametrize("name", SCHEMAS)
def test_schema_has_a_valid_example(name: str) -> None:
    (example,) = SCHEMAS[name]["examples"]
    assert valid(example)["kind"] == name.partition("-")[0]


def properties(schema: Any, where: str) -> list[tuple[str, Any]]:
    """What a schema names, all the way down, but for conditions."""
    found: list[tuple[str, Any]] = []
    if isinstance(schema, dict):
        for name, each in schema.get("properties", {}).items():
            found += [(f"{where}/{name}", each), *properties(each, f"{where}/{name}")]
        for name in ("items", "additionalProperties"):
            found += properties(schema.get(name), f"{where}/{name}")
        for each in schema.get("anyOf", ()):
            found += properties(each, where)
    return found


def test_every_kind_has_its_schema() -> None:
    named = {name.partition("-")[0] for name in SCHEMAS}
    assert {kind.label for kind in Kind if kind not in LATER} <= named
    assert {kind.label for kind in message.DATA} <= named


@pytest_asyncio.fixture(scope="module")
async def messages(module_database: Database) -> AsyncIterator[list[Any]]:
    """One message at least of every kind that is written, made by what really writes it."""
    async with serving.lrs(module_database.dsn) as (client, core):
        await client.send("POST", "/xAPI/statements", [statement(), statement(result={"score": {"raw": 1.50}})])
        at = f"activityId={ACTIVITY}&agent={AGENT}"
        for name, content_type, body in (
            ("json", "application/json", b'{\n"a": 1.0}'), ("text", "text/plain", b"a\nb"),
            ("bytes", "image/png", b"\xff\n\x00"), ("broken", "application/json", b"{"),
        ):  # fmt: skip
            sent = await client.send(
                "PUT", f"/xAPI/activities/state?stateId={name}&{at}", body,
                headers={"Content-Type": content_type, "If-None-Match": "*"},
            )  # fmt: skip
            assert sent.status in (204, 400)
        await client.send("DELETE", f"/xAPI/activities/state?stateId=json&{at}", headers={"Content-Type": None})
        store = (await core.stores.by_name("default")).id
        references = References(core.log, read.Reader(core.reads))
        given = Given.of("policy.yaml", b"timezone: America/Chicago\n")
        await references.apply(store, Wanted(kind="policy", given=given, day=date(2026, 1, 31)), by=None)
        issued = await core.issuing.issue(store, name="the LMS", scopes=["statements/write"])
        await core.issuing.rotate(issued.key, overlap=timedelta(days=8))
        await core.issuing.revoke(issued.key)
        made = await core.hooks.registry.create(store, "webhook", "warehouse", {"url": "https://192.0.43.8/in"})
        await core.hooks.registry.rotate(made.hook, overlap=timedelta(days=1))
        place = people.Place(roles=("coach",), person="t-17")
        await core.users.create("cora", store, place, password=PASSWORD)
        for format_ in ("json", "csv"):
            look = Look(who="cora", roles=("coach",), endpoint="x", filter="", people=("p",), rows=1, format=format_)
            await Looks(core.log).looked(store, look)
        found: list[Any] = []
        for each in (await core.stores.all()).values():
            async with storage.connection(core.reads) as connection:
                events = await read.told(connection, each.id, 0, limit=1_000)
            found += [line(each, event) for event in events]
        yield found


def line(store: Store, event: Told) -> Any:
    """A message, which must be one line."""
    written = message.of(store, event)
    assert not re.search(rb"[\r\n]", written)
    return orjson.loads(written)


def test_every_kind_leaves_as_its_schema_says(messages: list[Any]) -> None:
    for each in messages:
        valid(each)
    assert {each["kind"] for each in messages} == {kind.label for kind in Kind if kind not in LATER}
    assert all(each["data"] is not None for each in messages)


def test_nothing_that_opens_a_door_leaves(messages: list[Any]) -> None:
    text = orjson.dumps(messages).decode()
    assert "hmac" not in text
    assert "whsec" not in text
    assert "password" not in text
    assert "argon" not in text
    assert not re.search(r"[0-9a-f]{64}", re.sub(r'"sha256":"[0-9a-f]{64}"', "", text))


def test_documents_leave_in_an_encoding_that_holds_them(messages: list[Any]) -> None:
    stored = {each["data"]["id"]: each["data"] for each in messages if each["kind"] == "DocumentStored"}
    assert stored["json"]["encoding"] == "json"
    assert stored["json"]["content"] == {"a": 1.0}
    assert (stored["text"]["encoding"], stored["text"]["content"]) == ("text", "a\nb")
    assert (stored["bytes"]["encoding"], stored["bytes"]["content"]) == ("base64", "/woA")


def test_an_id_names_store_epoch_and_position(messages: list[Any]) -> None:
    assert len({each["id"] for each in messages}) == len(messages)
    system = [each for each in messages if each["kind"] in ("UserChanged", "StoreChanged")]
    assert {each["id"].split(":")[0] for each in system}.isdisjoint(
        each["id"].split(":")[0] for each in messages if each not in system
    )
    assert all(each["id"].endswith(f":1:{each['position']}") for each in messages)
    assert SYSTEM == 0


@pytest.mark.parametrize("kind", Kind)
def test_what_was_erased_leaves_without_data(kind: Kind) -> None:
    erased = line(STORE, Told(7, kind, STORED, uuid4(), None, None))
    assert erased["data"] is None
    if kind not in LATER:
        valid(erased)


def test_a_statement_with_line_ends_is_one_line() -> None:
    sent = b'{"actor":{"mbox":\r\n"mailto:ada@example.org"},\n"verb":{"id":\n"https://example.org/v"},"n":1.50}'
    event = Told(7, Kind.STATEMENT_STORED, STORED, uuid4(), sent, b"{}")
    assert line(STORE, event)["data"]["actor"] == {"mbox": "mailto:ada@example.org"}
    assert b'"n":1.50' in message.of(STORE, event)
