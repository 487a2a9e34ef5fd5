"""The JSONPath of xAPI Profiles: what is a path, and what is refused with words."""

import pytest

from lrs.reference import jsonpath


@pytest.mark.parametrize(
    ("text", "branches"),
    [
        ("$", ((),)),
        ("$.a.b", ((("a",), ("b",)),)),
        ("$.a[*].*", ((("a",), None, None),)),
        ("$['a b'][0, 12]", ((("a b",), (0, 12)),)),
        (r"$['it\'s', " + '"x"]', ((("it's", "x"),),)),
        ("$.a | $['b|c']", ((("a",),), (("b|c",),))),
        ("$.context-x", ((("context-x",),),)),
    ],
)
def test_paths(text: str, branches: object) -> None:
    assert jsonpath.parse(text).branches == branches


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "begins with $"),
        ("a.b", "begins with $"),
        ("$..a", "name each step"),
        ("$.a[?(@.b)]", "filters and scripts"),
        ("$.a[(@.length)]", "filters and scripts"),
        ("$.a[0:2]", "does not end"),
        ("$.a[-1]", "not understood"),
        ("$.a[b]", "not understood"),
        ("$.a.", "not understood"),
        ("$.a b", "not understood"),
        ("$.a['b'", "does not end"),
        ("$.a |", "begins with $"),
        ("$.http://x", "not understood"),
    ],
)
def test_what_is_no_path(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words.replace("$", r"\$").replace("[", r"\[")):
        jsonpath.parse(text)
