"""Rows in the binary form that PostgreSQL's COPY reads: several times lighter on us than arrays of parameters.

A field is its length in four bytes and its value. Whoever writes many rows packs the fields of fixed width together.
"""

import struct
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from lrs.storage.pool import Connection

NULL: Final = b"\xff\xff\xff\xff"

_HEAD: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TAIL: Final = b"\xff\xff"
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_BIGINT: Final = struct.Struct(">iq").pack
_LENGTH: Final = struct.Struct(">i").pack
_ARRAY: Final = struct.Struct(">iiiiii").pack
_BIGINT_OID: Final = 20


def bigint(value: int | None) -> bytes:
    """A field of type bigint."""
    return NULL if value is None else _BIGINT(8, value)


def uuid(value: UUID | None) -> bytes:
    """A field of type uuid."""
    return NULL if value is None else b"\0\0\0\x10" + value.bytes


def bytea(value: bytes) -> bytes:
    """A field of type bytea."""
    return _LENGTH(len(value)) + value


def text(value: str | None) -> bytes:
    """A field of type text."""
    return NULL if value is None else bytea(value.encode())


def bigints(values: Sequence[int]) -> bytes:
    """A field of type bigint[], of one dimension."""
    return array([_BIGINT(8, each) for each in values])


def array(fields: Sequence[bytes]) -> bytes:
    """A field of type bigint[], of one dimension, from fields of type bigint."""
    content = b"".join(fields)
    return _ARRAY(20 + len(content), 1, 0, _BIGINT_OID, len(fields), 1) + content


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
