"""Who sees what: each role its own rows and columns, and no way around it."""

import base64
from typing import Any

import msgspec

from lrs.reference.policy import Policy, Privacy, Purposes
from lrs.reference.reference import Reference
from projections.answers.asked import Parameter
from projections.answers.asker import Role
from projections.answers.question import PERSONAL, Column, Filter, Grant, Rows, Summary
from projections.answers.summaries import mean, total
from tests.conftest import Database
from tests.projections.answers.asking import COLUMNS, Asking, asking, question, visit

EVERYBODY = [visit(f"ed{number}", minutes=10 * number) for number in range(1, 16)]
SUMMARY = Summary(
    dimensions=("purpose",),
    measures=(total("minutes", "Minutes.", "minutes"), mean("mean_minutes", "Mean.", "minutes")),
)
VISITS = question(sees=PERSONAL, summary=SUMMARY)


async def people(it: Asking, role: str, person: str = "", path: str = "visits") -> list[str]:
    return [row["person_id"] for row in await it.rows(path, role, person)]


async def test_each_role_sees_its_own(database: Database) -> None:
    sees = {**PERSONAL, Role.FACILITATOR: Grant(rows=Rows.COHORT), Role.EVALUATOR: Grant(rows=Rows.MEMBER)}
    async with asking(database, [question(sees=sees)], EVERYBODY) as it:
        assert await people(it, "educator", "ed3") == ["ed3"]
        assert await people(it, "coach", "cora") == ["ed1", "ed2"]
        assert await people(it, "facilitator", "fay") == ["ed1", "ed2", "ed3", "ed4"]
        assert await people(it, "evaluator", "ed1") == ["ed1", "ed2", "ed3", "ed4"]
        assert await people(it, "principal", "pat") == ["ed1", "ed2", "ed3", "ed4", "ed5"]
        assert await people(it, "coach", "nobody") == []


async def test_several_roles_see_together_what_each_sees(database: Database) -> None:
    async with asking(database, [VISITS], EVERYBODY) as it:
        assert await people(it, "coach+educator", "cora") == ["ed1", "ed2"]
        assert await people(it, "educator+principal", "pat") == ["ed1", "ed2", "ed3", "ed4", "ed5"]


async def test_a_filter_widens_nothing(database: Database) -> None:
    async with asking(database, [VISITS], EVERYBODY) as it:
        assert await people(it, "educator", "ed3", "visits?person=ed4") == []
        assert await people(it, "coach", "cora", "visits?org=d") == ["ed1", "ed2"]


async def test_cursor_is_good_for_its_asker_alone(database: Database) -> None:
    async with asking(database, [VISITS], EVERYBODY) as it:
        answer: Any = (await it.ask("visits?limit=1", "principal", "pat")).json
        assert (await it.ask(answer["more"].removeprefix("/analytics/v1/"), "educator", "ed1")).status == 400


async def test_cursor_does_not_say_who_is_behind_a_pseudonym(database: Database) -> None:
    async with asking(database, [VISITS], EVERYBODY) as it:
        answer: Any = (await it.ask("visits?limit=1", "researcher")).json
        token = answer["more"].partition("cursor=")[2]
        assert b"ed1" not in base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))


async def test_role_without_a_grant_is_refused(database: Database) -> None:
    async with asking(database, [VISITS]) as it:
        assert (await it.ask("visits", "facilitator", "fay")).status == 403
        assert (await it.ask("visits", "stranger")).status == 403


async def test_columns_may_be_left_out(database: Database) -> None:
    sees = {Role.PRINCIPAL: Grant(rows=Rows.SCHOOL, hides=frozenset({"score"})), Role.EDUCATOR: Grant(rows=Rows.OWN)}
    async with asking(database, [question(sees=sees)], [visit("ed1", score=3), visit("ed2", score=2)]) as it:
        assert "score" not in (await it.rows("visits", "principal", "pat"))[0]
        scores = {row["person_id"]: row["score"] for row in await it.rows("visits", "educator", "ed1")}
        assert scores == {"ed1": 3}


async def test_purposes_narrow_a_grant(database: Database) -> None:
    sees = {Role.EVALUATOR: Grant(rows=Rows.ALL, purposes=frozenset({"evaluative"}))}
    visits = [visit("ed1", 1, purpose="evaluative"), visit("ed1", 2, purpose="formative")]
    async with asking(database, [question(sees=sees)], visits) as it:
        assert [row["purpose"] for row in await it.rows("visits", "evaluator")] == ["evaluative"]
        assert await it.rows("visits?purpose=formative", "evaluator") == []


async def test_researcher_sees_pseudonyms_and_no_traces(database: Database) -> None:
    async with asking(database, [VISITS], EVERYBODY) as it:
        rows = await it.rows("visits", "researcher")
        assert len({row["person_id"] for row in rows}) == 15
        assert all(row["person_id"].startswith("p-") for row in rows)
        assert {"person_name", "statement_ids"}.isdisjoint(rows[0])
        assert (await it.ask("visits?person=ed1", "researcher")).status == 403


