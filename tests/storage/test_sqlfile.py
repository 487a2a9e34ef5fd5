"""SQL by name: what a file must look like, and values that cannot take each other's place."""

from pathlib import Path

import pytest

from lrs.storage import sqlfile
from lrs.storage.sqlfile import File, Malformed
from tests.conftest import Database

TEXT = """\
-- name: subtract
-- One number less another.
-- $1 number int
-- $2 less int
select $1::int - $2::int;

-- name: numbers
-- The first few numbers,
-- in order.
-- $1 count int
select generate_series(1, $1::int) as number;
"""


@pytest.fixture
def file(tmp_path: Path) -> File:
    (tmp_path / "some.sql").write_text(TEXT)
    return sqlfile.load(tmp_path, "some.sql")


def test_a_query_has_its_parts(file: File) -> None:
    query = file["subtract"]
    assert query.text == "select $1::int - $2::int"
    assert query.sentence == "One number less another."
    assert query.parameters == ("number", "less")
    assert query.types == ("int", "int")
    assert file["numbers"].sentence == "The first few numbers, in order."


async def test_values_go_by_name(module_database: Database, file: File) -> None:
    async with module_database.pool.acquire() as connection:
        assert await file.fetchval(connection, "subtract", less=2, number=5) == 3


@pytest.mark.parametrize("values", [{}, {"number": 1}, {"number": 1, "more": 2}, {"number": 1, "less": 2, "more": 3}])
async def test_wrong_names_are_refused(module_database: Database, file: File, values: dict[str, int]) -> None:
    async with module_database.pool.acquire() as connection:
        with pytest.raises(TypeError, match=r"subtract takes \(number, less\)"):
            await file.fetchval(connection, "subtract", **values)


async def test_rows_come_as_asked(module_database: Database, file: File) -> None:
    async with module_database.pool.acquire() as connection:
        assert [row["number"] for row in await file.fetch(connection, "numbers", count=3)] == [1, 2, 3]
        assert (await file.fetchone(connection, "numbers", count=3))["number"] == 1
        assert await file.fetchrow(connection, "numbers", count=0) is None
        assert await file.fetchval(connection, "numbers", count=0) is None
        with pytest.raises(LookupError, match="numbers gave no row"):
            await file.fetchone(connection, "numbers", count=0)


async def test_execute_counts_rows(module_database: Database, file: File) -> None:
    async with module_database.pool.acquire() as connection:
        assert await file.execute(connection, "numbers", count=4) == 4


async def test_executemany_runs_each(module_database: Database) -> None:
    text = "-- name: add\n-- A number.\n-- $1 number int\ninsert into numbers values ($1);"
    file = File(sqlfile.parse(text, "some.sql"))
    async with module_database.pool.acquire() as connection, connection.transaction():
        await connection.execute("create temporary table numbers (number int)")
        await file.executemany(connection, "add", [{"number": 1}, {"number": 2}])
        assert await connection.fetchval("select count(*) from numbers") == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("select 1;", "before the first"),
        ("-- name: a\nselect 1;", "needs a sentence"),
        ("-- name: a\n-- A sentence.", "and SQL"),
        ("-- name: a\n-- A.\n-- $2 b int\nselect $2;", "in order"),
        ("-- name: a\n-- A.\n-- $1 b int\n-- $2 b int\nselect $1, $2;", "by another name"),
        ("-- name: a\n-- A.\n-- $1 b int\nselect 1;", "other parameters"),
        ("-- name: a\n-- A.\nselect $1;", "other parameters"),
        ("-- name: a\n-- A.\nselect 1;\n-- name: a\n-- A.\nselect 1;", "a is there twice"),
    ],
)
def test_a_malformed_file_is_refused(text: str, words: str) -> None:
    with pytest.raises(Malformed, match=words):
        sqlfile.parse(text, "some.sql")


def test_every_query_is_found() -> None:
    found = {f"{query.file} {query.name}" for query in sqlfile.every()}
    assert {"lrs/storage/migrate.sql note", "lrs/log/append.sql advance"} <= found
    assert not {name for name in found if "migrations/" in name or "schema.sql" in name}


def test_queries_may_be_for_other_schemas() -> None:
    text = "-- name: all\n-- All.\nselect facts.facts.body from facts.facts, log.facts;"
    moved = File(sqlfile.parse(text, "some.sql")).within({"facts": "facts_next"})
    assert moved["all"].text == "select facts_next.facts.body from facts_next.facts, log.facts"
