"""Rows that we pack ourselves are what the driver would have sent."""

import re
import struct
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from lrs.storage import copy
from lrs.storage import pool as storage
from tests.conftest import Database

ID = UUID("6690e6c9-3ef0-4ed3-8b37-7f3964730bee")
NUMBERS = (
    0, 1, -7, 10_000, -0.0, 123_456_789, 10**20, 0.0, -0.5, 0.1, 1e-7, 1e21, 2 / 3, 9_999.9999, 10_000.0001,
    Decimal("1.5"), Decimal("-0.00001"), Decimal("1E+5"), Decimal("12345E-3"), Decimal("0.000000"),
)  # fmt: skip
FIELDS: tuple[tuple[str, Callable[[Any], bytes], tuple[Any, ...]], ...] = (
    ("bigint", copy.bigint, (0, -(2**63), 2**63 - 1)),
    ("integer", copy.integer, (0, -(2**31), 2**31 - 1)),
    ("double precision", copy.double, (0.0, -1.5, 1e300, 3)),
    ("boolean", copy.boolean, (True, False)),
    ("date", copy.day, (date(1, 1, 1), date(1999, 12, 31), date(2026, 2, 2), date(9999, 12, 31))),
    (
        "timestamptz",
        copy.moment,
        (
            datetime(1999, 12, 31, 23, 59, 59, 999_999, UTC),
            datetime(2026, 2, 2, 16, 0, 0, 1, timezone(timedelta(hours=-8))),
            datetime(1, 1, 1, tzinfo=UTC),
        ),
    ),
    ("uuid", copy.uuid, (ID,)),
    ("text", copy.text, ("", "Ünïcode 😀", "x" * 10_000)),
    ("jsonb", copy.jsonb, (b"{}", b'{"a": [1, null, "\xc3\xa4"]}')),
    ("text[]", copy.texts, ((), ("a", "", "ä"), ("a", None))),
    ("uuid[]", copy.uuids, ((), (ID, ID), (None, ID))),
)


@pytest.mark.parametrize(("kind", "field", "values"), FIELDS, ids=[kind for kind, *_ in FIELDS])
async def test_what_is_packed_is_read_again(
    module_database: Database, kind: str, field: Callable[[Any], bytes], values: tuple[Any, ...]
) -> None:
    told = [each.decode() if kind == "jsonb" else list(each) if kind.endswith("[]") else each for each in values]
    assert await _read(module_database, kind, map(field, (*values, None))) == [*told, None]


async def test_numbers_are_what_they_are_written_as(module_database: Database) -> None:
    found = await _read(module_database, "numeric", map(copy.numeric, (*NUMBERS, None)))
    assert found[:-1] == ["0" if each == 0 else f"{Decimal(str(each)):f}" for each in NUMBERS]
    assert found[-1] is None


def test_equal_numbers_are_packed_the_same() -> None:
    packed = copy.numeric.__wrapped__
    for equal in (
        (2, 2.0, Decimal("2.00")),
        (100_000, 1e5, Decimal("1E+5")),
        (0, -0.0, Decimal("0E+4")),
        (10**16, 1e16),
    ):
        assert len(set(map(packed, equal))) == 1
    assert copy.numeric.__wrapped__(Decimal("1.50")) == copy.numeric.__wrapped__(1.5)


async def test_what_is_no_number_is_told_as_that(module_database: Database) -> None:
    values = [float("nan"), float("inf"), float("-inf")]
    found = await _read(module_database, "numeric", map(copy.numeric, values))
    assert found == ["NaN", "Infinity", "-Infinity"]


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        (copy.integer, 1.0, struct.error),
        (copy.integer, 2**31, struct.error),
        (copy.boolean, 2, KeyError),
        (copy.text, 1, AttributeError),
        (copy.moment, datetime(2026, 2, 2), TypeError),  # noqa: DTZ001 - it has no zone, and means no moment
    ],
)
def test_what_is_of_another_type_is_refused(
    field: Callable[[Any], bytes], value: object, error: type[Exception]
) -> None:
    field(1 if field is copy.integer else None)
    with pytest.raises(error):
        field(value)


async def _read(database: Database, kind: str, fields: Iterable[bytes]) -> list[Any]:
    # Numbers as text: the driver's own are without the zeros at their ends.
    read = "value::text" if kind == "numeric" else "value"
    table = f"packed_{re.sub('[^a-z]', '_', kind)}"
    async with storage.transaction(database.pool) as tx:
        await tx.execute(f"create temp table {table} (n int, value {kind}) on commit drop")
        schema = await tx.fetchval("select nspname from pg_namespace where oid = pg_my_temp_schema()")
        rows = [b"\0\2" + copy.integer(n) + each for n, each in enumerate(fields)]
        await copy.add(tx, f"{schema}.{table}", ("n", "value"), rows)
        return [value for (value,) in await tx.fetch(f"select {read} from {table} order by n")]  # noqa: S608
