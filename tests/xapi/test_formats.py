import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.xapi import formats

STORED = datetime(2026, 1, 2, 3, 4, 5, 6, UTC)
ACTOR = {"objectType": "Agent", "name": "Ann", "mbox": "mailto:ann@example.org"}
AUTHORITY = {"objectType": "Agent", "name": "Key", "account": {"homePage": "http://lrs.example.org/", "name": "key"}}
VERB = {"id": "http://example.org/verb", "display": {"en-US": "tried", "de": "versucht"}}
ACTIVITY = {
    "objectType": "Activity",
    "id": "http://example.org/activity",
    "definition": {"name": {"en-US": "test", "de": "Prüfung"}, "type": "http://example.org/type"},
}
Json = dict[str, Any]


def statement(**members: object) -> Json:
    return {"actor": ACTOR, "verb": VERB, "object": ACTIVITY, **members}


def exact(sent: Json | str, filled: Json | None = None) -> Json:
    return read(formats.exact(written(sent), written(filled or {}), STORED))


def ids(sent: Json) -> Json:
    return read(formats.ids(written(sent), b"{}", STORED))


def canonical(sent: Json, languages: str | None = "de", *, definition: Json | None = None) -> Json:
    known = {"http://example.org/activity": written(definition)} if definition else {}
    return read(formats.canonical(written(sent), b"{}", STORED, definitions=known, languages=languages))


def written(value: Json | str) -> bytes:
    return value.encode() if isinstance(value, str) else json.dumps(value).encode()


def read(raw: bytes) -> Json:
    """Numbers by their text."""
    value: Json = json.loads(raw, parse_float=str, parse_int=str)
    return value


def substatement(**members: object) -> Json:
    return statement(object={**statement(**members), "objectType": "SubStatement"})


# exact


def test_exact_is_what_was_sent_and_stored() -> None:
    assert statement(stored="2026-01-02T03:04:05.000006Z") == exact(statement())


def test_what_the_lrs_set_wins() -> None:
    sent = statement(id="sent", authority=ACTOR, stored="1999-01-01T00:00:00Z")
    filled = {"authority": AUTHORITY, "version": "1.0.0", "timestamp": "2026-01-02T03:04:05.000006Z"}
    assert statement(id="sent", stored="2026-01-02T03:04:05.000006Z", **filled) == exact(sent, filled)


def test_stored_has_six_decimals_in_utc() -> None:
    east = datetime(2026, 1, 2, 1, 0, tzinfo=timezone(timedelta(hours=2)))
    assert "2026-01-01T23:00:00.000000Z" == formats.instant(east)


def test_context_activities_become_arrays() -> None:
    one = {"id": "http://example.org/one"}
    sent = {"contextActivities": {"parent": one, "other": [one, one], "category": []}, "language": "en"}
    expected = {"contextActivities": {"parent": [one], "other": [one, one], "category": []}, "language": "en"}
    assert expected == exact(statement(context=sent))["context"]
    assert expected == exact(substatement(context=sent))["object"]["context"]


def test_escaped_names_are_no_hiding_place() -> None:
    sent = (
        '{"object":{"objectType":"\\u0053ubStatement","context":{"context\\u0041ctivities":{"parent" : {"id":"a:b"}}}}}'
    )
    assert {"parent": [{"id": "a:b"}]} == exact(sent)["object"]["context"]["contextActivities"]


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        ("2026-01-01T00:00:00.1234567890Z", "2026-01-01T00:00:00.1234567890Z"),
        ("2026-01-01T00:00:00.120+02:00", "2025-12-31T22:00:00.120Z"),
        ("2026-01-01T00:00:00.1234567890-05:30", "2026-01-01T05:30:00.1234567890Z"),
        ("2024-02-29T23:30:00-01:00", "2024-03-01T00:30:00Z"),
        ("2017-01-01T00:59:60.5+01:00", "2016-12-31T23:59:60.5Z"),
        ("2026-01-01t00:00:00z", "2026-01-01T00:00:00Z"),
        ("2026-01-01T00:00:00", "2026-01-01T00:00:00Z"),
        ("2026-01-01T02:00+02", "2026-01-01T00:00:00Z"),
        ("2026-01-01T00:00Z", "2026-01-01T00:00:00Z"),
        ("2026-01-01T00:00:00,50Z", "2026-01-01T00:00:00.50Z"),
        ("0001-01-01T00:00:00+01:00", "0001-01-01T00:00:00+01:00"),
        ("long ago", "long ago"),
    ],
)
def test_timestamp_is_in_utc_with_its_digits(sent: str, shown: str) -> None:
    assert shown == exact(statement(timestamp=sent))["timestamp"]
    assert shown == exact(substatement(timestamp=sent))["object"]["timestamp"]


