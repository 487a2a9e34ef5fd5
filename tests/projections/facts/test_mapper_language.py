"""The language of mapping files: each primitive and each condition, as the mapper runs them."""

from datetime import date
from uuid import UUID

import pytest

from lrs.reference.model import Criterion, Link, Membership, Rubric
from lrs.reference.reference import Reference
from projections.facts.fact import Kind
from tests.factories import activity, agent, group, reference, statement, substatement
from tests.projections.facts.school import (
    ADL,
    ADL_TYPE,
    ANN,
    AS,
    AT,
    BEN,
    COHORT,
    CORA,
    CRITERION,
    EVE,
    LIS,
    OTHER_CRITERION,
    REGISTRATION,
    ROUTINES,
    TC,
    TC_TYPE,
    WAIT_TIME,
    context,
    fact,
    ifi,
    mapped,
    mapper,
    own,
    run,
    school,
    spoken,
    typed,
)  # fmt: skip

LESSON = typed(f"{ADL_TYPE}lesson", "lesson")
MEETING = typed(f"{ADL_TYPE}meeting", "meeting")
TASK = activity("task")
ALWAYS = "  - id: one\n    when: {verb: completed}\n"
EMIT = ALWAYS + "    emit: {fact: learn, learner: actor, state: completed, unit: "


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("$.object.id", TASK["id"]),
        ("'$.nothing | $.object.id'", TASK["id"]),
        ("\"$.context.extensions['https://example.org/n']\"", "7"),
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


def test_rule_may_say_that_a_statement_corrects_another() -> None:
    other = UUID("ec531277-b57b-4c15-8d91-d292c5b2b8f7")
    said = {"object": {"id": CRITERION}, "context": {"instructor": CORA, "statement": reference(other)}}
    emit = "    emit: {fact: rubric.score, rated: actor, criterion: object, supersedes: $.context.statement.id}\n"
    assert fact(own(ALWAYS + emit), verb="completed", **said).data["supersedes"] == str(other)
    answered = fact(verb="scored", **said)
    assert answered.refers_to == other
    assert "supersedes" not in answered.data


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


def test_roles_of_lis_by_short_name() -> None:
    emit = "    emit: {fact: coach.contact, educator: actor, coach: contextAgents(%s)}\n"
    for short, iri in (("lis:Mentor", f"{LIS}#Mentor"), ("lis:Mentor#Advisor", f"{LIS}/Mentor#Advisor")):
        said = {"contextAgents": [spoken(BEN, f"{LIS}#Learner"), spoken(CORA, iri)]}
        assert fact(own(ALWAYS + emit % short), verb="completed", context=said).other == ifi("cora")


def test_rule_of_every_part() -> None:
    rules = """
  - id: coaching-educator-acts
    when:
      verb: [attended, completed]
      type: coaching
      rules: [{location: "$.context.instructor", presence: included}]
      role: {context.instructor: coach}
    emit:
      fact: coach.contact
      each: actor
      educator: $each
      coach: [contextAgents(lis:Mentor), $.context.instructor]
      session: [$.context.registration, "{object.id}@{local_date}"]
      minutes: $.result.duration
      purpose: formative
    timestamp_means: end
"""
    by = own(rules)
    session = typed(f"{TC_TYPE}tutor-session", "session")
    said = {"verb": "attended", "object": session, "result": {"duration": "PT40M"}}
    found = mapped(by, actor=group(ANN, BEN), context={"instructor": CORA}, **said).facts
    assert [(each.subject, each.other) for each in found] == [(ifi("ann"), ifi("cora")), (ifi("ben"), ifi("cora"))]
    assert {(each.session, each.minutes, each.purpose) for each in found} == {
        (f"{session['id']}@2024-11-05", 40, "formative")
    }
    assert mapped(by, actor=ANN, context={"instructor": EVE}, **said).facts == ()
    assert mapped(by, actor=ANN, **said).facts == ()


def test_credential_that_one_claims_is_still_a_credential() -> None:
    badge = typed(f"{AS}badge", "badge")
    said = context(instructor=ANN, other=[CRITERION])
    _, score = mapped(verb=f"{TC}earned", object=badge, context=said).facts
    assert (score.data["evidence_kind"], score.data["role_hint"]) == ("credential", "self")


def test_one_place_is_looked_through_before_the_next_also_within_a_substatement() -> None:
    fields = "rated: actor, assessor: context.instructor, criterion: [object, context], source: $.id"
    by = own(f"  - id: one\n    when: {{verb: scheduled}}\n    emit: {{fact: rubric.score, {fields}}}\n")
    inner = substatement(object={"id": CRITERION})
    said = context(instructor=CORA, grouping=[OTHER_CRITERION])
    found = [
        fact(by, verb="https://w3id.org/xapi/tla/verbs/planned", object=inner, context=said).criterion for _ in range(3)
    ]
    assert (
        found
        == [fact(by, verb="https://w3id.org/xapi/tla/verbs/planned", object={"id": CRITERION}, context=said).criterion]
        * 3
    )


def test_what_is_asked_does_not_depend_on_what_came_before() -> None:
    by = own("  - id: one\n    when: {verb: completed, has: ['{local_date}', $.context.team]}\n"
             "    emit: {fact: apply, doer: actor}\n")  # fmt: skip
    found = [mapped(by, verb="completed", object=TASK, context=context(platform="p")).asked for _ in range(3)]
    assert found == [{f"ifi:{ifi('ann')}"}] * 3
