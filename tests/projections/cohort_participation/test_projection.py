"""Which keys facts and reference data bear on, and what the README says."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from lrs.reference.model import Membership
from lrs.reference.policy import Memberships, Policy
from lrs.reference.reference import EMPTY, Touched
from projections import cohort_participation
from projections.analytic import Projection
from projections.answers import routes
from projections.cohort_participation import years
from projections.cohort_participation.projection import PROJECTION
from tests.projections.cohort_participation.scene import (
    RECORDS,
    REFERENCE,
    YEAR,
    Telling,
    at,
    by_key,
    changed,
    ifi,
    tables,
)

README = Path(cohort_participation.__file__).with_name("README.md").read_text(encoding="utf-8")


def keys(fact: Any, reference: Any = REFERENCE) -> list[str]:
    return sorted(PROJECTION.keys(fact, reference))


def test_it_is_a_projection_with_questions() -> None:
    assert isinstance(PROJECTION, Projection)
    for question in PROJECTION.questions:
        routes.check(question)
        assert f"`{question.path.replace('{cohort}', '{id}')}`" in README


def test_every_column_is_documented() -> None:
    missing = [
        f"{table.name}.{column.name}"
        for table in PROJECTION.tables
        for column in table.columns
        if f"`{column.name}`" not in README
    ]
    assert missing == []


def test_learning_bears_on_the_person_and_her_cohorts_of_that_day() -> None:
    t = Telling()
    assert keys(t.learned("dee", at(10, 11), minutes=1.0)) == ['["person","dee"]', f'["year","plc","{YEAR}"]']
    assert keys(t.learned("dee", at(9, 11), minutes=1.0)) == ['["person","dee"]']


def test_a_mere_start_bears_on_nothing() -> None:
    assert keys(Telling().learned("ann", at(10, 11), state="started")) == []


def test_a_meeting_bears_on_the_year_in_which_it_takes_place() -> None:
    t = Telling()
    assert keys(t.planned(at(6, 1), at(8, 20))) == [f'["year","plc","{YEAR}"]']
    assert keys(t.came("zoe", at(6, 1))) == ['["year","plc","alder-2023"]']
    assert keys(t.fact(t.facts[0].kind, "ann", at(9, 1))) == []


def test_a_thread_bears_on_the_years_that_follow() -> None:
    found = keys(Telling().shared("bob", at(9, 1, year=2023), "t"))
    assert found == ['["person","bob"]', '["year","plc","alder-2023"]', f'["year","plc","{YEAR}"]']
    named = keys(Telling().shared("zoe", at(9, 1), "t", cohort="network"))
    assert [key for key in named if key.startswith('["year"')] == [
        f'["year","network","year:{begins}-{begins - 1999}"]' for begins in (2024, 2025, 2026, 2027)
    ]


def test_membership_by_statements_bears_on_all_later_years() -> None:
    told = changed(policies=((None, Policy(membership=Memberships(source=("statements",)))),))
    joined = Telling().member("ann", at(9, 1, year=2023))
    assert keys(joined) == []
    assert keys(joined, told) == ['["year","plc","alder-2023"]', f'["year","plc","{YEAR}"]']


def test_years_with_members_have_keys_without_facts() -> None:
    assert set(PROJECTION.every(REFERENCE)) == {'["year","plc","alder-2023"]', f'["year","plc","{YEAR}"]'}


def test_a_person_who_is_touched_touches_her_cohorts() -> None:
    found = PROJECTION.touched(Touched(people=frozenset({"bob"})), EMPTY, REFERENCE)
    assert found is not None
    assert {'["person","bob"]', f'["year","plc","{YEAR}"]'} <= set(found)
    assert not any("network" in key for key in found)


def test_many_cohorts_touch_all() -> None:
    cohorts = frozenset(map(str, range(40)))
    assert PROJECTION.touched(Touched(cohorts=cohorts), EMPTY, REFERENCE) is None
    assert PROJECTION.touched(Touched(everything=True), EMPTY, REFERENCE) is None


def test_facts_of_all_identifiers_are_wanted() -> None:
    wanted = PROJECTION.wanted(f'["year","plc","{YEAR}"]', REFERENCE)
    assert isinstance(wanted, tuple)
    named = frozenset().union(*(each.subjects for each in wanted))
    assert {ifi("ann"), "mbox:mailto:ann@example.org", ifi("shared")} <= named
    assert ifi("gus") not in named


@pytest.mark.parametrize(
    "key", ['["year","gone","alder-2024"]', '["year","plc","gone"]', '["year","network","alder-2024"]']
)
def test_a_key_that_is_no_more_has_no_rows(key: str) -> None:
    facts = [Telling().came("ann", at(9, 1))]
    assert not any(PROJECTION.rows(key, facts, REFERENCE).values())
    assert not any(PROJECTION.rows(key, facts, EMPTY).values())


def test_years_follow_each_other_without_a_calendar() -> None:
    every = years.of(changed(periods=()), "alder")
    assert every.after("year:2023-24") == ("year:2024-25", "year:2025-26", "year:2026-27")
    assert every.every[0] == "year:1969-70"
    assert every.known == ()


def test_a_term_that_sticks_out_of_its_year_belongs_to_it() -> None:
    winter = next(each for each in RECORDS.periods if each.id == "alder-2024-spring")
    late = msgspec.structs.replace(winter, until=winter.until.replace(month=9))  # type: ignore[union-attr]
    following = msgspec.structs.replace(RECORDS.periods[3], id="next", since=late.until.replace(day=1, month=8))  # type: ignore[union-attr]
    following = msgspec.structs.replace(following, until=following.since.replace(year=2026))  # type: ignore[union-attr]
    reference = changed(periods=(*RECORDS.periods[:5], late, following))
    found = Telling().learned("bob", at(8, 20, year=2025), minutes=3.0)
    assert keys(found, reference) == ['["person","bob"]', f'["year","plc","{YEAR}"]', '["year","plc","next"]']
    rows = by_key("members", tables([found], reference)["members"])
    minutes = {period: rows["plc", "bob", period]["learning_minutes"] for period in (late.id, YEAR, "next")}
    assert minutes == {late.id: 3, YEAR: 0, "next": 3}


def test_one_who_was_never_a_member_bears_on_no_cohort() -> None:
    alone = changed(memberships=(Membership(cohort="plc", person="ann", role="member"),))
    assert keys(Telling().replied("bob", at(9, 1), "t"), alone) == []


def test_a_deed_bears_on_the_cohorts_of_whoever_its_identifier_ever_stands_for() -> None:
    """Facts of a year are read by identifier: one that was cam's is later dee's, who is in the network."""
    told = changed(
        policies=((None, Policy(membership=Memberships(source=("roster", "statements")))),),
        memberships=(*RECORDS.memberships, Membership(cohort="network", person="dee", role="member")),
    )
    deed = Telling().applied("shared", at(9, 2))
    bears_on = keys(deed, told)
    assert '["person","cam"]' in bears_on
    assert any(each.startswith('["year","network"') for each in bears_on)