def test_numbers_keep_their_text() -> None:
    numbers = '{"a":1.10,"b":1E2,"c":-0.0,"d":1e400,"e":123456789012345678901234567890.0,"f":18446744073709551616}'
    sent = '{"result":{"score":{"scaled":0.950},"extensions":%s},"context":{"extensions":%s}}'
    shown = formats.exact((sent % (numbers, numbers)).encode(), b"{}", STORED).decode()
    assert 2 == shown.count(numbers)
    assert '"scaled":0.950' in shown


def test_strange_values_come_back() -> None:
    deep = "[" * 60 + '"\\u0000\U0001f600"' + "]" * 60
    sent = '{"result":{"extensions":{"a:\\u0000":' + deep + ',"b:b":null}},"timestamp":"2026-01-01T00:00:00+00:00"}'
    assert deep in formats.exact(sent.encode(), b"{}", STORED).decode()
    assert deep in formats.ids(sent.encode(), b"{}", STORED).decode()


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
activity_lists = st.dictionaries(
    st.sampled_from(["parent", "grouping", "category", "other"]),
    st.lists(st.fixed_dictionaries({"id": st.text()}), max_size=2) | st.fixed_dictionaries({"id": st.text()}),
)
contexts = st.fixed_dictionaries({"extensions": anything}, optional={"contextActivities": activity_lists})


@given(anything, contexts, st.booleans(), st.booleans())
def test_exact_changes_nothing_else(extensions: object, context: Json, ascii_only: bool, within: bool) -> None:
    sent = (substatement if within else statement)(result={"extensions": extensions}, context=context)
    shown = formats.exact(json.dumps(sent, ensure_ascii=ascii_only).encode(), b"{}", STORED)
    for changed in (sent, sent["object"]):
        lists = changed.get("context", {}).get("contextActivities", {})
        lists |= {name: [one] for name, one in lists.items() if isinstance(one, dict)}
    expected = json.dumps(sent | {"stored": formats.instant(STORED)})
    assert read(expected.encode()) == read(shown)


# ids


def test_ids_leaves_identifiers_alone() -> None:
    shown = ids(statement(authority=AUTHORITY, result={"success": True}))
    assert shown["actor"] == {"objectType": "Agent", "mbox": "mailto:ann@example.org"}
    assert shown["authority"] == {"objectType": "Agent", "account": AUTHORITY["account"]}
    assert shown["verb"] == {"id": VERB["id"]}
    assert shown["object"] == {"id": ACTIVITY["id"]}
    assert shown["result"] == {"success": True}


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ({"mbox": "mailto:a@b.c", "name": "x"}, {"mbox": "mailto:a@b.c"}),
        ({"objectType": "Agent", "openid": "a:b", "name": "x"}, {"objectType": "Agent", "openid": "a:b"}),
        (
            {"objectType": "Group", "name": "x", "mbox_sha1sum": "ff", "member": [ACTOR]},
            {"objectType": "Group", "mbox_sha1sum": "ff"},
        ),
        (
            {"objectType": "Group", "name": "x", "member": [ACTOR, {"openid": "a:b", "name": "x"}]},
            {"objectType": "Group", "member": [{"objectType": "Agent", "mbox": ACTOR["mbox"]}, {"openid": "a:b"}]},
        ),
    ],
)
def test_ids_of_actors_wherever_they_are(sent: Json, shown: Json) -> None:
    context = {
        "instructor": sent,
        "team": sent,
        "contextAgents": [{"objectType": "contextAgent", "agent": sent, "relevantTypes": ["a:b"]}],
        "contextGroups": [{"objectType": "contextGroup", "group": sent}],
    }
    expected = {
        "instructor": shown,
        "team": shown,
        "contextAgents": [{"objectType": "contextAgent", "agent": shown, "relevantTypes": ["a:b"]}],
        "contextGroups": [{"objectType": "contextGroup", "group": shown}],
    }
    assert expected == ids(statement(context=context))["context"]
    assert expected == ids(substatement(context=context))["object"]["context"]
    assert shown == ids(statement(actor=sent))["actor"]
    assert shown == ids(substatement(actor=sent))["object"]["actor"]


@pytest.mark.parametrize("kind", ["Agent", "Group"])
def test_ids_of_object_that_is_an_actor(kind: str) -> None:
    sent = {"objectType": kind, "name": "x", "mbox": "mailto:a@b.c"}
    assert {"objectType": kind, "mbox": "mailto:a@b.c"} == ids(statement(object=sent))["object"]


def test_ids_of_context_activities() -> None:
    context = {"contextActivities": {"parent": ACTIVITY, "other": [ACTIVITY, {"id": "a:b"}]}, "extensions": {"a:b": 1}}
    expected = {
        "contextActivities": {"parent": [{"id": ACTIVITY["id"]}], "other": [{"id": ACTIVITY["id"]}, {"id": "a:b"}]},
        "extensions": {"a:b": "1"},
    }
    assert expected == ids(statement(context=context))["context"]


