"""Answers in JSON, JSON Lines and CSV; columnar.py has Parquet and Arrow. No I/O but to memory."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

import orjson

from projections.answers.question import Column, Row

# A spreadsheet takes text that begins so for a formula.
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def json_rows(rows: Iterable[Row]) -> bytes:
    """The rows as a JSON array."""
    return orjson.dumps(list(rows), default=_plain, option=orjson.OPT_UTC_Z)


def json_row(row: Row) -> bytes:
    """One row as JSON."""
    return orjson.dumps(row, default=_plain, option=orjson.OPT_UTC_Z)


def json_lines(rows: Iterable[Row]) -> bytes:
    """The rows as JSON Lines: an object and a line end each."""
    options = orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE
    return b"".join(orjson.dumps(row, default=_plain, option=options) for row in rows)


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(type(value).__name__)


def csv_head(columns: Sequence[Column]) -> bytes:
    """The first line. (RFC 4180)"""
    return _line([column.name for column in columns])


def csv_rows(columns: Sequence[Column], rows: Iterable[Row]) -> bytes:
    """A line each: times in RFC 3339, lists and objects as JSON, an empty cell for null."""
    return b"".join(_line([_cell(row[column.name], column.type) for column in columns]) for row in rows)


def _line(cells: Sequence[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue().encode()


def _cell(value: Any, type_: str) -> str:  # noqa: ANN401 - whatever a row holds
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | dict):
        return orjson.dumps(value, default=_plain, option=orjson.OPT_UTC_Z).decode()
    text = str(value)
    return "'" + text if type_ == "text" and text.startswith(FORMULA) else text
