"""Finding statements: filters, StatementRefs, voiding, pages, scopes."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from lrs.log.floor import Floors
from lrs.log.loads import Loads
from lrs.readers import StoredStatement
from lrs.xapi.query import StatementQuery
from lrs.xapi.versions import Version
from tests.world import MBOX, VERB, VOIDED, World, refers, statement, voids

ADA = f"mbox:{MBOX}"
EVE = "mbox:mailto:eve@example.org"
CONFIRMED = "https://example.org/verbs/confirmed"


async def one(world: World, **changes: object) -> UUID:
    return (await world.send(statement(**{"id": str(uuid4())} | changes))).ids[0]


async def test_newest_first(world: World) -> None:
    first, second = await one(world), await one(world)
    assert [second, first] == await world.find()
    assert [first, second] == await world.find(ascending=True)


@pytest.mark.parametrize("ascending", [False, True])
async def test_pages_follow_one_another(world: World, ascending: bool) -> None:
    sent = [await one(world) for _ in range(7)]
    assert sorted(sent, key=sent.index, reverse=not ascending) == await world.find(limit=3, ascending=ascending)


@pytest.mark.parametrize(
    ("query", "changes"),
    [
        ({"agent": EVE}, {"actor": {"mbox": "mailto:eve@example.org"}}),
        ({"agent": EVE}, {"object": {"objectType": "Agent", "mbox": "mailto:eve@example.org"}}),
        ({"agent": EVE}, {"actor": {"objectType": "Group", "member": [{"mbox": MBOX}, {"mbox": EVE[5:]}]}}),
        (
            {"agent": EVE, "verb": VERB},
            {"actor": {"objectType": "Group", "member": [{"mbox": MBOX}, {"mbox": EVE[5:]}]}},
        ),
        ({"verb": VERB + "!"}, {"verb": {"id": VERB + "!"}}),
        ({"activity": "https://example.org/other"}, {"object": {"id": "https://example.org/other"}}),
        ({"registration": UUID(int=7)}, {"context": {"registration": str(UUID(int=7))}}),
        ({"agent": EVE, "related_agents": True}, {"context": {"instructor": {"mbox": EVE[5:]}}}),
        ({"agent": EVE, "verb": VERB, "related_agents": True}, {"context": {"instructor": {"mbox": EVE[5:]}}}),
        (
            {"activity": "https://example.org/course", "related_activities": True},
            {"context": {"contextActivities": {"parent": [{"id": "https://example.org/course"}]}}},
        ),
        (
            {"activity": "https://example.org/course", "related_activities": True, "agent": ADA},
            {"context": {"contextActivities": {"parent": [{"id": "https://example.org/course"}]}}},
        ),
        (
            {
                "activity": "https://example.org/course",
                "related_activities": True,
                "agent": EVE,
                "related_agents": True,
                "registration": UUID(int=7),
            },
            {
                "context": {
                    "registration": str(UUID(int=7)),
                    "team": {"objectType": "Group", "member": [{"mbox": EVE[5:]}]},
                    "contextActivities": {"category": [{"id": "https://example.org/course"}]},
                }
            },
        ),
    ],
)
async def test_a_filter_finds_its_own(world: World, query: dict[str, Any], changes: dict[str, Any]) -> None:
    await one(world)
    wanted = await one(world, **changes)
    await one(world)
    assert [wanted] == await world.find(**query)
    assert [wanted] == await world.find(**query, ascending=True)


async def test_the_authority_is_related(world: World) -> None:
    sent = await one(world)
    assert [] == await world.find(agent=world.caller.authority_ifi)
    assert [sent] == await world.find(agent=world.caller.authority_ifi, related_agents=True)


async def test_context_agents_are_related(world: World) -> None:
    context = {"contextAgents": [{"objectType": "contextAgent", "agent": {"mbox": EVE[5:]}}]}
    sent = (await world.send(statement(context=context, id=str(uuid4())), version=Version.V2_0_0)).ids[0]
    assert [sent] == await world.find(agent=EVE, related_agents=True)


async def test_since_is_exclusive_and_until_inclusive(world: World) -> None:
    sent = [await one(world) for _ in range(3)]
    page = [each async for each in world.events.every(world.store.id)]
    middle = page[1].stored
    assert [sent[2]] == await world.find(since=middle)
    assert [sent[1], sent[0]] == await world.find(until=middle)
    assert [] == await world.find(since=page[2].stored)
    assert sent[::-1] == await world.find(until=middle + timedelta(days=1))
    assert [] == await world.find(until=page[0].stored - timedelta(microseconds=1))


@pytest.mark.parametrize("target_first", [True, False])
async def test_a_reference_is_found_by_its_target(world: World, target_first: bool) -> None:
    target = uuid4()
    sent = [statement(id=str(target), context={"registration": str(UUID(int=7))}), refers(target)]
    for each in sent if target_first else sent[::-1]:
        await world.send(each)
    wanted = {UUID(each["id"]) for each in sent}
    for query in (
        {"agent": ADA},
        {"verb": VERB},
        {"registration": UUID(int=7)},
        {"agent": ADA, "verb": VERB},
        {"agent": world.caller.authority_ifi, "related_agents": True, "verb": VERB},
    ):
        assert wanted == set(await world.find(**query)), query
    assert [UUID(sent[1]["id"])] == await world.find(verb=CONFIRMED)
    assert [] == await world.find(verb=CONFIRMED, agent=ADA)


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (1, 3, 0, 2)])
@pytest.mark.parametrize("at_once", [True, False])
async def test_references_reach_along_a_chain(world: World, order: tuple[int, ...], at_once: bool) -> None:
    chain = [statement(id=str(uuid4()), context={"instructor": {"mbox": "mailto:max@example.org"}})]
    for _ in range(3):
        chain.append(refers(UUID(chain[-1]["id"])))
    if at_once:
        await world.send(*(chain[index] for index in order))
    else:
        for index in order:
            await world.send(chain[index])
    wanted = {UUID(each["id"]) for each in chain}
    assert wanted == set(await world.find(verb=VERB))
    assert wanted == set(await world.find(agent="mbox:mailto:max@example.org", related_agents=True))


@pytest.mark.parametrize("at_once", [True, False])
async def test_a_circle_of_references_ends(world: World, at_once: bool) -> None:
    a, b = uuid4(), uuid4()
    sent = [refers(b, id=str(a), actor={"mbox": MBOX}), refers(a, id=str(b), verb={"id": VERB})]
    if at_once:
        await world.send(*sent)
    else:
        for each in sent:
            await world.send(each)
    assert {a, b} == set(await world.find(agent=ADA))
    assert {a, b} == set(await world.find(verb=VERB))


@pytest.mark.parametrize("first", ["target", "referrer"])
async def test_a_batch_may_close_a_chain_on_both_sides(world: World, first: str) -> None:
    target = statement(id=str(uuid4()))
    middle = refers(UUID(target["id"]))
    referrer = refers(UUID(middle["id"]))
    await world.send(middle)
    await world.send(*((target, referrer) if first == "target" else (referrer, target)))
    assert {UUID(each["id"]) for each in (target, middle, referrer)} == set(await world.find(verb=VERB))


async def test_a_statement_that_refers_to_itself(world: World) -> None:
    itself = uuid4()
    await world.send(refers(itself, id=str(itself)))
    assert [itself] == await world.find(agent=EVE)


@pytest.mark.parametrize("target_first", [True, False])
async def test_a_voided_statement_is_not_listed(world: World, target_first: bool) -> None:
    target = uuid4()
    sent = [statement(id=str(target)), voids(target)]
    for each in sent if target_first else sent[::-1]:
        await world.send(each)
    voiding = UUID(sent[1]["id"])
    assert [voiding] == await world.find()
    assert [voiding] == await world.find(agent=ADA)
    assert [voiding] == await world.find(verb=VERB)
    assert await read(world, target, voided=False) is None
    assert await read(world, target, voided=True) is not None
    assert await read(world, voiding, voided=True) is None


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
async def test_a_voiding_statement_is_not_voided(world: World, order: tuple[int, ...]) -> None:
    target = uuid4()
    voiding = voids(target)
    sent = [statement(id=str(target)), voiding, voids(UUID(voiding["id"]))]
    for index in order:
        await world.send(sent[index])
    assert {UUID(sent[1]["id"]), UUID(sent[2]["id"])} == set(await world.find(verb=VOIDED))
    assert await read(world, UUID(voiding["id"]), voided=False) is not None


async def test_voiding_within_one_batch(world: World) -> None:
    target = uuid4()
    await world.send(voids(target), statement(id=str(target)))
    assert await read(world, target, voided=True) is not None


async def test_mine_sees_its_own_alone(world: World) -> None:
    other = world.credential("other")
    target = uuid4()
    await world.send(statement(id=str(target)), by=other)
    mine = await one(world)
    reference = refers(target)
    await world.send(reference)
    me = world.caller.authority_ifi
    assert [UUID(reference["id"]), mine] == await world.find(mine=me)
    assert [mine] == await world.find(mine=me, agent=ADA)
    assert [mine] == await world.find(mine=me, verb=VERB)
    assert [mine] == await world.find(mine=me, activity="https://example.org/unit/1", related_activities=True)
    assert await read(world, target, voided=False, mine=me) is None
    assert await read(world, mine, voided=False, mine=me) is not None


async def test_a_page_tells_the_floor_before_it(world: World) -> None:
    sent = await world.send(statement())
    page = await world.statements.find(world.store.id, StatementQuery(), mine=None)
    assert page.through >= sent.through
    assert page.statements[0].stored <= page.through
    later = await world.send(statement())
    after = await world.statements.find(world.store.id, StatementQuery(), mine=None)
    assert after.statements[0].stored > page.through
    assert after.through >= later.through


async def test_an_idle_floor_is_raised_to_the_clock(world: World) -> None:
    await world.send(statement())
    async with world.pool.acquire() as connection:
        await connection.execute("update log.heads set floor = floor - interval '1 minute'")
        clock = await connection.fetchval("select clock_timestamp()")
    assert clock <= await Floors(world.pool).through(world.store.id)


async def test_a_held_floor_is_left_alone(world: World) -> None:
    await Loads(world.pool).hold(world.store)
    assert 1970 == (await Floors(world.pool).through(world.store.id)).year


async def test_a_long_chain_of_references_is_found(world: World) -> None:
    chain = [statement(id=str(uuid4()))]
    for _ in range(300):
        chain.append(refers(UUID(chain[-1]["id"])))
    await world.send(*chain[150:])
    await world.send(*chain[:150])
    assert 301 == len(await world.find(verb=VERB, limit=100))


async def read(world: World, wanted: UUID, *, voided: bool, mine: str | None = None) -> StoredStatement | None:
    return await world.statements.get(world.store.id, wanted, voided=voided, mine=mine)
