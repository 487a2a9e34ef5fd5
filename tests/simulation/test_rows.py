"""Rows of all three projections against the straight count, for everybody and everything in a small district.

The two share no code: the count knows what happened, the rows come from what was said of it, dirt and all.
"""

import itertools
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from lrs.simulation import rubric
from lrs.simulation.birch import cycle_iri
from lrs.simulation.district import Cohort
from lrs.simulation.simulation import Simulation
from lrs.simulation.straight import Span, Straight, decaying, fall, spring, year
from projections.coaching_cadence.projection import CoachingCadence
from projections.cohort_participation.projection import CohortParticipation
from projections.rubric_evidence.projection import RubricEvidence
from tests.simulation.offline import Record, Rows

FIRST = 2024
SPANS = (year(FIRST), fall(FIRST), spring(FIRST))


@pytest.fixture(scope="module")
def record(small: tuple[Simulation, Path]) -> Record:
    return Record(small[1])


@pytest.fixture(scope="module")
def coaching(record: Record) -> Rows:
    return record.rows(CoachingCadence())


@pytest.fixture(scope="module")
def cohorts(record: Record) -> Rows:
    return record.rows(CohortParticipation())


@pytest.fixture(scope="module")
def evidence(record: Record) -> Rows:
    return record.rows(RubricEvidence())


def some(row: dict[str, Any], *columns: str) -> tuple[Any, ...]:
    return tuple(row[column] for column in columns)


def test_every_statement_is_mapped(record: Record) -> None:
    assert not record.unmapped


def test_nobody_is_a_stranger(record: Record) -> None:
    known = record.reference
    assert not {
        fact.subject for fact in record.facts if known.person(fact.subject, fact.observed_at.date()) not in known.people
    }


def test_pairs(coaching: Rows, straight: Straight) -> None:
    columns = ("contacts", "minutes", "scheduled", "cancelled", "open_steps", "closed_steps", "assigned_from")
    found = {some(row, "coach_id", "educator_id"): some(row, *columns) for row in coaching["pairs"]}
    expected = {}
    for pair in straight.district.pairs:
        visits = straight.visits(pair=pair)
        met = straight.contacts(visits)
        steps = [each for each in straight.records.steps if each.pair == pair.number and (each.set or each.done)]
        expected[pair.coach.id, pair.educator.id] = (
            len(met), sum(each.minutes for each in met), sum(each.planned for each in visits),
            sum(each.outcome == "cancelled" and each.reported for each in visits),
            sum(each.done is None for each in steps), sum(each.done is not None for each in steps), pair.since,
        )  # fmt: skip
    assert found == expected


def test_gaps_and_due_days(coaching: Rows, straight: Straight) -> None:
    found = {
        some(row, "coach_id", "educator_id"): some(row, "gaps_total", "gaps_on_time", "max_gap", "next_due_on")
        for row in coaching["pairs"]
    }
    for pair in straight.district.pairs:
        met = [each.day for each in straight.contacts(straight.visits(pair=pair))]
        gaps = [straight.running(one, other, pair.educator.id) for one, other in itertools.pairwise(met)]
        on_time = sum(each <= pair.target + 3 for each in gaps)
        total, within, longest, due = found[pair.coach.id, pair.educator.id]
        assert (total, within, longest) == (len(gaps), on_time, max(gaps, default=None))
        if pair.until is None:
            assert due == straight.next_due(pair, date(FIRST + 1, 7, 31))


@pytest.mark.parametrize("span", SPANS, ids=lambda span: span.id)
def test_support(coaching: Rows, straight: Straight, span: Span) -> None:
    columns = ("contacts", "minutes", "distinct_coaches", "sessions_attended", "learning_minutes", "units_completed")
    found = {row["educator_id"]: some(row, *columns) for row in coaching["support"] if row["period_id"] == span.id}
    assert len(found) >= len(straight.district.educators)
    for id_ in straight.district.educators:
        met = straight.contacts(straight.visits(educator=id_), span)
        sat = straight.studied(id_, span)
        coaches = {straight.district.pairs[each.pair].coach.id for each in met}
        assert found.get(id_, (0,) * 6) == (
            len(met), sum(each.minutes for each in met), len(coaches), straight.attended(id_, span),
            sum(each.minutes for each in sat), sum(each.completed for each in sat),
        ), id_  # fmt: skip


def test_loads(coaching: Rows, straight: Straight) -> None:
    span = year(FIRST)
    columns = ("assigned", "contacts", "minutes", "cycles_closed")
    found = {row["coach_id"]: some(row, *columns) for row in coaching["load"] if row["period_id"] == span.id}
    pairs = straight.district.pairs
    for coach in {each.coach.id for each in pairs}:
        met = straight.contacts(straight.visits(coach=coach), span)
        closed = [each for each in straight.records.cycles if each.closed and pairs[each.pair].coach.id == coach]
        assigned = {each.educator.id for each in pairs if each.coach.id == coach}
        assert found[coach] == (len(assigned), len(met), sum(each.minutes for each in met), len(closed)), coach


