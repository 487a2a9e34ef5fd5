"""A question over HTTP: its rows, its pages, its parameters, how far it holds."""

from typing import Any

import asyncpg
import pytest

from lrs.reference.model import Period
from lrs.reference.reference import Reference
from projections.analytic.standing import Through
from projections.answers import kept as keeping
from projections.answers.asked import Parameter
from projections.answers.asker import Role
from projections.answers.question import Column, Filter, Grant, Rows, Summary
from projections.answers.summaries import total
from tests.conftest import Database
from tests.projections.answers.asking import NOW, Asking, asking, question, visit

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


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("visits?purpose=x", "purpose is one of formative, evaluative"),
        ("visits?period=fal", "there is no period 'fal': did you mean 'fall'?"),
        ("visits?period=zzz", "there is no period 'zzz'; there are fall"),
        ("visits?as_known_at=43", "ends at 42"),
    ],
)
async def test_what_there_is_not_is_told_with_what_there_is(database: Database, path: str, told: str) -> None:
    filters = {**question().filters, "period": Filter("purpose")}
    async with asking(database, [question(sees=ALL, filters=filters)]) as it:
        it.standing.now = Reference.of(periods=[Period(id="fall", org=None, title="Fall", kind="term")])
        answer = await it.ask(path)
        assert answer.status == 400
        assert told in str(answer.problem["detail"])
        assert (await it.ask("visits?period=fall&purpose=formative&as_known_at=42")).status == 200


GRANTS = {
    Role.DIRECTOR: Grant(rows=Rows.ALL), Role.COACH: Grant(rows=Rows.CASELOAD),
    Role.FACILITATOR: Grant(rows=Rows.COHORT), Role.PRINCIPAL: Grant(rows=Rows.SCHOOL),
    Role.EDUCATOR: Grant(rows=Rows.OWN),
}  # fmt: skip


@pytest.mark.parametrize(
    ("role", "person", "sees"),
    [
        ("director", "", True), ("coach", "cora", True), ("coach", "nobody", False), ("facilitator", "fay", True),
        ("facilitator", "ed1", False), ("principal", "pat", True), ("educator", "ed1", True),
        ("educator", "ed5", False),
    ],
)  # fmt: skip
@pytest.mark.parametrize("format_", ["json", "csv"])
async def test_a_cohort_in_a_path_is_told_of_to_who_may_see_it(
    database: Database, role: str, person: str, sees: bool, format_: str
) -> None:
    asked = question(
        path="cohorts/{cohort}/visits", sees=GRANTS, cohort=None, filters={"cohort": Filter("person_id", "members")}
    )
    async with asking(database, [asked]) as it:
        known = await it.ask(f"cohorts/plc/visits?format={format_}", role, person)
        unknown = await it.ask(f"cohorts/plx/visits?format={format_}", role, person)
        assert (known.status, unknown.status) == (200 if sees else 404, 404)
        assert ("did you mean 'plc'?" in str(unknown.problem["detail"])) is sees
        if not sees:
            assert str(known.problem["detail"]).replace("plc", "plx") == unknown.problem["detail"]


async def test_a_row_is_shown_whatever_the_roster_says_of_its_cohort(database: Database) -> None:
    asked = question(path="at/{cohort}", sees=GRANTS, cohort="purpose", filters={"cohort": Filter("purpose")})
    async with asking(database, [asked], [visit("ed5", purpose="plc")]) as it:
        assert len(await it.rows("at/plc", "educator", "ed5")) == 1
        assert (await it.ask("at/plc", "educator", "ed6")).status == 404


async def test_dear_sums_are_told_for_a_while_with_how_far_they_hold(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "DEAR", 0.0)
    monkeypatch.setattr(keeping, "TIMES", 1e6)
    summary = Summary(measures=(total("minutes", "Minutes.", "minutes"),))
    sees = {Role.DIRECTOR: Grant(rows=Rows.SUMMARY), Role.RESEARCHER: Grant(rows=Rows.ALL)}
    asked = [question(sees=sees, summary=summary)]
    visits = [visit(f"ed{number}", minutes=10) for number in range(1, 16)]
    async with asking(database, asked, visits) as it:
        assert await told(it) == (42, [None, None, 80.0])
        it.standing.reached = Through(position=43, stored=NOW)
        await update(database, "update visits.visit set minutes = 20")
        assert await told(it) == (42, [None, None, 80.0])
        # Who sees rows sees sums as they are, and other sums are other sums.
        assert (await it.rows("visits?by=org", "researcher"))[0]["minutes"] == 100.0
        assert await told(it, by="level") == (43, [None, None])
        assert await told(it, **{"Cache-Control": "no-cache"}) == (43, [None, None, 160.0])
        assert await told(it) == (43, [None, None, 160.0])


async def test_what_tables_were_switched_under_is_neither_told_nor_kept(database: Database) -> None:
    summary = Summary(measures=(total("minutes", "Minutes.", "minutes"),))
    sees = {Role.DIRECTOR: Grant(rows=Rows.SUMMARY), Role.RESEARCHER: Grant(rows=Rows.ALL)}
    visits = [visit(f"ed{number}", minutes=10) for number in range(1, 16)]
    async with asking(database, [question(sees=sees, summary=summary)], visits) as it:
        it.standing.switched = True
        for role in ("director", "researcher"):
            answer = await it.ask("visits?by=org", role)
            assert answer.status == 503
            assert answer.headers["Retry-After"]
        it.standing.switched = False
        await update(database, "update visits.visit set minutes = 20")
        assert await told(it) == (42, [None, None, 160.0])


async def told(it: Asking, by: str = "org", **headers: str) -> tuple[int, list[float | None]]:
    """The position through which a director's sums hold, and the minutes of each."""
    answer = await it.ask(f"visits?by={by}", "director", **headers)
    found: Any = answer.json
    return found["through_position"], [row["minutes"] for row in found["rows"]]


async def update(database: Database, text: str) -> None:
    owner = await asyncpg.connect(database.owner_dsn)
    await owner.execute(text)
    await owner.close()
