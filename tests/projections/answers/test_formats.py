"""The same rows as CSV, Parquet and Arrow, opened by what people open them with."""

import io
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import duckdb
import pandas as pd
import pyarrow as pa
import pytest

from projections.answers.asker import Role
from projections.answers.question import Grant, Rows
from tests.conftest import Database
from tests.projections.answers.asking import asking, question, visit

ALL = {Role.COACH: Grant(rows=Rows.ALL)}
ID = UUID("7c1e0f6a-0000-4000-8000-000000000001")
VISITS = [(*visit("ed1", score=2.5)[:-1], [ID]), visit("=ed2", minutes=5)]


async def test_csv_opens_in_pandas(database: Database) -> None:
    async with asking(database, [question(sees=ALL)], VISITS) as it:
        answer = await it.ask("visits?format=csv")
        assert answer.headers["Content-Type"].startswith("text/csv")
        assert answer.headers["Daybook-Through-Position"] == "42"
        frame = pd.read_csv(io.BytesIO(answer.body), parse_dates=["day", "at"])
        assert list(frame["minutes"]) == [5, 30]
        assert frame["at"][1] == pd.Timestamp("2026-02-01T08:00:00Z")
        assert list(frame["person_id"]) == ["'=ed2", "ed1"]


async def test_csv_opens_in_duckdb(database: Database, tmp_path: Path) -> None:
    async with asking(database, [question(sees=ALL)], VISITS) as it:
        file = tmp_path / "visits.csv"
        file.write_bytes((await it.ask("visits?format=csv")).body)
        assert duckdb.read_csv(str(file)).aggregate("sum(minutes), min(day)").fetchall() == [(35, date(2026, 2, 1))]


async def test_parquet_has_the_types(database: Database, tmp_path: Path) -> None:
    async with asking(database, [question(sees=ALL)], VISITS) as it:
        file = tmp_path / "visits.parquet"
        file.write_bytes((await it.ask("visits", Accept="application/vnd.apache.parquet")).body)
        opened = duckdb.read_parquet(str(file))
        types = dict(zip(opened.columns, map(str, opened.types), strict=True))
        assert types["day"] == "DATE"
        assert types["score"] == "DECIMAL(6,3)"
        assert types["at"] == "TIMESTAMP WITH TIME ZONE"
        assert types["minutes"] == "INTEGER"
        assert types["statement_ids"] == "VARCHAR[]"
        frame = pd.read_parquet(file)
        assert list(frame["score"]) == [None, Decimal("2.500")]
        assert list(frame["statement_ids"][1]) == [str(ID)]


async def test_arrow_stream_says_what_it_holds(database: Database) -> None:
    async with asking(database, [question(sees=ALL)], VISITS) as it:
        answer = await it.ask("visits", Accept="application/vnd.apache.arrow.stream")
        table = pa.ipc.open_stream(answer.body).read_all()
        assert table.num_rows == 2
        assert (table.schema.metadata or {})[b"through_position"] == b"42"
        assert (table.schema.field("day").metadata or {})[b"description"] == b"On which day."
        assert table.column("at").to_pylist()[1] == datetime(2026, 2, 1, 8, tzinfo=UTC)


@pytest.mark.parametrize("format_", ["csv", "parquet", "arrow"])
async def test_nothing_found_is_a_file_too(database: Database, format_: str) -> None:
    async with asking(database, [question(sees=ALL)]) as it:
        answer = await it.ask(f"visits?format={format_}")
        assert answer.status == 200
        assert answer.body


async def test_large_answers_come_whole(database: Database) -> None:
    visits = [visit(f"p{number:05}") for number in range(12_000)]
    async with asking(database, [question(sees=ALL)], visits) as it:
        answer = await it.ask("visits?format=csv")
        assert answer.body.count(b"\r\n") == 12_001
        (looked,) = it.standing.kept
        assert (looked.rows, len(looked.people), looked.format) == (12_000, 12_000, "csv")


async def test_limit_holds_for_files(database: Database) -> None:
    async with asking(database, [question(sees=ALL)], VISITS) as it:
        assert (await it.ask("visits?format=csv&limit=1")).body.count(b"\r\n") == 2
