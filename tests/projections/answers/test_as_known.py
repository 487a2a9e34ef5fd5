"""Answers hold at the position that they give: reference data and facts neither newer nor older."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from lrs.reference.reference import Reference
from projections.answers import standing
from tests.conftest import Database
from tests.projections.cohort_participation import circle as circles
from tests.projections.cohort_participation.circle import ROSTER, Circle, completed, met
from tests.world import World

SEPTEMBER = "2025-09-03T22:30:00Z"
STATEMENTS = "cohorts/plc/statements?period=y"
MEMBERS = "cohorts/plc/members?period=y"


@pytest_asyncio.fixture
async def circle(world: World, database: Database) -> AsyncIterator[Circle]:
    async with circles.circle(world, database) as made:
        await made.load_all()
        await made.tell(met(SEPTEMBER, "ann", "bob", "cam"), completed("bob", "u1", "2025-09-05T18:00:00Z"))
        yield made


async def roster(circle: Circle, *without: str, **names: str) -> None:
    """Apply a roster in which some are not in the cohort, and some have another name."""
    changed = {name: content.decode() for name, content in ROSTER.items()}
    for who in without:
        lines = changed["enrollments.csv"].splitlines(keepends=True)
        changed["enrollments.csv"] = "".join(line for line in lines if not line.startswith(f"e-{who},"))
    for who, name in names.items():
        changed["users.csv"] = changed["users.csv"].replace(f",{who.title()},X,", f",{name},X,")
    await circle.load("roster", {name: content.encode() for name, content in changed.items()})


async def answer(circle: Circle, path: str) -> dict[str, Any]:
    """A whole answer."""
    sent = await circle.send(path)
    assert sent.status == 200, sent.body
    told = sent.json
    assert isinstance(told, dict)
    return told


async def held(circle: Circle, path: str) -> dict[str, Any]:
    """An answer, which is that of its position."""
    told = await answer(circle, path)
    assert (await answer(circle, f"{path}&as_known_at={told['through_position']}"))["rows"] == told["rows"]
    return told


def people(told: dict[str, Any]) -> set[str]:
    return {row["person_id"] for row in told["rows"]}


@pytest.fixture
def meanwhile(circle: Circle, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between a question and its answer bob leaves the cohort, and ann gets another name; all follow."""
    known = standing.References.of
    done: list[int] = []

    async def of(self: standing.References, store: int) -> Reference:
        found = await known(self, store)
        if not done:
            done.append(store)
            await roster(circle, "bob", ann="Anna")
            await circle.stage.settle()
        return found

    monkeypatch.setattr(standing.References, "of", of)


@pytest.mark.usefixtures("meanwhile")
async def test_a_roster_that_comes_between_question_and_answer_counts(circle: Circle) -> None:
    told = await held(circle, STATEMENTS)
    assert people(told) == {"ann", "cam"}
    assert {row["person_name"] for row in told["rows"]} == {"Anna X", "Cam X"}


@pytest.mark.usefixtures("meanwhile")
async def test_names_beside_rows_are_those_of_the_rows(circle: Circle) -> None:
    told = await held(circle, MEMBERS)
    assert "Anna X" in {row["person_name"] for row in told["rows"]}


async def test_a_roster_that_is_not_carried_yet_does_not_count(circle: Circle) -> None:
    before = await held(circle, STATEMENTS)
    await roster(circle, "bob", ann="Anna")
    assert await held(circle, STATEMENTS) == before
    follower = circle.stage.running
    while await follower.runner.turn(follower.follower):
        pass
    # Facts have taken it in; rows have yet to be computed.
    assert people(await held(circle, STATEMENTS)) == people(before) == {"ann", "bob", "cam"}
    await circle.stage.settle()
    assert people(await held(circle, STATEMENTS)) == {"ann", "cam"}


async def test_days_of_the_past_are_those_of_the_position_too(circle: Circle) -> None:
    days = ("cohorts/plc/members?period=y&as_of=2025-12-01", f"{STATEMENTS}&as_of=2025-12-01")
    before = [await answer(circle, each) for each in days]
    await circle.stage.send(met("2025-09-17T22:30:00Z", "ann", "dee"))
    follower = circle.stage.running
    while await follower.runner.turn(follower.follower):
        pass
    assert [await answer(circle, each) for each in days] == before
    ((head,),) = await circle.stage.rows("select max(position) from log.heads")
    assert head > before[0]["through_position"]
    ahead = [f"{each}&as_known_at={head}" for each in days]
    assert [(await answer(circle, each))["rows"] for each in ahead] == [each["rows"] for each in before]
    await circle.stage.settle()
    assert [(await answer(circle, each))["rows"] for each in days] != [each["rows"] for each in before]


async def test_who_may_see_goes_by_now_whatever_was_known_then(circle: Circle) -> None:
    position = (await answer(circle, STATEMENTS))["through_position"]
    assert await circle.ask(f"{STATEMENTS}&as_known_at={position}", "facilitator", "fay")
    await roster(circle, "fay")
    await circle.stage.settle()
    for path in (STATEMENTS, f"{STATEMENTS}&as_known_at={position}"):
        assert (await circle.send(path, "facilitator", "fay")).status == 404