def test_ids_of_substatement_has_one_key_each() -> None:
    shown = ids(substatement(timestamp="2026-01-01T00:00:00Z"))["object"]
    assert shown == {
        "objectType": "SubStatement",
        "actor": {"objectType": "Agent", "mbox": ACTOR["mbox"]},
        "verb": {"id": VERB["id"]},
        "object": {"id": ACTIVITY["id"]},
        "timestamp": "2026-01-01T00:00:00Z",
    }


def test_statement_ref_stays_in_every_format() -> None:
    ref = {"objectType": "StatementRef", "id": "fd41c918-b88b-4b20-a0a5-a4c32391aaa0"}
    sent = statement(object=ref, context={"statement": ref})
    for shown in (ids(sent), canonical(sent)):
        assert shown["object"] == ref == shown["context"]["statement"]


# canonical


def test_canonical_shows_one_language_per_map() -> None:
    shown = canonical(statement())
    assert shown["verb"] == {"id": VERB["id"], "display": {"de": "versucht"}}
    assert shown["object"]["definition"] == {"name": {"de": "Prüfung"}, "type": "http://example.org/type"}
    assert shown["actor"] == ACTOR


def test_canonical_chooses_per_map() -> None:
    definition = {"name": {"fr": "essai", "en": "test"}, "description": {"en": "a test", "es": "una prueba"}}
    shown = canonical(statement(object={"id": "a:b", "definition": definition}), "fr, es;q=0.5")
    assert {"name": {"fr": "essai"}, "description": {"es": "una prueba"}} == shown["object"]["definition"]


def test_canonical_definition_takes_the_place() -> None:
    known: Json = {"name": {"de": "Test", "en": "test"}, "extensions": {"a:b": 1.50}}
    shown = canonical(
        statement(object={"id": ACTIVITY["id"]}, context={"contextActivities": {"other": ACTIVITY}}), definition=known
    )
    expected = {"name": {"de": "Test"}, "extensions": {"a:b": "1.5"}}
    assert {"id": ACTIVITY["id"], "definition": expected} == shown["object"]
    assert [{**ACTIVITY, "definition": expected}] == shown["context"]["contextActivities"]["other"]


def test_canonical_reaches_into_substatement() -> None:
    shown = canonical(substatement(context={"contextActivities": {"parent": ACTIVITY}}))["object"]
    assert {"de": "versucht"} == shown["verb"]["display"]
    assert {"de": "Prüfung"} == shown["object"]["definition"]["name"]
    assert {"de": "Prüfung"} == shown["context"]["contextActivities"]["parent"][0]["definition"]["name"]


@pytest.mark.parametrize("component", ["choices", "scale", "source", "target", "steps"])
def test_canonical_chooses_in_interaction_components(component: str) -> None:
    parts = [{"id": "a", "description": {"en": "x", "de": "y"}}, {"id": "b"}]
    shown = canonical(statement(object={"id": "a:b", "definition": {component: parts}}))
    assert [{"id": "a", "description": {"de": "y"}}, {"id": "b"}] == shown["object"]["definition"][component]


def test_canonical_chooses_in_attachments() -> None:
    both = {"en": "x", "de": "y"}
    attachment = {"display": both, "description": both, "sha2": "ff", "length": 1}
    expected = [{"display": {"de": "y"}, "description": {"de": "y"}, "sha2": "ff", "length": "1"}]
    assert expected == canonical(statement(attachments=[attachment]))["attachments"]
    assert expected == canonical(substatement(attachments=[attachment]))["object"]["attachments"]


def test_canonical_leaves_what_has_no_language() -> None:
    sent = statement(verb={"id": "a:b"}, object={"id": "a:b", "definition": {"name": {}, "extensions": {"a:b": VERB}}})
    assert sent | {"stored": formats.instant(STORED)} == canonical(sent)


@pytest.mark.parametrize("languages", [None, "", "fr"])
def test_canonical_shows_first_language_by_default(languages: str | None) -> None:
    assert {"en-US": "tried"} == canonical(statement(), languages)["verb"]["display"]


def test_activities_of_a_statement() -> None:
    context = {"contextActivities": {"parent": {"id": "a:1"}, "other": [{"id": "a:2"}, {"id": "a:3"}]}}
    sent = statement(object={**statement(context=context), "objectType": "SubStatement"}, context=context)
    assert {"a:1", "a:2", "a:3", ACTIVITY["id"]} == formats.activities(written(sent))


def test_agent_is_no_activity() -> None:
    assert set() == formats.activities(written(statement(object=ACTOR)))


# result


def test_result_joins_what_was_written() -> None:
    assert b'{"statements":[{"a": 1},{"b":2}],"more":"/x?y=\\"z\\""}' == formats.result(
        [b'{"a": 1}', b'{"b":2}'], '/x?y="z"'
    )


def test_last_page_has_empty_more() -> None:
    assert b'{"statements":[],"more":""}' == formats.result([], "")
