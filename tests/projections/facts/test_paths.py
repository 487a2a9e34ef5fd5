"""JSONPath over statements, and the rules of Statement Templates."""

from typing import Any

import pytest

from lrs.reference import jsonpath
from lrs.reference.mapping import ProfileRule
from projections.facts import paths

DATA = {
    "a": {"b": 1, "c": [10, 20, {"d": 30}], "odd key": "x"},
    "list": [{"id": "one"}, {"id": "two"}, {}],
    "none": None,
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$", [DATA]),
        ("$.a.b", [1]),
        ("$.a['odd key']", ["x"]),
        ('$.a["b","odd key"]', [1, "x"]),
        ("$.a.c[0]", [10]),
        ("$.a.c[0,1]", [10, 20]),
        ("$.a.c[*].d", [30]),
        ("$.list[*].id", ["one", "two"]),
        ("$.a.*", [1, [10, 20, {"d": 30}], "x"]),
        ("$.nothing.at.all | $.a.b", [1]),
        ("$.a.b|$.list[1].id", [1, "two"]),
        ("$.a.c[9]", []),
        ("$.a.b.c", []),
        ("$.none", [None]),
    ],
)
def test_values(path: str, found: list[object]) -> None:
    assert list(paths.values(jsonpath.parse(path))(DATA)) == found


def test_first_is_not_null() -> None:
    assert paths.first(jsonpath.parse("$.none | $.list[*].id"))(DATA) == "one"
    assert paths.first(jsonpath.parse("$.a.b"))(DATA) == 1
    assert paths.first(jsonpath.parse("$.b.a"))(DATA) is None


def rule(location: str, **parts: Any) -> ProfileRule:
    selector = parts.pop("selector", None)
    return ProfileRule(
        location=jsonpath.parse(location), selector=None if selector is None else jsonpath.parse(selector), **parts
    )


NOTHING = "$.nothing"
IDS = "$.list[*].id"


@pytest.mark.parametrize(
    ("location", "parts", "follows"),
    [
        ("$.a.b", {"presence": "included"}, True),
        (NOTHING, {"presence": "included"}, False),
        ("$.a.b", {"presence": "excluded"}, False),
        (NOTHING, {"presence": "excluded"}, True),
        (NOTHING, {"presence": "recommended", "any": (1,)}, True),
        ("$.a.b", {"presence": "recommended", "any": (2,)}, False),
        (IDS, {"any": ("two", "three")}, True),
        (IDS, {"any": ("three",)}, False),
        (NOTHING, {"any": ("three",)}, False),
        (IDS, {"all": ("one", "two")}, True),
        (IDS, {"all": ("one",)}, False),
        (NOTHING, {"all": ("one",)}, True),
        (IDS, {"none": ("two",)}, False),
        (IDS, {"none": ("three",)}, True),
        (NOTHING, {"none": ("three",)}, True),
        # A selector that finds nothing at one of the places leaves something that can match nothing.
        ("$.list[*]", {"selector": "$.id", "presence": "included"}, False),
        ("$.list[0,1]", {"selector": "$.id", "presence": "included"}, True),
        ("$.list[2]", {"selector": "$.id", "presence": "excluded"}, True),
        ("$.list[*]", {"selector": "$.id", "presence": "excluded"}, False),
        ("$.list[*]", {"selector": "$.id", "any": ("two",)}, True),
        ("$.list[*]", {"selector": "$.id", "all": ("one", "two")}, False),
        ("$.a.b", {"any": (True,)}, False),
        ("$.a.b", {"any": (1.0,)}, True),
    ],
)
def test_rules_of_statement_templates(location: str, parts: dict[str, Any], follows: bool) -> None:
    assert paths.follows(rule(location, **parts), str)(DATA) is follows


def test_values_are_compared_in_normal_form() -> None:
    follows = paths.follows(rule("$.a", any=("new:x",)), lambda text: text.replace("old:", "new:"))
    assert follows({"a": "old:x"})
    assert not follows({"a": "old:y"})
