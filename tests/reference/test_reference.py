"""What a Reference answers: organisations, zones, persons, roles, cohorts and targets, each as of a day."""

import hashlib
from datetime import UTC, date, datetime

import pytest

from lrs.errors import NotFound
from lrs.reference.model import Assignment, Cohort, Link, Membership, Org, Person, Post
from lrs.reference.policy import Cadence, Identities, Policy
from lrs.reference.reference import EMPTY, Reference

DAY = date(2024, 11, 5)
COHORT = "8f14e45f-ceea-467f-a8c2-0123456789ab"


def test_org_is_that_of_the_primary_post() -> None:
    posts = [Post(person="ada", org="north", role="educator"), Post(person="ada", org="x", role="coach", primary=True)]
    assert Reference.of(posts=posts).org_of("ada", DAY) == "x"


def test_move_of_school_counts_from_its_day() -> None:
    moved = date(2025, 1, 6)
    posts = [
        Post(person="ada", org="north", role="educator", until=moved),
        Post(person="ada", org="south", role="educator", since=moved),
    ]
    reference = Reference.of(posts=posts)
    assert reference.org_of("ada", date(2025, 1, 5)) == "north"
    assert reference.org_of("ada", moved) == "south"


def test_person_without_a_post_is_nowhere() -> None:
    assert EMPTY.org_of("ada", DAY) is None
    assert Reference.of(posts=[Post(person="ada", org="x", role="educator", until=DAY)]).org_of("ada", DAY) is None


def test_district_comes_last_of_the_ancestors() -> None:
    orgs = [Org(id="d", name="", kind="district"), Org(id="s", name="", kind="school", parent="d")]
    assert Reference.of(orgs=orgs).ancestors("s") == ("s", "d")


def test_orgs_that_are_each_others_parents_end() -> None:
    orgs = [Org(id="a", name="", kind="school", parent="b"), Org(id="b", name="", kind="school", parent="a")]
    assert Reference.of(orgs=orgs).ancestors("a") == ("a", "b")


def test_zone_is_found_from_the_school_upwards() -> None:
    orgs = [
        Org(id="d", name="", kind="district"),
        Org(id="s", name="", kind="school", parent="d"),
        Org(id="t", name="", kind="school", parent="d", timezone="America/Denver"),
    ]
    zones = {"d": "America/Los_Angeles", "*": "America/Chicago"}
    reference = Reference.of(orgs=orgs, policies=Policy(timezone=zones))
    assert [reference.zone(org, DAY).key for org in ("s", "t", "u", None)] == [
        "America/Los_Angeles", "America/Denver", "America/Chicago", "America/Chicago",
    ]  # fmt: skip


def test_evening_in_los_angeles_is_not_the_next_day() -> None:
    reference = Reference.of(policies=Policy(timezone="America/Los_Angeles"))
    assert reference.local_date(datetime(2024, 11, 6, 3, 0, tzinfo=UTC), None) == DAY


def test_day_of_a_person_follows_her_move() -> None:
    posts = [
        Post(person="ada", org="east", role="educator", until=date(2024, 11, 6)),
        Post(person="ada", org="west", role="educator", since=date(2024, 11, 6)),
    ]
    zones = {"east": "America/New_York", "west": "America/Los_Angeles"}
    reference = Reference.of(posts=posts, policies=Policy(timezone=zones))
    assert reference.local_date_of(datetime(2024, 11, 6, 3, 0, tzinfo=UTC), "ada") == DAY
    assert reference.local_date_of(datetime(2024, 11, 7, 3, 0, tzinfo=UTC), "ada") == date(2024, 11, 6)


def test_first_policy_holds_for_all_days_before_it() -> None:
    old, new = Policy(freshness_days=10), Policy(freshness_days=20)
    reference = Reference.of(policies=[(date(2025, 1, 1), new), (date(2024, 8, 1), old)])
    assert reference.policy(date(2020, 1, 1)) == old
    assert reference.policy(date(2024, 12, 31)) == old
    assert reference.policy(date(2025, 1, 1)) == new


def test_link_holds_for_its_days() -> None:
    links = [
        Link(person="ada", ifi="mbox:mailto:a@x.org", until=date(2024, 8, 1)),
        Link(person="bob", ifi="mbox:mailto:a@x.org", since=date(2024, 8, 1)),
    ]
    reference = Reference.of(links=links)
    assert reference.person("mbox:mailto:a@x.org", date(2024, 7, 31)) == "ada"
    assert reference.person("mbox:mailto:a@x.org", date(2024, 8, 1)) == "bob"


def test_identifier_is_somebodys_always_only_if_no_day_bears_on_it() -> None:
    always = [Link(person="ada", ifi="mbox:mailto:a@x.org"), Link(person="ben", ifi="mbox:mailto:b@x.org", since=DAY)]
    reference = Reference.of(links=always)
    assert reference.person_always("mbox:mailto:A@x.org") == "ada"
    assert reference.person_always("mbox:mailto:b@x.org") is None
    assert reference.person_always("mbox:mailto:C@x.org") == "mbox:mailto:c@x.org"


