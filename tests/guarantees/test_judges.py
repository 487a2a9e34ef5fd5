"""The judges see the harm that they are there to see, one kind at a time."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from tests.guarantees import checker, timeline
from tests.guarantees.checker import Findings, Row
from tests.guarantees.journal import Operation

START = datetime(2026, 1, 1, tzinfo=UTC)
ONE, TWO, THREE = (UUID(int=number) for number in (1, 2, 3))


def row(position: int, text: bytes = b"{}") -> Row:
    return Row(position=position, stored=START + timedelta(seconds=position), payload=text)


def sent(*ids: UUID, acked: float | None = 1, begun: float = 0, number: int = 0) -> Operation:
    digests = [hashlib.sha256(b"{}").digest() for _ in ids]
    return Operation(number=number, client=0, ids=ids, digests=digests, begun=begun, acked=acked)


@pytest.mark.parametrize(
    ("rows", "operations", "found"),
    [
        ({ONE: row(1), TWO: row(2)}, [sent(ONE, TWO)], {}),
        ({}, [sent(ONE, acked=None)], {}),
        ({ONE: row(1)}, [sent(ONE, acked=None)], {}),
        ({}, [sent(ONE)], {"lost": 1}),
        ({ONE: row(1)}, [], {"phantom": 1}),
        ({ONE: row(1)}, [sent(ONE, TWO, acked=None)], {"partial": 1}),
        ({ONE: row(1), TWO: row(3), THREE: row(2)}, [sent(ONE, TWO), sent(THREE, begun=0.5)], {"partial": 1}),
        ({ONE: row(1, b"[]")}, [sent(ONE)], {"changed": 1}),
        ({ONE: row(2), TWO: row(1)}, [sent(ONE), sent(TWO, begun=2)], {"disorder": 1}),
        ({ONE: row(2), TWO: row(1)}, [sent(ONE), sent(TWO, begun=0.5)], {}),
    ],
    ids=["clean", "none", "unknown", "lost", "phantom", "part", "in-pieces", "changed", "order", "at-once"],
)
def test_rows_against_operations(
    rows: Mapping[UUID, Row], operations: list[Operation], found: Mapping[str, int]
) -> None:
    findings = Findings()
    checker._compare(rows, operations, findings)
    checker._orders(rows, operations, findings)
    assert findings.counts == found


@pytest.mark.parametrize(
    ("sent", "got", "where"),
    [
        ({"a": 1}, {"a": 1, "stored": "x", "authority": {}}, ""),
        ({"a": 1}, {"a": True}, "a"),
        ({"a": 1}, {}, "a"),
        ({"a": {"b": [1]}}, {"a": {"b": [1, 2]}}, "a"),
        ({}, {"result": 1}, "result"),
    ],
)
def test_statements_over_http(sent: Mapping[str, object], got: Mapping[str, object], where: str) -> None:
    assert checker.different(sent, got) == where


ASKED = r'7 recvfrom(9, "Q\0\0\0\fCOMMIT;\0", 8192, 0, NULL, NULL) = 13'
ANSWERED = r'7 sendto(9, "C\0\0\0\vCOMMIT\0Z\0\0\0\5I", 18, 0, NULL, 0) = 18'

PREPARED = r'7 recvfrom(9, "P\0\0\3\260__asyncpg_stmt_12__\0with head as materialized (select log."..., 8192) = 976'
APPENDED = r'7 recvfrom(9, "B\0\0\5\30\0__asyncpg_stmt_12__\0\0\31\0\1"..., 8192, 0, NULL, NULL) = 1305'
LOOKED = r'7 recvfrom(9, "B\0\0\5\30\0__asyncpg_stmt_3__\0\0\31\0\1"..., 8192, 0, NULL, NULL) = 120'
TOLD = r'7 sendto(9, "2\0\0\0\4D\0\0\0\36\0\3\0s\0\0\0\4Z\0\0\0\5I", 47, 0, NULL, 0) = 47'
WITHIN = r'7 sendto(9, "2\0\0\0\4D\0\0\0\36\0\3\0s\0\0\0\4Z\0\0\0\5T", 47, 0, NULL, 0) = 47'
REFUSED = r'7 sendto(9, "2\0\0\0\4E\0\0\0\205SERROR\0CLRS01"..., 140, 0, NULL, 0) = 140'


@pytest.mark.parametrize(
    ("lines", "commits", "early"),
    [
        ([APPENDED, "7 fdatasync(4) = 0", TOLD], 1, 0),
        ([APPENDED, TOLD], 1, 1),
        ([APPENDED, WITHIN, ASKED, "7 fdatasync(4) = 0", ANSWERED], 1, 0),
        ([APPENDED, REFUSED, LOOKED, TOLD], 0, 0),
        ([LOOKED, TOLD], 0, 0),
    ],
    ids=["flushed", "not", "in-a-transaction", "refused", "a-question"],
)
def test_flushes_of_appends_that_are_one_statement(lines: list[str], commits: int, early: int) -> None:
    flushes = timeline.read([PREPARED, *lines])
    assert (flushes.commits, flushes.early) == (commits, early)


@pytest.mark.parametrize(
    ("lines", "early"),
    [
        ([ASKED, "7 fdatasync(4) = 0", ANSWERED], 0),
        ([ASKED, "8 fdatasync(4 <unfinished ...>", "8 <... fdatasync resumed>) = 0", ANSWERED], 0),
        ([ASKED, ANSWERED], 1),
        (["7 fdatasync(4) = 0", ASKED, ANSWERED], 1),
        ([ASKED, "7 fdatasync(4) = -1 EIO (Input/output error)", ANSWERED], 1),
        ([ASKED, "8 fdatasync(4 <unfinished ...>", ANSWERED], 1),
    ],
    ids=["flushed", "by-another", "not", "before", "failed", "not-yet"],
)
def test_flushes(lines: list[str], early: int) -> None:
    flushes = timeline.read(lines)
    assert (flushes.commits, flushes.early) == (1, early)
