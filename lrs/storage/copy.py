"""Rows in the binary form that PostgreSQL's COPY reads: several times lighter on us than arrays of parameters.

A field is its length in four bytes and its value. Whoever writes many rows packs the fields of fixed width together.
"""

import struct
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Final
from uuid import UUID

from lrs.storage.pool import Connection

# Values that come over and over: short texts, small numbers, days.
REMEMBERED: Final = 16_384
NULL: Final = b"\xff\xff\xff\xff"

_HEAD: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TAIL: Final = b"\xff\xff"
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_BIGINT: Final = struct.Struct(">iq").pack
_LENGTH: Final = struct.Struct(">i").pack
_ARRAY: Final = struct.Struct(">iiiiii").pack
_INTEGER: Final = struct.Struct(">ii").pack
_DOUBLE: Final = struct.Struct(">id").pack
_BOOLEANS: Final = {None: NULL, False: b"\0\0\0\1\0", True: b"\0\0\0\1\1"}
_NUMERIC: Final = struct.Struct(">ihhHh").pack
_NAN: Final = 0xC000
_INFINITY: Final = 0xD000
_FIRST_DAY: Final = _EPOCH.toordinal()
_BIGINT_OID: Final = 20
_TEXT_OID: Final = 25
_UUID_OID: Final = 2950


def bigint(value: int | None) -> bytes:
    """A field of type bigint."""
    return NULL if value is None else _BIGINT(8, value)


@lru_cache(REMEMBERED, typed=True)
def integer(value: int | None) -> bytes:
    """A field of type integer."""
    return NULL if value is None else _INTEGER(4, value)


def double(value: float | None) -> bytes:
    """A field of type double precision."""
    return NULL if value is None else _DOUBLE(8, value)


@lru_cache(REMEMBERED, typed=True)
def numeric(value: float | Decimal | None) -> bytes:
    """A field of type numeric: of a float what it is written as; of equal values the same, whatever zeros end them."""
    if value is None:
        return NULL
    sign, digits, exponent = Decimal(str(value)).as_tuple()
    if not isinstance(exponent, int):
        return _NUMERIC(8, 0, 0, _INFINITY | sign << 13 if exponent == "F" else _NAN, 0)
    number = int("".join(map(str, digits)))
    while exponent < 0 and number % 10 == 0:
        number //= 10
        exponent += 1
    if exponent > 0:
        number, exponent = number * 10**exponent, 0
    # Four decimal digits are one of PostgreSQL's, of which the point is between two.
    after = -(exponent // 4)
    rest = number * 10 ** (exponent + 4 * after)
    places: list[int] = []
    while rest:
        rest, place = divmod(rest, 10_000)
        places.append(place)
    size, negative = len(places), sign << 14 if number else 0
    head = _NUMERIC(8 + 2 * size, size, size - 1 - after, negative, max(0, -exponent))
    return head + struct.pack(f">{size}h", *reversed(places))


def boolean(value: bool | None) -> bytes:
    """A field of type boolean."""
    return _BOOLEANS[value]


@lru_cache(REMEMBERED)
def day(value: date | None) -> bytes:
    """A field of type date."""
    return NULL if value is None else _INTEGER(4, value.toordinal() - _FIRST_DAY)


def moment(value: datetime | None) -> bytes:
    """A field of type timestamptz."""
    return NULL if value is None else _BIGINT(8, microseconds(value))


def uuid(value: UUID | None) -> bytes:
    """A field of type uuid."""
    return NULL if value is None else b"\0\0\0\x10" + value.bytes


def bytea(value: bytes) -> bytes:
    """A field of type bytea."""
    return _LENGTH(len(value)) + value


@lru_cache(REMEMBERED)
def text(value: str | None) -> bytes:
    """A field of type text."""
    return NULL if value is None else bytea(value.encode())


def jsonb(value: bytes | None) -> bytes:
    """A field of type jsonb."""
    return NULL if value is None else _LENGTH(len(value) + 1) + b"\1" + value


@lru_cache(REMEMBERED)
def texts(values: tuple[str | None, ...] | None) -> bytes:
    """A field of type text[], of one dimension."""
    return NULL if values is None else array([text(each) for each in values], of=_TEXT_OID)


def uuids(values: Sequence[UUID | None] | None) -> bytes:
    """A field of type uuid[], of one dimension."""
    return NULL if values is None else array([uuid(each) for each in values], of=_UUID_OID)


def array(fields: Sequence[bytes], *, of: int = _BIGINT_OID) -> bytes:
    """A field that is an array of one dimension from fields of one type: that of the OID `of`, bigint unless said."""
    content = b"".join(fields)
    return _ARRAY(20 + len(content), 1, 0, of, len(fields), 1) + content


def microseconds(value: datetime) -> int:
    """A timestamptz as it is packed: an int of 8 bytes."""
    return (value - _EPOCH) // _MICROSECOND


async def add(tx: Connection, table: str, columns: Sequence[str], rows: Iterable[bytes]) -> None:
    """Add rows to `table` (with its schema), each its number of fields in two bytes and then its fields."""
    schema, _, name = table.partition(".")
    content = b"".join((_HEAD, *rows, _TAIL))
    await tx.copy_to_table(name, source=_whole(content), schema_name=schema, columns=columns, format="binary")


async def _whole(content: bytes) -> AsyncIterator[bytes]:
    yield content
