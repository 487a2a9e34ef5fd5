"""Why: the rule that took a statement, its facts, what counts it; and what a mapping would do."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

from lrs import main
from lrs.auth.people import Place
from projections.analytic.running import Running
from tests import serving
from tests.conftest import Database
from tests.serving import Client
from tests.world import statement, voids

DONE = "http://adlnet.gov/expapi/verbs/completed"
LESSON = "http://adlnet.gov/expapi/activities/lesson"
PASSWORD = "correct horse"
ADA = "mbox:mailto:ada@example.org"


def learned(**changes: Any) -> dict[str, Any]:
    unit = {"id": "https://example.org/unit/1", "definition": {"type": LESSON}}
    return statement(**{"id": str(uuid4()), "verb": {"id": DONE}, "object": unit} | changes)


@asynccontextmanager
async def served(database: Database, *sent: dict[str, Any]) -> AsyncIterator[tuple[Client, main.Core]]:
    async with serving.lrs(database.dsn) as (client, core):
        if sent:
            assert (await client.send("POST", "/xAPI/statements", list(sent))).status == 200
        running = Running(core.reads, core.stores, main.projections(), holder="test")
        await running.settle()
        yield client, core


async def test_statement_is_explained(database: Database) -> None:
    sent = learned()
    async with served(database, sent) as (client, _):
        told: Any = (await client.get(f"/analytics/v1/explain/{sent['id']}")).json
        assert told["rule"] is not None
        assert [fact["kind"] for fact in told["facts"]] == ["learn"]
        assert told["facts"][0]["subject"] == ADA
        assert [each["taken"] for each in told["tried"]][-1] is True
        counted = {each["projection"]: each["keys"] for each in told["counts_in"]}
        assert counted["cohort_participation"]
        assert told["through_position"] >= told["position"]


async def test_voided_statement_says_where_its_facts_ended(database: Database) -> None:
    sent = learned()
    async with served(database, sent) as (client, core):
        await client.send("POST", "/xAPI/statements", voids(sent["id"]))
        await Running(core.reads, core.stores, main.projections(), holder="test").settle()
        told: Any = (await client.get(f"/analytics/v1/explain/{sent['id']}")).json
        assert told["voided"] is True
        assert told["facts"][0]["until"] > told["position"]


async def test_facts_and_rows_are_those_of_the_positions_that_are_given(database: Database) -> None:
    sent = learned()
    async with served(database) as (client, core):
        path = f"/analytics/v1/explain/{sent['id']}"
        running = Running(core.reads, core.stores, main.projections(), holder="test")

        async def told() -> tuple[Any, list[Any]]:
            answer: Any = (await client.get(path)).json
            (counted,) = [each for each in answer["counts_in"] if each["projection"] == "cohort_participation"]
            ends = [fact["until"] for fact in answer["facts"]]
            counts = counted["through_position"] < answer["through_position"], bool(counted["keys"])
            return ends, [*counts, bool(counted["rows"].get("followthrough"))]

        async def follow() -> None:
            while await running.runner.turn(running.follower):
                pass

        await client.send("POST", "/xAPI/statements", sent)
        assert await told() == ([], [False, False, False])
        await follow()
        assert await told() == ([None], [True, False, False])
        await running.settle()
        assert await told() == ([None], [False, True, True])
        await client.send("POST", "/xAPI/statements", voids(sent["id"]))
        assert await told() == ([None], [False, True, True])
        await follow()
        ((until,), counts) = await told()
        assert (until is not None, counts) == (True, [True, True, True])
        await running.settle()
        assert (await told())[1] == [False, False, False]


async def test_only_whom_it_concerns_is_told(database: Database) -> None:
    sent = learned()
    async with served(database, sent) as (client, core):
        store = (await core.stores.by_name("default")).id
        for name, person in (("ada", ADA), ("eve", "mbox:mailto:eve@example.org")):
            await core.users.create(name, store, Place(roles=("educator",), person=person), password=PASSWORD)
        path = f"/analytics/v1/explain/{sent['id']}"
        assert (await client.get(path, Authorization=serving.basic("ada", PASSWORD))).status == 200
        assert (await client.get(path, Authorization=serving.basic("eve", PASSWORD))).status == 404
        looks = await core.reads.fetch("select person from access.looks")
        assert [row["person"] for row in looks] == [ADA]


async def test_unknown_statements_are_not_found(database: Database) -> None:
    async with served(database) as (client, _):
        assert (await client.get(f"/analytics/v1/explain/{uuid4()}")).status == 404
        assert (await client.get("/analytics/v1/explain/nonsense")).status == 400


async def test_unmatched_counts_by_verb_and_type(database: Database) -> None:
    odd = [statement(id=str(uuid4()), verb={"id": "https://example.org/verbs/juggled"}) for _ in range(2)]
    async with served(database, *odd, learned()) as (client, _):
        told: Any = (await client.get("/analytics/v1/unmatched")).json
        assert [(row["verb"], row["type"], row["count"]) for row in told["rows"]] == [
            ("https://example.org/verbs/juggled", "Activity", 2)
        ]
        identities: Any = (await client.get("/analytics/v1/unmatched?of=identities")).json
        assert [(row["identifier"], row["count"]) for row in identities["rows"]] == [(ADA, 1)]


async def test_mapping_is_tested_on_pasted_statements(database: Database) -> None:
    async with served(database) as (client, _):
        sent = {"statements": [learned(), statement(verb={"id": "https://example.org/verbs/juggled"})]}
        answer = await client.send("POST", "/admin/v1/mapping:test", sent)
        assert answer.status == 200, answer.body
        told: Any = answer.json
        assert [bool(each["facts"]) for each in told["statements"]] == [True, False]
        assert told["unmatched"] == [
            {"verb": "https://example.org/verbs/juggled", "type": "Activity", "statements": 1}
        ]  # fmt: skip
        mapping = """
mapping: ours
version: 1
concepts:
  verb: {juggled: ["https://example.org/verbs/juggled"]}
rules:
  - id: juggling-is-learning
    when: {verb: juggled}
    emit: {fact: learn, each: actor, learner: $each, unit: $.object.id, state: completed}
"""
        again: Any = (await client.send("POST", "/admin/v1/mapping:test", {**sent, "mapping": mapping})).json
        assert [each["rule"] for each in again["statements"]] == [None, "juggling-is-learning"]


async def test_mapping_is_tested_on_the_last_statements(database: Database) -> None:
    async with served(database, learned(), learned()) as (client, _):
        told: Any = (await client.send("POST", "/admin/v1/mapping:test", {"last": 1})).json
        assert len(told["statements"]) == 1


async def test_wrong_tests_are_refused(database: Database) -> None:
    async with served(database) as (client, core):
        for wrong in ({}, {"last": 0}, {"statements": [{"actor": 1}]}, {"last": 1, "mapping": "rules: 3"}, {"x": 1}):
            assert (await client.send("POST", "/admin/v1/mapping:test", wrong)).status == 400, wrong
        store = (await core.stores.by_name("default")).id
        await core.users.create("dora", store, Place(roles=("director",)), password=PASSWORD)
        headers = {"Authorization": serving.basic("dora", PASSWORD)}
        assert (await client.send("POST", "/admin/v1/mapping:test", {"last": 1}, headers)).status == 403
