from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.errors import Invalid
from lrs.xapi import documents
from lrs.xapi.documents import Context, Key, Listing, Resource
from lrs.xapi.limits import DEFAULT
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


@given(st.lists(st.tuples(st.text(max_size=12), st.text(max_size=12)), max_size=3), st.sampled_from(METHODS))
def test_any_parameters_are_read_or_refused(pairs: Pairs, method: str) -> None:
    refusal(method, STATE, *pairs)
