"""The mapper itself: time, identity, what was asked, order of rules, the primitives of the language."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from lrs.reference import mapping as mappings
from lrs.reference.model import Criterion, Link, Membership, Rubric
from lrs.reference.reference import EMPTY, Reference
from projections.facts.fact import Kind
from projections.facts.mapper import Mapper
from tests.factories import activity, agent, group, reference, statement
from tests.projections.facts.school import (
    ADL, ADL_TYPE, ANN, AS, AT, AX, BEN, COHORT, CORA, CRITERION, EVE, ID, LIS, OTHER_CRITERION, REGISTRATION, ROUTINES,
    STORED, TC, TC_TYPE, WAIT_TIME, context, fact, ifi, mapped, mapper, own, run, school, spoken, typed,
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


@pytest.mark.parametrize("timestamp", ["2024-11-05T20:40:00+01:00", "2024-11-05T11:40:00.000-08:00", "2024-11-05T19:40"])
def test_times_are_instants(timestamp: str) -> None:
    assert fact(verb="completed", object=LESSON, timestamp=timestamp).observed_at.isoformat() == "2024-11-05T19:40:00+00:00"


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
        "  - {id: a, when: {verb: completed}, emit: {fact: coach.contact, educator: actor, coach: context.instructor}}\n"
        "  - {id: b, when: {verb: completed}, emit: {fact: learn, learner: actor, unit: $.object.id, state: completed}}\n"
        "  - {id: c, when: {verb: completed}, emit: {fact: apply, doer: actor}}\n"
    )
    assert mapped(by, verb="completed").rule == "b"
    assert mapped(by, verb="completed", context={"instructor": CORA}).rule == "a"


def test_stop_false_goes_on() -> None:
    by = own(
        "  - {id: a, when: {verb: completed}, stop: false, emit: {fact: apply, doer: actor}}\n"
        "  - {id: b, when: {verb: completed}, emit: {fact: learn, learner: actor, unit: $.object.id, state: completed}}\n"
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


# Primitives


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("$.object.id", TASK["id"]),
        ("'$.nothing | $.object.id'", TASK["id"]),
        ('"$.context.extensions[\'https://example.org/n\']"', "7"),
        ("'{object.id}@{local_date}'", f"{TASK['id']}@2024-11-05"),
        ("['{context.nothing}x', plain]", "plain"),
        ("{const: $.object.id}", "$.object.id"),
        ("'{context.platform}/{extension(https://example.org/n)}'", "Alder/7"),
        ("{of: $.verb.id, map: {completed: done}}", "done"),
        ("[{of: $.object.id, map: {x: y}}, {of: $.context.platform, map: {Alder: tree}}]", "tree"),
        ("context(unit)", "https://example.org/course"),
        ("parent(*)", "https://example.org/room"),
        ("object(*)", TASK["id"]),
        ("[object(unit), grouping(unit)]", "https://example.org/course"),
    ],
)
def test_expressions(expression: str, value: str) -> None:
    said = context(
        platform="Alder",
        extensions={"https://example.org/n": 7},
        parent=["https://example.org/room"],
        grouping=[{"id": "https://example.org/course", "definition": {"type": f"{ADL_TYPE}course"}}],
    )
    assert fact(own(EMIT + expression + "}"), verb="completed", object=TASK, context=said).unit == value


def test_single_context_activity_is_a_list() -> None:
    said = {"contextActivities": {"parent": {"id": CRITERION}}}
    assert fact(verb="scored", context={**said, "instructor": CORA}).criterion == WAIT_TIME


def test_persons_by_test() -> None:
    emit = "    emit: {fact: coach.contact, each: actor, educator: $each, coach: %s}\n"
    said = {"actor": group(ANN, EVE, CORA, BEN), "verb": "completed"}
    for coach, wanted in (
        ("{of: actor, role: coach}", ["ann", "eve", "ben"]),
        ("{of: actor, assigned: $each}", ["ann", "ben"]),
        ("{of: actor, role: [evaluator], except: context.instructor}", ["ann", "cora", "ben"]),
    ):
        found = mapped(own(ALWAYS + emit % coach), context={"instructor": CORA}, **said).facts
        assert [each.subject for each in found] == [ifi(name) for name in wanted], coach


def test_first_person_of_a_list() -> None:
    emit = "    emit: {fact: coach.contact, educator: actor, coach: [contextAgents(mentor), context.instructor]}\n"
    by = own(ALWAYS + emit)
    assert fact(by, verb="completed", context={"instructor": EVE}).other == ifi("eve")
    both = {"instructor": EVE, "contextAgents": [spoken(BEN, f"{LIS}#Learner"), spoken(CORA, f"{LIS}#Mentor")]}
    assert fact(by, verb="completed", context=both).other == ifi("cora")


@pytest.mark.parametrize(
    ("when", "verb", "holds"),
    [
        ("{parent_type: meeting}", "completed", True),
        ("{context_type: [unit, meeting]}", "completed", True),
        ("{grouping_type: meeting}", "completed", False),
        ("{category_type: meeting}", "completed", False),
        ("{other_type: meeting}", "completed", False),
        ("{relevant_type: mentor}", "completed", True),
        ("{relevant_type: learner}", "completed", False),
        ("{object: Activity}", "completed", True),
        ("{object: [Agent, Group]}", "completed", False),
        ("{has: $.context.platform}", "completed", True),
        ("{has: [$.context.platform, extension(plan)]}", "completed", False),
        ("{has_not: extension(plan)}", "completed", True),
        ("{role: {actor: educator}}", "completed", True),
        ("{role: {actor: [coach, principal]}}", "completed", False),
        ("{role: {contextAgents(mentor): coach}}", "completed", True),
        ("{assigned: {coach: contextAgents(mentor), educator: actor}}", "completed", True),
        ("{assigned: {coach: actor, educator: contextAgents(mentor)}}", "completed", False),
        ("{criterion: aligned}", "completed", True),
        ("{criterion: object}", "completed", False),
        ("{criterion: none}", "completed", False),
        ("{cohort: none}", "completed", True),
        ("{any_of: [{object: Agent}, {verb: passed}, {type: unit}, {cohort: none}]}", "completed", True),
        ("{any_of: [{object: Agent}, {verb: passed}]}", "completed", False),
        ("{none_of: [{object: Agent}, {verb: passed}]}", "completed", True),
        ("{none_of: [{verb: completed}]}", "completed", False),
        ("{rules: [{location: $.context.platform, presence: included}]}", "completed", True),
        ("{rules: [{location: $.context.platform, any: [Birch]}]}", "completed", False),
        ("{verb: https://example.org/own}", "https://example.org/own", True),
    ],
)
def test_conditions(when: str, verb: str, holds: bool) -> None:
    by = own(f"  - {{id: one, when: {when}, emit: {{fact: apply, doer: actor}}}}\n")
    said = context(platform="Alder", parent=[MEETING], contextAgents=[spoken(CORA, f"{LIS}#Mentor")])
    assert bool(mapped(by, verb=verb, object=TASK, context=said).facts) is holds


def test_statement_of_one_id_supersedes_another() -> None:
    other = UUID("ec531277-b57b-4c15-8d91-d292c5b2b8f7")
    objective = {"id": CRITERION}
    found = fact(verb="scored", object=objective, context={"instructor": CORA, "statement": reference(other)})
    assert found.data["supersedes"] == str(other)


def test_regrade_key_where_a_rule_gives_one() -> None:
    rules = ALWAYS + (
        "    emit: {fact: rubric.score, rated: actor, criterion: object, attempt: $.context.registration,"
        " regrade_key: '{context.registration}/{object.id}'}\n"
    )
    found = fact(own(rules), verb="completed", object={"id": CRITERION}, context={"registration": REGISTRATION})
    assert found.data["regrade_key"] == f"{REGISTRATION}/{CRITERION}"


def test_score_keeps_finite_numbers_alone() -> None:
    score = {"raw": 3, "min": 1e400, "max": True, "scaled": "0.5"}
    found = fact(verb="scored", object={"id": CRITERION}, result={"score": score}, context={"instructor": CORA})
    assert found.data.keys() & {"raw", "min", "max", "scaled"} == {"raw"}


def test_texts_fit_the_fact_table() -> None:
    long = fact(verb="completed", object={**LESSON, "id": "https://example.org/" + "a" * 3_000}).unit
    assert long is not None
    assert len(long) <= 500
    assert fact(actor={"account": {"homePage": "https://lms.example.org", "name": "a\0b"}}, verb="completed",
                object=LESSON).subject == "account:https://lms.example.org|a�b"  # fmt: skip


def test_verbs_are_known_by_their_aliases() -> None:
    for verb in ("http://www.adlnet.gov/expapi/verbs/completed", f"{ADL}completed"):
        assert fact(verb=verb, object=LESSON).rule == "learn-completed"


def test_link_changes_who_was_assigned() -> None:
    two = agent("second")
    known = school().records
    linked = Reference.of(
        people=known.people, posts=known.posts, orgs=known.orgs, assignments=known.assignments,
        links=[*known.links, Link(person="p-cora", ifi="mbox:mailto:second@example.org", since=date(2024, 9, 1))],
    )  # fmt: skip
    said = {"verb": "attended", "object": MEETING, "context": {"instructor": two}}
    before = mapped(**said)
    assert before.facts == ()
    assert "ifi:mbox:mailto:second@example.org" in before.asked
    assert fact(mapper().on(linked), **said).other == "mbox:mailto:second@example.org"


def test_expanded_member_without_identifier_is_herself() -> None:
    known = school().records
    joined = [*known.memberships, Membership(cohort="plc", person="p-new", role="member")]
    by = mapper().on(Reference.of(cohorts=known.cohorts, memberships=joined, links=known.links))
    found = mapped(by, actor={"objectType": "Group", "openid": COHORT}, verb="attended", object=MEETING).facts
    assert [each.subject for each in found] == [ifi("ann"), "p-new"]


def test_score_takes_the_first_criterion() -> None:
    said = context(instructor=CORA, other=[OTHER_CRITERION, CRITERION])
    assert fact(verb="scored", object=activity(), context=said).criterion == ROUTINES


def test_level_of_another_criterion_is_not_taken() -> None:
    levels = school().rubrics["r"].criteria[0].levels
    other = Criterion(id="c", uri="https://example.org/c", title="c", domain="", weight=1, position=0, levels=levels)
    alone = Reference.of(rubrics=[Rubric(id="r", uri="u", title="", version="", criteria=(other,))])
    said = context(instructor=CORA, other=[levels[0].uri])
    found = fact(mapper().on(alone), verb="scored", object=activity(), context=said)
    assert (found.criterion, found.data["level"]) == ("c", levels[0].uri)
    mixed = fact(verb="scored", object={"id": OTHER_CRITERION}, context=said)
    assert mixed.criterion == ROUTINES
    assert "level" not in mixed.data


def test_nothing_changes_the_statement() -> None:
    said = statement(actor=group(ANN, BEN), verb=f"{AS}like", object=typed(f"{TC_TYPE}discussion"), timestamp=AT)
    copy = str(said)
    assert run(mapper(), said) == run(mapper(), said)
    assert str(said) == copy


def test_talk_with_a_mentor_about_anything_is_contact() -> None:
    said = {"contextAgents": [spoken(CORA, f"{LIS}#Mentor")]}
    assert fact(verb=f"{TC}talked-with", object=activity(), context=said).kind is Kind.COACH_CONTACT
