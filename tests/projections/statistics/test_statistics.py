"""Counts and search: what follows the log counts each statement once, and finds it by what it says."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import orjson
import pytest

from lrs import main
from lrs.auth.people import Place
from lrs.relay.runner import Runner
from lrs.storage import copy
from projections.statistics.follower import Follower
from projections.statistics.terms import terms
from tests import serving
from tests.conftest import Database
from tests.serving import Client
from tests.world import statement, voids

DONE = "http://adlnet.gov/expapi/verbs/completed"
UNIT = "https://example.org/unit/"
COURSE = "http://adlnet.gov/expapi/activities/course"
PASSWORD = "correct horse"


@dataclass
class Served:
    client: Client
    core: main.Core
    runner: Runner
    follower: Follower

    async def send(self, *statements: dict[str, Any]) -> None:
        answer = await self.client.send("POST", "/xAPI/statements", list(statements))
        assert answer.status == 200, answer.body

    async def follow(self) -> None:
        while await self.runner.turn(self.follower):
            pass

    async def get(self, path: str, name: str | None = None, **parameters: str) -> Any:
        headers = {} if name is None else {"Authorization": serving.basic(name, PASSWORD)}
        answer = await self.client.send("GET", f"/analytics/v1/{path}?{urlencode(parameters)}", headers=headers)
        assert answer.status == 200, answer.body
        return answer.json

    async def status(self, path: str, name: str | None = None, **parameters: str) -> int:
        headers = {} if name is None else {"Authorization": serving.basic(name, PASSWORD)}
        answer = await self.client.send("GET", f"/analytics/v1/{path}?{urlencode(parameters)}", headers=headers)
        return answer.status

    async def ids(self, name: str | None = None, **parameters: str) -> list[str]:
        found = await self.get("statements", name, **parameters)
        return [each["id"] for each in found["statements"]]

    async def join(self, name: str, role: str, person: str | None = None) -> None:
        store = (await self.core.stores.by_name("default")).id
        await self.core.users.create(name, store, Place(roles=(role,), person=person), password=PASSWORD)


@asynccontextmanager
async def served(database: Database, *, batch: int = 2_000) -> AsyncIterator[Served]:
    async with serving.lrs(database.dsn) as (client, core):
        follower = Follower()
        yield Served(client, core, Runner(core.reads, core.stores, [follower], holder="test", batch=batch), follower)


def done(number: int, unit: int = 1, day: int = 1, **changes: Any) -> dict[str, Any]:
    return statement(**{
        "id": str(UUID(int=0x4000_8000_0000_0000_0000 + 1000 * unit + number)),
        "actor": {"mbox": f"mailto:p{number}@example.org"},
        "verb": {"id": DONE},
        "object": {"id": f"{UNIT}{unit}", "definition": {"type": COURSE}},
        "timestamp": f"2026-02-{day:02}T08:00:00Z",
    } | changes)  # fmt: skip


def told(rows: Sequence[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [(row["day"], row["key"], row["statements"], row["voided"]) for row in rows]


async def test_counts_by_day_verb_activity_and_agent(database: Database) -> None:
    async with served(database) as it:
        await it.send(done(1), done(2), done(1, unit=2, day=2))
        await it.follow()
        days = (await it.get("statistics"))["rows"]
        assert told(days) == [("2026-02-01", "", 2, 0), ("2026-02-02", "", 1, 0)]
        assert told((await it.get("statistics", of="verb"))["rows"]) == [("2026-02-01", DONE, 3, 0)]
        units = (await it.get("statistics", of="activity"))["rows"]
        assert told(units) == [("2026-02-01", f"{UNIT}1", 2, 0), ("2026-02-02", f"{UNIT}2", 1, 0)]
        agents = (await it.get("statistics", of="agent", daily="true", until="2026-02-02"))["rows"]
        assert [row["key"] for row in agents] == ["mbox:mailto:p1@example.org", "mbox:mailto:p2@example.org"]


@pytest.mark.parametrize("batch", [1, 2, 100])
async def test_voided_counts_apart_whichever_came_first(database: Database, batch: int) -> None:
    async with served(database, batch=batch) as it:
        early, late = done(1), done(2)
        await it.send(early)
        await it.send(voids(UUID(early["id"]), timestamp="2026-02-09T08:00:00Z"))
        await it.send(voids(UUID(late["id"]), timestamp="2026-02-09T08:00:00Z"))
        await it.send(voids(UUID(early["id"]), timestamp="2026-02-09T08:00:00Z"))
        await it.send(late)
        await it.follow()
        assert told((await it.get("statistics", of="activity"))["rows"]) == [("2026-02-01", f"{UNIT}1", 2, 2)]
        assert told((await it.get("statistics", of="activity", since="2026-01-01"))["rows"]) == [
            ("2026-02-01", f"{UNIT}1", 2, 2)
        ]
        assert await it.ids(verb=DONE) == []


async def test_totals_are_the_sums_of_days(database: Database) -> None:
    async with served(database, batch=2) as it:
        await it.send(*(done(number, unit=number % 3, day=1 + number % 5) for number in range(12)))
        await it.send(voids(UUID(done(4, unit=1)["id"])))
        await it.follow()
        for of in ("verb", "activity", "agent"):
            at_once = (await it.get("statistics", of=of, limit="100"))["rows"]
            assert at_once == (await it.get("statistics", of=of, since="0001-01-02", limit="100"))["rows"]


async def test_counts_say_how_far_they_hold(database: Database) -> None:
    async with served(database) as it:
        await it.send(done(1))
        before = await it.get("statistics")
        await it.follow()
        after = await it.get("statistics")
        assert before["through_position"] < after["through_position"]
        assert (before["rows"], len(after["rows"])) == ([], 1)


async def test_search_by_paths(database: Database) -> None:
    async with served(database) as it:
        first, second = done(1, context={"platform": "Moodle"}), done(2, unit=2, result={"success": True})
        await it.send(first, second, statement(id=str(uuid4())))
        await it.follow()
        assert await it.ids(verb=DONE) == [second["id"], first["id"]]
        assert await it.ids(verb=DONE, **{"context.platform": "Moodle"}) == [first["id"]]
        assert await it.ids(**{"result.success": "true"}) == [second["id"]]
        assert await it.ids(verb=DONE, **{"not.object": f"{UNIT}2"}) == [first["id"]]
        assert await it.ids(actor="mailto:P2@example.org") == [second["id"]]
        assert await it.ids(actor='{"mbox":"mailto:p2@example.org"}') == [second["id"]]
        assert await it.ids(**{"from": "2026-02-01T09:00:00Z"}, verb=DONE) == []


async def test_search_by_expression(database: Database) -> None:
    async with served(database) as it:
        sent = [done(number, unit=number) for number in (1, 2, 3)]
        await it.send(*sent)
        await it.follow()
        where = {"and": [{"verb": DONE}, {"or": [{"object": f"{UNIT}1"}, {"object": f"{UNIT}3"}]}]}
        assert await it.ids(where=orjson.dumps(where).decode()) == [sent[2]["id"], sent[0]["id"]]
        negated = {"object.type": COURSE, "not": {"object": [f"{UNIT}1", f"{UNIT}3"]}}
        assert await it.ids(where=orjson.dumps(negated).decode()) == [sent[1]["id"]]


async def test_counts_and_facets(database: Database) -> None:
    async with served(database) as it:
        await it.send(done(1), done(2), done(1, unit=2))
        await it.follow()
        found = await it.get("statements", facets="object,actor", count="true", limit="1")
        assert found["count"] == {"statements": 3, "people": 2, "more": False}
        assert [(each["value"], each["statements"]) for each in found["facets"]["object"]] == [
            (f"{UNIT}1", 2), (f"{UNIT}2", 1),
        ]  # fmt: skip
        assert len(found["statements"]) == 1


async def test_pages_of_a_search(database: Database) -> None:
    async with served(database) as it:
        sent = [done(number) for number in range(5)]
        await it.send(*sent)
        await it.follow()
        found, more = [], "/analytics/v1/statements?limit=2"
        while more:
            answer: Any = (await it.client.get(more)).json
            found += [each["id"] for each in answer["statements"]]
            more = answer["more"]
        assert found == [each["id"] for each in reversed(sent)]


async def test_wrong_searches_are_refused(database: Database) -> None:
    async with served(database) as it:
        for wrong in (
            {"colour": "red"},
            {"where": "["},
            {"where": '{"colour":"red"}'},
            {"since": "now"},
            {"limit": "x"},
        ):
            assert await it.status("statements", **wrong) == 400
        deep = '{"not":' * 20 + '{"verb":"x"}' + "}" * 20
        assert await it.status("statements", where=deep) == 400


async def test_who_was_looked_at_is_kept(database: Database) -> None:
    async with served(database) as it:
        await it.send(done(1))
        await it.follow()
        await it.ids(verb=DONE, why="a check")
        people = await it.core.reads.fetch("select person from access.looks")
        assert [row["person"] for row in people] == ["mbox:mailto:p1@example.org"]


async def test_director_is_told_no_small_counts(database: Database) -> None:
    async with served(database) as it:
        await it.join("dora", "director")
        await it.send(*(done(number, unit=1) for number in range(8)), *(done(number, unit=2) for number in range(2)))
        await it.follow()
        found = await it.get("statements", "dora", facets="object")
        assert "statements" not in found
        assert found["count"]["statements"] == 10
        # The few who did unit 2 are hidden, and unit 1 with them, since the total is known.
        assert [each["statements"] for each in found["facets"]["object"]] == [None, None]
        few = await it.get("statements", "dora", object=f"{UNIT}2")
        assert few["count"]["suppressed"]
        assert await it.status("statements", "dora", actor="mailto:p1@example.org") == 403
        assert await it.status("statements", "dora", facets="actor") == 403
        assert await it.status("statistics", "dora", of="agent") == 403
        units = (await it.get("statistics", "dora", of="activity"))["rows"]
        assert [(row["statements"], row["suppressed"]) for row in units] == [(None, ["statements", "voided"])] * 2
        assert told((await it.get("statistics", "dora"))["rows"]) == [("2026-02-01", "", 10, 0)]


async def test_user_of_the_roster_searches_her_own(database: Database) -> None:
    async with served(database) as it:
        await it.join("ed", "educator", person="mbox:mailto:p1@example.org")
        await it.send(done(1), done(2))
        await it.follow()
        assert await it.ids("ed") == [done(1)["id"]]
        assert await it.ids("ed", actor="mailto:p2@example.org") == []


async def test_a_number_that_no_float_can_hold_is_no_reason_to_leave_a_statement_out(database: Database) -> None:
    async with served(database) as it:
        body = orjson.dumps([done(1)]).replace(b'"timestamp"', b'"result":{"extensions":{"x:y":1e400}},"timestamp"')
        answer = await it.client.send("POST", "/xAPI/statements", body)
        assert answer.status == 200, answer.body
        await it.follow()
        found = await it.client.send("GET", "/analytics/v1/statements?actor=mailto:p1@example.org")
        assert [each["id"] for each in json.loads(found.body)["statements"]] == [done(1)["id"]]


async def test_terms_that_were_named_in_vain_are_named_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with served(database) as it:
        await it.send(done(1), done(2))
        add = copy.add
        failed: list[object] = []

        async def fail_once(*given: Any) -> None:
            if not failed:
                failed.append(given)
                raise RuntimeError("the first time")
            await add(*given)

        monkeypatch.setattr(copy, "add", fail_once)
        await it.follow()
        assert failed
        async with it.core.reads.acquire() as connection:
            named = await connection.fetch("select value from statistics.terms where path = 'actor' order by value")
        assert [row["value"] for row in named] == ["mbox:mailto:p1@example.org", "mbox:mailto:p2@example.org"]


def test_terms_of_a_statement() -> None:
    found = terms({
        "actor": {"objectType": "Group", "member": [{"mbox": "mailto:A@b.org"}]},
        "verb": {"id": "v"},
        "object": {"id": "o", "definition": {"extensions": {"x": 1.5}}},
        "context": {"contextActivities": {"parent": {"id": "p"}}, "extensions": {"y": {"deep": 1}}},
    })  # fmt: skip
    assert found == [
        ("verb", "v"), ("actor", "mbox:mailto:a@b.org"), ("object.kind", "Activity"), ("object", "o"),
        ("extension", "x"), ("extension:x", "1.5"), ("context.parent", "p"), ("extension", "y"),
    ]  # fmt: skip
