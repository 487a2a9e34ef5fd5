"""CASE packages: what is optional may be missing, versions are kept, old criteria lead to new ones."""

from datetime import date
from typing import Any

import pytest

from lrs.reference import case
from lrs.reference.flaws import Flawed
from lrs.reference.model import Criterion
from tests.reference.given import FIRST, LATER, criterion, node, package, state

ITEM = "aaaaaaaa-0000-4000-8000-000000000001"
PARENT = "aaaaaaaa-0000-4000-8000-000000000002"
OTHER = "aaaaaaaa-0000-4000-8000-000000000003"


def item(identifier: str, **more: Any) -> dict[str, Any]:
    return {"identifier": identifier, "uri": f"https://case.example.org/CFItems/{identifier}", **more}


def association(kind: str, origin: str, destination: str) -> dict[str, Any]:
    return {
        "identifier": f"{origin}-{destination}", "associationType": kind,
        "originNodeURI": node(origin), "destinationNodeURI": node(destination),
    }  # fmt: skip


def only(content: bytes) -> Criterion:
    (rubric,) = case.parse(content).rubrics
    return rubric.criteria[0]


def test_levels_rise_in_score() -> None:
    levels = [
        {"identifier": "B", "uri": "u:b", "quality": "Able", "score": 2, "position": 1},
        {"identifier": "A", "uri": "u:a", "quality": "Novice", "score": 1.5, "position": 2},
    ]
    found = only(package(criterion("c", CFRubricCriterionLevels=levels))).levels
    assert [(each.id, each.name, each.score) for each in found] == [("a", "Novice", 1.5), ("b", "Able", 2.0)]


def test_without_scores_position_counts() -> None:
    levels = [{"identifier": name, "position": place} for name, place in (("high", 30), ("low", 10))]
    found = only(package(criterion("c", CFRubricCriterionLevels=levels))).levels
    assert [(each.id, each.score) for each in found] == [("low", 10.0), ("high", 30.0)]


def test_without_positions_order_counts() -> None:
    levels = [{"identifier": "low"}, {"identifier": "high", "position": 1}]
    found = only(package(criterion("c", CFRubricCriterionLevels=levels))).levels
    assert [(each.id, each.score, each.uri) for each in found] == [
        ("low", 1.0, "urn:uuid:low"),
        ("high", 2.0, "urn:uuid:high"),
    ]


def test_weight_is_one_and_position_that_of_the_list() -> None:
    (rubric,) = case.parse(package(criterion("a"), criterion("b", weight=0.5, position=1), criterion("c"))).rubrics
    assert [(each.id, each.weight, each.position) for each in rubric.criteria] == [
        ("a", 1, 1),
        ("b", 0.5, 1),
        ("c", 1, 3),
    ]


def test_criterion_answers_to_its_item_too() -> None:
    made = state(("rubric", package(criterion("c", ITEM), CFItems=[item(ITEM)]), FIRST)).reference()
    for iri in (
        "c", "https://case.example.org/criteria/c", f"https://case.example.org/items/{ITEM}",
        f"https://case.example.org/CFItems/{ITEM}", f"urn:uuid:{ITEM.upper()}", f"https://mirror.example.org/{ITEM}",
    ):  # fmt: skip
        assert made.criterion_of(iri) == "c", iri


def test_domain_is_the_category_or_the_parent() -> None:
    items = [
        item(ITEM, fullStatement="Asks questions"),
        item(PARENT, humanCodingScheme="2", fullStatement="Instruction"),
    ]
    content = package(criterion("c", ITEM), CFItems=items, CFAssociations=[association("isChildOf", ITEM, PARENT)])
    assert (only(content).domain, only(content).title) == ("2 Instruction", "Asks questions")
    assert only(package(criterion("c", ITEM, category="Planning", description="Plans ahead"))).domain == "Planning"


def test_unknown_keys_are_passed_over() -> None:
    content = package(criterion("c", extensions={"x": 1}), extensions={"y": [1]}, CFDefinitions={})
    assert only(content).id == "c"


