"""What is computed for some people at a time is the same, page by page, as all of it at once."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest
import pytest_asyncio

from projections.rubric_evidence import scope
from tests.conftest import Database
from tests.projections.rubric_evidence import town as towns
from tests.projections.rubric_evidence.town import POLICY, ROSTER, Town, scored, told
from tests.reference.given import csv, replaced
from tests.world import World

OCTOBER, FEBRUARY = "2025-10-07T17:00:00Z", "2026-02-10T18:00:00Z"
STRANGER = "zoe"


@pytest_asyncio.fixture
async def town(world: World, database: Database) -> AsyncIterator[Town]:
    async with towns.town(world, database) as made:
        await made.load_all()
        people = ("ann", "bob", "sue", STRANGER)
        rated = [
            scored(who, "cam", 2, when, on) for who in people for when in (OCTOBER, FEBRUARY) for on in ("plan", "ask")
        ]
        await made.tell(*rated)
        yield made


@pytest.mark.parametrize("when", ["", "&as_of=2026-02-27"])
@pytest.mark.parametrize("people", [1, 2, 10])
async def test_pages_miss_nothing(town: Town, people: int, when: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = {
        path: await town.ask(f"{path}?limit=100{when}", "researcher", "rae")
        for path in ("/coverage", "/scores", "/growth")
    }
    monkeypatch.setattr(scope, "PEOPLE", people)
    for path, every in whole.items():
        assert every
        # A cursor ends in the midst of somebody's rows, or with the last of them.
        for limit in (3, 4):
            assert await _paged(town, f"{path}?limit={limit}{when}") == every


async def test_pages_of_the_past_miss_no_row_that_has_another_key_now(town: Town) -> None:
    when = "as_of=2026-02-27&purpose=unspecified"
    whole = await town.ask(f"?limit=100&{when}", "researcher", "rae")
    # From then on the rows of the year and of spring are `mixed`; those of fall, which is over, stay as they are.
    await town.load("policy", f"{POLICY}purposes: {{mix: true}}".encode(), date(2026, 3, 1))
    await town.stage.settle()
    assert len(whole) == 4 * 2 * 3
    for limit in (1, 2, 5):
        assert await _paged(town, f"?limit={limit}&{when}") == whole


@pytest.mark.parametrize("path", ["", "/coverage"])
async def test_a_filter_of_the_past_goes_by_what_rows_were_then(town: Town, path: str) -> None:
    await town.tell(scored("sid", "cam", 3, FEBRUARY), scored("sid", "cam", 4, FEBRUARY))
    asked = f"{path}?limit=100&as_of=2026-02-27&purpose=unspecified"
    before = await town.ask(asked, "researcher", "rae")
    # Of her there are none but `mixed` rows from then on.
    await town.load("policy", f"{POLICY}purposes: {{mix: true}}".encode(), date(2026, 3, 1))
    await town.stage.settle()
    assert await town.ask(asked, "researcher", "rae") == before
    assert len({row["person_id"] for row in before}) == 5


@pytest.mark.parametrize("path", ["", "/coverage"])
async def test_a_grade_that_was_given_again_later_counted_in_its_period_until_then(town: Town, path: str) -> None:
    visit = "6c4b1b0e-0000-4000-8000-000000000001"
    await town.tell(scored("sid", "cam", 3, OCTOBER, visit=visit))
    asked = f"{path}?limit=100&as_of=2025-12-01&period=fall"
    before = await town.ask(asked, "researcher", "rae")
    await town.tell(scored("sid", "cam", 4, FEBRUARY, visit=visit))
    # Of fall she has no row any more.
    assert await town.ask(asked, "researcher", "rae") == before


async def test_who_is_not_in_the_roster_is_not_missed(town: Town) -> None:
    found = {row["person_id"] for row in await town.ask("/growth", "researcher", "rae")}
    assert len(found) == 4


async def test_coverage_is_of_her_own_school_year_whoever_else_is_asked_about(town: Town) -> None:
    moved = replaced("users.csv", "ann,,,true,north", "ann,,,true,south", ROSTER)
    sessions = csv(
        "sourcedId,status,title,type,startDate,endDate,schoolYear,metadata.pd.org",
        "late,,2025-26,schoolYear,2025-09-02,2026-06-20,2026,south",
    )
    await town.load("roster", {**moved, "academicSessions.csv": sessions}, date(2026, 1, 12))
    await town.stage.settle()
    rows = await town.ask("/coverage?criterion=plan&person=ann&person=bob")
    # What she was given in October counts in the year of the school that she left.
    assert told(rows, "person_id", "period_id", "evidence_count") == [("ann", "late", 1), ("bob", "y", 2)]


async def _paged(town: Town, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    more: str | None = path
    while more is not None:
        page: Any = (await town.send(more, "researcher", "rae")).json
        found += page["rows"]
        more = page["more"] and page["more"].partition("rubric-evidence")[2]
    return found
