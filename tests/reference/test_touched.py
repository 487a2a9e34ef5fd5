"""What a change of reference data bears on: enough, and no more than that."""

from datetime import date
from typing import Any

import msgspec
import pytest

from lrs.reference.model import Alignment, Assignment, Cohort, Link, Membership, Org, Pause, Period, Person, Post
from lrs.reference.policy import Cadence, Policy, Suppression
from lrs.reference.reference import EMPTY, Reference, Touched
from lrs.reference.touched import touched
from tests.reference.test_criteria import CRITERION, ITEM, criterion, rubric

DAY = date(2024, 11, 5)
COHORT = "8f14e45f-ceea-467f-a8c2-0123456789ab"
RECORDS: dict[str, Any] = {
    "orgs": [
        Org(id="d", name="", kind="district"),
        Org(id="north", name="", kind="school", parent="d"),
        Org(id="south", name="", kind="school", parent="d"),
    ],
    "people": [Person(id="ada", email="a@x.org"), Person(id="bob"), Person(id="cy")],
    "posts": [
        Post(person="ada", org="north", role="educator"),
        Post(person="bob", org="south", role="educator"),
        Post(person="cy", org="d", role="coach"),
    ],
    "cohorts": [Cohort(id=COHORT, title="PLC", org="north")],
    "memberships": [Membership(cohort=COHORT, person="ada", role="member")],
    "assignments": [Assignment(coach="cy", educator="ada")],
    "rubrics": [rubric(criterion())],
    "policies": Policy(timezone="America/Los_Angeles"),
}


def change(**changed: Any) -> Touched:
    """What is touched when these records become others."""
    return touched(Reference.of(**RECORDS), Reference.of(**{**RECORDS, **changed}))


def with_(kind: str, *more: Any) -> dict[str, Any]:
    return {kind: [*RECORDS[kind], *more]}


def test_nothing_changed_touches_nothing() -> None:
    assert change() == Touched()


def test_new_membership_touches_person_and_cohort() -> None:
    found = change(**with_("memberships", Membership(cohort=COHORT, person="bob", role="member", since=DAY)))
    assert found == Touched(people=frozenset({"bob"}), cohorts=frozenset({COHORT}))


def test_facilitator_is_a_role() -> None:
    found = change(**with_("memberships", Membership(cohort=COHORT, person="bob", role="facilitator")))
    assert found.roles == {"bob"}


def test_new_pair_touches_both() -> None:
    found = change(**with_("assignments", Assignment(coach="cy", educator="bob")))
    assert found == Touched(people=frozenset({"cy", "bob"}), roles=frozenset({"cy", "bob"}))


def test_move_within_a_zone_maps_nothing_again() -> None:
    posts = [RECORDS["posts"][0], Post(person="bob", org="north", role="educator"), RECORDS["posts"][2]]
    assert change(posts=posts) == Touched(people=frozenset({"bob"}))


def test_move_to_another_zone_maps_her_statements_again() -> None:
    orgs = [*RECORDS["orgs"], Org(id="far", name="", kind="school", timezone="America/New_York")]
    posts = [Post(person="ada", org="far", role="educator"), *RECORDS["posts"][1:]]
    found = change(orgs=orgs, posts=posts)
    assert "mbox:mailto:a@x.org" in found.ifis
    assert found.people == {"ada"}


def test_zone_of_an_older_policy_counts_too() -> None:
    policies = [(None, Policy(timezone="America/New_York")), (DAY, Policy(timezone="America/Los_Angeles"))]
    orgs = [Org(id="far", name="", kind="school", timezone="America/Los_Angeles")]
    old = Reference.of(policies=policies, orgs=orgs)
    new = Reference.of(policies=policies, orgs=orgs, posts=[Post(person="ada", org="far", role="educator")])
    assert "ada" in touched(old, new).ifis


def test_link_touches_identifier_and_person() -> None:
    link = Link(person="bob", ifi="account:https://lms/|7")
    found = change(links=[link])
    assert found == Touched(
        people=frozenset({"bob", "account:https://lms|7"}), ifis=frozenset({"account:https://lms|7"})
    )


