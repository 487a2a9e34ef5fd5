"""The comparison of R-30 finds what it is there for."""

import random

import pytest

from lrs.xapi.versions import Version
from tests.factories import ID, body, statement, substatement
from tests.guarantees.roundtrip import differs
from tests.guarantees.roundtrip_statements import Maker
from tests.guarantees.roundtrip_text import Value, read, write

FILLED: dict[str, Value] = {
    "id": str(ID),
    "stored": "x",
    "authority": {},
    "version": "2.0.0",
    "timestamp": "2026-01-01T00:00:00Z",
}


def holding(text: str) -> bytes:
    return body(statement(result={"extensions": {"http://a.b": "TEXT"}})).replace(b'"TEXT"', text.encode())


def found(sent: bytes, got: bytes) -> list[str]:
    whole = read(got)
    assert isinstance(whole, dict)
    return differs(read(sent), {**FILLED, **whole})


@pytest.mark.parametrize(
    "pair",
    ["1 1.0", "1.10 1.1", "1E2 100", "true 1", '1 "1"', "null 0", "-0.0 0.0", "[] {}", "[1] [1,1]", '{"a":1} {}'],
)
def test_another_value_is_found(pair: str) -> None:
    sent, got = pair.split(" ")
    assert found(holding(sent), holding(got))


def test_what_is_missing_or_more_is_found() -> None:
    assert found(body(statement(result={})), body(statement()))
    assert found(body(statement()), body(statement(result={})))


def test_what_an_lrs_may_change_is_passed_over() -> None:
    time = {"timestamp": "2026-01-01T02:30:00.10+02:30"}
    context = {"contextActivities": {"parent": {"id": "http://a.b"}}}
    sent = statement(**time, object=substatement(**time, context=context), stored="2000-01-01T00:00:00Z")
    utc = {"timestamp": "2026-01-01T00:00:00.10Z"}
    lists = {"contextActivities": {"parent": [{"id": "http://a.b"}]}}
    got = statement(**utc, object=substatement(**utc, context=lists))
    assert found(body(sent), body(got)) == []


def test_lost_digits_of_a_time_are_found() -> None:
    got = statement(timestamp="2026-01-01T00:00:00.1Z")
    assert found(body(statement(timestamp="2026-01-01T00:00:00.10Z")), body(got))


def test_what_is_written_is_what_is_read() -> None:
    dice = random.Random(1)
    for version in Version:
        for _ in range(100):
            made: Value = Maker(dice, version).statement()
            assert read(write(made, dice).encode()) == made
