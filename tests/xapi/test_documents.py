import hashlib
import itertools
import json
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.errors import Conflict, Invalid, PreconditionFailed, TooLarge
from lrs.xapi import documents
from lrs.xapi.documents import Content, Context, Key, Listing, Resource
from lrs.xapi.limits import DEFAULT, Limits
from lrs.xapi.parameters import Pairs
from lrs.xapi.versions import Version

ACTIVITY = ("activityId", "http://example.org/activity")
AGENT = ("agent", '{"objectType":"Agent","account":{"homePage":"http://example.org/","name":"Rick"}}')
REGISTRATION = ("registration", "fd41c918-b88b-4b20-a0a5-a4c32391aaa0")
SINCE = ("since", "2026-01-01T00:00:00.1234569Z")
OLD, NEW = Version.V1_0_3, Version.V2_0_0
VERSIONS = [OLD, NEW]
STATE, AGENTS, ACTIVITIES = Resource.STATE, Resource.AGENT_PROFILE, Resource.ACTIVITY_PROFILE
CONTEXTS: dict[Resource, list[tuple[str, str]]] = {
    STATE: [ACTIVITY, AGENT],
    AGENTS: [AGENT],
    ACTIVITIES: [ACTIVITY],
}
METHODS = ["GET", "HEAD", "PUT", "POST", "DELETE"]


def target(method: str, resource: Resource, *pairs: tuple[str, str], version: Version = NEW) -> object:
    return documents.target(method, resource, pairs, version=version, limits=DEFAULT)


def refusal(method: str, resource: Resource, *pairs: tuple[str, str], version: Version = NEW) -> Invalid:
    with pytest.raises(Invalid) as refused:
        target(method, resource, *pairs, version=version)
    assert refused.value.rule
    assert refused.value.paragraph
    return refused.value


# Parameters


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("resource", Resource)
def test_id_names_one_document(method: str, resource: Resource, version: Version) -> None:
    found = target(method, resource, *CONTEXTS[resource], (resource.id_name, "x"), version=version)
    expected = Context(
        resource=resource,
        activity=None if resource is AGENTS else "http://example.org/activity",
        agent=None if resource is ACTIVITIES else "account:http://example.org/|Rick",
    )
    assert found == Key(context=expected, id="x")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("resource", Resource)
def test_read_without_id_is_a_list(method: str, resource: Resource) -> None:
    found = target(method, resource, *CONTEXTS[resource], SINCE)
    assert isinstance(found, Listing)
    assert found.context.resource is resource
    assert found.since == datetime(2026, 1, 1, 0, 0, 0, 123456, UTC)


def test_state_has_registration() -> None:
    found = target("DELETE", STATE, ACTIVITY, AGENT, REGISTRATION)
    assert isinstance(found, Context)
    assert found.registration == UUID(REGISTRATION[1])


@pytest.mark.parametrize("resource", [AGENTS, ACTIVITIES])
def test_profile_has_no_registration(resource: Resource) -> None:
    assert "'registration'" in refusal("GET", resource, *CONTEXTS[resource], REGISTRATION).detail


def test_delete_without_id_empties_state_alone() -> None:
    assert isinstance(target("DELETE", STATE, *CONTEXTS[STATE]), Context)
    assert "profileId is missing" in refusal("DELETE", AGENTS, AGENT).detail
    assert "profileId is missing" in refusal("DELETE", ACTIVITIES, ACTIVITY).detail


@pytest.mark.parametrize("method", ["PUT", "POST"])
@pytest.mark.parametrize("resource", Resource)
def test_write_needs_id(method: str, resource: Resource) -> None:
    assert f"{resource.id_name} is missing" in refusal(method, resource, *CONTEXTS[resource]).detail


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("resource", "left_out"), [(r, pair) for r in Resource for pair in CONTEXTS[r]])
def test_context_is_needed(method: str, resource: Resource, left_out: tuple[str, str], version: Version) -> None:
    rest = [pair for pair in CONTEXTS[resource] if pair != left_out]
    error = refusal(method, resource, *rest, (resource.id_name, "x"), version=version)
    assert f"the parameter {left_out[0]} is missing" == error.detail


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("resource", Resource)
def test_since_stands_not_beside_id(method: str, resource: Resource, version: Version) -> None:
    error = refusal(method, resource, *CONTEXTS[resource], (resource.id_name, "x"), SINCE, version=version)
    assert "since" in error.detail


