"""Every figure against a straight count over the facts, in worlds drawn at random."""

from datetime import UTC, date
from itertools import pairwise
from statistics import mean, median
from typing import Any

import pytest
from hypothesis import given, settings

from lrs.reference.reference import Reference
from projections.facts.fact import Fact, Kind
from tests.projections.coaching_cadence import worlds
from tests.projections.coaching_cadence.scene import tables
from tests.projections.coaching_cadence.straight import World

KNOWN = worlds.reference()
PERIODS = [(period.id, "year" if period.kind == "schoolYear" else "term") for period in worlds.PERIODS]


def world(facts: list[Fact], known: Reference = KNOWN) -> World:
    """The same facts, to be counted."""
    return World(known.records, facts)


def the(contacts: list[dict[str, Any]], **wanted: str) -> list[dict[str, Any]]:
    """Those contacts of which this holds, in order."""
    found = [each for each in contacts if all(each[name] == value for name, value in wanted.items())]
    return sorted(found, key=lambda each: (each["at"], each["contact_key"]))


@given(worlds.many(worlds.COACHING))
@settings(max_examples=60, deadline=None)
def test_contacts(facts: list[Fact]) -> None:
    found = tables(facts, KNOWN)["contacts"]
    expected = world(facts).contacts()
    assert set(found) == {(each["educator"], each["at"], each["contact_key"]) for each in expected}
    for each in expected:
        row = found[each["educator"], each["at"], each["contact_key"]]
        assert (row["coach_id"], row["educator_id"], row["at"]) == (each["coach"], each["educator"], each["at"])
        assert (row["local_date"], row["period_ids"]) == (each["day"], [each["year"], each["term"]])
        assert (row["minutes"], row["minutes_basis"]) == (each["minutes"], each["basis"])
        assert row["statement_ids"] == each["statements"]


@given(worlds.many(worlds.COACHING))
@settings(max_examples=60, deadline=None)
def test_pairs(facts: list[Fact]) -> None:
    counted = world(facts)
    contacts = counted.contacts()
    for (coach, educator, _), row in tables(facts, KNOWN)["pairs"].items():
        met = the(contacts, coach=coach, educator=educator)
        minutes = [each["measured"] for each in met if each["measured"] is not None]
        assert (row["contacts"], row["minutes"], row["minutes_known"]) == (len(met), sum(minutes), len(minutes))
        times = [each["at"] for each in met]
        assert [row["first_at"], row["last_at"]] == ([times[0], times[-1]] if met else [None, None])
        assert row["prev_at"] == (times[-2] if len(met) > 1 else None)
        gaps = counted.gaps(met, coach)
        days = [each[0] for each in gaps]
        assert row["median_gap"] == (median(days) if days else None)
        assert row["mean_gap"] == (pytest.approx(mean(days)) if days else None)
        assert row["max_gap"] == max(days, default=None)
        assert (row["gaps_on_time"], row["gaps_total"]) == (sum(each[1] for each in gaps), len(gaps))
        made, off, waiting = counted.waiting(coach, educator, met)
        assert (row["scheduled"], row["cancelled"]) == (made, off)
        assert row["open_bookings"] == [each.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for each in waiting]


@given(worlds.many(worlds.COACHING))
@settings(max_examples=40, deadline=None)
def test_due(facts: list[Fact]) -> None:
    counted = world(facts)
    contacts = counted.contacts()
    for each in worlds.ASSIGNMENTS:
        assert each.since is not None
        row = tables(facts, KNOWN)["pairs"][each.coach, each.educator, ""]
        met = the(contacts, coach=each.coach, educator=each.educator)
        due = counted.due(each.coach, each.educator, max(each.since, met[-1]["day"] if met else date.min))
        assert row["next_due_on"] == (None if each.until and due >= each.until else due)
        assert (row["assigned_from"], row["assigned_to"]) == (each.since, each.until)


@given(worlds.many())
@settings(max_examples=60, deadline=None)
def test_support(facts: list[Fact]) -> None:
    counted = world(facts)
    contacts = counted.contacts()
    found = tables(facts, KNOWN)["support"]
    for (educator, period), row in found.items():
        kind = dict(PERIODS)[period]
        met = the(contacts, educator=educator, **{kind: period})
        minutes = [each["measured"] for each in met if each["measured"] is not None]
        assert (row["contacts"], row["minutes"]) == (len(met), sum(minutes))
        assert row["minutes_known_share"] == (round(len(minutes) / len(met), 3) if met else None)
        assert row["distinct_coaches"] == len({each["coach"] for each in met})
        assert row["last_contact_at"] == (met[-1]["at"] if met else None)
        gaps = [each for each in counted.gaps(the(contacts, educator=educator)) if each[2][kind] == period]
        gaps = [each for each in gaps if each[2]["before"] == each[2]["year"]]
        assert (row["gaps_on_time"], row["gaps_total"]) == (sum(each[1] for each in gaps), len(gaps))
        mine = [
            fact for fact in counted.facts
            if counted.educator(fact) == educator
            and counted.period(counted.day(fact), "schoolYear" if kind == "year" else "term") == period
        ]  # fmt: skip
        learned = [fact for fact in mine if fact.kind is Kind.LEARN]
        attended = {(fact.cohort, fact.session) for fact in mine if fact.kind is Kind.SESSION_ATTENDED}
        assert row["sessions_attended"] == len(attended)
        done = {fact.unit for fact in learned if fact.data["state"] in ("completed", "waived")}
        assert row["units_completed"] == len(done)
        assert row["learning_minutes"] == _learning_minutes(learned)
    seen = {(each["educator"], each[kind]) for each in contacts for kind in ("year", "term")}
    assert seen <= set(found)


