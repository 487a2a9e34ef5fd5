"""What a dry run says."""

from collections.abc import Mapping
from datetime import date

from lrs.reference.difference import counts, difference
from tests.reference.given import FIRST, LATER, ROSTER, apply, criterion, csv, package, replaced, state, without

BASE = state(("roster", ROSTER, FIRST), ("rubric", package(criterion("c")), FIRST), ("policy", b"timezone: UTC", FIRST))


def said(kind: str, content: bytes | Mapping[str, bytes], day: date = LATER) -> list[str]:
    """The difference that an application makes, in words."""
    return [str(each) for each in difference(BASE.reference(), apply(BASE, kind, content, day).reference())]  # type: ignore[arg-type]


def test_nothing_new_is_no_difference() -> None:
    assert said("roster", ROSTER) == []


def test_new_person_is_told_with_her_post() -> None:
    more = {**ROSTER, "users.csv": ROSTER["users.csv"] + b"dee,,,true,north,teacher,dee1,Dee,Hock,,\r\n"}
    assert said("roster", more) == [
        "people: dee added (Dee Hock)",
        "posts: dee educator at north added (2025-01-06 to further notice)",
    ]


def test_person_who_left_is_ended() -> None:
    words = said("roster", without("users.csv", "bob,"))
    assert words == [
        "people: bob ended (until 2025-01-06)", "posts: bob educator at south ended (ever to 2025-01-06)",
    ]  # fmt: skip


def test_changed_cells_are_told() -> None:
    words = said("roster", replaced("users.csv", "Byron,ada@x.org", "King,ada@y.org"))
    assert "people: ada changed (family_name: Byron → King; email: ada@x.org → ada@y.org)" in words
    assert "identities: mbox:mailto:ada@y.org of ada added (ever to further notice)" in words


def test_membership_and_pair_end() -> None:
    words = said("roster", without("enrollments.csv", "e1,", "e4,"))
    assert words == [
        "memberships: ada member of plc ended (ever to 2025-01-06)",
        "assignments: cy coaches ada on intensive every 10 days ended (ever to 2025-01-06)",
    ]


def test_rubric_criterion_by_criterion() -> None:
    assert said("rubric", package(criterion("c", weight=2), criterion("d"))) == [
        "criteria: c changed (weight: 1.0 → 2.0)", "criteria: d added",
    ]  # fmt: skip
    assert said("rubric", package(criterion("c"), version="2")) == [
        "rubrics: r version 1 changed (ever to 2025-01-06)",
        "rubrics: r version 2 added (Craft of Teaching, 1 criteria)",
    ]


def test_policy_setting_by_setting() -> None:
    assert said("policy", b"cadence: {grace: 5}", FIRST) == ["policy: from 2024-08-01 changed (cadence.grace: 3 → 5)"]
    assert said("policy", b"cadence: {grace: 5}") == ["policy: from 2025-01-06 added (cadence.grace: 3 → 5)"]


def test_calendar_mapping_and_alignments() -> None:
    assert said("calendar", csv("org,from,to,kind", "d,2024-12-21,2025-01-06,holiday")) == [
        "pauses: holiday of d 2024-12-21 added (2024-12-21 to 2025-01-06)"
    ]
    assert said("alignments", csv("activity_id,criterion_id", "u:1,c")) == ["alignments: u:1 with c added"]
    assert said("mapping", b"mapping: ours\nversion: 1\nextends: [default]\n") == ["mapping: mapping added"]


def test_counts_are_by_part() -> None:
    found = difference(BASE.reference(), apply(BASE, "roster", without("users.csv", "ada,", "bob,"), LATER).reference())
    assert counts(found)["people"] == {"ended": 2}
    assert counts(found)["memberships"] == {"ended": 1}
