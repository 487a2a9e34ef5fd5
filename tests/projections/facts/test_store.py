"""Facts are kept after the log: what begins, what ends, and what does not live at all."""

from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from lrs.storage import pool as storage
from projections.answers import explaining
from projections.facts import store as facts_store
from projections.facts.store import Facts
from tests.conftest import Database
from tests.projections import stage as stages
from tests.projections.stage import Stage, completed
from tests.world import World, statement, voids

IDENTITY = {"person_sourcedId": "p1", "ifi_type": "mbox", "value": "mailto:ann@example.org"}


@pytest_asyncio.fixture
async def stage(world: World, database: Database) -> Stage:
    return await stages.make(world, database)


async def facts(stage: Stage) -> list[tuple[object, ...]]:
    return await stage.rows("select position, since, until from facts.facts order by position, since")


async def test_a_statement_becomes_facts_and_rows(stage: Stage) -> None:
    await stage.send(completed("ann"), completed("bob", minutes=20), completed("ann", "2"))
    await stage.settle()
    assert await facts(stage) == [(1, 1, None), (2, 2, None), (3, 3, None)]
    assert await stage.learned() == {"ann": (2, 20), "bob": (1, 20)}


async def test_a_void_ends_facts(stage: Stage) -> None:
    first, _ = await stage.send(completed("ann"), completed("ann", "2"))
    await stage.settle()
    await stage.world.send(voids(first))
    await stage.settle()
    assert await facts(stage) == [(1, 1, 3), (2, 2, None)]
    assert await stage.learned() == {"ann": (1, 10)}


async def test_a_void_in_the_same_batch_ends_facts(stage: Stage) -> None:
    told = completed("ann")
    await stage.send(told)
    await stage.world.send(voids(UUID(told["id"])))
    await stage.settle()
    assert await facts(stage) == [(1, 1, 2)]
    assert await stage.learned() == {}


async def test_a_key_is_marked_where_it_first_changes(stage: Stage) -> None:
    """P-13: a void tells of its key first, though another statement of the same batch bore on it before."""
    (first,) = await stage.send(completed("ann"))
    await stage.settle()
    await stage.send(completed("ann", "2"))
    await stage.world.send(voids(first))
    await stage.running.runner.turn(stage.running.follower)
    assert await stage.rows("select position, positions from facts.marks") == [(2, [2])]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        (explaining.SQL["facts"].text, [3, 9]),
        (facts_store.FILE["end"].text, [[3], [9]]),
        (facts_store.FILE["live_of"].text, [[3]]),
        (facts_store.FILE["page"].text, [9, 3, 0, 10]),
    ],
)
async def test_facts_of_a_statement_are_found_by_its_position(stage: Stage, text: str, values: list[object]) -> None:
    async with storage.transaction(stage.world.pool) as tx:
        # Of few rows the planner would read all.
        await tx.execute(
            "insert into facts.facts select $1, gen_random_uuid(), 0, n, null, n, 'learn', 1, null, null, now(), '{}'"
            " from generate_series(1, 5000) n",
            stage.world.store.id,
        )
        plan = await tx.fetch(f"explain {text}", stage.world.store.id, *values)
    conditions = [line for (line,) in plan if "Index Cond" in line]
    assert any('"position"' in line for line in conditions), plan


async def test_what_was_voided_before_never_lives(stage: Stage) -> None:
    told = completed("ann")
    await stage.world.send(voids(UUID(told["id"])))
    await stage.send(told, completed("bob"))
    await stage.settle()
    assert await facts(stage) == [(3, 3, None)]
    assert await stage.learned() == {"bob": (1, 10)}


async def test_what_no_rule_took_is_counted(stage: Stage) -> None:
    verb = {"id": "https://example.org/verbs/hummed"}
    await stage.world.send(*(statement(id=str(uuid4()), verb=verb) for _ in range(3)))
    await stage.settle()
    async with stage.world.pool.acquire() as connection:
        found = await stage.running.facts.sql.fetch(connection, "unmatched", store=stage.world.store.id, through=9)
    assert [tuple(row) for row in found] == [("https://example.org/verbs/hummed", "Activity", 3, 3)]


async def test_who_is_named_is_known(stage: Stage) -> None:
    await stage.send(completed("ann"), completed("bob"), completed("ann"))
    await stage.settle()
    async with stage.world.pool.acquire() as connection:
        found = await stage.running.facts.sql.fetch(connection, "identities", store=stage.world.store.id, at=9)
    assert [tuple(row) for row in found] == [
        ("mbox:mailto:ann@example.org", 2),
        ("mbox:mailto:bob@example.org", 1),
    ]


async def test_who_was_identified_in_vain_is_identified_again(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a rolled back batch has written is written by the next."""
    await stage.send(completed("ann"), completed("bob"))
    ask = Facts.ask
    failed: list[object] = []

    async def fail_once(self: Facts, *given: Any) -> None:
        if not failed:
            failed.append(given)
            raise RuntimeError("the first time")
        await ask(self, *given)

    monkeypatch.setattr(Facts, "ask", fail_once)
    await stage.settle()
    assert failed
    assert await stage.parked() == []
    named = await stage.rows("select ifi from facts.identities order by ifi")
    assert named == [("mbox:mailto:ann@example.org",), ("mbox:mailto:bob@example.org",)]


async def test_who_is_identified_is_not_identified_again(stage: Stage) -> None:
    await stage.send(completed("ann"))
    await stage.settle()
    await stage.rows("delete from facts.identities")
    await stage.send(completed("ann", "2"), completed("bob"))
    await stage.settle()
    assert await stage.rows("select ifi from facts.identities") == [("mbox:mailto:bob@example.org",)]