def test_pause_of_a_school_touches_who_works_there() -> None:
    found = change(pauses=[Pause(kind="weather", org="north", since=DAY, until=date(2024, 11, 6))])
    assert found == Touched(people=frozenset({"ada"}), cohorts=frozenset({COHORT}))


def test_pause_of_the_district_touches_all_beneath() -> None:
    assert change(pauses=[Pause(kind="holiday", org="d", since=DAY)]).people == {"ada", "bob", "cy"}


def test_school_in_another_district_touches_who_works_there() -> None:
    orgs = [RECORDS["orgs"][0], Org(id="north", name="", kind="school", parent="e"), RECORDS["orgs"][2]]
    assert change(orgs=orgs) == Touched(people=frozenset({"ada"}), cohorts=frozenset({COHORT}))


def test_term_of_a_school_touches_who_works_there() -> None:
    found = change(periods=[Period(id="t", org="south", kind="term", title="t", since=DAY)])
    assert found == Touched(people=frozenset({"bob"}))


def test_leave_touches_one_person() -> None:
    assert change(pauses=[Pause(kind="leave", person="bob", since=DAY)]) == Touched(people=frozenset({"bob"}))


def test_terms_of_all_touch_everything() -> None:
    assert change(periods=[Period(id="t", org=None, kind="term", title="t")]).everything


def test_new_name_touches_nobody() -> None:
    people = [msgspec.structs.replace(RECORDS["people"][0], family_name="Byron"), *RECORDS["people"][1:]]
    assert change(people=people) == Touched()


def test_years_of_teaching_touch_one_person() -> None:
    people = [*RECORDS["people"][:2], Person(id="cy", dimensions={"teachingSince": "2024-08-01"})]
    assert change(people=people) == Touched(people=frozenset({"cy"}))


def test_cohort_that_appears_is_named() -> None:
    found = change(**with_("cohorts", Cohort(id="net", title="", org="d", iris=("https://lms/g/1",))))
    assert found == Touched(cohorts=frozenset({"net"}), iris=frozenset({"net", "https://lms/g/1"}))


def test_rubric_names_its_criteria_and_levels() -> None:
    found = touched(Reference.of(**{**RECORDS, "rubrics": []}), Reference.of(**RECORDS))
    assert found.criteria == {CRITERION}
    assert {
        CRITERION,
        ITEM,
        f"https://case.example.org/items/{ITEM}",
        "https://case.example.org/levels/1",
    } <= found.iris
    assert not found.everything


def test_weight_of_a_criterion_maps_nothing_again() -> None:
    assert change(rubrics=[rubric(criterion(weight=2.0))]) == Touched(criteria=frozenset({CRITERION}))


def test_alignment_names_its_activity() -> None:
    found = change(alignments=[Alignment(activity="https://lms/7", criterion=CRITERION)])
    assert found == Touched(iris=frozenset({"https://lms/7"}))


@pytest.mark.parametrize(
    ("policy", "everything", "mapping"),
    [
        (Policy(timezone="America/Los_Angeles", suppression=Suppression(participation_k=8)), False, False),
        (Policy(timezone="America/Los_Angeles", cadence=Cadence(grace=5)), True, False),
        (Policy(timezone="America/Chicago"), True, True),
    ],
    ids=["read-time", "rows", "zone"],
)
def test_policy_touches_what_it_rules(policy: Policy, everything: bool, mapping: bool) -> None:
    assert change(policies=policy) == Touched(everything=everything, mapping=mapping)


def test_policy_said_again_later_touches_nothing() -> None:
    policy = RECORDS["policies"]
    assert change(policies=[(date(2024, 1, 1), policy), (date(2025, 1, 1), policy)]) == Touched()


def test_new_mapping_maps_all_again() -> None:
    assert touched(EMPTY, Reference.of(mapping="mapping: x")) == Touched(mapping=True)
