import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.errors import Invalid
from lrs.xapi import strictjson
from lrs.xapi.limits import DEFAULT, Limits
from lrs.xapi.strictjson import JSON
from lrs.xapi.versions import Version

VALUES: st.SearchStrategy[JSON] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


@given(VALUES)
def test_what_json_writes_is_read(value: JSON) -> None:
    assert strictjson.parse(json.dumps(value).encode(), DEFAULT) == value


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b" ",
        b"{",
        b"\xef\xbb\xbf{}",
        b'{"a":1,"a":2}',
        b'{"b":{"a":1,"\\u0061":2}}',
        b'"\\ud800"',
        b'"\\udc00\\ud800"',
        b'"\xed\xa0\x80"',
        b'"\xff"',
        b"NaN",
        b"Infinity",
        b"-Infinity",
        b"[NaN]",
        b"01",
        b"+1",
        b".5",
        b"1.",
        b"0x1",
        b"[1,]",
        b'{"a":1,}',
        b"{'a':1}",
        b'"\x01"',
        b'"\n"',
        b"{} {}",
        b"{}x",
        b"True",
        b"// x\n1",
        "{}".encode("utf-16"),
    ],
)
def test_what_is_no_json_is_refused(raw: bytes) -> None:
    with pytest.raises(Invalid, match="cannot be read") as refused:
        strictjson.parse(raw, DEFAULT)
    assert refused.value.rule
    assert refused.value.paragraph == "2.0 4.1.5; 4.2.1"


def test_a_refusal_tells_line_and_column() -> None:
    with pytest.raises(Invalid, match=r"line 2, column \d"):
        strictjson.parse(b'{\n"a":1,"a":2}', DEFAULT, version=Version.V1_0_3)


def test_nul_is_kept() -> None:
    assert strictjson.parse(b'{"\\u0000":"\\u0000"}', DEFAULT) == {"\0": "\0"}


@pytest.mark.parametrize(
    "number",
    [b"1e400", b"-1e400", b"1" * 5000, b"-" + b"9" * 5000 + b".5e-3", b"0." + b"1" * 5000, b"1e" + b"0" * 5000 + b"1"],
)
def test_numbers_of_any_size_are_read(number: bytes) -> None:
    value = strictjson.parse(b'{"a":[%b],"b":"%b"}' % (number, number), DEFAULT)
    assert isinstance(value, dict)
    assert value["b"] == number.decode()


def test_a_number_too_long_may_still_be_wrong() -> None:
    for raw in (b"0" * 5000, b"1" * 5000 + b"x", b'{"a":' + b"1" * 5000 + b',"a":2}'):
        with pytest.raises(Invalid):
            strictjson.parse(raw, DEFAULT)


@pytest.mark.parametrize(("begin", "end"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_depth_is_limited(begin: bytes, end: bytes) -> None:
    strictjson.parse(begin * 64 + b"1" + end * 64, DEFAULT)
    for depth in (65, 201, 100_000):
        with pytest.raises(Invalid, match="nested"):
            strictjson.parse(begin * depth + b"1" + end * depth, DEFAULT)


def test_keys_are_limited() -> None:
    limits = Limits(keys=3, key_bytes=4)
    assert strictjson.parse('{"a":1,"b":1,"ää":1}'.encode(), limits)
    with pytest.raises(Invalid, match="more than 3 members"):
        strictjson.parse(b'{"a":1,"b":1,"c":1,"d":1}', limits)
    with pytest.raises(Invalid, match="longer than 4 bytes") as refused:
        strictjson.parse('{"b":[{"äää":1}]}'.encode(), limits)
    assert refused.value.pointer == "/b/0"


@given(VALUES, st.integers(1, 12), st.integers(1, 4), st.integers(0, 4))
def test_what_is_small_keeps_to_the_limits(value: JSON, key_bytes: int, depth: int, keys: int) -> None:
    limits = Limits(key_bytes=key_bytes, depth=depth, keys=keys)
    for raw in (json.dumps(value).encode(), json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()):
        if strictjson.is_small(raw, limits):
            strictjson.check(value, limits, version=Version.V2_0_0)


@given(st.lists(st.text(st.sampled_from('a"\\ä\n'), max_size=12), max_size=5), st.integers(1, 10))
def test_a_long_string_is_never_overlooked(texts: list[str], length: int) -> None:
    longest = max((len(text.encode()) for text in texts), default=0)
    assert longest <= length or strictjson.may_hold(json.dumps(texts, ensure_ascii=False).encode(), length)


@pytest.mark.parametrize("length", range(8))
def test_short_strings_are_told_from_long_ones(length: int) -> None:
    assert strictjson.may_hold(b'["abcd","ab","abcd"]', length) is (length < 4)


def test_elements_are_cut_and_not_written_anew() -> None:
    assert strictjson.elements(b' [ {"a" : 1.10} ,\n 1E2,"\\u00e4"] ') == [b'{"a" : 1.10}', b"1E2", b'"\\u00e4"']
    assert strictjson.elements(b"\n[ ]") == []
    assert strictjson.elements(b' {"a":[1]}\n') == [b'{"a":[1]}']


@given(st.lists(VALUES, max_size=5))
def test_elements_are_those_of_the_array(value: list[JSON]) -> None:
    assert [json.loads(each) for each in strictjson.elements(json.dumps(value).encode())] == value


def test_pointers_escape_keys() -> None:
    assert strictjson.joined("/a", "b/c~d") == "/a/b~1c~0d"
