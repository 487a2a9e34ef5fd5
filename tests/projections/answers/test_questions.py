"""A question over HTTP: its rows, its pages, its parameters, how far it holds."""

from typing import Any

import pytest

from projections.answers.asked import Parameter
from projections.answers.asker import Role
from projections.answers.question import Column, Grant, Rows
from tests.conftest import Database
from tests.projections.answers.asking import asking, question, visit

ALL = {Role.COACH: Grant(rows=Rows.ALL)}


async def test_rows_say_how_far_they_hold(database: Database) -> None:
    async with asking(database, [question(sees=ALL)], [visit("ed1", score=2.5)]) as it:
        assert (await it.ask("visits")).json == {
            "rows": [{
                "person_id": "ed1", "person_name": "Ed1 X", "day": "2026-02-01", "minutes": 30, "score": 2.5,
                "at": "2026-02-01T08:00:00Z", "purpose": "formative", "statement_ids": [],
            }],
            "through_position": 42,
            "through_stored": "2026-03-02T11:59:00.000000Z",
            "as_of": "2026-03-02",
            "more": None,
        }  # fmt: skip


async def test_pages_go_on_where_they_ended(database: Database) -> None:
    visits = [visit(person, day) for person in ("ed1", "ed2") for day in (1, 2, 3)]
    async with asking(database, [question(sees=ALL)], visits) as it:
        path, found = "visits?limit=2", []
        while path:
            answer: Any = (await it.ask(path)).json
            found += [(row["person_id"], row["day"][-1]) for row in answer["rows"]]
            path = (answer["more"] or "").removeprefix("/analytics/v1/")
        assert found == [(person, day) for person in ("ed1", "ed2") for day in "123"]


async def test_cursor_of_another_question_is_refused(database: Database) -> None:
    async with asking(database, [question(sees=ALL)], [visit("ed1", day) for day in (1, 2)]) as it:
        more: Any = (await it.ask("visits?limit=1")).json
        path = more["more"].removeprefix("/analytics/v1/")
        assert (await it.ask(path + "&person=ed1")).status == 400
        assert (await it.ask(path, role="coach+educator")).status == 400


async def test_filters_narrow(database: Database) -> None:
    async with asking(database, [question(sees=ALL)], [visit("ed1"), visit("ed6"), visit("ed8")]) as it:
        assert [row["person_id"] for row in await it.rows("visits?person=ed1&person=ed8")] == ["ed1", "ed8"]
        assert [row["person_id"] for row in await it.rows("visits?org=a")] == ["ed1"]
        assert len(await it.rows("visits?org=d")) == 3
        assert await it.rows("visits?org=nowhere") == []


async def test_unknown_parameter_names_the_known_ones(database: Database) -> None:
    async with asking(database, [question(sees=ALL)]) as it:
        problem = (await it.ask("visits?colour=red")).problem
        assert problem["status"] == 400
        assert "there are person, org, as_of" in str(problem["detail"])


@pytest.mark.parametrize(
    "wrong", ["as_of=yesterday", "as_of=2026-02-30", "limit=0", "limit=x", "format=xml", "person="]
)
async def test_wrong_values_are_refused(database: Database, wrong: str) -> None:
    async with asking(database, [question(sees=ALL)]) as it:
        assert (await it.ask(f"visits?{wrong}")).status == 400


async def test_completed_rows_may_be_filtered(database: Database) -> None:
    async def complete(rows: Any, asked: Any, data: Any) -> Any:
        return [{**row, "is_long": row["minutes"] > 20} for row in rows]

    asked = question(
        sees=ALL,
        columns=(*question().columns, Column("is_long", "boolean", "Whether it was long.")),
        complete=complete,
        parameters=(Parameter("is_long", "Only such.", "is_long", ("true", "false")),),
    )
    async with asking(database, [asked], [visit("ed1", 1, 10), visit("ed1", 2, 30)]) as it:
        assert [row["minutes"] for row in await it.rows("visits?is_long=true&limit=1")] == [30]


async def test_the_past_is_computed(database: Database) -> None:
    async with asking(database, [question(sees=ALL)]) as it:
        await it.rows("visits?as_of=2026-02-01")
        await it.rows("visits?as_known_at=7")
        assert [(str(each.as_of), each.known_at) for each in it.standing.moments] == [("2026-02-01", None), ("None", 7)]


async def test_who_looked_is_kept(database: Database) -> None:
    async with asking(database, [question(sees=ALL)], [visit("ed1"), visit("ed2")]) as it:
        await it.rows("visits?person=ed1&why=a+talk", person="cora")
        (looked,) = it.standing.kept
        assert (looked.who, looked.endpoint, looked.filter) == ("coach", "visits", "person=ed1")
        assert (looked.people, looked.rows, looked.why) == (("ed1",), 1, "a talk")
