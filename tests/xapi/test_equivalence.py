import copy
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.xapi import equivalence, formats
from lrs.xapi.versions import Version
from tests.factories import (
    ID,
    OTHER_ID,
    Json,
    account,
    activity,
    agent,
    attachment,
    body,
    group,
    reference,
    statement,
    substatement,
)
from tests.xapi import full

BOTH = pytest.mark.parametrize("version", Version)
OLD, NEW = Version.V1_0_3, Version.V2_0_0
NUMBERS = st.from_regex(r"\A-?(0|[1-9][0-9]{0,8})(\.[0-9]{1,8})?([eE][+-]?[0-9]{1,3})?\Z")


def same(one: Json | bytes, two: Json | bytes, version: Version) -> bool:
    first, second = (each if isinstance(each, bytes) else body(each) for each in (one, two))
    answer = equivalence.same(first, second, version=version)
    assert answer == equivalence.same(second, first, version=version)
    return answer


@BOTH
@pytest.mark.parametrize(
    ("one", "two"),
    [
        (statement(), statement(id=ID)),
        (statement(), statement(authority=agent(), stored="2026-01-01T00:00:00Z", version="1.0.0")),
        (statement(), statement(timestamp="2026-01-01T00:00:00Z")),
        (statement(), statement(attachments=[attachment()])),
        (statement(verb={"id": "http:x"}), statement(verb={"id": "http:x", "display": {"en": "x"}})),
        (statement(), statement(object=activity(objectType="Activity", definition=full.definition()))),
        (statement(), statement(actor=agent(objectType="Agent"))),
        (statement(actor=group(agent(), account())), statement(actor=group(account(), agent()))),
        (statement(actor=agent(mbox="mailto:ann@example.org")), statement(actor=agent(mbox="mailto:ann@EXAMPLE.org"))),
        (
            statement(context={"registration": str(ID), "contextActivities": {"parent": activity()}}),
            statement(
                context={"registration": str(ID).upper(), "contextActivities": {"parent": [activity(definition={})]}}
            ),
        ),
        (statement(object=reference(str(ID))), statement(object=reference(str(ID).upper()))),
        (statement(object=substatement()), statement(object=substatement(verb={**statement()["verb"], "display": {}}))),
    ],
)
def test_what_an_lrs_may_change_is_the_same(one: Json, two: Json, version: Version) -> None:
    assert same(one, two, version)


@BOTH
@pytest.mark.parametrize(
    "change",
    [
        {"actor": agent("bob")},
        {"actor": account()},
        {"actor": agent(name="Ann")},
        {"actor": group(agent())},
        {"verb": "passed"},
        {"object": activity("other")},
        {"object": agent(objectType="Agent")},
        {"object": reference()},
        {"object": substatement()},
        {"result": {"success": True}},
        {"context": {"language": "de"}},
    ],
)
def test_what_nobody_may_change_is_another(change: Json, version: Version) -> None:
    assert not same(statement(), statement(**change), version)


@BOTH
@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("true", "1"),
        ("false", "0"),
        ("1", '"1"'),
        ("null", '""'),
        ("[]", "{}"),
        ("0.1", "0.10000000000000000001"),
        ("[1,2]", "[2,1]"),
        ("1e400", "1e401"),
    ],
)
def test_values_are_compared_by_type_and_digit(one: str, two: str, version: Version) -> None:
    assert not same(extended(one), extended(two), version)


@BOTH
@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("1", "1.0"),
        ("100", "1E2"),
        ("1e400", "10e399"),
        ("-0.0", "0"),
        ("0.10", "1e-1"),
        ('"\\u00e4"', '"ä"'),
        ('{"a":1,"b":2}', '{"b":2.0, "a":1}'),
        ("9" * 5000, "9" * 5000 + ".0"),
    ],
)
def test_numbers_are_equal_by_value(one: str, two: str, version: Version) -> None:
    assert same(extended(one), extended(two), version)


def extended(value: str) -> bytes:
    return body(statement(result={"extensions": {"http:x": 0}})).replace(b" 0}", b" " + value.encode() + b"}")


@given(NUMBERS, st.data())
def test_numbers_are_compared_as_decimals_are(one: str, data: st.DataObject) -> None:
    other = data.draw(st.sampled_from([one, f"{Decimal(one):f}", f"{Decimal(one):e}"]) | NUMBERS)
    assert same(extended(one), extended(other), NEW) == (Decimal(one) == Decimal(other))