def test_unlinked_identifier_stands_for_itself() -> None:
    assert EMPTY.person("account:https://lms/|7", DAY) == "account:https://lms|7"
    assert EMPTY.ifis("account:https://lms|7") == ("account:https://lms|7",)


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("mbox:mailto:Ada@X.org", "mbox:mailto:ada@x.org"),
        ("account:https://lms.example.org/|7", "account:https://lms.example.org|7"),
        ("account:https://lms.example.org|a|b/", "account:https://lms.example.org|a|b/"),
        ("account:https://x/\\|y/|7", "account:https://x/\\|y|7"),
        ("openid:https://Ada.example.org/", "openid:https://Ada.example.org/"),
    ],
)
def test_identifier_has_one_form(written: str, normal: str) -> None:
    assert EMPTY.normal(written) == normal


def test_hashed_address_is_known_by_hashing() -> None:
    reference = Reference.of(people=[Person(id="ada", email="Ada@X.org")])
    for written in ("mailto:ada@x.org", "mailto:Ada@X.org"):
        digest = hashlib.sha1(written.encode(), usedforsecurity=False).hexdigest()
        assert reference.person(f"mbox_sha1sum:{digest}", DAY) == "ada"
        assert f"mbox_sha1sum:{digest}" in reference.ifis("ada")
    assert "mbox:mailto:ada@x.org" in reference.ifis("ada")


def test_address_of_two_people_is_nobodys() -> None:
    reference = Reference.of(people=[Person(id="ada", email="x@x.org"), Person(id="bob", email="X@x.org")])
    assert reference.person("mbox:mailto:x@x.org", DAY) == "mbox:mailto:x@x.org"


def test_accounts_follow_from_the_roster_where_policy_says() -> None:
    policy = Policy(identities=Identities(email=False, accounts={"https://lms/": "username"}))
    reference = Reference.of(people=[Person(id="ada", email="a@x.org", username="ada1")], policies=policy)
    assert reference.ifis("ada") == ("account:https://lms|ada1",)
    assert reference.person("mbox:mailto:a@x.org", DAY) == "mbox:mailto:a@x.org"


def test_roles_come_from_posts_pairs_and_cohorts() -> None:
    reference = Reference.of(
        posts=[Post(person="ada", org="s", role="educator")],
        assignments=[Assignment(coach="ada", educator="bob", until=DAY)],
        memberships=[Membership(cohort="c", person="ada", role="facilitator", since=DAY)],
    )
    assert reference.roles("ada", date(2024, 11, 4)) == {"educator", "coach"}
    assert reference.roles("ada", DAY) == {"educator", "facilitator"}
    assert reference.roles("bob", DAY) == frozenset()


@pytest.mark.parametrize(
    "iri",
    [
        COHORT,
        f"urn:uuid:{COHORT.upper()}",
        f"https://other.example.org/groups/{COHORT}",
        f"https://other.example.org/groups/{COHORT}/",
        f"https://other.example.org/groups#{COHORT}",
        "https://lms.example.org/group/7",
    ],
)
def test_cohort_is_found_by_iri_or_uuid(iri: str) -> None:
    cohort = Cohort(id=COHORT, title="PLC", org="s", iris=("https://lms.example.org/group/7",))
    assert Reference.of(cohorts=[cohort]).cohort_of(iri) == COHORT


@pytest.mark.parametrize("iri", ["", "https://lms.example.org/group/8", f"x{COHORT}", f"https://x.org/{COHORT}0"])
def test_other_iris_are_no_cohort(iri: str) -> None:
    assert Reference.of(cohorts=[Cohort(id=COHORT, title="PLC", org="s")]).cohort_of(iri) is None


def test_assignment_holds_for_its_days() -> None:
    reference = Reference.of(assignments=[Assignment(coach="c", educator="e", since=DAY)])
    assert reference.is_assigned("c", "e", DAY)
    assert not reference.is_assigned("c", "e", date(2024, 11, 4))
    assert not reference.is_assigned("e", "c", DAY)


def test_target_is_that_of_assignment_plan_or_years() -> None:
    people = [Person(id="new", dimensions={"teachingSince": "2023-08-01"}), Person(id="old")]
    reference = Reference.of(people=people, policies=Policy(cadence=Cadence(by_plan={"intensive": 7})))
    own = Assignment(coach="c", educator="old", target_interval_days=10)
    assert reference.target_days("old", "intensive", own, DAY) == 10
    assert reference.target_days("new", "intensive", None, DAY) == 7
    assert reference.target_days("new", "other", None, DAY) == 14
    assert reference.target_days("new", None, None, date(2026, 9, 1)) == 28
    assert reference.target_days("old", None, None, DAY) == 28


def test_cohort_meets_as_its_plan_says() -> None:
    cohorts = [
        Cohort(id="a", title="", org="s", plan="network"),
        Cohort(id="b", title="", org="s", plan="network", target_interval_days=30),
        Cohort(id="c", title="", org="s"),
    ]
    reference = Reference.of(cohorts=cohorts)
    assert [reference.cohort_target(each.id, DAY) for each in cohorts] == [61, 30, None]


def test_unknown_period_is_not_found() -> None:
    with pytest.raises(NotFound, match="no period 'x'"):
        EMPTY.period("x")
