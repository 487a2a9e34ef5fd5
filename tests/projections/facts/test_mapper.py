"""The mapper itself: time, identity, what was asked, order of rules."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from lrs.reference import mapping as mappings
from lrs.reference.model import Post
from lrs.reference.reference import EMPTY, Reference
from projections.facts.fact import Kind
from projections.facts.mapper import Mapper
from tests.factories import activity, group, statement
from tests.projections.facts.school import (
    ADL_TYPE,
    ANN,
    AX,
    BEN,
    COHORT,
    CORA,
    CRITERION,
    EVE,
    ID,
    ROUTINES,
    STORED,
    WAIT_TIME,
    context,
    fact,
    ifi,
    mapped,
    mapper,
    own,
    school,
    typed,
)  # fmt: skip

LESSON = typed(f"{ADL_TYPE}lesson", "lesson")
MEETING = typed(f"{ADL_TYPE}meeting", "meeting")
TASK = activity("task")
ALWAYS = "  - id: one\n    when: {verb: completed}\n"
EMIT = ALWAYS + "    emit: {fact: learn, learner: actor, state: completed, unit: "


# When


def test_common_fields() -> None:
    found = fact(verb="completed", object=LESSON)
    assert found.observed_at == datetime(2024, 11, 5, 19, 40, tzinfo=UTC)
    assert (found.statement, found.stored_at, found.position) == (ID, STORED, 7)
    assert (found.rule, found.mapping, found.flags) == ("learn-completed", "default/1", ())
    assert (found.authority, found.purpose, found.until) == ("account:https://lrs.example.org|key", "unspecified", None)


@pytest.mark.parametrize(
    "timestamp", ["2024-11-05T20:40:00+01:00", "2024-11-05T11:40:00.000-08:00", "2024-11-05T19:40"]
)
def test_times_are_instants(timestamp: str) -> None:
    assert (
        fact(verb="completed", object=LESSON, timestamp=timestamp).observed_at.isoformat()
        == "2024-11-05T19:40:00+00:00"
    )


def test_clock_ahead_is_not_believed() -> None:
    late = fact(verb="completed", object=LESSON, timestamp="2024-11-06T09:05:01Z")
    assert (late.observed_at, late.flags) == (STORED, ("clock_suspect",))
    near = fact(verb="completed", object=LESSON, timestamp="2024-11-06T09:05:00Z")
    assert (near.observed_at, near.flags) == (STORED + timedelta(minutes=5), ())


def test_missing_timestamp_is_the_time_of_storing() -> None:
    found = fact(verb="completed", object=LESSON, timestamp=None)
    assert (found.observed_at, found.flags) == (STORED, ())


def test_leap_second_is_a_time() -> None:
    assert fact(verb="completed", object=LESSON, timestamp="2016-12-31T23:59:60Z").observed_at.year == 2017


@pytest.mark.parametrize(
    ("duration", "minutes"),
    [
        ("PT0S", None), ("PT0.000000001S", None), ("PT45M", 45), ("PT1H30M", 90), ("PT90S", 1.5), ("PT1,5H", 90),
        ("P0D", None), ("P1Y", None), ("P1M", None), ("P1W", None), ("PT12H", 720), ("PT12H1S", None),
    ],
)  # fmt: skip
def test_durations(duration: str, minutes: float | None) -> None:
    found = fact(verb="completed", object=LESSON, result={"duration": duration})
    assert found.minutes == minutes
    assert found.flags == (("over_long",) if duration in {"P1W", "PT12H1S"} else ())


def test_timestamp_may_mean_the_end() -> None:
    rules = (
        "  - id: one\n    when: {verb: attended}\n    timestamp_means: end\n"
        "    emit: {fact: coach.contact, educator: actor, coach: context.instructor, minutes: $.result.duration}\n"
    )
    found = fact(own(rules), verb="attended", result={"duration": "PT40M"}, context={"instructor": CORA})
    assert found.observed_at == datetime(2024, 11, 5, 19, 0, tzinfo=UTC)
    assert found.data["means_end"] is True
    unknown = fact(own(rules), verb="attended", result={"duration": "PT0S"}, context={"instructor": CORA})
    assert unknown.observed_at == datetime(2024, 11, 5, 19, 40, tzinfo=UTC)


def test_local_date_is_that_of_the_persons_school() -> None:
    evening = {"verb": "attended", "object": MEETING, "context": context(grouping=[COHORT])}
    assert fact(**evening, timestamp="2024-11-06T04:00:00Z").session == f"{MEETING['id']}@2024-11-05"
    assert fact(**evening, timestamp="2024-11-06T08:30:00Z").session == f"{MEETING['id']}@2024-11-06"


def test_the_day_of_a_meeting_is_the_cohorts_wherever_who_comes_works() -> None:
    """One meeting of a cohort in Los Angeles: for one who works in Berlin it is the next day already."""
    late = {"verb": "attended", "object": MEETING, "context": context(grouping=[COHORT])}
    berlin = Post(person="p-ben", org="east", role="educator", since=date(2024, 9, 1), primary=True)
    records = school().records
    posts = (*(each for each in records.posts if each.person != "p-ben"), berlin)
    moved = Mapper(mappings.default(), Reference(msgspec.structs.replace(records, posts=posts)))
    found = [fact(moved, actor=who, **late, timestamp="2024-11-06T00:30:00Z") for who in (ANN, BEN)]
    assert [each.session for each in found] == [f"{MEETING['id']}@2024-11-05"] * 2


# Who


def test_identifiers_are_normal() -> None:
    upper = {"mbox": "mailto:Ann@Example.ORG"}
    assert fact(actor=upper, verb="completed", object=LESSON).subject == "mbox:mailto:ann@example.org"
    slash = {"account": {"homePage": "https://lms.example.org/", "name": "ann"}}
    assert fact(actor=slash, verb="completed", object=LESSON).subject == ifi("ann")


def test_one_fact_for_a_person_listed_twice() -> None:
    assert len(mapped(actor=group(ANN, BEN, ANN), verb="completed", object=LESSON).facts) == 2


def test_roles_are_those_of_the_day() -> None:
    before = {"timestamp": "2024-07-05T19:40:00Z"}
    assert mapped(verb="attended", object=MEETING, context={"instructor": CORA}, **before).facts == ()
    assert len(mapped(verb="attended", object=MEETING, context={"instructor": CORA}).facts) == 1


# What was asked


def test_asked_has_what_was_not_there() -> None:
    found = mapped(mapper(known=False), verb="scored", object=TASK, context={"instructor": CORA})
    assert found.facts == ()
    assert {f"criterion:{TASK['id']}", f"activity:{TASK['id']}"} <= found.asked


def test_asked_has_the_uuid_that_an_iri_ends_in() -> None:
    iri = f"https://elsewhere.example.org/items/{WAIT_TIME.upper()}"
    found = mapped(verb="scored", object={"id": iri}, context={"instructor": CORA})
    assert found.facts[0].criterion == WAIT_TIME
    assert {f"criterion:{iri}", f"criterion:{WAIT_TIME}"} <= found.asked


def test_asked_has_persons_whose_roles_mattered() -> None:
    found = mapped(verb="attended", object=MEETING, context={"instructor": EVE})
    assert {f"ifi:{ifi('eve')}", f"ifi:{ifi('ann')}", "role:p-eve", "role:p-ann"} <= found.asked
    unlinked = mapped(mapper(known=False), verb="attended", object=MEETING, context={"instructor": EVE})
    assert f"role:{ifi('eve')}" in unlinked.asked


def test_change_of_reference_data_maps_anew() -> None:
    without = mapper(known=False)
    said = {"verb": "scored", "object": TASK, "result": {"score": {"raw": 2}}, "context": {"instructor": CORA}}
    assert mapped(without, **said).facts == ()
    found = fact(without.on(school()), **said)
    assert (found.criterion, found.data["evidence_kind"]) == (ROUTINES, "artifact")
    assert found == fact(mapper(), **said)


# Rules


def test_first_rule_that_gives_a_fact_stops() -> None:
    by = own(
        "  - {id: a, when: {verb: completed}, emit: {fact: coach.contact, educator: actor, coach: context.team}}\n"
        "  - {id: b, when: {verb: completed}, emit: {fact: learn, learner: actor, unit: $.object.id, state: time}}\n"
        "  - {id: c, when: {verb: completed}, emit: {fact: apply, doer: actor}}\n"
    )
    assert mapped(by, verb="completed").rule == "b"
    assert mapped(by, verb="completed", context={"team": group(CORA)}).rule == "a"


def test_stop_false_goes_on() -> None:
    by = own(
        "  - {id: a, when: {verb: completed}, stop: false, emit: {fact: apply, doer: actor}}\n"
        "  - {id: b, when: {verb: completed}, emit: {fact: learn, learner: actor, unit: $.object.id, state: time}}\n"
    )
    found = mapped(by, verb="completed")
    assert (found.rule, [each.rule for each in found.facts]) == ("a+b", ["a", "b"])


def test_evidence_before_learning_would_swallow_it() -> None:
    """Rule order matters: it is the default's order that keeps exposure from being evidence."""
    rules = (
        "  - id: evidence\n    when: {verb: [completed, submitted], criterion: anywhere}\n"
        "    emit: {fact: rubric.evidence, owner: actor, criterion: anywhere}\n"
    )
    wrong = Mapper(mappings.parse(f"mapping: wrong\nversion: 1\nextends: [default]\nrules:\n{rules}"), school())
    aligned = typed(f"{ADL_TYPE}lesson", "lesson", **{f"{AX}extensions/alignment": CRITERION})
    assert fact(wrong, verb="completed", object=aligned).kind is Kind.RUBRIC_EVIDENCE
    assert fact(verb="completed", object=aligned).kind is Kind.LEARN