def test_delete_of_all_takes_no_since() -> None:
    assert "'since'" in refusal("DELETE", STATE, ACTIVITY, AGENT, SINCE).detail


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", ["StateId", "stateID", "profileId", "foo", "Since", "statementId"])
def test_unknown_parameter_is_refused(method: str, name: str) -> None:
    assert name in refusal(method, STATE, ACTIVITY, AGENT, ("stateId", "x"), (name, "y")).detail


def test_repeated_parameter_is_refused() -> None:
    assert (
        "stateId is given 2 times" in refusal("GET", STATE, ACTIVITY, AGENT, ("stateId", "x"), ("stateId", "x")).detail
    )


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "bad",
    [
        ("agent", "true"),
        ("agent", "not JSON"),
        ("agent", '{"objectType":"Group","mbox":"mailto:a@example.org"}'),
        ("agent", '{"objectType":"Agent","name":"x"}'),
        ("activityId", "true"),
        ("activityId", ""),
        ("registration", "true"),
        ("registration", ""),
        ("since", "not a timestamp"),
    ],
)
def test_bad_value_is_refused(bad: tuple[str, str], version: Version) -> None:
    good = {pair[0]: pair for pair in (ACTIVITY, AGENT)}
    pairs = (good | {bad[0]: bad}).values()
    assert refusal("GET", STATE, *pairs, version=version).detail.startswith(f"the parameter {bad[0]} ")


@pytest.mark.parametrize("text", ["", " ", "../x", "a\u0000b", "é", "e\u0301", "%20", "x" * 8192])
def test_id_is_any_string(text: str) -> None:
    found = target("GET", AGENTS, AGENT, ("profileId", text))
    assert isinstance(found, Key)
    assert found.id == text


def test_long_id_is_refused() -> None:
    assert "longer than 8192 bytes" in refusal("GET", AGENTS, AGENT, ("profileId", "x" * 8193)).detail


# Subjects

keys = st.builds(
    Key,
    context=st.builds(
        Context,
        resource=st.sampled_from(Resource),
        activity=st.none() | st.text("ab\0", max_size=3),
        agent=st.none() | st.text("ab\0", max_size=3),
        registration=st.none() | st.just(UUID(int=1)),
    ),
    id=st.text("ab\0", max_size=3),
)


@given(keys, keys)
def test_keys_have_subjects_of_their_own(one: Key, other: Key) -> None:
    secret = b"secret"
    assert (one == other) == (documents.subject(one, secret) == documents.subject(other, secret))
    same_context = one.context == other.context
    assert same_context == (documents.context(one.context, secret) == documents.context(other.context, secret))
    assert documents.subject(one, secret) != documents.context(one.context, secret)


@given(keys)
def test_subject_depends_on_secret(key: Key) -> None:
    assert documents.subject(key, b"one") != documents.subject(key, b"two")


def test_registration_separates_states() -> None:
    """What one request lists or deletes are the documents that a request with the same parameters finds."""
    without = target("PUT", STATE, ACTIVITY, AGENT, ("stateId", "x"))
    within = target("PUT", STATE, ACTIVITY, AGENT, REGISTRATION, ("stateId", "x"))
    everything = target("DELETE", STATE, ACTIVITY, AGENT)
    assert isinstance(without, Key)
    assert isinstance(within, Key)
    assert isinstance(everything, Context)
    assert documents.subject(without, b"s") != documents.subject(within, b"s")
    assert documents.contexts(without, b"s") == (documents.context(everything, b"s"),)
    assert documents.context(everything, b"s") not in documents.contexts(within, b"s")


def test_agent_is_told_by_identifier_alone() -> None:
    named = ("agent", '{"name":"R","account":{"name":"Rick","homePage":"http://example.org/"}}')
    assert target("GET", AGENTS, named, ("profileId", "x")) == target("GET", AGENTS, AGENT, ("profileId", "x"))


# Contents


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


@pytest.mark.parametrize("version", VERSIONS)
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


# Preconditions

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


WRITES = list(itertools.product(["PUT", "POST", "DELETE"], Resource, VERSIONS))


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


@given(st.lists(st.tuples(st.text(max_size=12), st.text(max_size=12)), max_size=3), st.sampled_from(METHODS))
def test_any_parameters_are_read_or_refused(pairs: Pairs, method: str) -> None:
    refusal(method, STATE, *pairs)
