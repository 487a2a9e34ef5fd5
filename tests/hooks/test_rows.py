"""Hooks that send changed rows."""

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import jsonschema
import orjson
import pytest
import pytest_asyncio

from lrs.errors import Conflict, Invalid, NotFound
from lrs.hooks import kinds
from lrs.hooks.operating import Operating
from projections.rubric_evidence.projection import PROJECTION
from tests.conftest import Database
from tests.hooks import sinks
from tests.hooks.asking import SETTINGS, Asking
from tests.projections.rubric_evidence import town as towns
from tests.projections.rubric_evidence.town import NOW, scored
from tests.world import World

OCTOBER = "2025-10-07T17:00:00Z"
EVIDENCE = {"projection": "rubric_evidence", "tables": ["evidence"]}
SCHEMA = orjson.loads(Path("schemas/hooks/messages/RowChanged-v1.json").read_bytes())


@pytest_asyncio.fixture
async def asking(world: World, database: Database) -> AsyncIterator[Asking]:
    async with towns.town(world, database) as town:
        await town.load_all()
        await town.stage.settle()
        yield Asking(town, PROJECTION.questions, NOW)


async def test_mastered_then_voided_leads_to_two_changes(asking: Asking) -> None:
    """Issue: a criterion mastered and then voided leads to two row changes, and no more."""
    async with sinks.sink() as sink:
        made = await asking.make("rows", url=sink.url, state={"mastered": ["true"], "period_kind": ["schoolYear"]},
                                 **EVIDENCE)  # fmt: skip
        async with asking.carrying():
            (given,) = await asking.town.tell(scored("ann", "cam", 4, OCTOBER))
            await sink.has(1)
            await asking.town.void(given)
            await sink.has(2)
            await asyncio.sleep(1.5)
    assert [(got.json["what"], got.json["key"]["criterion_id"]) for got in sink.got] == [
        ("added", "plan"), ("removed", "plan"),
    ]  # fmt: skip
    first, second = (got.verified(made.secrets["signing"]) for got in sink.got)
    assert first["row"]["mastered"] is True
    assert first["row"]["person_name"] == "Ann X"
    assert (second["before"], second["row"]) == (first["row"], None)
    assert [got.id for got in sink.got] == [each["id"] for each in (first, second)]
    assert first["id"].split(":")[2:4] == ["rows", "rubric_evidence"]
    for each in (first, second):
        jsonschema.validate(each, SCHEMA)


async def test_what_a_role_does_not_see_is_not_sent(asking: Asking) -> None:
    async with sinks.sink() as sink:
        await asking.make("rows", url=sink.url, **EVIDENCE)
        async with asking.carrying():
            # Sue is not one of cam's.
            await asking.town.tell(scored("sue", "kim", 4, OCTOBER))
            await asking.town.tell(scored("bob", "cam", 4, OCTOBER))
            await sink.has(2)
    assert {got.json["row"]["person_id"] for got in sink.got} == {"bob"}
    assert {tuple(sorted(look.people)) for look in asking.town.kept} == {("bob",)}


async def test_a_role_that_sees_sums_alone_is_told_so(asking: Asking) -> None:
    async with sinks.sink() as sink:
        made = await asking.make("rows", url=sink.url, view={"role": "director"}, **EVIDENCE)
        await asking.tend()
    failing = await asking.hooks.failing(made.hook.store)
    assert "sums" in failing[made.hook.id].error
    assert sink.got == []


async def test_what_was_sent_is_not_sent_again_after_a_restart(asking: Asking) -> None:
    async with sinks.sink() as sink:
        await asking.make("rows", url=sink.url, **EVIDENCE)
        await asking.town.tell(scored("ann", "cam", 4, OCTOBER))
        await asking.tend()
        await asking.tend()
        await asking.town.tell(scored("ann", "cam", 3, OCTOBER))
        await asking.tend()
    assert len(sink.ids) == len(set(sink.ids)) == 4
    assert [got.json["what"] for got in sink.got] == ["added", "added", "changed", "changed"]


async def test_a_message_that_fails_is_sent_again_under_its_id(asking: Asking) -> None:
    async with sinks.sink(sinks.status(500, 204)) as sink:
        await asking.make("rows", url=sink.url, batch=10, **EVIDENCE)
        await asking.town.tell(scored("ann", "cam", 4, OCTOBER))
        await asking.tend()
        await asking.town.stage.rows("update hooks.pending set due = now() - interval '1 s' returning 1")
        await asking.tend()
    assert len(sink.ids) == 2
    assert len(set(sink.ids)) == 1
    assert [event["what"] for event in sink.got[1].json["events"]] == ["added", "added"]


@pytest.mark.parametrize(
    ("config", "pointer"),
    [
        ({"projection": "nothing"}, "/config/projection"),
        ({"projection": "rubric_evidence", "tables": ["nothing"]}, "/config/tables"),
        ({"projection": "rubric_evidence", "state": {"nothing": ["x"]}}, "/config/state"),
        ({"projection": "rubric_evidence", "view": {"role": "coach"}}, "/config/as/person"),
        ({"projection": "rubric_evidence", "view": {"role": "king"}}, "/config/as/role"),
        ({"projection": "rubric_evidence", "surprise": 1}, "/config"),
    ],
)
async def test_what_cannot_be_asked_for_is_refused(asking: Asking, config: dict[str, Any], pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        await asking.make("rows", url="http://127.0.0.1:9/", **config)
    assert refused.value.pointer == pointer


async def test_events_cannot_be_told_again(asking: Asking) -> None:
    made = await asking.make("rows", url="http://127.0.0.1:9/", **EVIDENCE)
    with pytest.raises(Conflict):
        await asking.hooks.replay(made.hook, 1)


async def test_a_message_is_sent_again_by_hand_under_its_id(asking: Asking) -> None:
    world = asking.town.stage.world
    operating = Operating(asking.hooks, world.pool, world.stores, lambda config: kinds.endpoint(SETTINGS, config))
    async with sinks.sink() as sink:
        made = await asking.make("rows", url=sink.url, **EVIDENCE)
        await asking.town.tell(scored("ann", "cam", 4, OCTOBER))
        await asking.tend()
        await operating.redeliver(made.hook, sink.ids[0])
        await asking.tend()
        with pytest.raises(NotFound):
            await operating.redeliver(made.hook, "nothing")
        assert (await operating.test(made.hook)).is_success
        seen = await operating.one(made.hook.store, str(made.hook.id))
    assert sink.ids[:3] == [sink.ids[0], sink.ids[1], sink.ids[0]]
    assert seen.told()["kind"] == "rows"


async def test_a_kill_anywhere_loses_no_change_and_makes_no_second_id(asking: Asking) -> None:
    dice = random.Random(11)
    async with sinks.sink() as sink:
        await asking.make("rows", url=sink.url, **EVIDENCE)
        for number in range(8):
            await asking.town.tell(scored("ann", "cam", 1 + number % 4, f"2025-10-{number + 1:02}T17:00:00Z"))
            for _ in range(3):
                task = asyncio.ensure_future(asking.tend())
                await asyncio.sleep(dice.uniform(0, 0.06))
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        await asking.tend()
    query = "select number from changes.rows where \"table\" = 'evidence' order by number"
    wanted = await asking.town.stage.rows(query)
    first = list(dict.fromkeys(got.json["number"] for got in sink.got))
    assert [(number,) for number in first] == wanted
    assert len({(got.id, got.body) for got in sink.got}) == len(set(sink.ids)) == len(wanted)
