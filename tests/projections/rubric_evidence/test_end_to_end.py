"""From statements to answers: mapped, kept as facts, computed, asked over HTTP; cases worked out by hand."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest_asyncio

from tests import world as worlds
from tests.conftest import Database
from tests.projections.rubric_evidence import town as towns
from tests.projections.rubric_evidence.town import (
    ACHIEVED,
    BADGE,
    CASE,
    REVOKED,
    ROSTER,
    RUBRIC,
    SUBMITTED,
    Town,
    agent,
    scored,
    told,
)  # fmt: skip
from tests.projections.stage import completed
from tests.reference.given import csv, replaced
from tests.world import World, voids

OCTOBER, NOVEMBER, FEBRUARY = "2025-10-07T17:00:00Z", "2025-11-11T18:00:00Z", "2026-02-10T18:00:00Z"
YEAR = "?period_kind=schoolYear"


@pytest_asyncio.fixture
async def town(world: World, database: Database) -> AsyncIterator[Town]:
    async with towns.town(world, database) as made:
        yield made


async def test_scores_become_mastery(town: Town) -> None:
    await town.load_all()
    given = [scored("ann", "cam", score, f"2025-10-0{score + 1}T17:00:00Z") for score in (1, 2, 3, 4)]
    await town.tell(*given)
    (row,) = await town.ask(YEAR)
    # 1; .65 of 2 + .35 of 1 = 1.65; of 3: 2.5275; of 4: 3.484625.
    assert told([row], "person_id", "person_name", "org_id", "criterion_id", "period_id", "state", "mastery_score") == [
        ("ann", "Ann X", "north", "plan", "y", "mastered", 3.4846)
    ]
    assert told([row], "evidence_count", "coach_count", "threshold", "level_id", "growth", "domain", "weight") == [
        (4, 4, 3.0, "plan-3", 2.4846, "Preparing", 1.0)
    ]
    items = await town.ask("/items")
    assert {item["statement_id"] for item in items} == {each["id"] for each in given}
    assert {look.endpoint for look in town.kept} == {"rubric-evidence", "rubric-evidence/items"}


async def test_six_methods_what_if(town: Town) -> None:
    await town.load_all()
    # On the scale from 1 to 4 the published 1, 2, 3, 4, 5 are 1, 1.75, 2.5, 3.25, 4: x becomes 1 + .75 (x - 1).
    given = [
        scored(
            "ann", "cam", score, f"2025-10-0{score + 1}T17:00:00Z", result={"score": {"raw": score, "min": 1, "max": 5}}
        )
        for score in (1, 2, 3, 4, 5)
    ]
    await town.tell(*given)
    expected = {
        "highest": 4, "latest": 4, "average": 2.5, "n_mastery:1": 3.625, "n_mastery:2": 3.625, "n_mastery:3": None,
        "decaying_average:65": 3.3438, "standard_decaying_average:65": 3.6022,
    }  # fmt: skip
    for method, value in expected.items():
        (row,) = await town.ask(f"{YEAR}&method={method}")
        assert row["mastery_score"] == value, method
        assert row["mastery_method"] == method.partition(":")[0]
    assert (await town.send("?method=median")).status == 400
    assert (await town.send("?method=n_mastery:11")).status == 400


async def test_statements_before_roster_and_rubric(town: Town) -> None:
    await town.tell(scored("ann", "cam", 3, OCTOBER), scored("ann", "ann", 4, OCTOBER))
    assert await town.stage.rows("select * from rubric_evidence.items") == []
    await town.load_all()
    await town.stage.settle()
    (row,) = await town.ask(YEAR)
    assert told([row], "evidence_count", "coach_count", "self_count", "self_gap") == [(2, 1, 1, 1.0)]


async def test_role_follows_the_roster_although_it_changes_later(town: Town) -> None:
    await town.load_all()
    await town.tell(scored("sue", "eva", 2, OCTOBER))
    roles = "select assessor_role from rubric_evidence.items"
    assert await town.stage.rows(roles) == [("peer",)]
    await town.load("roster", replaced("users.csv", "eva,,,true,north,teacher", "eva,,,true,north,coach", ROSTER))
    await town.stage.settle()
    assert await town.stage.rows(roles) == [("coach",)]


async def test_identity_link_merges_people(town: Town) -> None:
    await town.load_all()
    account = {"account": {"homePage": "https://lms.example.org/", "name": "17"}}
    await town.tell(scored("ann", "cam", 2, OCTOBER), scored("ann", "cam", 4, NOVEMBER, actor=account))
    counts = (
        "select person_id, evidence_count from rubric_evidence.evidence where period_kind = 'schoolYear' order by 1"
    )
    assert sorted(await town.stage.rows(counts)) == [("account:https://lms.example.org|17", 1), ("ann", 1)]
    identities = csv("person_sourcedId,ifi_type,value,homePage", "ann,account,17,https://lms.example.org")
    await town.load("identities", identities)
    await town.stage.settle()
    assert await town.stage.rows(counts) == [("ann", 2)]


async def test_void_takes_evidence_away(town: Town) -> None:
    await town.load_all()
    first, _ = await town.tell(scored("ann", "cam", 4, OCTOBER), scored("ann", "cam", 1, NOVEMBER))
    (before,) = await town.ask(YEAR)
    await town.void(first)
    (after,) = await town.ask(YEAR)
    assert told([before, after], "evidence_count", "mastered_at", "first_score") == [
        (2, "2025-10-07T17:00:00Z", 4.0), (1, None, 1.0)
    ]  # fmt: skip


async def test_past_is_as_it_was(town: Town) -> None:
    await town.load_all()
    first, _ = await town.tell(scored("ann", "cam", 4, OCTOBER), scored("ann", "cam", 1, NOVEMBER))
    await town.void(first)
    voided_at = (await town.stage.rows("select max(position) from log.events"))[0][0]
    (row,) = await town.ask(f"{YEAR}&as_known_at={voided_at - 1}")
    assert row["evidence_count"] == 2
    assert await town.ask(f"{YEAR}&as_of=2025-11-10") == []
    (row,) = await town.ask(f"{YEAR}&as_of=2025-11-11")
    assert (row["evidence_count"], row["days_since"]) == (1, 0)


MAPPING = """
mapping: town
version: 1
extends: [default]
rules:
  - id: correction
    when: {verb: "https://x.org/verbs/corrected"}
    emit:
      fact: rubric.score
      rated: actor
      assessor: $.context.instructor
      criterion: object
      score: $.result.score
      supersedes: $.context.statement.id
