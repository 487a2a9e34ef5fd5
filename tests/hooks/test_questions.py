"""Standing questions: asked once a day, telling what is new."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jsonschema
import orjson
import pytest
import pytest_asyncio

from lrs.errors import Invalid
from tests.conftest import Database
from tests.hooks import sinks
from tests.hooks.asking import Asking
from tests.projections.coaching_cadence import town as towns
from tests.projections.coaching_cadence.town import PROJECTION
from tests.world import World

ZONE = ZoneInfo("America/Los_Angeles")
OVERDUE: dict[str, Any] = {"path": "coaching/pairs", "parameters": {"status": ["overdue"]}, "at": "07:00"}
SCHEMA = orjson.loads(Path("schemas/hooks/messages/QuestionAnswered-v1.json").read_bytes())


def at(day: str, clock: str = "07:01") -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=ZONE)


@pytest_asyncio.fixture
async def asking(world: World, database: Database) -> AsyncIterator[Asking]:
    # Ann is to be seen every 14 days from 2 September on, bob every 28; nobody is ever seen.
    async with towns.town(world, database) as town:
        await town.load_all()
        yield Asking(town, PROJECTION.questions, at("2025-09-10", "12:00"))


async def days(asking: Asking, first: int, last: int, *, times: int = 2) -> None:
    """Go through days of September, looking at the clock a few times each."""
    for day in range(first, last + 1):
        for hour in range(times):
            asking.now = at(f"2025-09-{day:02}", f"{7 + hour:02}:05")
            await asking.tend()


async def test_who_passes_the_due_date_is_told_once(asking: Asking) -> None:
    """Issue: an educator who passes the due date with no event arriving leads to exactly one message id."""
    async with sinks.sink() as sink:
        made = await asking.make("question", url=sink.url, **OVERDUE)
        head = await asking.town.stage.rows("select position from log.heads where store = $1", made.hook.store)
        await days(asking, 11, 25)
        assert head == await asking.town.stage.rows("select position from log.heads where store = $1", made.hook.store)
    (got,) = sink.got
    told = got.verified(made.secrets["signing"])
    assert [(row["educator_id"], row["educator_name"], row["status"]) for row in told["rows"]] == [
        ("ann", "Ann X", "overdue")
    ]
    assert (got.id, told["day"], told["as_of"]) == (told["id"], told["day"], told["day"])
    assert got.id.endswith(f"question:{made.hook.id}:{told['day']}")
    jsonschema.validate(told, SCHEMA)
    assert {look.who for look in asking.town.kept} == {f"hook:{made.hook.id}"}


async def test_a_kill_anywhere_makes_no_second_id_and_loses_none(asking: Asking) -> None:
    dice = random.Random(7)
    async with sinks.sink() as sink:
        await asking.make("question", url=sink.url, **OVERDUE)
        for day in range(14, 24):
            asking.now = at(f"2025-09-{day}")
            for _ in range(6):
                task = asyncio.ensure_future(asking.tend())
                await asyncio.sleep(dice.uniform(0, 0.05))
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
            await asking.tend()
    assert len(set(sink.ids)) == 1
    runs = await asking.town.stage.rows("select day, rows from hooks.runs order by day")
    assert [rows for _, rows in runs].count(1) == 1
    assert len(runs) == 10


async def test_days_that_were_missed_are_made_up_for_once(asking: Asking) -> None:
    async with sinks.sink() as sink:
        await asking.make("question", url=sink.url, **OVERDUE)
        asking.now = at("2025-10-20", "06:00")
        await asking.tend()
        await asking.tend()
        asking.now = at("2025-10-20", "08:00")
        await asking.tend()
    (got,) = sink.got
    assert {row["educator_id"] for row in got.json["rows"]} == {"ann", "bob", "sue"}
    assert got.json["day"] == "2025-10-19"
    assert await asking.town.stage.rows("select count(*) from hooks.runs") == [(2,)]


async def test_what_comes_back_is_new_again(asking: Asking) -> None:
    async with sinks.sink() as sink:
        await asking.make("question", url=sink.url, **{**OVERDUE, "parameters": {"status": ["overdue"],
                                                                                  "person": ["ann"]}})  # fmt: skip
        await days(asking, 22, 24, times=1)
        await asking.town.tell(towns.coached("ann", "2025-09-24T17:00:00Z"))
        await days(asking, 25, 26, times=1)
        for day in range(12, 20):
            asking.now = at(f"2025-10-{day}")
            await asking.tend()
    assert [got.json["rows"][0]["educator_id"] for got in sink.got] == ["ann", "ann"]
    assert len(set(sink.ids)) == 2


async def test_a_state_column_makes_a_row_new(asking: Asking) -> None:
    async with sinks.sink() as sink:
        await asking.make("question", url=sink.url, path="coaching/pairs", at="07:00", first="nothing",
                          parameters={"person": ["ann"]}, state=["standing"])  # fmt: skip
        await days(asking, 11, 24, times=1)
    standings = [row["standing"] for got in sink.got for row in got.json["rows"]]
    assert standings[-1] == "overdue"
    assert len(standings) == len(set(standings))


async def test_sums_are_told_to_who_sees_sums(asking: Asking) -> None:
    async with sinks.sink() as sink:
        await asking.make("question", url=sink.url, path="coaching/pairs", at="07:00", view={"role": "director"},
                          parameters={"by": ["standing"]})  # fmt: skip
        await days(asking, 11, 12)
    (got,) = sink.got
    assert all("educator_id" not in row for row in got.json["rows"])
    assert asking.town.kept == []


async def test_what_a_role_may_not_ask_is_told_to_who_looks(asking: Asking) -> None:
    async with sinks.sink() as sink:
        made = await asking.make("question", url=sink.url, view={"role": "researcher"}, path="coaching/pairs",
                                 at="07:00", parameters={"person": ["ann"]})  # fmt: skip
        await days(asking, 11, 11)
        assert sink.got == []
        assert "pseudonyms" in (await asking.hooks.failing(made.hook.store))[made.hook.id].error


async def test_many_rows_go_in_parts(asking: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lrs.hooks.analytic.questions.ROWS", 2)
    async with sinks.sink() as sink:
        made = await asking.make("question", url=sink.url, **OVERDUE)
        asking.now = at("2025-10-20")
        await asking.tend()
    own = f"question:{made.hook.id}:2025-10-20"
    assert [got.id.partition(":1:")[2] for got in sink.got] == [own, f"{own}:2"]
    assert [len(got.json["rows"]) for got in sink.got] == [2, 1]


@pytest.mark.parametrize(
    ("config", "pointer"),
    [
        ({"path": "coaching/nothing"}, "/config/path"),
        ({"parameters": {"nothing": ["x"]}}, "/config/parameters"),
        ({"parameters": {"as_of": ["2026-01-01"]}}, "/config/parameters/as_of"),
        ({"at": "7:00"}, "/config/at"),
        ({"timezone": "America/Nowhere"}, "/config/timezone"),
        ({"view": {"role": "evaluator"}}, "/config/as/role"),
    ],
)
async def test_what_cannot_be_asked_is_refused(asking: Asking, config: dict[str, Any], pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        await asking.make("question", url="http://127.0.0.1:9/", **{**OVERDUE, **config})
    assert refused.value.pointer == pointer
