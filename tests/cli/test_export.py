"""`lrs export`: what a store holds, one JSON object a line."""

import csv
import io
from base64 import b64decode
from uuid import UUID

import orjson
import pytest
from pyarrow import parquet

from lrs.cli import flat
from lrs.events import Draft, Kind
from lrs.log import leaf
from lrs.log.append import Log
from lrs.log.group import Keys
from lrs.log.stores import Stores
from lrs.xapi import equivalence, values
from tests.cli.conftest import Answer, Shell
from tests.conftest import Database
from tests.factories import ID, OTHER_ID, statement, voiding


def ids(answer: Answer) -> list[str]:
    return [line["id"] for line in answer.lines]


async def loaded(shell: Shell, *statements: dict[str, object]) -> None:
    await shell("load", "--credential", await shell.credential(), shell.file(*statements))


async def test_statements_come_in_the_order_stored(shell: Shell) -> None:
    sent = [statement(id=UUID(int=number)) for number in range(1, 121)]
    await loaded(shell, *sent)
    answer = await shell("export", "statements")
    assert answer.code == 0
    assert ids(answer) == [each["id"] for each in sent]
    stored = [line["stored"] for line in answer.lines]
    assert stored == sorted(set(stored))
    assert answer.err.splitlines()[-1] == "120 statements"


async def test_a_statement_is_exact(shell: Shell) -> None:
    raw = b'{"actor":{"mbox":"mailto:a@b.org"},\r "verb":{"id":"http://a.org"},"result":{"score":{"scaled":1.0e-1}}'
    raw += b',"object":{"id":"http://a.org/1"}}'
    (shell.folder / "one.json").write_bytes(b"[" + raw + b"]")
    await shell("load", "--credential", await shell.credential(), "one.json")
    answer = await shell("export", "statements")
    assert equivalence.roundtrip(raw, answer.out.strip().encode()) == []
    assert "1.0e-1" in answer.out


async def test_filters_are_those_of_a_get(shell: Shell) -> None:
    await loaded(shell, statement(id=ID, verb="passed"), statement(id=OTHER_ID))
    verb = "http://adlnet.gov/expapi/verbs/passed"
    assert ids(await shell("export", "statements", "--verb", verb)) == [str(ID)]
    assert ids(await shell("export", "statements", "--until", "2001-01-01T00:00:00Z")) == []


async def test_a_bad_filter_is_wrong_usage(shell: Shell) -> None:
    answer = await shell("export", "statements", "--registration", "7")
    assert answer.code == 2
    assert "--registration must be a UUID" in answer.err


async def test_voided_statements_are_left_out(shell: Shell) -> None:
    await loaded(shell, statement(id=ID), voiding(ID, id=OTHER_ID))
    assert ids(await shell("export", "statements")) == [str(OTHER_ID)]


async def test_voided_statements_come_if_asked_for(shell: Shell) -> None:
    await loaded(shell, statement(id=ID), voiding(ID, id=OTHER_ID))
    assert ids(await shell("export", "statements", "--voided")) == [str(ID), str(OTHER_ID)]
    assert ids(await shell("export", "statements", "--voided", "--until", "2001-01-01T00:00:00Z")) == []


async def test_voided_goes_with_no_filter(shell: Shell) -> None:
    assert (await shell("export", "statements", "--voided", "--verb", "http://a.org")).code == 2


async def test_events_can_be_proven(shell: Shell) -> None:
    await loaded(shell, statement(id=ID))
    uuid = (await shell("store", "list", "--json")).json[0]["uuid"]
    (_, event) = (await shell("export", "events")).lines
    assert (event["position"], event["kind"], event["subject"]) == (2, "StatementStored", str(ID))
    payload, filled = orjson.dumps(event["payload"]), orjson.dumps(event["filled"])
    commitment = leaf.commitment(bytes.fromhex(event["salt"]), payload, filled, ())
    assert commitment.hex() == event["commitment"]
    hashed = leaf.leaf(
        origin=leaf.origin(UUID(uuid), 1), position=2, kind=1, subject=ID, credential=event["credential"],
        stored=values.instant(event["stored"]), commitment=commitment,
    )  # fmt: skip
    assert hashed.hex() == event["leaf"]


async def test_events_go_from_one_position_to_another(shell: Shell) -> None:
    await loaded(shell, statement(), statement(), statement())
    answer = await shell("export", "events", "--after", "1", "--through", "3")
    assert [line["position"] for line in answer.lines] == [2, 3]
    assert answer.err.splitlines()[-1] == "2 events"


@pytest.mark.parametrize("payload", [b"\x00\xff", b"", b'{"a":\n1}', b' {"a":1}'])
async def test_what_is_not_one_line_of_json_comes_in_base64(shell: Shell, database: Database, payload: bytes) -> None:
    await shell("store", "create", "school")
    stores = Stores(database.pool)
    log = Log(database.pool, stores, [])
    draft = Draft(kind=Kind.DOCUMENT_STORED, subject=ID, payload=payload, filled=b"{}")
    store = await stores.by_name("school")
    await log.append(store.id, keys=Keys(), decide=lambda known: [draft], credential=None)
    (event,) = (await shell("export", "events", "--store", "school")).lines
    assert "payload" not in event
    assert b64decode(event["payload_base64"]) == payload


async def test_statements_are_a_table_with_types(shell: Shell) -> None:
    given = statement(id=ID, verb="passed", result={"score": {"scaled": 0.5, "raw": 12}, "success": True})
    await loaded(shell, given, statement(id=OTHER_ID))
    answer = await shell("export", "statements", "--format", "parquet", "--out", "all.parquet")
    assert answer.code == 0
    table = parquet.read_table(shell.folder / "all.parquet")
    assert table.column_names == [column.name for column in flat.STATEMENTS]
    (first, second) = table.to_pylist()
    assert (str(first["id"]), first["verb"], first["score_scaled"], first["score_raw"], first["success"]) == (
        str(ID), given["verb"]["id"], 0.5, 12.0, True,
    )  # fmt: skip
    assert orjson.loads(first["statement"])["id"] == str(ID)
    assert second["score_raw"] is None
    assert first["stored"] < second["stored"]


async def test_events_are_a_table(shell: Shell) -> None:
    await loaded(shell, statement(id=ID))
    answer = await shell("export", "events", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(answer.out)))
    assert [row["kind"] for row in rows] == ["CredentialIssued", "StatementStored"]
    assert orjson.loads(b64decode(rows[1]["payload_base64"]))["id"] == str(ID)
    assert rows[1]["subject"] == str(ID)
