"""A file is cut into the same elements however it comes in, and from any mark on."""

import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.errors import Invalid
from lrs.recording.elements import BOM, Cutter, Element, Mark

OBJECTS = [{"a": 'x{]"\\', "b": [1, {"c": "\\\\"}]}, {"s": 'é"}{,'}, {}]
LINES = "\n".join(map(json.dumps, OBJECTS)).encode()
FILES = {
    "lines": LINES,
    "lines with empty ones": LINES.replace(b"\n", b"\r\n\r\n") + b"\n",
    "lines after a byte order mark": BOM + LINES,
    "array": json.dumps(OBJECTS).encode(),
    "array in lines": json.dumps(OBJECTS, indent=2).encode(),
    "arrays": (json.dumps(OBJECTS[:1]) + "\n[]\n" + json.dumps(OBJECTS[1:])).encode(),
    "objects in lines": "\n".join(json.dumps(each, indent=1) for each in OBJECTS).encode(),
    "page": json.dumps({"statements": OBJECTS, "more": "/x,[]{}"}).encode(),
    "page that begins with more": json.dumps({"more": "[", "statements": OBJECTS, "z": [{"q": [1]}]}).encode(),
    "pages": b"\n".join(json.dumps({"statements": [each], "more": ""}).encode() for each in OBJECTS),
    "pages with empty ones": b'{"more":""}{"statements":[]}' + json.dumps({"statements": OBJECTS}).encode(),
}


def cut(file: bytes, size: int = 1 << 16, *, longest: int = 1 << 20, mark: Mark = Mark()) -> list[Element]:  # noqa: B008
    cutter = Cutter(longest=longest, mark=mark)
    found: list[Element] = []
    for start in range(mark.offset, len(file), size):
        found += cutter.feed(file[start : start + size])
    return found + list(cutter.finish())


def raws(found: Sequence[Element]) -> list[bytes | None]:
    return [each.raw for each in found]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 50, 1 << 16])
@pytest.mark.parametrize("name", FILES)
def test_a_file_is_cut_alike_in_any_pieces(name: str, size: int) -> None:
    assert [json.loads(raw or b"") for raw in raws(cut(FILES[name], size))] == OBJECTS


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_cut_alike_from_any_mark(name: str) -> None:
    found = cut(FILES[name])
    for number, each in enumerate(found, 1):
        assert cut(FILES[name], 5, mark=Mark.parse(str(each.mark))) == found[number:]


def test_lines_are_numbered_as_an_editor_does() -> None:
    assert [each.mark.number for each in cut(b'{"a":1}\n\n{"b":1}\n')] == [1, 3]


@pytest.mark.parametrize("file", [b"", b" \r\n", b"[]", b'{"statements":[],"more":""}'])
def test_an_empty_file_has_no_elements(file: bytes) -> None:
    assert cut(file, 1) == []


@pytest.mark.parametrize("size", [1, 5, 64, 1 << 16])
def test_what_is_too_long_is_passed_over(size: int) -> None:
    array = json.dumps([{"x": 'a\\"' * 100}, {"y": 1}, {"z": [1] * 300}, {"w": 2}]).encode()
    assert raws(cut(array, size, longest=50)) == [None, b'{"y": 1}', None, b'{"w": 2}']
    lines = b'{"y":1}\n' + b'{"x":"' + b"a" * 300 + b'"}\n{"w":2}'
    assert raws(cut(lines, size, longest=50)) == [b'{"y":1}', None, b'{"w":2}']


def test_what_is_too_long_is_not_kept() -> None:
    cutter = Cutter(longest=1_000, mark=Mark())
    list(cutter.feed(b'[{"x":"'))
    for _ in range(1_000):
        list(cutter.feed(b"\\a" * 500))
    assert len(cutter._buffer) < 5_000


@pytest.mark.parametrize(
    "file",
    [b'[{"a":1}', b"x,y\n1,2", b"[{}}", b'[{"a":"]', b'{"statements":[{}', b"[{}] x", b'{"statements":[{}]]', b"[]]"],
)
def test_what_is_no_json_is_refused(file: bytes) -> None:
    for size in (1, 100):
        with pytest.raises(Invalid):
            cut(file, size)


def test_a_broken_line_spoils_no_other() -> None:
    assert raws(cut(b'{"a":1}\n{"b":\n{"c":1}')) == [b'{"a":1}', b'{"b":', b'{"c":1}']


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(st.lists(st.dictionaries(st.text(), JSON), max_size=5), st.integers(1, 60), st.sampled_from([None, 1]))
def test_arrays_are_cut_as_json_reads_them(objects: list[dict[str, object]], size: int, indent: int | None) -> None:
    file = json.dumps(objects, indent=indent, ensure_ascii=False).encode(errors="surrogatepass")
    assert [json.loads((raw or b"").decode(errors="surrogatepass")) for raw in raws(cut(file, size))] == objects