def test_rule_of_the_same_id_takes_the_place_of_the_extended() -> None:
    rules = "  - {id: applied, when: {verb: applied}, ignore: true}\n"
    by = Mapper(mappings.parse(f"mapping: mine\nversion: 2\nextends: [default]\nrules:\n{rules}"), EMPTY)
    assert by.mapping.label == "mine/2+default/1"
    ids = [rule.id for rule in by.mapping.rules]
    assert ids == [rule.id for rule in mappings.default().rules]
    found = mapped(by, verb="https://w3id.org/xapi/dod-isd/verbs/applied", object=LESSON)
    assert (found.rule, found.facts) == ("applied", ())


def test_own_iri_in_a_set_is_enough() -> None:
    text = (
        "mapping: alder\nversion: 1\nextends: [default]\n"
        "concepts: {verb: {completed: [https://alder.example.org/finished]}, type: {unit: [https://alder.example.org/u]}}"
    )
    by = Mapper(mappings.parse(text), EMPTY)
    finished = {"verb": "https://alder.example.org/finished", "object": typed("https://alder.example.org/u")}
    assert fact(by, **finished).data["state"] == "completed"
    assert mapped(**finished).rule is None


@pytest.mark.parametrize("timestamp", ["0001-01-01T00:00:00Z", "0001-01-02T00:00:00+12:00"])
def test_beginning_of_time_has_a_day(timestamp: str) -> None:
    said = {"verb": "attended", "object": MEETING, "context": context(grouping=[COHORT]), "timestamp": timestamp}
    assert fact(**said).session == f"{MEETING['id']}@0001-01-01"
    assert mapped(verb="attended", object=MEETING, context={"instructor": CORA}, timestamp=timestamp).facts == ()


def test_end_of_time_has_a_day() -> None:
    said = statement(actor=ANN, verb="attended", object=MEETING, context=context(grouping=[COHORT]))
    said["timestamp"] = "9999-12-31T23:59:59.9Z"
    found = mapper().map(said, id=ID, position=1, stored=datetime.max.replace(tzinfo=UTC), authority="")
    assert found.facts[0].session == f"{MEETING['id']}@9999-12-31"