def test_cycles(coaching: Rows, straight: Straight) -> None:
    found = {row["cycle_id"]: (row["phase"], row["closed_at"] is not None) for row in coaching["cycles"]}
    expected = {}
    for each in straight.records.cycles:
        if each.phases or each.closed:
            last = max(each.phases, key=lambda phase: each.phases[phase]) if each.phases else None
            expected[cycle_iri(each.id)] = (last, each.closed is not None)
    assert found == expected


@pytest.mark.parametrize("span", SPANS, ids=lambda span: span.id)
def test_participation(cohorts: Rows, straight: Straight, span: Span) -> None:
    columns = ("sessions_held", "sessions_planned", "cancelled", "expected", "attended", "members_end", "ties")
    found = {row["cohort_id"]: some(row, *columns) for row in cohorts["participation"] if row["period_id"] == span.id}
    for cohort in straight.district.cohorts:
        held = straight.meetings(cohort, span)
        every = [each for each in straight.records.meetings if each.cohort == cohort.id and span.has(each.day)]
        end = min(span.until, date(FIRST + 1, 7, 1)) - date.resolution
        assert found[cohort.id] == (
            len(held), sum(each.planned or each.cancelled for each in every),
            sum(each.cancelled and not each.attended for each in every), sum(each.members for each in held),
            sum(len(each.attended) for each in held), len(straight.members(cohort, end)),
            len(straight.ties(cohort, span)),
        ), cohort.id  # fmt: skip


def test_members(cohorts: Rows, straight: Straight) -> None:
    columns = (
        "sessions_expected",
        "sessions_attended",
        "posts",
        "replies_given",
        "replies_received",
        "reactions_given",
    )
    span = year(FIRST)
    found = {some(row, "cohort_id", "person_id"): some(row, *columns) for row in cohorts["members"]
             if row["period_id"] == span.id}  # fmt: skip
    for cohort in straight.district.cohorts:
        for who in {each.person.id for each in cohort.members}:
            assert found[cohort.id, who] == _took_part(straight, cohort, who, span), (cohort.id, who)


def _took_part(straight: Straight, cohort: Cohort, who: str, span: Span) -> tuple[int, ...]:
    held = [each for each in straight.meetings(cohort, span) if who in straight.members(cohort, each.day)]
    said = straight.said(cohort, span)
    own = [each for each in said if each.person == who]
    return (
        len(held), sum(who in each.attended for each in held), sum(each.author is None for each in own),
        sum(each.author is not None and not each.like for each in own),
        sum(each.author == who and not each.like for each in said), sum(each.like for each in own),
    )  # fmt: skip


def test_followthrough(cohorts: Rows, straight: Straight) -> None:
    span = year(FIRST)
    found: dict[str, Counter[str]] = {id_: Counter() for id_ in straight.district.educators}
    for row in cohorts["followthrough"]:
        found[row["person_id"]]["completed"] += 1
        found[row["person_id"]]["applied"] += row["applied_at"] is not None
        found[row["person_id"]]["shared"] += row["shared_at"] is not None
    assert found == {id_: straight.funnel(id_, span) for id_ in straight.district.educators}


def test_evidence(evidence: Rows, straight: Straight) -> None:
    codes = {each.id: each.code for each in (*rubric.CRITERIA, rubric.LAB)}
    span = year(FIRST)
    found: Counter[str] = Counter()
    for row in evidence["evidence"]:
        if row["period_id"] != span.id:
            continue
        person, code = row["person_id"], codes[str(row["criterion_id"])]
        scores = [each.score for each in straight.ratings(person, code, span, "coach")]
        own = straight.ratings(person, code, span, "self")
        assert some(row, "coach_count", "self_count") == (len(scores), len(own)), (person, code)
        found.update(coach=len(scores), self=len(own))
        if scores:
            assert some(row, "first_score", "latest_score", "highest_score") == (scores[0], scores[-1], max(scores))
            assert float(row["mastery_score"]) == pytest.approx(decaying(scores), abs=0.001)
    assert found == Counter(each.role for each in straight.records.ratings)


def test_what_is_sent_twice_would_be_seen(small: tuple[Simulation, Path], straight: Straight) -> None:
    members = Record(small[1], "twice").rows(CohortParticipation())["members"]
    found = sum(row["posts"] + row["replies_given"] for row in members if row["period_id"] == year(FIRST).id)
    assert found > sum(not each.like for each in straight.records.said)


def test_what_is_voided_would_be_seen(small: tuple[Simulation, Path], straight: Straight) -> None:
    record = Record(small[1], "void")
    pairs, evidence = record.rows(CoachingCadence())["pairs"], record.rows(RubricEvidence())["evidence"]
    assert sum(row["contacts"] for row in pairs) > len(straight.contacts(straight.records.visits))
    scores = sum(row["scored_count"] for row in evidence if row["period_id"] == year(FIRST).id)
    assert scores > len(straight.records.ratings)
