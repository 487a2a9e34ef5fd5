import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.errors import Conflict, Invalid, PreconditionFailed
from lrs.xapi import documents
from lrs.xapi.documents import Resource
from lrs.xapi.versions import Version

OLD, NEW = Version.V1_0_3, Version.V2_0_0
STATE, AGENTS, ACTIVITIES = Resource.STATE, Resource.AGENT_PROFILE, Resource.ACTIVITY_PROFILE
TAG = documents.etag(b"here")
OTHER = documents.etag(b"other")


def outcome(
    method: str,
    resource: Resource = AGENTS,
    version: Version = NEW,
    *,
    if_match: str | None = None,
    if_none_match: str | None = None,
    current: str | None = TAG,
) -> int:
    try:
        documents.check(
            method, resource, version=version, if_match=if_match, if_none_match=if_none_match, current=current
        )
    except (Invalid, Conflict, PreconditionFailed) as error:
        return error.status
    return 204


@pytest.mark.parametrize(
    ("version", "resource", "current", "status"),
    [
        (OLD, STATE, None, 204),
        (OLD, STATE, TAG, 204),
        (OLD, AGENTS, None, 400),
        (OLD, AGENTS, TAG, 409),
        (OLD, ACTIVITIES, None, 400),
        (OLD, ACTIVITIES, TAG, 409),
        (NEW, STATE, None, 204),
        (NEW, STATE, TAG, 409),
        (NEW, AGENTS, None, 204),
        (NEW, AGENTS, TAG, 409),
        (NEW, ACTIVITIES, None, 204),
        (NEW, ACTIVITIES, TAG, 409),
    ],
)
def test_put_without_headers(version: Version, resource: Resource, current: str | None, status: int) -> None:
    assert status == outcome("PUT", resource, version, current=current)


def test_conflict_says_what_to_do() -> None:
    with pytest.raises(Conflict, match=r"check its current state.*If-Match"):
        documents.check("PUT", STATE, version=NEW, if_match=None, if_none_match=None, current=TAG)


WRITES = list(itertools.product(["PUT", "POST", "DELETE"], Resource, Version))


@pytest.mark.parametrize(("method", "resource", "version"), WRITES)
def test_if_match_decides(method: str, resource: Resource, version: Version) -> None:
    assert 204 == outcome(method, resource, version, if_match=TAG)
    assert 412 == outcome(method, resource, version, if_match=OTHER)
    assert 412 == outcome(method, resource, version, if_match=TAG, current=None)
    assert 204 == outcome(method, resource, version, if_match="*")
    assert 412 == outcome(method, resource, version, if_match="*", current=None)


@pytest.mark.parametrize(("method", "resource", "version"), WRITES)
def test_if_none_match_decides(method: str, resource: Resource, version: Version) -> None:
    assert 412 == outcome(method, resource, version, if_none_match="*")
    assert 204 == outcome(method, resource, version, if_none_match="*", current=None)
    assert 412 == outcome(method, resource, version, if_none_match=TAG)
    assert 204 == outcome(method, resource, version, if_none_match=OTHER)


@pytest.mark.parametrize("method", ["POST", "DELETE"])
@pytest.mark.parametrize("current", [None, TAG])
def test_post_and_delete_need_no_header(method: str, current: str | None) -> None:
    assert 204 == outcome(method, AGENTS, OLD, current=current) == outcome(method, STATE, NEW, current=current)


def test_both_headers_must_hold() -> None:
    assert 204 == outcome("PUT", if_match=TAG, if_none_match=OTHER)
    assert 412 == outcome("PUT", if_match=TAG, if_none_match="*")
    assert 412 == outcome("PUT", if_match=OTHER, if_none_match=OTHER)


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (f"{OTHER}, {TAG}", 204),
        (f"{OTHER},{TAG},", 204),
        (f' {TAG} ,"a,b"', 204),
        (f'"a,b",  {TAG}', 204),
        (TAG.strip('"'), 204),
        (f"{OTHER}, {TAG.strip(chr(34))}", 204),
        (" * ", 204),
        (f"W/{TAG}", 412),
        (f"W/{TAG}, {TAG}", 204),
        (TAG.upper(), 412),
        ('""', 412),
        ("", 400),
        (",", 400),
        ('"abc', 400),
        ('abc"', 400),
        (f"{TAG} {OTHER}", 400),
        (f"*, {TAG}", 400),
        ('"a b"', 400),
        ("é", 400),
    ],
)
def test_if_match_is_a_list_of_strong_tags(header: str, status: int) -> None:
    assert status == outcome("PUT", if_match=header)


def test_weak_tag_counts_for_if_none_match() -> None:
    assert 412 == outcome("PUT", if_none_match=f"W/{TAG}")


def test_get_is_not_modified() -> None:
    assert documents.matches(f'"x", W/{TAG}', TAG)
    assert not documents.matches(OTHER, TAG)
    assert not documents.matches("*", None)


@given(st.text(max_size=30))
def test_any_header_has_an_outcome(header: str) -> None:
    assert outcome("PUT", if_match=header) in (204, 400, 412)
