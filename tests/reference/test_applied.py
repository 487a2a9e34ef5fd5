"""Applications of reference data and their fold, through the JSON of the log."""

from datetime import date

import pytest

from lrs.errors import Invalid
from lrs.reference import applied, incoming, mapping
from lrs.reference.applied import EMPTY, Kind
from lrs.reference.incoming import Given
from tests.reference.given import FIRST, LATER, ROSTER, apply, criterion, csv, package, state, zipped

CALENDAR = csv("org,from,to,kind,person", "d,2024-12-21,2025-01-06,holiday,")


def test_log_alone_gives_the_same_data() -> None:
    text = mapping.source("default")
    files: list[tuple[Kind, bytes]] = [
        ("roster", zipped(ROSTER)), ("rubric", package(criterion("c"))), ("calendar", CALENDAR),
        ("policy", b"timezone: America/Denver"), ("mapping", text.encode()),
    ]  # fmt: skip
    made = [incoming.read(kind, Given.of("given", content), day=FIRST).encode() for kind, content in files]
    first = again = EMPTY
    for position, payload in enumerate(made, 1):
        first = applied.fold(first, applied.decode(payload), position)
    for position, payload in enumerate(made, 1):
        again = applied.fold(again, applied.decode(applied.decode(payload).encode()), position)
    assert first.reference().records == again.reference().records
    assert first.reference().through == 5
    assert len(first.reference().records.people) == 3
    assert first.reference().mapping == text


def test_policy_acts_from_its_day() -> None:
    made = state(("policy", b"freshness_days: 10", FIRST), ("policy", b"freshness_days: 20", LATER))
    reference = made.reference()
    assert [reference.policy(day).freshness_days for day in (date(2020, 1, 1), date(2025, 1, 5), LATER)] == [10, 10, 20]


def test_policy_of_the_same_day_is_corrected() -> None:
    made = state(("policy", b"freshness_days: 10", FIRST), ("policy", b"freshness_days: 20", FIRST))
    assert len(made.reference().records.policies) == 1
    assert made.reference().policy(FIRST).freshness_days == 20


def test_day_of_a_policy_is_that_of_its_file_unless_said() -> None:
    given = Given.of("policy.yaml", b"effective_from: 2024-09-01")
    assert incoming.read("policy", given, day=FIRST).effective_from == date(2024, 9, 1)
    assert incoming.read("policy", given, day=FIRST, effective_from=LATER).effective_from == LATER


def test_calendar_is_replaced_as_a_whole() -> None:
    made = apply(
        apply(EMPTY, "calendar", CALENDAR), "calendar", csv("org,from,to,kind", "d,2025-04-07,2025-04-12,break")
    )
    assert [each.kind for each in made.reference().records.pauses] == ["break"]


def test_zip_and_folder_are_the_same_content() -> None:
    zip_, folder = Given.of("export.zip", zipped(ROSTER)), Given(source="export", files=ROSTER)
    assert zip_.sha256 == folder.sha256
    assert Given.of("x.zip", zipped({**ROSTER, "orgs.csv": b""})).sha256 != folder.sha256


def test_heads_tell_what_was_applied_last() -> None:
    made = state(("rubric", package(criterion("c")), FIRST), ("calendar", CALENDAR, LATER))
    assert set(made.heads) == {"rubric:r-doc", "calendar"}
    head = made.heads["calendar"]
    assert (head.position, head.effective_from, head.source) == (2, LATER, "calendar.csv")
    assert head.sha256 == Given.of("c", CALENDAR).sha256


@pytest.mark.parametrize(
    ("source", "content", "kind"),
    [
        ("export.zip", zipped(ROSTER), "roster"),
        ("users.csv", ROSTER["users.csv"], "roster"),
        ("calendar-2024.csv", CALENDAR, "calendar"),
        ("breaks.csv", CALENDAR, "calendar"),
        ("who.csv", csv("person_sourcedId,ifi_type,value"), "identities"),
        ("x.csv", csv('activity_id,"criterion_id"'), "alignments"),
        ("x.csv", csv("coach,educator"), "assignments"),
        ("x.json", package(criterion("c")), "rubric"),
        ("mapping.yaml", b"mapping: x", "mapping"),
        ("ours.yaml", b"mapping: x", "mapping"),
        ("ours.yaml", b"timezone: UTC", "policy"),
    ],
)
def test_kind_is_told_by_name_or_content(source: str, content: bytes, kind: Kind) -> None:
    assert incoming.kind_of(Given.of(source, content)) == kind


@pytest.mark.parametrize("content", [b"hello", b"", b"a,b\r\n1,2\r\n", b"\xff\xfe"])
def test_unknown_file_is_asked_about(content: bytes) -> None:
    with pytest.raises(Invalid):
        incoming.kind_of(Given.of("notes", content))


def test_wrong_mapping_is_refused() -> None:
    with pytest.raises(Invalid, match="line 1"):
        incoming.read("mapping", Given.of("mapping.yaml", b"mappin: x"), day=FIRST)
