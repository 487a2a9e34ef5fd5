"""Whatever is sent is received or refused: nothing else is raised, and nothing takes long."""

import json
import time
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrs.errors import Invalid, TooLarge
from lrs.xapi import equivalence, formats, statements
from lrs.xapi.versions import Version
from tests.factories import Json, body, jwt, signed, statement
from tests.xapi.test_schema import changed

STORED = datetime(2026, 1, 3, tzinfo=UTC)
TYPES = [
    "application/json",
    "multipart/mixed; boundary=a",
    "multipart/mixed",
    "",
    "text/plain",
    "application/json; charset=x",
]


def receive(content: bytes, version: Version, content_type: str = TYPES[0]) -> statements.Receipt | None:
    """None if it was refused as it should be."""
    try:
        return statements.receive(content, content_type, version=version, ids=uuid.uuid4)
    except (Invalid, TooLarge):
        return None


@settings(max_examples=500, deadline=None)
@given(changed(), st.sampled_from(Version))
def test_changed_statements_are_received_or_refused(case: tuple[Version, Any], version: Version) -> None:
    _, content = case
    # Python writes Infinity and lone surrogates, which are themselves hostile.
    sent = json.dumps([content]).encode()
    receipt = receive(sent, version)
    if receipt is None:
        return
    payload = receipt.statements[0].payload
    got = formats.exact(payload, b"{}", STORED)
    assert equivalence.roundtrip(payload, got) == []
    assert equivalence.same(payload, got, version=version)


@settings(max_examples=200, deadline=None)
@given(changed(), st.sampled_from(Version))
def test_changed_payloads_of_signatures_are_compared(case: tuple[Version, Any], version: Version) -> None:
    _, payload = case
    content, content_type = signed(statement(), jwt(json.dumps(payload).encode()))
    receipt = receive(content, version, content_type)
    assert receipt is None or receipt.blobs


@given(st.binary(), st.sampled_from(Version), st.sampled_from(TYPES))
def test_any_bytes_are_received_or_refused(content: bytes, version: Version, content_type: str) -> None:
    receive(content, version, content_type)


@given(st.binary(max_size=6), st.data(), st.sampled_from(Version))
def test_damaged_json_is_received_or_refused(junk: bytes, data: st.DataObject, version: Version) -> None:
    whole = body([statement(result={"extensions": {"http:x": [1.5, None, {"a": "\\"}]}})])
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, min(start + 8, len(whole))))
    receive(whole[:start] + junk + whole[end:], version)


def bombs() -> dict[str, bytes]:
    extension: Json = statement(result={"extensions": {"http:x": 0}})

    def extended(value: bytes) -> bytes:
        return body(extension).replace(b" 0}", b" %b}" % value)

    return {
        "deep": extended(b"[" * 1_000_000),
        "deep and closed": extended(b"[" * 1_000_000 + b"]" * 1_000_000),
        "deep objects": extended(b'{"a":' * 500_000),
        "wide": extended(b"[" + b"0," * 2_000_000 + b"0]"),
        "many keys": extended(b"{" + b",".join(b'"%d":0' % number for number in range(500_000)) + b"}"),
        "one long number": extended(b"9" * 5_000_000),
        "many long numbers": extended(b"[" + b",".join([b"9" * 5000] * 1000) + b"]"),
        "a long number and quotes": extended(b"[" + b"9" * 5000 + b',"' + b'\\"' * 2_000_000 + b'"]'),
        "a long number and no end": extended(b"[" + b"9" * 5000 + b',"' + b'\\"' * 2_000_000),
        "one long string": extended(b'"' + b"x" * 9_000_000 + b'"'),
        "one long key": extended(b'{"' + b"x" * 9_000_000 + b'":0}'),
        "one long IRI": body(statement(verb="http:" + "x" * 9_000_000)),
        "one long language": body(statement(verb={"id": "http:x", "display": {"en" + "-aaaaa" * 1_000_000: "x"}})),
        "one long mbox": body(statement(actor={"mbox": "mailto:" + "a" * 9_000_000})),
        "one long duration": body(statement(result={"duration": "P" + "1" * 9_000_000})),
        "one long timestamp": body(statement(timestamp="2026-01-01T00:00:00." + "1" * 5_000_000 + "x")),
        "many members": body(statement(actor={"objectType": "Group", "member": [{}] * 500_000})),
        "many properties": body({**statement(), **{str(number): 0 for number in range(300_000)}}),
        "many small": b"[" + b"{}," * 2_000_000 + b"{}]",
        "brackets": b"[" + b"[]," * 2_000_000 + b"[]]",
    }


BOMBS = bombs()
# Seconds of our own time. What is linear in these sizes takes one or two on a busy machine; what is not, minutes.
QUADRATIC = 20


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_received_or_refused_in_time(name: str) -> None:
    start = time.process_time()
    receive(BOMBS[name], Version.V2_0_0)
    assert time.process_time() - start < QUADRATIC


def test_a_comparison_of_large_statements_ends_in_time() -> None:
    deep = "[" * 60 + ",".join(["1.50"] * 150_000) + "]" * 60
    one, two = (
        body(statement(result={"extensions": {"http:x": 0}})).replace(b" 0}", b" %b}" % text.encode())
        for text in (deep, deep.replace("1.50", "1.5"))
    )
    start = time.process_time()
    assert equivalence.same(one, two, version=Version.V1_0_3)
    assert equivalence.same(one + b" " * 3_000_000, one, version=Version.V1_0_3)
    assert not equivalence.same(one + b" " * 3_000_000, two, version=Version.V1_0_3)
    assert time.process_time() - start < QUADRATIC
