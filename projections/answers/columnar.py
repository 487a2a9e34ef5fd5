"""Answers in Parquet and Arrow: the same rows, with the types that these have. No I/O but to memory.

Imported where such an answer is asked for: pyarrow takes long to load, and most processes never need it.
"""

import io
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from projections.answers.question import Column, Row

# Types of columns in Arrow, and so in Parquet. UUIDs are text there: every reader knows that.
ARROW: Final[dict[str, pa.DataType]] = {
    "text": pa.string(),
    "uuid": pa.string(),
    "jsonb": pa.string(),
    "bigint": pa.int64(),
    "integer": pa.int32(),
    "numeric(6,3)": pa.decimal128(6, 3),
    "numeric(7,4)": pa.decimal128(7, 4),
    "double precision": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamptz": pa.timestamp("us", tz="UTC"),
    "text[]": pa.list_(pa.string()),
    "uuid[]": pa.list_(pa.string()),
}
STEPS: Final = {"numeric(6,3)": Decimal("0.001"), "numeric(7,4)": Decimal("0.0001")}


def schema(columns: Sequence[Column], metadata: Mapping[str, str]) -> pa.Schema:
    """The Arrow schema: each field with its sentence, the whole with what the answer says of itself."""
    fields = [pa.field(each.name, ARROW[each.type], metadata={"description": each.sentence}) for each in columns]
    said: dict[str | bytes, str | bytes] = {name: value for name, value in metadata.items()}  # noqa: C416 - widens
    return pa.schema(fields, metadata=said)


def batch(columns: Sequence[Column], rows: Sequence[Row], into: pa.Schema) -> pa.RecordBatch:
    """Rows as Arrow has them."""
    arrays = [
        pa.array([_typed(row[column.name], column.type) for row in rows], type=into.field(number).type)
        for number, column in enumerate(columns)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=into)


class Drain(io.RawIOBase):
    """A file that is written by a library and taken away piece by piece."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []
        self._at = 0

    def writable(self) -> bool:
        """Always."""
        return True

    def tell(self) -> int:
        """How much was written in all."""
        return self._at

    def write(self, data: Any) -> int:  # noqa: ANN401 - whatever has a buffer
        """Take what is written."""
        part = bytes(data)
        self._parts.append(part)
        self._at += len(part)
        return len(part)

    def take(self) -> bytes:
        """What was written since this was last asked."""
        parts, self._parts = self._parts, []
        return b"".join(parts)


class Columnar:
    """Writes Parquet or an Arrow stream, piece by piece."""

    def __init__(self, columns: Sequence[Column], metadata: Mapping[str, str], *, is_parquet: bool) -> None:
        self._columns = columns
        self._schema = schema(columns, metadata)
        self._drain = Drain()
        sink: Any = pa.PythonFile(self._drain, mode="w")
        self._writer: Any = (
            pq.ParquetWriter(sink, self._schema, compression="zstd")
            if is_parquet
            else pa.ipc.new_stream(sink, self._schema)
        )

    def rows(self, rows: Sequence[Row]) -> bytes:
        """What these rows add."""
        if rows:
            self._writer.write_batch(batch(self._columns, rows, self._schema))
        return self._drain.take()

    def end(self) -> bytes:
        """What ends the file."""
        self._writer.close()
        return self._drain.take()


def _typed(value: Any, type_: str) -> Any:  # noqa: ANN401 - whatever a row holds
    if value is None:
        return None
    if type_ in STEPS:
        return Decimal(str(value)).quantize(STEPS[type_])
    if type_ == "jsonb":
        return msgspec.json.encode(value).decode()
    if type_ == "uuid":
        return str(value)
    if type_ == "uuid[]":
        return [str(each) for each in value]
    return value
