"""Files that people write: read strictly, faults told with their lines."""

import pytest

from lrs.errors import Invalid
from lrs.reference import yamlfile


def test_values_and_lines() -> None:
    found = yamlfile.read("a: 1\nb:\n  - x\n  - {c: true, d: }\n")
    assert found.value == {"a": 1, "b": ["x", {"c": True, "d": None}]}
    assert found.line(("b", 1, "c")) == 4
    assert found.line(("b", 0)) == 3
    assert found.line(("b", "nowhere")) == 2
    assert found.line(()) == 1


def test_words_stay_words() -> None:
    text = "a: no\nb: 2024-08-01\nc: 0123\nd: 1_000\ne: 12:30\nf: '1'\ng: .5\nh: 1e3\ni: yes\nj: NULL\n"
    assert yamlfile.read(text).value == {
        "a": "no", "b": "2024-08-01", "c": "0123", "d": "1_000", "e": "12:30", "f": "1", "g": ".5", "h": 1000.0,
        "i": "yes", "j": "NULL",
    }  # fmt: skip


def test_json_is_read_too() -> None:
    assert yamlfile.read('{"a": [1, 2.5, null, false, "x"]}').value == {"a": [1, 2.5, None, False, "x"]}
    assert yamlfile.read("\ufeffa: 1").value == {"a": 1}
    assert yamlfile.read("").value is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: 1\nb: 2\na: 3\n", "line 3: 'a' is there twice"),
        ("a: &x [1]\nb: *x\n", "line 2: aliases"),
        ("a: !!python/object:os.system x\n", "line 1: tags"),
        ("a: 1\n---\nb: 2\n", "line 2: a file holds one document"),
        ("a: [1\nb: 2\n", "line 2: "),
        ("a: 'x\n", "line "),
        ("a:\n\t- x\n", "line 2: "),
        ("? [a]\n: b\n", "line 1: a key must be a word"),
        ("a: 1e999\n", "line 1: 1e999 is too large"),
        ("a: " + "[" * 60 + "]" * 60, "line 1: nested deeper than 40"),
        ("a: \x07\n", "no YAML"),
    ],
)
def test_faults_have_lines(text: str, words: str) -> None:
    with pytest.raises(Invalid) as raised:
        yamlfile.read(text)
    assert raised.value.detail.startswith(words) or words in raised.value.detail


def test_long_numbers_are_texts() -> None:
    assert yamlfile.read("a: " + "9" * 5_000).value == {"a": "9" * 5_000}


def test_much_is_refused() -> None:
    with pytest.raises(Invalid, match="more than 2,000,000 characters"):
        yamlfile.read("a" * 2_000_001)


def test_schema_faults_have_lines_and_near_names() -> None:
    text = "mapping: x\nversion: one\nruls: []\nconcepts:\n  verbs: {}\n"
    with pytest.raises(Invalid) as raised:
        yamlfile.check(yamlfile.read(text), "mapping/mapping.json")
    lines = raised.value.detail.splitlines()
    assert lines[0].startswith("line 2: version: ")
    assert lines[1] == "line 3: there is no key 'ruls'; did you mean 'rules'?"
    assert lines[2] == "line 5: concepts: there is no key 'verbs'; did you mean 'verb'?"
    assert raised.value.pointer == "/version"
