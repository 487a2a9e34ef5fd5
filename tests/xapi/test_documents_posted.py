import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.errors import Invalid, TooLarge
from lrs.xapi import documents
from lrs.xapi.documents import Content
from lrs.xapi.limits import Limits
from lrs.xapi.versions import Version


def test_etag_is_quoted_sha1() -> None:
    assert f'"{hashlib.sha1(b"abc").hexdigest()}"' == documents.etag(b"abc")  # noqa: S324


@pytest.mark.parametrize(
    ("content_type", "is_json"),
    [
        ("application/json", True),
        ("Application/JSON", True),
        ("application/json; charset=utf-8", True),
        ("application/json ;x", True),
        ("application/jsonx", False),
        ("application/ld+json", False),
        ("text/plain; application/json", False),
        ("", False),
        (None, False),
    ],
)
def test_json_type_is_compared_without_parameters(content_type: str | None, is_json: bool) -> None:
    assert documents.is_json(content_type) is is_json


def test_merge_replaces_top_level_properties() -> None:
    assert b'{"a":{"y":1},"b":2,"c":3}' == documents.merge(b'{"a": {"x": 1}, "b": 2}', b'{"a":{"y":1},"c":3}')


def test_merge_keeps_numbers_and_strings() -> None:
    old = b'{"a":1.10,"b":1e400,"\\u0000":"\\u0000","c":12345678901234567890.0}'
    assert old[:-1] + b',"d":-0.0}' == documents.merge(old, b' {"d" : -0.0 } ')


json_objects = st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5) | st.lists(st.booleans()))


@given(json_objects, json_objects)
def test_merge_is_union(old: dict[str, object], new: dict[str, object]) -> None:
    merged = documents.merge(json.dumps(old).encode(), json.dumps(new, ensure_ascii=False).encode())
    assert old | new == json.loads(merged)


BAD_OBJECTS = [
    b"",
    b"[]",
    b"1",
    b'"x"',
    b"null",
    b"{",
    b'{"a":1}{',
    b"abc",
    b'{"a":1,"a":2}',
    b'{"a":"\xff"}',
    b'{"a":NaN}',
]


@pytest.mark.parametrize("bad", BAD_OBJECTS)
def test_merge_wants_two_objects(bad: bytes) -> None:
    for old, new in ((bad, b"{}"), (b"{}", bad)):
        with pytest.raises(Invalid, match="document"):
            documents.merge(old, new)


def test_merge_keeps_to_the_size_limit() -> None:
    with pytest.raises(TooLarge, match="20 bytes"):
        documents.merge(b'{"a":"aaaa"}', b'{"b":"bbbb"}', limits=Limits(document_bytes=20))


def test_stored_document_over_limits_can_be_merged() -> None:
    merged = documents.merge(b'{"a":1,"b":2,"d":[[[1]]]}', b'{"c":3}', limits=Limits(keys=1, depth=2))
    assert b'{"a":1,"b":2,"d":[[[1]]],"c":3}' == merged


def content(body: bytes, content_type: str = "application/json") -> Content:
    return Content(body=body, content_type=content_type)


def test_post_of_new_document_stores_it_as_sent() -> None:
    assert b' {"a" : 1.0}' == documents.posted(content(b' {"a" : 1.0}'), None)


def test_post_merges_with_stored_one() -> None:
    sent = content(b'{"b":2}', "application/json;charset=utf-8")
    assert b'{"a":1,"b":2}' == documents.posted(sent, content(b'{"a":1}', "APPLICATION/JSON"))


@pytest.mark.parametrize("version", Version)
@pytest.mark.parametrize(
    ("sent", "current"),
    [
        (content(b"{}", "text/plain"), None),
        (content(b"{}", "application/octet-stream"), content(b"{}")),
        (content(b"{}"), content(b"{}", "text/plain")),
        (content(b"abc"), None),
        (content(b"[]"), None),
        (content(b"{}{"), content(b"{}")),
        (content(b"{}"), content(b"abc")),
    ],
)
def test_post_wants_json_objects(sent: Content, current: Content | None, version: Version) -> None:
    with pytest.raises(Invalid) as refused:
        documents.posted(sent, current, version=version)
    assert (refused.value.paragraph or "").startswith(version.value.removesuffix(".0"))