"""


async def test_regrade_correction_and_credential(town: Town) -> None:
    await town.load_all()
    await town.load("mapping", MAPPING.encode())
    visit = str(uuid4())
    wrong, graded, again = await town.tell(
        scored("ann", "cam", 1, OCTOBER, "ask"),
        scored("ann", "cam", 2, OCTOBER, visit=visit),
        scored("ann", "cam", 3, NOVEMBER, visit=visit),
    )
    fixed = scored("ann", "cam", 4, OCTOBER, "listen", verb={"id": "https://x.org/verbs/corrected"})
    fixed["context"]["statement"] = {"objectType": "StatementRef", "id": str(wrong)}
    badge = {"id": "https://badges.example.org/7", "definition": {"type": BADGE}}
    earned = scored(
        "ann", None, 0, OCTOBER, "ask", verb={"id": ACHIEVED}, object=badge, result={"success": True},
        context={"contextActivities": {"grouping": [{"id": CASE + "ask"}]}},
    )  # fmt: skip
    revoked = {**earned, "id": str(uuid4()), "verb": {"id": REVOKED}, "timestamp": FEBRUARY}
    await town.tell(fixed, earned)
    items = {UUID(item["statement_id"]): item for item in await town.ask("/items")}
    assert items[wrong]["superseded_by"] == f"{fixed['id']}/0"
    assert items[graded]["superseded_by"] == f"{again}/0"
    (credential,) = [item for item in items.values() if item["evidence_kind"] == "credential"]
    assert (credential["statement_id"], credential["counts"], credential["score"]) == (earned["id"], True, None)
    assert sorted(told(await town.ask(YEAR), "criterion_id", "evidence_count")) == [
        ("ask", 1), ("listen", 1), ("plan", 1)
    ]  # fmt: skip
    await town.tell(revoked)
    assert sorted(told(await town.ask(YEAR), "criterion_id", "evidence_count")) == [("listen", 1), ("plan", 1)]


async def test_evening_in_the_west_is_of_that_day(town: Town) -> None:
    await town.load_all()
    # Half past five in the afternoon of the last day of the fall, in Alder.
    await town.tell(scored("ann", "cam", 3, "2025-12-20T01:30:00Z"))
    (item,) = await town.ask("/items")
    assert (item["local_date"], item["period_id"], item["period_ids"]) == ("2025-12-19", "fall", ["y", "fall"])


async def test_artefact_counts_without_a_score(town: Town) -> None:
    await town.load_all()
    submitted = scored("ann", None, 0, OCTOBER, verb={"id": SUBMITTED}, result={"completion": True})
    await town.tell(submitted)
    (row,) = await town.ask(YEAR)
    assert told([row], "state", "evidence_count", "scored_count", "artifact_count") == [("unscored", 1, 0, 1)]


async def _year(town: Town) -> None:
    """Fall and spring at both schools; North grew on `plan`, South has two scores."""
    await town.load_all()
    await town.tell(
        scored("ann", "cam", 2, OCTOBER), scored("ann", "cam", 3, FEBRUARY),
        scored("bob", "cam", 1, OCTOBER), scored("bob", "cam", 4, FEBRUARY),
        scored("ann", "cam", 4, OCTOBER, "ask"), scored("ann", "ann", 4, FEBRUARY),
        scored("sue", "kim", 1, OCTOBER), scored("sid", "kim", 2, OCTOBER),
        scored("ann", "dee", 1, FEBRUARY, purpose="evaluative"),
    )  # fmt: skip


async def test_who_grew_between_fall_and_spring(town: Town) -> None:
    await _year(town)
    rows = await town.ask("/growth")
    names = ("person_id", "criterion_id", "from_period", "from_score", "to_period", "to_score", "change")
    assert told(rows, *names) == [
        ("ann", "plan", "fall", 2.0, "spring", 3.0, 1.0), ("bob", "plan", "fall", 1.0, "spring", 4.0, 3.0)
    ]  # fmt: skip
    (total,) = await town.ask("/growth?by=org,criterion_id&period=fall&period=spring", "credential", "")
    assert told([total], "org", "criterion_id", "people", "from_score", "to_score", "change", "median_change") == [
        ("north", "plan", 2, 1.5, 3.5, 2.0, 2.0)
    ]
    assert (await town.send("/growth?period=fall")).status == 400


async def test_where_a_school_stands(town: Town) -> None:
    await _year(town)
    asked = "?by=org,criterion_id&purpose=unspecified"
    rows = {row["org"]: row for row in await town.ask(f"{asked}&criterion=plan", "credential", "")}
    # Ann: .65 of 3 and .35 of 2 = 2.65; Bob: .65 of 4 and .35 of 1 = 2.95.
    north = rows["north"]
    assert told([north], "people", "score", "coverage", "evidence", "suppressed") == [(2, 2.8, 1.0, 5.0, [])]
    assert told([rows["south"]], "people", "score", "growth") == [(2, 1.5, None)]
    hidden = {(row["org"], row["criterion_id"]) for row in await town.ask(asked, "credential", "") if row["suppressed"]}
    # Behind `ask` stands one person; what else is told of her school, and then of the criterion, would tell of her.
    assert hidden == {("north", "ask"), ("north", "plan"), ("south", "plan")}
    assert (await town.send("?by=org,criterion_id", "credential", "")).status == 400


async def test_scores_come_with_coverage(town: Town) -> None:
    await _year(town)
    rows = await town.ask("/scores?person=ann&period=y&purpose=unspecified")
    # plan 2.65 with weight 1, ask 4 with weight 2; listen has none.
    assert told(rows, "domain", "score", "scored_criteria", "covered_criteria", "criteria", "coverage") == [
        ("(whole)", 3.55, 2, 2, 3, 0.6667), ("Preparing", 2.65, 1, 1, 1, 1.0), ("Teaching", 4.0, 1, 1, 2, 0.5)
    ]  # fmt: skip


async def test_criteria_without_evidence_have_rows(town: Town) -> None:
    await _year(town)
    rows = await town.ask("/coverage?org=north")
    found = {(row["person_id"], row["criterion_id"]): row["lacking"] for row in rows}
    assert found == {
        ("ann", "plan"): "nothing", ("ann", "ask"): "recent", ("ann", "listen"): "evidence",
        ("bob", "plan"): "nothing", ("bob", "ask"): "evidence", ("bob", "listen"): "evidence",
        ("eva", "plan"): "evidence", ("eva", "ask"): "evidence", ("eva", "listen"): "evidence",
    }  # fmt: skip
    assert {row["person_id"] for row in await town.ask("/coverage?lacking=evidence")} == {"ann", "bob", "eva"}
    (north, south) = await town.ask("/coverage", "credential", "")
    assert told([north, south], "org", "people", "coverage") == [("north", 3, 3 / 9), ("south", 2, 2 / 6)]


async def test_how_far_self_is_from_coach(town: Town) -> None:
    await _year(town)
    rows = {row["criterion_id"]: row for row in await town.ask(f"{YEAR}&person=ann&purpose=unspecified")}
    assert (rows["plan"]["self_gap"], rows["ask"]["self_gap"]) == (1.0, None)


async def test_each_sees_what_is_hers(town: Town) -> None:
    await _year(town)
    seen: dict[tuple[str, str], set[Any]] = {}
    for role, person in (
        ("educator", "ann"),
        ("coach", "cam"),
        ("coach", "kim"),
        ("principal", "dee"),
        ("evaluator", "dee"),
    ):
        rows = await town.ask("/items", role, person)
        seen[role, person] = {(row["person_id"], row["purpose"]) for row in rows}
    both = {("ann", "unspecified"), ("ann", "evaluative")}
    assert seen == {
        ("educator", "ann"): both, ("coach", "cam"): both | {("bob", "unspecified")}, ("coach", "kim"): set(),
        ("principal", "dee"): both | {("bob", "unspecified")}, ("evaluator", "dee"): {("ann", "evaluative")},
    }  # fmt: skip
    assert (await town.send("/items", "credential", "")).status == 403


async def test_formative_is_not_for_principals(town: Town) -> None:
    await town.load_all()
    await town.tell(scored("ann", "cam", 3, OCTOBER, purpose="formative"))
    assert await town.ask("", "principal", "dee") == []
    assert await town.ask("/scores", "principal", "dee") == []
    assert {row["evidence_count"] for row in await town.ask("/coverage", "principal", "dee")} == {0}
    assert len(await town.ask("", "educator", "ann")) == 2


async def test_school_moved_from_keeps_what_was_earlier(town: Town) -> None:
    await town.load_all()
    await town.tell(scored("ann", "cam", 2, OCTOBER))
    moved = replaced("users.csv", "ann,,,true,north", "ann,,,true,south", ROSTER)
    await town.load("roster", moved, date(2026, 1, 12))
    await town.tell(scored("ann", "cam", 4, FEBRUARY))
    rows = await town.ask("?period=y")
    assert told(rows, "org_id", "mastery_score") == [("north", 2.0), ("south", 4.0)]
    (grown,) = await town.ask("/growth")
    assert (grown["org_id"], grown["change"]) == ("south", 2.0)


async def test_rubric_is_loaded_again_without_effect(town: Town) -> None:
    await town.load_all()
    await town.tell(scored("ann", "cam", 3, OCTOBER))
    digest = await town.stage.digest(facts=False)
    await town.load("rubric", RUBRIC)
    await town.load("roster", ROSTER)
    await town.stage.settle()
    assert await town.stage.digest(facts=False) == digest


async def test_agents_are_who_they_are(town: Town) -> None:
    """The coach acts on an Agent: the other direction means the same."""
    await town.load_all()
    context = {"registration": str(uuid4()), "contextActivities": {"other": [{"id": CASE + "plan"}]}}
    await town.tell(scored("cam", None, 3, OCTOBER, object={"objectType": "Agent", **agent("ann")}, context=context))
    (row,) = await town.ask(YEAR)
    assert told([row], "person_id", "coach_count", "mastery_score") == [("ann", 1, 3.0)]


async def test_sums_follow_what_is_told(town: Town) -> None:
    await town.load_all()
    await town.tell(scored("ann", "cam", 2, OCTOBER), scored("bob", "cam", 3, OCTOBER))
    asked = "?by=org&purpose=unspecified"
    before = [(await town.ask(asked, "credential", ""))[0]["score"] for _ in range(2)]
    await town.tell(scored("eva", "cam", 4, OCTOBER))
    after = [(await town.ask(asked, "credential", ""))[0]["score"] for _ in range(2)]
    assert (before, after) == ([2.5, 2.5], [3.0, 3.0])


async def test_units_before_evidence(town: Town) -> None:
    await town.load_all()
    await town.load("alignments", csv("activity_id,criterion_id", "https://x.org/units/7,plan"))
    early, late = (
        {**completed("ann", unit), "actor": agent("ann"), "timestamp": when}
        for unit, when in (("7", "2025-10-01T17:00:00Z"), ("8", "2025-10-02T17:00:00Z"))
    )
    for each in (early, late):
        each["object"]["id"] = each["object"]["id"].replace("example.org", "x.org")
    (seen, _, _) = await town.tell(
        scored("ann", "cam", 3, OCTOBER), scored("ann", "cam", 3, OCTOBER, "ask"), scored("ann", "cam", 3, FEBRUARY)
    )
    await town.tell(early, late)
    rows = await town.ask("/units")
    assert told(rows, "person_id", "criterion_id", "unit_id", "learned_on", "days", "score", "statement_id") == [
        ("ann", "plan", "https://x.org/units/7", "2025-10-01", 6, 3.0, str(seen))
    ]


async def test_staleness_is_counted_in_cadence_days(town: Town) -> None:
    await town.load_all()
    await town.tell(scored("ann", "cam", 3, "2025-12-10T18:00:00Z"), scored("bob", "cam", 3, "2025-12-20T18:00:00Z"))
    # 82 and 72 days before the second of March, of which 16 are holidays; after 60 evidence is old.
    await town.load("calendar", csv("org,from,to,kind", "d,2025-12-20,2026-01-05,holiday"))
    await town.stage.settle()
    names = ("person_id", "days_since", "is_stale")
    assert told(await town.ask(YEAR), *names) == [("ann", 66, True), ("bob", 56, False)]
    assert told(await town.ask(f"{YEAR}&as_of=2026-02-20"), *names) == [("ann", 56, False), ("bob", 46, False)]
    assert told(await town.ask(f"{YEAR}&stale=true"), *names) == [("ann", 66, True)]


async def test_any_order_of_arrival_gives_the_same_answers(town: Town, world: World) -> None:
    visit = str(uuid4())
    first = scored("ann", "cam", 2, OCTOBER, visit=visit)
    given = [
        first, scored("ann", "cam", 3, NOVEMBER, visit=visit), scored("ann", "dee", 4, NOVEMBER, "ask"),
        scored("ann", "ann", 4, FEBRUARY), scored("bob", "cam", 1, FEBRUARY), voids(UUID(first["id"])),
    ]  # fmt: skip
    await town.stage.send(*given)
    await town.load_all()
    await town.stage.settle()
    expected = await town.ask("/items"), await town.ask("")
    other = await worlds.make(world.pool, "another")
    async with towns.town(other, town.stage.database) as again:
        await again.load("rubric", RUBRIC)
        await again.tell(given[5], *given[2:4])
        await again.load_all()
        await again.tell(given[4], given[1], given[0])
        await again.tell(given[2])
        asked = await again.ask("/items"), await again.ask("")
    await other.log.close()
    assert asked == expected
