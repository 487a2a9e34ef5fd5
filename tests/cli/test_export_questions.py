"""`lrs export QUESTION`: what the API answers to a director, or to a user; and the record of who took it."""

import csv
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec
import orjson
import pyarrow.parquet as pq
import pytest_asyncio
from click.testing import CliRunner

from lrs import main
from lrs.cli.export import export
from lrs.events import Look
from lrs.reference.reference import Reference
from lrs.storage import pool as storage
from projections.answers.asker import Role
from projections.facts.references import References
from tests.cli.conftest import Shell
from tests.conftest import Database
from tests.guarantees import ground
from tests.projections import town
from tests.projections.town import Town
from tests.world import World

STORE = ("--store", "school")
DIRECTED = [each.path for each in main.questions() if Role.DIRECTOR in each.sees and each.path != "access"]


@pytest_asyncio.fixture
async def place(world: World, database: Database, tmp_path: Path) -> AsyncIterator[Town]:
    """A small district, told of for a while, and asked about by its director."""
    applied, statements = ground.district(tmp_path / "district", seed=5)
    every = (main.projections(), main.questions())
    async with town.standing_in(Town, world, database, *every, now=datetime.now(UTC), asker=("director", "")) as made:
        for each in applied:
            await made.stage.append_reference(each.encode())
        for statement in statements[:500]:
            await ground.send(world, statement)
        await made.stage.settle()
        yield made


