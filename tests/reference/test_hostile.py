"""Whatever is sent as reference data, it is taken or refused in our words, and what is taken can be folded."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from lrs.errors import LrsError
from lrs.reference import applied, incoming
from lrs.reference.applied import KINDS, Kind
from lrs.reference.incoming import Given
from tests.reference.given import CLASSES, ENROLLMENTS, FIRST, ORGS, USERS, zipped

HEADERS = {
    "calendar": "org,from,to,kind,person",
    "identities": "person_sourcedId,ifi_type,value,homePage,from,to",
    "alignments": "activity_id,criterion_id",
    "assignments": "coach,educator,plan,beginDate,endDate,targetIntervalDays",
}
WORDS = ("account", "mbox", "a@x.org", "cohort", "caseload", "student", "teacher", "active", "tobedeleted", "term")
ODD = ("", "a", "b", "a,b", '"', "\n", "\0", "é", "😀", "-1", "1e9", "٣", "|\\")
DATES = ("2024-08-01", "0001-01-01", "9999-12-31", "2024-02-30")
CELL = some.sampled_from((*WORDS, *ODD, *DATES))
IDENTIFIER = some.sampled_from(["a", "b", "aaaaaaaa-0000-4000-8000-000000000001"])
LEAF = some.none() | some.booleans() | some.floats() | some.integers() | IDENTIFIER | some.text(max_size=3)
KEYS = (
    "CFDocument", "CFItems", "CFAssociations", "CFRubrics", "CFRubricCriteria", "CFRubricCriterionLevels", "CFItemURI",
    "identifier", "uri", "title", "version", "associationType", "originNodeURI", "destinationNodeURI", "category",
    "weight", "position", "score", "quality", "description",
)  # fmt: skip
TREE = some.recursive(
    LEAF, lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.sampled_from(KEYS), inner, max_size=6)
)


def table(header: str, rows: list[list[str]]) -> bytes:
    width = header.count(",") + 1
    lines = [",".join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row[:width]) for row in rows]
    return "\r\n".join([header, *lines]).encode()


ROWS = some.lists(some.lists(CELL, min_size=13, max_size=13), max_size=4)


def take(kind: Kind, given: Given) -> None:
    """Read it, and fold it twice if it can be read; nothing but a refusal may come of it."""
    with contextlib.suppress(LrsError):
        made = applied.decode(incoming.read(kind, given, day=FIRST).encode())
        state = applied.fold(applied.fold(applied.EMPTY, made, 1), made, 2)
        state.reference()


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=60, deadline=None)
@given(content=some.binary(max_size=60) | some.text(max_size=60).map(str.encode))
def test_any_bytes(kind: Kind, content: bytes) -> None:
    with contextlib.suppress(LrsError):
        take(kind, Given.of("file", content))


@pytest.mark.parametrize("kind", HEADERS)
@settings(max_examples=60, deadline=None)
@given(rows=ROWS)
def test_any_cells_of_ours(kind: Kind, rows: list[list[str]]) -> None:
    take(kind, Given.of("file.csv", table(HEADERS[kind], rows)))


@settings(max_examples=100, deadline=None)
@given(orgs=ROWS, users=ROWS, classes=ROWS, enrollments=ROWS)
def test_any_cells_of_a_roster(orgs: Any, users: Any, classes: Any, enrollments: Any) -> None:
    files = {
        "orgs.csv": table(ORGS, orgs), "users.csv": table(USERS, users), "classes.csv": table(CLASSES, classes),
        "enrollments.csv": table(ENROLLMENTS, enrollments),
    }  # fmt: skip
    take("roster", Given.of("x.zip", zipped(files)))


@settings(max_examples=200, deadline=None)
@given(tree=TREE, document=some.dictionaries(some.sampled_from(KEYS), LEAF, max_size=4))
def test_any_json_as_case(tree: Any, document: Any) -> None:
    holder = tree if isinstance(tree, dict) else {"CFRubrics": [tree]}
    content = json.dumps({**holder, "CFDocument": {"identifier": "d", **document}})
    take("rubric", Given.of("x.json", content.encode()))