@given(worlds.many((Kind.CYCLE, Kind.CYCLE, Kind.STEP)))
@settings(max_examples=60, deadline=None)
def test_cycles_and_steps(facts: list[Fact]) -> None:
    counted = world(facts)
    found = tables(facts, KNOWN)
    for (educator, cycle), row in found["cycles"].items():
        words = [
            fact for fact in counted.facts
            if fact.kind is Kind.CYCLE and counted.educator(fact) == educator and fact.session == cycle
            and counted.coach(fact) != educator
        ]  # fmt: skip
        opened = [fact for fact in words if fact.data["state"] == "opened"] or words
        assert (row["coach_id"], row["opened_at"]) == (counted.coach(words[-1]), opened[0].observed_at)
        is_closed = words[-1].data["state"] == "closed"
        assert row["closed_at"] == (words[-1].observed_at if is_closed else None)
        assert row["statement_ids"] == [fact.statement for fact in words]
        days, phase, since = _phases(counted, educator, words)
        assert (row["days_by_phase"], row["phase"], row["phase_since"]) == (days, phase, since)
    for (coach, educator, _), row in found["pairs"].items():
        steps = counted.steps(coach, educator)
        done = [words for words in steps if words[-1].data["state"] == "closed"]
        assert (row["open_steps"], row["closed_steps"]) == (len(steps) - len(done), len(done))
        lasting = [
            counted.cadence(educator, counted.day(words[0]), counted.day(words[-1]))
            for words in done if len(words) > 1
        ]  # fmt: skip
        assert row["median_step_days"] == (median(lasting) if lasting else None)


def _phases(counted: World, educator: str, words: list[Fact]) -> tuple[dict[str, int], object, object]:
    """Cadence days by phase, the last phase, and since when: from every change of phase to the next."""
    changes: list[tuple[Fact, object]] = []
    for fact in words:
        ends = fact.data["state"] == "closed"
        now = None if ends else fact.data["phase"] or (changes[-1][1] if changes else None)
        if now != (changes[-1][1] if changes else None):
            changes.append((fact, now))
    days: dict[str, int] = {}
    for (fact, phase), (later, _) in pairwise(changes):
        if phase is not None:
            spent = counted.cadence(educator, counted.day(fact), counted.day(later))
            days[str(phase)] = days.get(str(phase), 0) + spent
    last = [(fact, phase) for fact, phase in changes if phase is not None]
    return days, last[-1][1] if last else None, last[-1][0].observed_at if last else None


def _learning_minutes(learned: list[Fact]) -> float:
    """The longest report of each sitting, that of its end before that of completion."""
    total = 0.0
    for sitting in {(fact.unit, fact.session, fact.session or fact.id) for fact in learned}:
        mine = [fact for fact in learned if (fact.unit, fact.session, fact.session or fact.id) == sitting]
        timed = [fact.minutes or 0 for fact in mine if fact.data["state"] == "time"]
        completed = [fact.minutes or 0 for fact in mine if fact.data["state"] == "completed"]
        total += max(timed, default=0) or max(completed, default=0)
    return total


@given(worlds.many(worlds.COACHING))
@settings(max_examples=60, deadline=None)
def test_load(facts: list[Fact]) -> None:
    counted = world(facts)
    contacts = counted.contacts()
    found = tables(facts, KNOWN)["load"]
    assert {(each["coach"], each[kind]) for each in contacts for kind in ("year", "term")} <= set(found)
    for (coach, period), row in found.items():
        kind = dict(PERIODS)[period]
        met = the(contacts, coach=coach, **{kind: period})
        assigned = _assigned(coach, period)
        caseload = sorted(assigned or {each["educator"] for each in met})
        spent = [sum(each["measured"] or 0 for each in met if each["educator"] == educator) for educator in caseload]
        assert (row["assigned"], row["contacts"]) == (len(assigned), len(met))
        assert row["active"] == len({each["educator"] for each in met} & set(caseload))
        assert row["minutes"] == sum(each["measured"] or 0 for each in met)
        assert row["minutes_per_educator"] == (pytest.approx(mean(spent)) if caseload else None)
        assert row["contact_mix"] == ({"conference": len(met)} if met else {})
        assert row["spread"] == _gini(spent)
        gaps = [
            gap for educator in sorted({each["educator"] for each in contacts})
            for gap in counted.gaps(the(contacts, coach=coach, educator=educator), coach)
            if gap[2][kind] == period and gap[2]["before"] == gap[2]["year"]
        ]  # fmt: skip
        assert row["median_gap"] == (median(each[0] for each in gaps) if gaps else None)
        assert (row["gaps_on_time"], row["gaps_total"]) == (sum(each[1] for each in gaps), len(gaps))


def _assigned(coach: str, period: str) -> set[str]:
    (span,) = (each for each in worlds.PERIODS if each.id == period)
    assert span.since is not None
    assert span.until is not None
    return {
        each.educator
        for each in worlds.ASSIGNMENTS
        if each.coach == coach and (each.since or date.min) < span.until and (each.until or date.max) > span.since
    }


def _gini(amounts: list[float]) -> float | None:
    """By definition: the mean difference of all pairs by twice the mean."""
    if not sum(amounts):
        return None
    differences = [abs(one - two) for one in amounts for two in amounts]
    return round(mean(differences) / (2 * mean(amounts)), 3)