def plain(value: Any, type_: str) -> Any:
    """A value of a row as CSV has it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if type_ == "timestamptz":
        return datetime.fromisoformat(value).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return orjson.dumps(value).decode() if isinstance(value, list | dict) else str(value)


async def exported(shell: Shell, *arguments: str) -> list[dict[str, Any]]:
    answer = await shell("export", *arguments, *STORE)
    assert answer.code == 0, answer.err
    return answer.lines


async def test_rows_are_those_that_the_api_tells_a_director(place: Town, shell: Shell) -> None:
    (cohort, *_) = sorted(row["cohort_id"] for row in await place.ask("cohorts"))
    found = 0
    for path in (each.format(cohort=cohort) for each in DIRECTED):
        rows = await exported(shell, path)
        assert rows == await place.ask(f"{path}?limit=10000"), path
        found += len(rows) > 0
    assert found > 9


async def test_filters_are_those_of_the_api(place: Town, shell: Shell) -> None:
    day = "2023-03-01"
    for path, query, options in (
        ("coaching/load", f"as_of={day}", ("--as-of", day)),
        ("support", "by=period_id", ("--by", "period_id")),
        ("statistics", "of=verb&daily=true", ("--of", "verb", "--daily", "true")),
        ("cohorts", "standing=overdue", ("--standing", "overdue")),
    ):
        assert await exported(shell, path, *options) == await place.ask(f"{path}?{query}&limit=10000")


async def test_a_researcher_gets_rows_with_pseudonyms(place: Town, shell: Shell) -> None:
    rows = await exported(shell, "coaching/pairs", "--as", "researcher")
    assert rows == await place.ask("coaching/pairs?limit=10000", role="researcher")
    assert all(row["educator_id"].startswith("p-") for row in rows)
    assert rows


async def test_a_user_gets_what_she_sees(place: Town, shell: Shell) -> None:
    async with storage.connection(place.stage.world.pool) as connection:
        who = await connection.fetchval("select coach_id from coaching_cadence.pairs limit 1")
    made = await shell("user", "create", "cora", "--role", "coach", "--person", who, *STORE)
    assert made.code == 0, made.err
    rows = await exported(shell, "coaching/pairs", "--as-user", "cora")
    assert rows == await place.ask("coaching/pairs?limit=10000", "coach", who)
    assert {row["coach_id"] for row in rows} == {who}


async def test_csv_and_parquet_hold_the_same(place: Town, shell: Shell) -> None:
    rows = await exported(shell, "coaching/load")
    types = {each.name: each.type for question in main.questions() for each in question.columns}
    answer = await shell("export", "coaching/load", "--format", "csv", *STORE)
    told = [[plain(value, types.get(name, "text")) for name, value in row.items()] for row in rows]
    assert [list(row.values()) for row in csv.DictReader(answer.out.splitlines())] == told
    await shell("export", "coaching/load", "--format", "parquet", "--out", "load.parquet", *STORE)
    table = pq.read_table(BytesIO((shell.folder / "load.parquet").read_bytes()))
    assert table.column_names == list(rows[0])
    assert table["coach_id"].to_pylist() == [row["coach_id"] for row in rows]


async def looks(world: World) -> list[Look]:
    query = """select p.payload from log.events e join log.payloads p using (store, position)
                where store = $1 and kind = 11 order by position"""
    async with storage.connection(world.pool) as connection:
        rows = await connection.fetch(query, world.store.id)
    return [msgspec.json.decode(row["payload"], type=Look) for row in rows]


async def test_what_is_exported_of_whom_is_recorded(place: Town, shell: Shell) -> None:
    rows = await exported(shell, "coaching/contacts", "--as", "researcher", "--why", "a study")
    await exported(shell, "support")
    (look,) = await looks(place.stage.world)
    assert (look.endpoint, look.roles, look.rows, look.why, look.format) == (
        "coaching/contacts", ("researcher",), len(rows), "a study", "jsonl",
    )  # fmt: skip
    assert look.who.startswith("command:")
    assert len(look.people) > 10


async def test_statements_and_events_are_recorded_before_they_come(place: Town, shell: Shell) -> None:
    roster = tuple(sorted((await known(place)).people))
    verb = "http://adlnet.gov/expapi/verbs/completed"
    await exported(shell, "statements", "--verb", verb, "--why", "move")
    events = await exported(shell, "events")
    first, second = await looks(place.stage.world)
    assert (first.endpoint, first.people, first.rows, first.why) == ("export statements", roster, None, "move")
    assert (second.endpoint, second.people) == ("export events", roster)
    assert "RecordsExported" not in {each["kind"] for each in events[:-1]}


async def known(place: Town) -> Reference:
    return await References(place.stage.world.pool).latest(place.stage.world.store.id)


async def test_an_export_of_one_agent_is_recorded_for_her(place: Town, shell: Shell) -> None:
    reference = await known(place)
    person = next(each for each in sorted(reference.people) if reference.ifis(each))
    mail = next((each for each in reference.ifis(person) if each.startswith("mbox:")), None)
    agent = {"mbox": mail.removeprefix("mbox:")} if mail else {"mbox": "mailto:nobody@example.org"}
    await exported(shell, "statements", "--agent", orjson.dumps(agent).decode())
    (look,) = await looks(place.stage.world)
    assert look.people == ((person,) if mail else ("mbox:mailto:nobody@example.org",))


async def test_what_cannot_be_asked_is_wrong_usage(place: Town, shell: Shell) -> None:
    for arguments in (
        ("coaching/pears",),
        ("support", "--nobody", "x"),
        ("support", "--as-of", "yesterday"),
        ("cohorts/{cohort}/participation",),
        ("support", "--as", "director", "--as-user", "cora"),
    ):
        assert (await shell("export", *arguments, *STORE)).code == 2, arguments
    assert (await shell("export", "support", "--as-user", "nobody", *STORE)).code == 1


def test_help_lists_every_question() -> None:
    told = CliRunner().invoke(export, ["--help"], terminal_width=200).output
    assert [each.path for each in main.questions() if each.path not in told] == []


def test_the_example_of_what_is_everybodys_own_says_whose() -> None:
    own = CliRunner().invoke(export, ["access", "--help"], terminal_width=200).output
    sums = CliRunner().invoke(export, ["support", "--help"], terminal_width=200).output
    assert ("export access --as-user cora" in own, "export support --format" in sums) == (True, True)