async def test_director_sees_sums(database: Database) -> None:
    async with asking(database, [VISITS], EVERYBODY) as it:
        rows = await it.rows("visits", "director")
        shown = {row["org"]: (row["people"], row["minutes"]) for row in rows}
        # B has two people: hidden, and with it A, the next smallest, or B were the total less the rest.
        assert shown == {"a": (None, None), "b": (None, None), "c": (8, float(sum(range(80, 151, 10)) + 0))}
        assert [row["suppressed"] for row in rows if row["org"] == "b"] == [["people", "minutes", "mean_minutes"]]
        assert it.standing.kept == []


async def test_credential_is_a_director(database: Database) -> None:
    async with asking(database, [VISITS], EVERYBODY) as it:
        assert [row["org"] for row in await it.rows("visits", "credential")] == ["a", "b", "c"]


async def test_no_filter_singles_out_of_a_sum(database: Database) -> None:
    async with asking(database, [VISITS], EVERYBODY) as it:
        assert (await it.ask("visits?person=ed6", "director")).status == 403
        assert (await it.ask("visits?by=purpose&person=ed6", "director")).status == 403
        assert (await it.ask("visits?by=purpose,org,level", "director")).status == 400


async def test_one_school_of_a_sum_tells_no_more_than_all(database: Database) -> None:
    async with asking(database, [VISITS], EVERYBODY) as it:
        (only,) = await it.rows("visits?by=org&org=a", "director")
        assert only["people"] is None
        (small,) = await it.rows("visits?by=purpose&org=b", "director")
        assert small["people"] is None
        (beside,) = await it.rows("visits?by=purpose&org=a", "director")
        assert beside["people"] is None
        (whole,) = await it.rows("visits?by=purpose&org=d", "director")
        assert whole["people"] == 15


async def test_dimension_of_the_roster_needs_ten(database: Database) -> None:
    async with asking(database, [VISITS], EVERYBODY) as it:
        rows = await it.rows("visits?by=level", "director")
        assert {row["level"]: row["people"] for row in rows} == {"new": None, "old": None}
        assert (await it.ask("visits?by=colour", "director")).status == 400


async def test_who_sees_rows_may_sum_them_whole(database: Database) -> None:
    async with asking(database, [VISITS], EVERYBODY) as it:
        assert [row["people"] for row in await it.rows("visits?by=org", "principal", "pat")] == [5]
        assert [row["people"] for row in await it.rows("visits?by=org&person=ed1", "coach", "cora")] == [1]


async def test_researcher_is_told_no_small_sums(database: Database) -> None:
    async with asking(database, [VISITS], EVERYBODY) as it:
        rows = {row["org"]: row["people"] for row in await it.rows("visits?by=org", "researcher")}
        assert rows == {"a": None, "b": None, "c": 8}


async def test_own_parameters_narrow_sums(database: Database) -> None:
    long = Parameter("minutes", "Only such.", "minutes")
    async with asking(database, [question(sees=PERSONAL, summary=SUMMARY, parameters=(long,))], EVERYBODY) as it:
        assert [row["people"] for row in await it.rows("visits?by=org&minutes=10", "principal", "pat")] == [1]
        assert (await it.ask("visits?by=org&minutes=10", "director")).status == 403


async def test_rows_of_small_groups_are_suppressed(database: Database) -> None:
    from projections.answers.question import Group

    group = question(
        person=None,
        columns=(*COLUMNS[1:], Column("person_id", "text", "Stands for a cohort here.")),
        filters={"cohort": Filter("person_id")},
        group=Group(size="minutes", hides=frozenset({"score", "minutes"})),
        cohort="person_id",
        sees={Role.DIRECTOR: Grant(rows=Rows.ALL), Role.FACILITATOR: Grant(rows=Rows.COHORT, small=True)},
    )
    async with asking(database, [group], [visit("plc", minutes=4, score=2), visit("x", minutes=9, score=2)]) as it:
        rows = {row["person_id"]: row for row in await it.rows("visits", "director")}
        assert (rows["plc"]["minutes"], rows["plc"]["score"]) == (None, None)
        assert rows["plc"]["suppressed"] == ["minutes", "score"]
        assert (rows["x"]["minutes"], rows["x"]["suppressed"]) == (9, [])
        (own,) = await it.rows("visits", "facilitator", "fay")
        assert own["minutes"] == 4


async def test_policy_may_show_people_to_directors(database: Database) -> None:
    async with asking(database, [VISITS], EVERYBODY) as it:
        policy = Policy(privacy=Privacy(director_sees_people=True))
        records = msgspec.structs.replace(it.standing.now.records, policies=((None, policy),))
        it.standing.now = Reference(records)
        assert len(await people(it, "director")) == 15
        assert [row["people"] for row in await it.rows("visits?by=org", "director")] == [5, 2, 8]


async def test_policy_may_show_formative_ratings_to_principals(database: Database) -> None:
    sees = {Role.PRINCIPAL: Grant(rows=Rows.SCHOOL, purposes=frozenset({"evaluative"}))}
    async with asking(database, [question(sees=sees)], [visit("ed1")]) as it:
        assert await people(it, "principal", "pat") == []
        policy = Policy(purposes=Purposes(principal_sees_formative=True))
        it.standing.now = Reference(msgspec.structs.replace(it.standing.now.records, policies=((None, policy),)))
        assert await people(it, "principal", "pat") == ["ed1"]
