"""Records of events: what anybody may read, and what our own followers get back from them."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec
import orjson
import pytest

from lrs.events import Kind
from lrs.hooks.kafka import records
from lrs.hooks.kafka.records import Record
from lrs.log.read import Told
from lrs.log.store import Store
from projections.facts import statement as statements
from tests.world import statement

STORE = Store(id=1, name="school", uuid=UUID(int=7), epoch=1, secret=b"secret" * 6)
STORED = datetime(2026, 2, 3, 4, 5, 6, 789, tzinfo=UTC)
FILLED = {"authority": {"account": {"homePage": "http://localhost", "name": "key"}}, "version": "1.0.3"}
PARTITIONS = 6


def told(payload: bytes | None, kind: Kind = Kind.STATEMENT_STORED, filled: Any = FILLED) -> Told:
    return Told(5, kind, STORED, uuid4(), payload, orjson.dumps(filled))


def record(event: Told) -> Record:
    (only,) = records.of(STORE, event, PARTITIONS)
    return only


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"timestamp": "2026-02-03T05:05:06+01:00"},
        {"context": {"contextActivities": {"parent": {"id": "https://example.org/course"}}}},
        {"stored": "2020-01-01T00:00:00Z", "result": {"score": {"raw": 1.50}}},
        {"object": {"objectType": "SubStatement", **statement(timestamp="2026-02-03T05:05:06+01:00")}},
    ],
)
def test_a_statement_comes_back_as_it_was_received(changes: dict[str, Any]) -> None:
    event = told(orjson.dumps(statement(**changes), option=orjson.OPT_INDENT_2))
    sent = record(event)
    assert sent.value is not None
    back, is_whole = records.told(sent.value, sent.headers)
    assert is_whole
    assert statements.parse(back) == statements.parse(event)
    assert msgspec.structs.replace(back, payload=None, filled=None) == msgspec.structs.replace(
        event, payload=None, filled=None
    )


def test_a_record_says_what_it_is_without_being_opened() -> None:
    sent = record(told(orjson.dumps(statement())))
    assert sent.key == b"5"
    assert dict(sent.headers) == {"id": b"00000000-0000-0000-0000-000000000007:1:5", "kind": b"StatementStored"}
    assert sent.timestamp_ms == 1770091506000


def test_the_same_actor_has_one_partition_however_written() -> None:
    one = statement(actor={"mbox": "mailto:eve@example.org"})
    other = statement(actor={"name": "Eve", "objectType": "Agent", "mbox": "mailto:eve@example.org"})
    assert record(told(orjson.dumps(one))).partition == record(told(orjson.dumps(other))).partition


@pytest.mark.parametrize("kind", [Kind.REFERENCE_APPLIED, Kind.USER_CHANGED, Kind.RECORDS_READ])
def test_what_has_no_order_goes_to_the_first_partition(kind: Kind) -> None:
    assert records.partition(told(b"{}", kind), PARTITIONS) == 0


def test_a_group_of_nobody_in_particular_is_spread_by_its_statement() -> None:
    payload = orjson.dumps(statement(actor={"objectType": "Group", "member": [{"mbox": "mailto:a@example.org"}]}))
    assert {record(told(payload)).partition for _ in range(40)} > {0}


def test_an_erased_statement_is_relayed_without_its_content() -> None:
    sent = record(Told(5, Kind.STATEMENT_STORED, STORED, uuid4(), None, None))
    assert sent.value is not None
    assert orjson.loads(sent.value)["data"] is None
    back, is_whole = records.told(sent.value, sent.headers)
    assert is_whole
    assert back.payload is None