def test_items_alone_make_a_rubric() -> None:
    items = [
        item(PARENT, fullStatement="Planning"),
        item(ITEM, fullStatement="Plans"),
        item(OTHER, fullStatement="Knows"),
    ]
    children = [association("isChildOf", each, PARENT) for each in (ITEM, OTHER)]
    (rubric,) = case.parse(package(CFRubrics=[], CFItems=items, CFAssociations=children)).rubrics
    found = [(each.title, each.domain, each.levels) for each in rubric.criteria]
    assert found == [("Plans", "Planning", ()), ("Knows", "Planning", ())]


def test_next_version_holds_from_its_day() -> None:
    made = state(
        ("rubric", package(criterion("c")), FIRST), ("rubric", package(criterion("c", weight=2), version="2"), LATER)
    ).reference()  # fmt: skip
    assert [(each.version, each.since, each.until) for each in made.versions("r")] == [
        ("1", None, LATER),
        ("2", LATER, None),
    ]
    assert made.criterion("c", date(2020, 1, 1)).weight == 1
    assert made.criterion("c", LATER).weight == 2


def test_later_of_two_versions_of_a_day_is_in_force() -> None:
    made = state(("rubric", package(criterion("c")), FIRST), ("rubric", package(criterion("c"), version="2"), FIRST))
    assert made.reference().rubric_of("c", FIRST).version == "2"
    assert made.reference().rubric_of("c", date(2024, 7, 31)).version == "1"


def test_same_version_again_takes_the_place() -> None:
    made = state(("rubric", package(criterion("c")), FIRST), ("rubric", package(criterion("c", weight=2)), LATER))
    assert [(each.version, each.since) for each in made.reference().versions("r")] == [("1", None)]
    assert made.reference().criterion("c", FIRST).weight == 2


@pytest.mark.parametrize(
    "walk",
    [
        association("replacedBy", "old", "new"), association("exactMatchOf", "new", "old"),
        association("exactMatchOf", "old", "new"),
    ],
    ids=["replaced", "match", "match-backwards"],
)  # fmt: skip
def test_new_rubric_goes_on_from_the_old(walk: dict[str, Any]) -> None:
    made = state(
        ("rubric", package(criterion("old")), FIRST),
        ("rubric", package(criterion("new"), rubric="s", CFAssociations=[walk]), LATER),
    ).reference()
    assert made.successor("old") == "new"
    assert made.criterion("new").replaces == ("old",)
    assert made.rubrics["r"].until == LATER
    assert (made.rubrics["s"].since, made.rubrics["s"].until) == (LATER, None)


def test_crosswalk_may_come_alone_and_name_items() -> None:
    walk = package(rubric="walk", CFRubrics=[], CFAssociations=[association("replacedBy", ITEM, OTHER)])
    made = state(
        ("rubric", package(criterion("old", ITEM)), FIRST),
        ("rubric", package(criterion("new", OTHER), rubric="s"), LATER),
        ("rubric", walk, LATER),
    ).reference()  # fmt: skip
    assert made.successor("old") == "new"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{", "this is no JSON"),
        (b"[" * 100_000, "this is no JSON"),
        (b"[]", "a CASE package is a JSON object"),
        (b"{}", "column /CFDocument: a CASE package has a CFDocument: this is none"),
        (package(CFRubrics=[]), "the package has no CFRubrics, no CFItems and no crosswalk"),
        (package(CFRubrics={}), "column /CFRubrics: this is a list"),
        (package({"uri": "x"}), "column /CFRubrics/0/CFRubricCriteria/0/identifier: it must have an identifier"),
        (package(criterion("c", weight="heavy")), "column /CFRubrics/0/CFRubricCriteria/0/weight: this is a number"),
    ],
    ids=range(8),
)
def test_what_is_no_package_is_told(content: bytes, words: str) -> None:
    with pytest.raises(Flawed) as refused:
        case.parse(content, "rubric.json")
    assert words in refused.value.detail
