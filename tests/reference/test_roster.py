"""The roster over time: what comes, moves and goes, by bulk and by delta, and the records that it makes."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from lrs.reference import applied, oneroster
from lrs.reference.applied import State
from lrs.reference.oneroster import Body, Part
from lrs.reference.policy import DEFAULT
from lrs.reference.reference import Reference
from lrs.reference.roster import Roster
from lrs.reference.rostered import Rostered
from lrs.reference.touched import touched
from tests.reference.given import (
    CLASSES,
    ENROLLMENTS,
    FIRST,
    LATER,
    ORGS,
    ROSTER,
    USERS,
    apply,
    csv,
    replaced,
    state,
    without,
)  # fmt: skip

BEFORE = date(2020, 1, 1)
BASE = state(("roster", ROSTER, FIRST))


def later(files: Mapping[str, bytes], of: State = BASE) -> Reference:
    return apply(of, "roster", files, LATER).reference()


def test_class_is_a_cohort_or_a_caseload() -> None:
    reference = BASE.reference()
    assert list(reference.cohorts) == ["plc"]
    assert {(each.person, each.role) for each in reference.members("plc")} == {("ada", "member"), ("cy", "facilitator")}
    (pair,) = reference.assignments_of_coach("cy")
    assert (pair.educator, pair.plan, pair.target_interval_days) == ("ada", "intensive", 10)
    assert reference.roles("cy", FIRST) == {"coach", "facilitator"}
    assert reference.roles("ada", FIRST) == {"educator"}


def test_first_export_holds_from_ever() -> None:
    reference = BASE.reference()
    assert reference.org_of("ada", BEFORE) == "north"
    assert reference.members("plc")[0].since is None
    assert reference.person("mbox:mailto:ADA@x.org", BEFORE) == "ada"


def test_absence_in_bulk_ends_a_membership_that_day() -> None:
    reference = later(without("enrollments.csv", "e1,"))
    (ada,) = [each for each in reference.members("plc") if each.person == "ada"]
    assert (ada.since, ada.until) == (None, LATER)
    assert touched(BASE.reference(), reference).people == {"ada"}


def test_absent_person_leaves_everything_and_is_not_forgotten() -> None:
    reference = later(without("users.csv", "ada,"))
    assert reference.org_of("ada", date(2025, 1, 5)) == "north"
    assert reference.org_of("ada", LATER) is None
    assert not [each for each in reference.memberships("ada") if each.covers(LATER)]
    assert not reference.is_assigned("cy", "ada", LATER)
    assert reference.person("mbox:mailto:ada@x.org", LATER) == "ada"


def test_delta_changes_what_it_names() -> None:
    files = {
        "manifest.csv": csv("propertyName,value", "file.enrollments,delta"),
        "enrollments.csv": csv(
            ENROLLMENTS, "e1,tobedeleted,plc,north,ada,student,,2024-12-20", "e5,active,plc,north,bob,student,,"
        ),
    }
    found = {each.person: (each.since, each.until) for each in later(files).members("plc")}
    assert found == {"ada": (None, date(2024, 12, 20)), "bob": (LATER, None), "cy": (None, None)}


def test_end_in_the_future_ends_no_later_than_absence() -> None:
    dated = replaced("enrollments.csv", "ada,student,,", "ada,student,,2025-06-13")
    base = state(("roster", dated, FIRST))
    (ada,) = [each for each in base.reference().members("plc") if each.person == "ada"]
    assert ada.until == date(2025, 6, 13)
    (ada,) = [
        each for each in later(without("enrollments.csv", "e1,", of=dated), base).members("plc") if each.person == "ada"
    ]
    assert ada.until == LATER


def test_end_is_inclusive_where_policy_says() -> None:
    dated = replaced("enrollments.csv", "ada,student,,", "ada,student,2024-09-01,2025-06-13")
    made = state(("roster", dated, FIRST), ("policy", b"dates: {end: inclusive}", FIRST))
    (ada,) = [each for each in made.reference().members("plc") if each.person == "ada"]
    assert (ada.since, ada.until) == (date(2024, 9, 1), date(2025, 6, 14))


def test_move_of_school_is_dated() -> None:
    reference = later(replaced("users.csv", "ada,,,true,north", "ada,,,true,south"))
    assert reference.org_of("ada", date(2025, 1, 5)) == "north"
    assert reference.org_of("ada", LATER) == "south"
    assert touched(BASE.reference(), reference).people == {"ada"}


def test_who_comes_back_has_a_gap() -> None:
    gone = apply(BASE, "roster", without("enrollments.csv", "e1,"), LATER)
    reference = apply(gone, "roster", ROSTER, date(2025, 3, 1)).reference()
    ada = [(each.since, each.until) for each in reference.members("plc") if each.person == "ada"]
    assert ada == [(None, LATER), (date(2025, 3, 1), None)]


def test_who_is_back_the_same_day_never_left() -> None:
    gone = apply(BASE, "roster", without("enrollments.csv", "e1,"), LATER)
    reference = apply(gone, "roster", ROSTER, LATER).reference()
    assert [(each.since, each.until) for each in reference.members("plc") if each.person == "ada"] == [(None, None)]


def test_two_enrolments_of_one_person_are_one_membership() -> None:
    more = {**ROSTER, "enrollments.csv": ROSTER["enrollments.csv"] + b"e9,,plc,north,ada,student,2024-09-01,\r\n"}
    reference = state(("roster", more, FIRST)).reference()
    assert len([each for each in reference.members("plc") if each.person == "ada"]) == 1


def test_new_address_interrupts_no_post() -> None:
    reference = later(replaced("users.csv", "ada@x.org", "byron@x.org"))
    assert [(each.since, each.until) for each in reference.records.posts if each.person == "ada"] == [(None, None)]


def test_new_target_of_a_caseload_acts_from_its_day() -> None:
    reference = later(replaced("classes.csv", "caseload,10", "caseload,20"))
    pairs = reference.assignments_of_educator("ada")
    assert [(each.target_interval_days, each.since, each.until) for each in pairs] == [
        (10, None, LATER), (20, LATER, None),
    ]  # fmt: skip


def test_address_that_moves_on_was_each_ones_in_her_time() -> None:
    files = replaced("users.csv", "ada@x.org", "byron@x.org")
    files = replaced("users.csv", "bob@x.org", "ada@x.org", of=files)
    reference = later(files)
    assert reference.person("mbox:mailto:ada@x.org", date(2025, 1, 5)) == "ada"
    assert reference.person("mbox:mailto:ada@x.org", LATER) == "bob"
    assert reference.person("mbox:mailto:byron@x.org", BEFORE) == "ada"
    assert reference.person("mbox:mailto:bob@x.org", LATER) == "bob"


def test_address_in_use_is_not_taken_over() -> None:
    reference = later(replaced("users.csv", "bob@x.org", "ada@x.org"))
    assert reference.person("mbox:mailto:ada@x.org", LATER) == "ada"


def test_given_identity_beats_the_roster() -> None:
    identities = csv("person_sourcedId,ifi_type,value,homePage,from,to", "bob,mbox,ada@x.org,,2025-01-01,")
    reference = apply(BASE, "identities", identities).reference()
    assert reference.person("mbox:mailto:ada@x.org", FIRST) == "mbox:mailto:ada@x.org"
    assert reference.person("mbox:mailto:ada@x.org", LATER) == "bob"


def test_roles_of_version_1_2_are_posts() -> None:
    files = {
        "users.csv": csv("sourcedId,givenName,primaryOrgSourcedId", "ada,Ada,south"),
        "roles.csv": csv(
            "sourcedId,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId",
            "r1,ada,primary,teacher,2023-08-01,,north",
            "r2,ada,secondary,coach,2024-08-01,2025-06-13,south",
            "r3,ada,secondary,principal,,,west",
        ),
    }
    reference = state(("roster", files, FIRST)).reference()
    assert reference.roles("ada", LATER) == {"educator", "coach", "principal"}
    assert reference.roles("ada", date(2025, 6, 13)) == {"educator", "principal"}
    assert reference.org_of("ada", LATER) == "south"


def test_policy_maps_roles() -> None:
    made = apply(BASE, "policy", b"roles: {coach: educator, teacher: ''}")
    assert made.reference().roles("ada", FIRST) == frozenset()
    assert "educator" in made.reference().roles("cy", FIRST)


def test_terms_are_those_of_the_policy_and_are_kept() -> None:
    columns = "sourcedId,status,title,type,startDate,endDate,schoolYear,metadata.pd.org"
    sessions = {"academicSessions.csv": csv(
        columns, "y,,2024-25,schoolYear,2024-08-20,2025-06-13,2025,", "f,,Fall,semester,2024-08-20,2025-01-01,2025,",
        "g,,G1,gradingPeriod,2024-08-20,2024-10-01,2025,", 's,,Own,term,2024-09-01,2025-02-01,2025,"south,west"',
    )}  # fmt: skip
    made = apply(apply(BASE, "roster", sessions), "policy", b"periods: {terms: [semester, term]}")
    day = date(2024, 9, 10)
    assert [each.id for each in made.reference().periods("north", day)] == ["y", "f"]
    assert [each.id for each in made.reference().periods("south", day)] == ["y", "s@south"]
    next_year = {"academicSessions.csv": csv(columns, "y2,,2025-26,schoolYear,2025-08-19,2026-06-12,2026,")}
    assert [each.id for each in later(next_year, made).periods("north", day)] == ["y", "f"]


def test_what_is_none_of_ours_is_pruned() -> None:
    held = {"ada": "teacher", "pupil": "student", "mum": "guardian", "peer": "student"}
    full = {
        "orgs.csv": ROSTER["orgs.csv"],
        "users.csv": csv(USERS, *(f"{who},,,true,north,{role},u,G,F,," for who, role in held.items())),
        "classes.csv": csv(CLASSES, "plc,,PLC,north,cohort,,", "alg,,Algebra,north,,,"),
        "enrollments.csv": csv(
            ENROLLMENTS, "e1,,plc,north,ada,student,,", "e2,,alg,north,pupil,student,,", "e3,,plc,north,peer,student,,"
        ),
    }  # fmt: skip
    pruned = Roster().prune(oneroster.parse(full))
    assert set(pruned.parts["users"].rows) == {"ada", "peer"}
    assert set(pruned.parts["classes"].rows) == {"plc"}
    assert set(pruned.parts["enrollments"].rows) == {"e1", "e3"}


def test_three_changed_people_make_a_small_delta() -> None:
    users = csv(USERS, *(f"p{n},,,true,north,teacher,u{n},G,F,p{n}@x.org," for n in range(500)))
    base = state(("roster", {"orgs.csv": csv(ORGS, "north,,N,school,"), "users.csv": users}, FIRST))
    changed = users.replace(b"p7,,,true,north", b"p7,,,true,south").replace(b"p8@x.org", b"p8@y.org")
    changed = b"\r\n".join(line for line in changed.split(b"\r\n") if not line.startswith(b"p9,"))
    delta = base.roster.shrink(oneroster.parse({"users.csv": changed}))
    assert (set(delta.parts["users"].rows), set(delta.parts["users"].gone)) == ({"p7", "p8"}, {"p9"})
    found = touched(base.reference(), apply(base, "roster", {"users.csv": changed}, LATER).reference())
    assert {each for each in found.people if each.startswith("p")} == {"p7", "p8", "p9"}
    assert not found.everything


IDS = some.sampled_from("abcd")
DAYS = some.sampled_from(["", "2024-09-01", "2024-12-20", "2025-03-01"])
CELLS = some.fixed_dictionaries(
    {
        "classSourcedId": some.sampled_from(["c", "k"]),
        "userSourcedId": IDS,
        "role": some.sampled_from(["student", "teacher"]),
    },
    optional={"beginDate": DAYS.filter(bool), "endDate": DAYS.filter(bool)},
)
PARTS = some.builds(
    lambda mode, rows, gone: Part(mode=mode, rows=rows, gone={id_: gone[id_] for id_ in gone if id_ not in rows}),
    some.sampled_from(["bulk", "delta"]),
    some.dictionaries(IDS, CELLS, max_size=4),
    some.dictionaries(IDS, DAYS, max_size=2),
)
CLASS_ROWS: Any = {"c": {"title": "C", oneroster.KIND: "cohort"}, "k": {"title": "K", oneroster.KIND: "caseload"}}


@settings(max_examples=200)
@given(some.lists(PARTS, min_size=1, max_size=5))
def test_delta_that_is_kept_does_what_the_export_did(parts: list[Part]) -> None:
    classes = Part(mode="bulk", rows=CLASS_ROWS)
    whole = small = Roster()
    for month, part in enumerate(parts, 1):
        body = Body(version="1.1", parts={"enrollments": part, "classes": classes})
        day = date(2025, month, 1)
        small = small.apply(small.shrink(body), day)
        whole = whole.apply(body, day)
        assert small == whole
    rostered = Rostered(whole, DEFAULT)
    every = [*rostered.memberships(), *rostered.assignments()]
    assert all(each.since is None or each.until is None or each.since < each.until for each in every)


def test_pairs_that_leave_the_list_end() -> None:
    columns = "coach,educator,plan,beginDate,endDate,targetIntervalDays"
    made = state(("assignments", csv(columns, "cy,ada,,2024-09-01,,14", "cy,bob,,,,"), FIRST))
    reference = apply(made, "assignments", csv(columns, "cy,ada,,2024-09-01,,14"), LATER).reference()
    found = {each.educator: (each.since, each.until) for each in reference.assignments_of_coach("cy")}
    assert found == {"ada": (date(2024, 9, 1), None), "bob": (None, LATER)}


def test_empty_state_knows_nobody() -> None:
    assert applied.EMPTY.reference().records.people == ()


@pytest.mark.parametrize("broken", ["users.csv", "classes.csv"])
def test_missing_file_leaves_what_is_known(broken: str) -> None:
    files = {name: content for name, content in ROSTER.items() if name != broken}
    assert later(files).records.memberships == BASE.reference().records.memberships