def test_durations_are_strings_in_1_0_3() -> None:
    for one, two in (("PT1.239S", "PT1.23S"), ("PT0S", "P0D"), ("PT60S", "PT60.00S")):
        first, second = (statement(result={"duration": each}) for each in (one, two))
        assert not same(first, second, OLD)
        assert same(first, second, NEW)
    assert not same(statement(result={"duration": "PT60S"}), statement(result={"duration": "PT1M"}), NEW)


def test_timestamps_are_instants_in_1_0_3() -> None:
    one, two = statement(timestamp="2026-01-01T01:00:00.50+01:00"), statement(timestamp="2026-01-01T00:00:00.5Z")
    later = statement(timestamp="2026-01-01T00:00:01Z")
    assert same(one, two, OLD)
    assert not same(one, later, OLD)
    assert same(one, later, NEW)


def test_letter_case_counts_in_1_0_3() -> None:
    one, two = statement(result={"response": "Yes"}), statement(result={"response": "yes"})
    assert not same(one, two, OLD)
    assert same(one, two, NEW)


@BOTH
@pytest.mark.parametrize("content", [full.whole, full.nested])
def test_a_statement_is_the_same_as_itself(content: Any, version: Version) -> None:
    whole = content(version)
    assert same(whole, json.dumps(whole, indent=2, sort_keys=True, ensure_ascii=False).encode(), version)


def test_what_an_lrs_returns_goes_round() -> None:
    whole = full.whole(NEW)
    whole["timestamp"] = "2026-01-02T03:04:05.6789012345+01:00"
    returned = copy.deepcopy(whole)
    returned["timestamp"] = "2026-01-02T02:04:05.6789012345Z"
    returned |= {"authority": agent(), "stored": "2026-01-03T00:00:00Z"}
    activities = returned["context"]["contextActivities"]
    activities |= {key: [activities[key]] for key in ("parent", "other")}
    assert equivalence.roundtrip(body(whole), body(returned)) == []
    added = {**statement(), "id": str(ID), "version": "2.0.0", "timestamp": "2026-01-03T00:00:00Z"}
    assert equivalence.roundtrip(body(statement()), body(added)) == []


@pytest.mark.parametrize(
    ("one", "two", "places"),
    [
        (b'{"a":1.10}', b'{"a":1.1}', ["/a"]),
        (b'{"a":1E2}', b'{"a":100}', ["/a"]),
        (b'{"a":[1,2]}', b'{"a":[2,1]}', ["/a/0", "/a/1"]),
        (b'{"a":"1"}', b'{"a":1}', ["/a"]),
        (b'{"a":1}', b'{"b":1}', ["/a", "/b"]),
        (b'{"id":"A"}', b'{"id":"a"}', ["/id"]),
        (b'{"a":{}}', b'{"a":[]}', ["/a"]),
        (b'{"timestamp":"2026-01-01T00:00:00.10Z"}', b'{"timestamp":"2026-01-01T00:00:00.1Z"}', ["/timestamp"]),
        (b'{"version":"1.0.0"}', b"{}", ["/version"]),
        (b'{"b":"\\u0041", "a":1}', b' {"a":1,"b":"A"}', []),
    ],
)
def test_every_other_difference_is_told(one: bytes, two: bytes, places: list[str]) -> None:
    assert sorted(equivalence.roundtrip(one, two)) == places


@BOTH
@pytest.mark.parametrize("content", [full.whole, full.nested])
def test_exact_goes_round(content: Any, version: Version) -> None:
    whole = content(version)
    added = {"id": str(OTHER_ID), "version": "1.0.0", "timestamp": "2026-01-01T00:00:00Z"}
    filled = {"authority": agent()} | {key: value for key, value in added.items() if key not in whole}
    got = formats.exact(body(whole), body(filled), datetime(2026, 1, 3, tzinfo=UTC))
    assert equivalence.roundtrip(body(whole), got) == []
    assert equivalence.same(body(whole), got, version=version)


def test_members_with_accounts_have_no_order_nor_their_properties() -> None:
    one = statement(actor=group(account("a"), account("b"), {"account": {"homePage": "http://z", "name": "c"}}))
    two = statement(actor=group({"account": {"name": "c", "homePage": "http://z"}}, account("b"), account("a")))
    for version in Version:
        assert equivalence.same(body(one), body(two), version=version)
