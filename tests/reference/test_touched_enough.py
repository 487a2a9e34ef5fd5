"""Whatever changes, all that is not touched answers as before: random reference data against random reference data."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

from hypothesis import given, settings
from hypothesis import strategies as some

from lrs.reference.model import Assignment, Cohort, Interval, Link, Membership, Org, Pause, Period, Person, Post
from lrs.reference.policy import Cadence, Policy
from lrs.reference.reference import Reference
from lrs.reference.touched import touched
from tests.reference.test_criteria import criterion, rubric

START = date(2024, 8, 1)
DAYS = [START + timedelta(days) for days in (-400, 0, 10, 45, 100, 200, 330, 500)]
PEOPLE, ORGS, COHORTS = ("ada", "bob", "cy"), ("d", "n", "s"), ("plc", "net")
IFIS = tuple(f"mbox:mailto:{who}@x.org" for who in PEOPLE)
CRITERIA = ("c1", "c2")

K = TypeVar("K")
day = some.none() | some.sampled_from(DAYS)
who, where = some.sampled_from(PEOPLE), some.sampled_from(ORGS)
anywhere, anybody = some.none() | where, some.none() | who
target = some.none() | some.sampled_from([7, 14])


def dated(of: type[Interval], /, **fields: some.SearchStrategy[Any]) -> some.SearchStrategy[Any]:
    """Records of a kind, some of them with days; those that end before they begin hold on no day."""
    return some.builds(of, since=day, until=day, **fields)


def few(strategy: some.SearchStrategy[Any]) -> some.SearchStrategy[list[Any]]:
    return some.lists(strategy, max_size=3)


def things(ids: tuple[str, ...], of: Any, /, **fields: some.SearchStrategy[Any]) -> some.SearchStrategy[list[Any]]:
    """Some of these, each once."""
    return some.lists(some.sampled_from(ids), unique=True).flatmap(
        lambda chosen: some.tuples(*(some.builds(of, id=some.just(id_), **fields) for id_ in chosen)).map(list)
    )


def period(org: str | None, kind: Any, n: int, since: date | None, until: date | None) -> Period:
    return Period(id=f"{org}{kind}{n}", org=org, kind=kind, title="", since=since, until=until)


zone = some.sampled_from(["America/Los_Angeles", "America/New_York"])
RECORDS = some.fixed_dictionaries(
    {
        "orgs": things(ORGS, Org, name=some.just(""), kind=some.just("school"), parent=some.sampled_from([None, "d"]),
                       timezone=some.none() | zone),
        "people": things(PEOPLE, Person, email=some.none() | some.sampled_from(["ada@x.org", "bob@x.org"]),
                         dimensions=some.sampled_from([{}, {"teachingSince": "2023-08-01"}])),
        "posts": few(dated(Post, person=who, org=where, role=some.sampled_from(["educator", "coach"]))),
        "cohorts": things(COHORTS, Cohort, title=some.just(""), org=where, plan=some.sampled_from([None, "plc"]),
                          target_interval_days=target, iris=some.sampled_from([(), ("u:1",), ("u:2",)])),
        "memberships": few(dated(Membership, cohort=some.sampled_from(COHORTS), person=who,
                                 role=some.sampled_from(["member", "facilitator"]))),
        "assignments": few(dated(Assignment, coach=who, educator=who, target_interval_days=target)),
        "periods": few(
            some.builds(period, anywhere, some.sampled_from(["schoolYear", "term"]), some.integers(0, 1), day, day)
        ),
        "pauses": few(dated(Pause, kind=some.just("x"), org=anywhere) | dated(Pause, kind=some.just("x"), person=who)),
        "links": few(dated(Link, person=who, ifi=some.sampled_from(IFIS))),
        "rubrics": some.lists(some.builds(
            lambda ids, weight: rubric(*(criterion(id_, weight=weight, iris=(f"u:{id_}",)) for id_ in ids)),
            some.lists(some.sampled_from(CRITERIA), unique=True), some.sampled_from([1.0, 2.0])), max_size=1),
        "policies": few(some.tuples(day, some.builds(
            Policy, timezone=zone, freshness_days=some.integers(1, 2),
            cadence=some.builds(Cadence, default_target=some.sampled_from([28, 30]))))),
    }
)  # fmt: skip


def of_person(reference: Reference, person: str, on: date) -> object:
    """Everything that rows of a person stand on."""
    org = reference.org_of(person, on)
    return (
        org, reference.teaching_since(person), reference.periods(org, on), reference.ifis(person),
        reference.is_paused(on, org=org, person=person),
        reference.cadence_days(START, on, org=org, person=person),
        set(reference.memberships(person)), set(reference.assignments_of_coach(person)),
        set(reference.assignments_of_educator(person)), reference.target_days(person, None, None, on),
    )  # fmt: skip


def of_cohort(reference: Reference, cohort: str, on: date) -> object:
    """Everything that rows of a cohort stand on, besides its members' own."""
    known = reference.cohorts.get(cohort)
    if known is None:
        return set(reference.members(cohort))
    return (
        set(reference.members(cohort)), known.org, reference.cohort_target(cohort, on),
        reference.periods(known.org, on), reference.cadence_days(START, on, org=known.org, person=None),
    )  # fmt: skip


def of_criterion(reference: Reference, id_: str, on: date) -> object:
    known = reference.criterion_of(id_)
    return known and (reference.criterion(id_, on), reference.rubric_of(id_, on).version)


KINDS = (
    "orgs", "people", "posts", "cohorts", "memberships", "assignments", "periods", "pauses", "links", "rubrics",
    "policies",
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(RECORDS, RECORDS, some.sets(some.sampled_from(KINDS), min_size=1, max_size=2))
def test_what_is_not_touched_is_as_before(old: dict[str, Any], other: dict[str, Any], changed: set[str]) -> None:
    new = {**old, **{kind: other[kind] for kind in changed}}
    before, after = Reference.of(**old), Reference.of(**new)
    found = touched(before, after)
    for on in DAYS:
        at = datetime(on.year, on.month, on.day, 6, tzinfo=UTC)
        for ifi in IFIS:
            if ifi not in found.ifis:
                assert before.person(ifi, on) == after.person(ifi, on)
        for iri in ("plc", "net", "u:1", "u:2"):
            if iri not in found.iris:
                assert before.cohort_of(iri) == after.cohort_of(iri)
        for iri in ("c1", "u:c1", "u:c2"):
            if iri not in found.iris:
                assert before.criterion_of(iri) == after.criterion_of(iri)
        for person in PEOPLE:
            if person not in found.roles:
                assert before.roles(person, on) == after.roles(person, on)
            ifis = set(before.ifis(person)) | set(after.ifis(person))
            if not found.mapping and not ifis <= found.ifis:
                assert before.local_date_of(at, person) == after.local_date_of(at, person)
            if not found.everything and person not in found.people:
                assert of_person(before, person, on) == of_person(after, person, on)
        for cohort in COHORTS:
            if not found.everything and cohort not in found.cohorts:
                assert of_cohort(before, cohort, on) == of_cohort(after, cohort, on)
        for id_ in CRITERIA:
            if id_ not in found.criteria:
                assert of_criterion(before, id_, on) == of_criterion(after, id_, on)
