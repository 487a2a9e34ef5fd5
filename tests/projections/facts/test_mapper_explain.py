"""Why a statement became what it did: for each rule that was tried, the first thing that failed."""

import pytest

from projections.facts.mapper import Explanation
from tests.factories import activity, reference
from tests.projections.facts.school import (
    ADL_TYPE,
    ANN,
    COHORT,
    CORA,
    EVE,
    TC_TYPE,
    context,
    explained,
    ifi,
    mapper,
    own,
    typed,
)  # fmt: skip

MEETING = typed(f"{ADL_TYPE}meeting", "meeting")


def why(found: Explanation) -> dict[str, str]:
    return {each.rule: each.why for each in found.tried}


def test_rule_that_took_it_ends_the_list() -> None:
    found = explained(verb="attended", object=MEETING, context=context(grouping=[COHORT]))
    assert [(each.rule, each.taken) for each in found.tried][-1] == ("cohort-session", True)
    assert why(found)["cohort-session"] == "1 fact"
    assert [each.rule for each in found.mapped.facts] == ["cohort-session"]
    assert (found.verb_sets, found.type_sets, found.object) == (("attended",), ("meeting",), "Activity")


def test_first_thing_that_failed_is_told() -> None:
    found = why(explained(verb="attended", object=MEETING, context={"instructor": EVE}))
    assert found["coaching-session"] == f"the object's type ({ADL_TYPE}meeting) is in none of its sets"
    assert found["cohort-session"] == "no cohort that reference data knows is named (anywhere)"
    assert found["meeting-with-mentor"] == "no contextAgent or contextGroup is relevant as mentor"
    assert found["meeting-with-coach"] == "coach.contact: nobody is found for coach"


def test_kind_of_object_is_told() -> None:
    found = why(explained(verb="http://id.tincanapi.com/verb/mentored", object=activity()))
    assert found["contact-where-coach-acts"] == "the object is Activity, not Agent or Group"


def test_roles_are_told() -> None:
    verb = "http://id.tincanapi.com/verb/mentored"
    found = why(explained(actor=CORA, verb=verb, object={"objectType": "Agent", **ANN}))
    assert found["contact-where-educator-acts"] == f"object is no coach: {ifi('ann')} (educator)"


def test_ignored_is_told() -> None:
    found = explained(verb="answered", object=activity())
    assert (found.tried[-1].why, found.tried[-1].taken) == ("ignored on purpose", True)


def test_verb_that_no_rule_takes() -> None:
    found = explained(verb="https://example.org/juggled")
    assert (found.tried, found.verb_sets, found.mapped.rule) == ((), (), None)


def test_void_needs_no_rule() -> None:
    found = explained(verb="voided", object=reference())
    assert (found.tried, found.mapped.rule) == ((), "voided")


@pytest.mark.parametrize(
    ("when", "words"),
    [
        ("{rules: [{location: $.context.platform, any: [B]}]}", "$.context.platform: any ['B']; found ['Alder']"),
        ("{rules: [{location: $.result, presence: included}]}", "$.result: presence included; found []"),
        ("{has: extension(plan)}", "there is no extension(plan)"),
        ("{has_not: $.context.platform}", "there is a $.context.platform"),
        ("{parent_type: meeting}", "no parent activity has a type of meeting; types there: none"),
        ("{future: $.timestamp}", "$.timestamp is no time after 2024-11-05T19:40:00Z"),
        ("{any_of: [{object: Agent}]}", "none of the alternatives in `any_of` holds"),
        ("{none_of: [{object: Activity}]}", "alternative 1 of `none_of` holds"),
        ("{criterion: object}", "no criterion that reference data knows is named (object)"),
        ("{criterion: none}", "a criterion is named"),
        ("{assigned: {coach: context.instructor, educator: actor}}", "nobody is not assigned to account:https://lms.example.org|ann"),
        ("{sub: {verb: attended}}", "the object is no SubStatement of the kind that `sub` asks for"),
    ],
)  # fmt: skip
def test_each_condition_says_why(when: str, words: str) -> None:
    by = own(f"  - {{id: one, when: {when}, emit: {{fact: apply, doer: actor}}}}\n")
    found = explained(by, verb="completed", object=activity("task"), context={"platform": "Alder"})
    assert why(found) == {"one": words}


@pytest.mark.parametrize(
    ("emit", "words"),
    [
        ("{fact: learn, learner: actor, unit: $.context.platform, state: started}", "learn: nothing is found for unit"),
        (
            "{fact: learn, each: context.team, learner: $each, unit: x, state: started}",
            "learn: nobody is found for `each`",
        ),
        ("{fact: coach.contact, educator: actor, coach: actor}", "coach.contact: both are the same person"),
        ("{fact: rubric.evidence, owner: actor, criterion: object}", "rubric.evidence: nothing is found for criterion"),
    ],
)
def test_what_a_fact_lacks_is_told(emit: str, words: str) -> None:
    by = own(f"  - {{id: one, when: {{verb: completed}}, emit: {emit}}}\n")
    assert why(explained(by, verb="completed")) == {"one": words}


def test_explaining_needs_no_reference_data() -> None:
    found = explained(mapper(known=False), verb="attended", object=typed(f"{TC_TYPE}tutor-session"))
    assert why(found)["coaching-session"] == "coach.contact: both are the same person"
