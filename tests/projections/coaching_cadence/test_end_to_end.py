"""From statements to answers: mapped, kept as facts, computed, asked over HTTP; cases worked out by hand."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from lrs.xapi.versions import Version
from projections.analytic import replaying
from projections.analytic.building import Building
from projections.coaching_cadence import projection
from tests.conftest import Database
from tests.projections.coaching_cadence import town as towns
from tests.projections.coaching_cadence.town import (
    ATTENDED,
    CANCEL,
    COMPLETED,
    CYCLE,
    EXTENSIONS,
    LESSON,
    MENTOR,
    PROGRESSED,
    SESSION,
    STARTED,
    Town,
    activity,
    agent,
    coached,
    planned,
    told,
)  # fmt: skip
from tests.reference.given import csv, replaced
from tests.world import World


@pytest_asyncio.fixture
async def town(world: World, database: Database) -> AsyncIterator[Town]:
    async with towns.town(world, database) as made:
        yield made


def some(rows: list[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    """Columns of rows, in order."""
    return sorted(tuple(row[name] for name in names) for row in rows)


async def test_a_contact_leads_to_its_statements(town: Town) -> None:
    await town.load_all()
    session = str(uuid4())
    first = coached("ann", "2025-10-07T17:00:00Z", session=session)
    other = told(agent("ann"), ATTENDED, activity("https://lms/visit/9", SESSION), "2025-10-07T17:10:00Z",
                 context={"instructor": agent("cam")})  # fmt: skip
    await town.tell(first, other)
    (row,) = await town.ask("coaching/contacts?person=ann")
    assert row == {
        "contact_key": f"{first['id']}/0",
        "coach_id": "cam", "coach_name": "Cam X", "educator_id": "ann", "educator_name": "Ann X", "plan_id": None,
        "at": "2025-10-07T17:00:00Z", "local_date": "2025-10-07", "period_ids": ["y", "fall"], "minutes": 35.0,
        "minutes_basis": "reported", "kind": "conference", "cycle_id": None, "phase": None, "purpose": "formative",
        "statement_ids": [first["id"], other["id"]],
    }  # fmt: skip


async def test_who_is_due_depends_on_the_day(town: Town) -> None:
    await town.load_all()
    await town.tell(coached("ann", "2025-10-07T17:00:00Z"))
    # Every 14 days: due soon from 12, due after 14, overdue after 17 days.
    expected = {
        "2025-10-07": ("on_track", 0), "2025-10-18": ("on_track", 11), "2025-10-19": ("due_soon", 12),
        "2025-10-21": ("due_soon", 14), "2025-10-22": ("due", 15), "2025-10-24": ("due", 17),
        "2025-10-25": ("overdue", 18), "2025-11-25": ("paused", 48), "2025-10-06": ("overdue", 34),
        "2025-09-10": ("not_started", 8),
    }  # fmt: skip
    for day, (status, days) in expected.items():
        (row,) = await town.ask(f"coaching/pairs?person=ann&as_of={day}")
        assert (row["status"], row["days_since"]) == (status, days), day
        assert row["contacts"] == (day >= "2025-10-07")
    # Today, 1 December: 55 days less five of holidays.
    (today,) = await town.ask("coaching/pairs?person=ann")
    assert (today["standing"], today["days_since"], today["days_over"], today["next_due_on"]) == (
        "overdue", 50, 36, "2025-10-21",
    )  # fmt: skip


async def test_whom_the_coach_has_not_seen_within_plan(town: Town) -> None:
    await town.load_all()
    await town.tell(coached("ann", "2025-11-20T17:00:00Z"), coached("bob", "2025-10-20T17:00:00Z"))
    assert some(await town.ask("coaching/pairs?status=overdue"), "educator_id") == [("bob",), ("sue",)]
    assert some(await town.ask("coaching/pairs?due_by=2025-12-12"), "educator_id", "next_due_on") == [
        ("ann", "2025-12-09"), ("bob", "2025-11-17"), ("sue", "2025-09-30"),
    ]  # fmt: skip
    assert some(await town.ask("coaching/pairs?due_by=2025-12-05"), "educator_id") == [("bob",), ("sue",)]
    assert (await town.send("coaching/pairs?due_by=soon")).status == 400


async def test_bookings_to_come_and_missed(town: Town) -> None:
    await town.load_all()
    missed, off, comes = (str(uuid4()) for _ in range(3))
    await town.tell(
        planned("ann", "2025-10-01T17:00:00Z", "2025-10-07T17:00:00Z", session=missed),
        planned("ann", "2025-10-01T17:00:00Z", "2025-10-21T17:00:00Z", session=off),
        told(agent("ann"), CANCEL, activity("https://lms/visit/2", SESSION), "2025-10-20T17:00:00Z",
             context={"registration": off, "instructor": agent("cam")}),
        planned("ann", "2025-11-21T17:00:00Z", "2025-12-03T17:00:00Z", session=comes),
    )  # fmt: skip
    (row,) = await town.ask("coaching/pairs?person=ann")
    assert some([row], "status", "standing", "scheduled", "cancelled", "missed", "next_scheduled_at") == [
        ("overdue+scheduled", "overdue", 3, 1, 1, "2025-12-03T17:00:00Z")
    ]
    (then,) = await town.ask("coaching/pairs?person=ann&as_of=2025-10-14")
    assert some([then], "scheduled", "cancelled", "missed", "next_scheduled_at") == [
        (2, 0, 0, "2025-10-21T17:00:00Z")
    ]  # fmt: skip


async def test_void_takes_a_contact_away(town: Town) -> None:
    await town.load_all()
    first, _ = await town.tell(coached("ann", "2025-10-07T17:00:00Z"), coached("ann", "2025-10-20T17:00:00Z"))
    assert some(await town.ask("coaching/pairs?person=ann"), "contacts", "gaps_total") == [(2, 1)]
    await town.void(first)
    assert some(await town.ask("coaching/pairs?person=ann"), "contacts", "gaps_total") == [(1, 0)]
    assert some(await town.ask("support?person=ann&period=y"), "contacts") == [(1,)]
    assert some(await town.ask("coaching/load?period=fall"), "contacts") == [(1,)]


async def test_statements_before_any_roster(town: Town) -> None:
    await town.tell(coached("ann", "2025-10-07T17:00:00Z"), coached("sid", "2025-10-07T17:00:00Z", by="kim"))
    count = "select count(*) from coaching_cadence.contacts"
    assert await town.stage.rows(count) == [(0,)]
    await town.load_all()
    assert await town.stage.rows(count) == [(2,)]
    assert some(await town.ask("coaching/pairs"), "educator_id", "contacts") == [("ann", 1), ("bob", 0), ("sue", 0)]


async def test_an_identity_link_merges_pairs(town: Town) -> None:
    await town.load_all()
    account = {"account": {"homePage": "https://lms.example.org/", "name": "17"}}
    other = told(agent("cam"), towns.COACHED, {"objectType": "Agent", **account}, "2025-10-14T17:00:00Z")
    await town.tell(coached("ann", "2025-10-07T17:00:00Z"), other)
    assert len(await town.ask("coaching/pairs")) == 4
    identities = csv("person_sourcedId,ifi_type,value,homePage", "ann,account,17,https://lms.example.org")
    await town.load("identities", identities)
    assert some(await town.ask("coaching/pairs?person=ann"), "contacts", "max_gap") == [(2, 7)]
    assert len(await town.ask("coaching/pairs")) == 3


async def test_context_agents_of_xapi_2(town: Town) -> None:
    await town.load_all()
    agents = [{"objectType": "contextAgent", "agent": agent("cam"), "relevantTypes": [MENTOR]}]
    meeting = activity("https://lms/visit/3", "http://adlnet.gov/expapi/activities/meeting")
    said = told(agent("bob"), ATTENDED, meeting, "2025-10-07T17:00:00Z", context={"contextAgents": agents})
    await town.stage.world.send(said, version=Version.V2_0_0)
    await town.stage.settle()
    assert some(await town.ask("coaching/contacts"), "educator_id", "coach_id") == [("bob", "cam")]


async def test_a_cycle_stalls(town: Town) -> None:
    await town.load_all()
    object_ = activity("https://lms/cycles/1", CYCLE)

    def word(verb: str, when: str, phase: str) -> dict[str, Any]:
        context = {"instructor": agent("cam"), "extensions": {EXTENSIONS + "phase": phase}}
        return told(agent("ann"), verb, object_, when, context=context)

    await town.tell(
        word(STARTED, "2025-10-07T17:00:00Z", "identify"), word(PROGRESSED, "2025-10-17T17:00:00Z", "learn")
    )
    (row,) = await town.ask("coaching/cycles?stalled=true")
    assert some([row], "cycle_id", "phase", "phase_days", "phase_target", "is_stalled", "is_open") == [
        ("https://lms/cycles/1", "learn", 40, 20, True, True)
    ]
    assert row["days_by_phase"] == {"identify": 10}
    (then,) = await town.ask("coaching/cycles?as_of=2025-10-20")
    assert (then["phase_days"], then["is_stalled"]) == (3, False)
    assert await town.ask("coaching/cycles?as_of=2025-10-01") == []


async def test_load_and_support(town: Town) -> None:
    await town.load_all()
    await town.tell(
        coached("ann", "2025-10-07T17:00:00Z", minutes=30),
        coached("bob", "2025-10-08T17:00:00Z", minutes=60),
        coached("ann", "2025-10-20T17:00:00Z", minutes=30),
        told(agent("ann"), COMPLETED, activity("https://lms/u/1", LESSON), "2025-10-09T17:00:00Z",
             result={"duration": "PT10M"}),
    )  # fmt: skip
    (load,) = await town.ask("coaching/load?period=fall")
    # Of 0, 60 and 60 minutes: (2·(1·0 + 2·60 + 3·60) / (3·120)) − 4/3 = 1/3.
    assert some([load], "assigned", "active", "schools", "contacts", "minutes", "minutes_per_educator", "spread") == [
        (3, 2, 2, 3, 120.0, 40.0, 0.333)
    ]
    assert (load["contact_mix"], load["assigned_on_day"], load["needed_per_week"]) == ({"conference": 3}, 3, 1.0)
    (support,) = await town.ask("support?person=ann&period=fall", "educator", "ann")
    assert some([support], "contacts", "minutes", "units_completed", "learning_minutes", "standing") == [
        (2, 60.0, 1, 10.0, "overdue")
    ]


async def test_support_by_group(town: Town) -> None:
    await town.load_all()
    await town.tell(
        coached("ann", "2025-10-07T17:00:00Z", minutes=60),
        coached("bob", "2025-10-08T17:00:00Z", minutes=30),
        coached("sid", "2025-10-20T17:00:00Z", by="kim", minutes=10),
    )
    rows = await town.ask("support/parity?dimension=school", "director")
    names = ("value", "name", "educators", "contacted", "mean_minutes", "median_days_since", "parity")
    assert some(rows, *names) == [
        ("(all)", None, 5, 3, 20.0, 49.0, 1.0),
        ("north", "North High", 3, 2, 30.0, 49.5, 1.5),
        ("south", "South High", 2, 1, 5.0, 37.0, 0.25),
    ]
    await town.tell(coached("sue", "2025-10-21T17:00:00Z", by="kim", minutes=50))
    again = await town.ask("support/parity?dimension=school", "director")
    assert some(again, "value", "contacted", "mean_minutes") == [
        ("(all)", 4, 30.0),
        ("north", 2, 30.0),
        ("south", 2, 30.0),
    ]
    assert (await town.send("support/parity?dimension=shoe", "director")).status == 400
    assert (await town.send("support/parity", "coach")).status == 403


async def test_what_is_computed_again_is_told_though_nothing_came(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise ValueError("a mistake of ours")

    await town.load_all()
    with monkeypatch.context() as patch:
        patch.setattr(projection, "_rows", fail)
        await town.tell(coached("ann", "2025-10-07T17:00:00Z"))
    asked = "support/parity?dimension=school"
    before = await town.ask(asked, "director")
    await replaying.projection(town.stage.world.pool, town.stage.world.store, towns.PROJECTION, 1)
    await town.stage.settle()
    after = await town.ask(asked, "director")
    assert [row["contacted"] for row in (before[0], after[0])] == [0, 1]


async def test_small_groups_are_suppressed(town: Town) -> None:
    await town.load_all()
    await town.load("policy", POLICY_OF_FIVE.encode())
    await town.tell(coached("ann", "2025-10-07T17:00:00Z"))
    rows = await town.ask("support/parity?dimension=school", "director")
    assert some(rows, "value", "educators", "mean_minutes") == [
        ("(all)", 5, 7.0), ("north", None, None), ("south", None, None),
    ]  # fmt: skip
    assert "mean_minutes" in rows[1]["suppressed"]


POLICY_OF_FIVE = "timezone: America/Los_Angeles\nsuppression: {participation_k: 5}\n"


async def test_who_sees_what(town: Town) -> None:
    await town.load_all()
    await town.tell(coached("ann", "2025-10-07T17:00:00Z"), coached("sid", "2025-10-20T17:00:00Z", by="kim"))
    assert some(await town.ask("coaching/contacts"), "educator_id") == [("ann",)]
    assert some(await town.ask("coaching/contacts", "coach", "kim"), "educator_id") == [("sid",)]
    assert some(await town.ask("coaching/pairs", "educator", "bob"), "educator_id") == [("bob",)]
    principal = await town.ask("coaching/contacts", "principal", "dee")
    assert some(principal, "educator_id", "minutes") == [("ann", 35.0)]
    assert "statement_ids" not in principal[0]
    summed = await town.ask("coaching/pairs", "director")
    assert some(summed, "standing", "people", "contacts") == [("overdue", 4, 2.0)]
    assert (await town.send("coaching/load", "educator", "ann")).status == 403


async def test_sums_of_support_are_of_one_year(town: Town) -> None:
    await town.load_all()
    await town.tell(coached("ann", "2025-10-07T17:00:00Z", minutes=60))
    rows = await town.ask("support", "director")
    assert some(rows, "org", "people", "mean_minutes") == [("north", 3, 20.0), ("south", 2, 0.0)]
    rows = await town.ask("support?by=period_id", "director")
    assert some(rows, "period_id", "people", "mean_contacts") == [("fall", 5, 0.2), ("spring", 5, 0.0), ("y", 5, 0.2)]


async def test_sums_of_support_may_be_of_one_status(town: Town) -> None:
    await town.load_all()
    await town.tell(coached("ann", "2025-10-07T17:00:00Z"), coached("bob", "2025-11-25T17:00:00Z"))
    rows = await town.ask("support?by=org&status=on_track", "principal", "dee")
    assert some(rows, "org", "people", "mean_contacts") == [("north", 1, 1.0)]


async def test_live_equals_what_the_log_says(town: Town) -> None:
    first, _ = await town.tell(coached("ann", "2025-10-07T17:00:00Z"), coached("bob", "2025-10-08T17:00:00Z"))
    await town.load_all()
    late = coached("sue", "2025-09-20T17:00:00Z")
    await town.void(UUID(late["id"]))
    await town.tell(late, planned("ann", "2025-10-01T17:00:00Z", "2025-10-07T17:00:00Z", session=str(uuid4())))
    await town.void(first)
    await town.load("assignments", towns.ASSIGNED.replace(b"cam,bob,,2025-09-02", b"kim,bob,,2025-09-02"))
    await town.tell(coached("bob", "2025-10-28T17:00:00Z", by="kim"), coached("ann", "2025-10-14T17:00:00Z"))
    await town.load("roster", replaced("users.csv", "sid,,,true,south", "sid,,,true,north", towns.ROSTER))
    await town.load("calendar", towns.CALENDAR.replace(b"2025-11-24", b"2025-10-10"))
    stage = town.stage
    building = Building(
        stage.database.owner_dsn, stage.world.pool, stage.world.stores, stage.projections, towns.PROJECTION.name
    )
    assert await building.compare() == []
    assert some(await town.ask("coaching/pairs", "coach", "kim"), "educator_id", "contacts") == [("bob", 1), ("sid", 0)]
