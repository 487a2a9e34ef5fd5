import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.xapi import formats

Json = dict[str, Any]


def merged(*definitions: str) -> str:
    return formats.merge_definitions([definition.encode() for definition in definitions]).decode()


def test_languages_are_united() -> None:
    assert '{"name":{"en":"new","de":"alt","fr":"neuf"}}' == merged(
        '{"name":{"en":"old","de":"alt"}}', '{"name":{"en":"new","fr":"neuf"}}'
    )


def test_extensions_are_united_by_key() -> None:
    assert '{"extensions":{"a:a":{"y":1.10},"a:b":2}}' == merged(
        '{"extensions":{"a:a":{"x":1},"a:b":2}}', '{"extensions":{"a:a":{"y":1.10}}}'
    )


def test_type_and_more_info_are_the_latest() -> None:
    assert '{"type":"a:2","moreInfo":"a:3"}' == merged('{"type":"a:1","moreInfo":"a:3"}', '{"type":"a:2"}')


def test_correct_responses_stay() -> None:
    first = '{"interactionType":"choice","correctResponsesPattern":["a"]}'
    assert first == merged(first, '{"interactionType":"choice","correctResponsesPattern":["b"]}')


def test_another_interaction_does_not_mix_in() -> None:
    first = '{"interactionType":"other"}'
    later = '{"interactionType":"likert","scale":[{"id":"a"}],"type":"a:b"}'
    assert '{"interactionType":"other","type":"a:b"}' == merged(first, later)


def test_components_gain_languages() -> None:
    assert '{"choices":[{"id":"a"},{"id":"b","description":{"en":"b","de":"B"}}]}' == merged(
        '{"choices":[{"id":"a"},{"id":"b","description":{"en":"b"}}]}',
        '{"choices":[{"id":"b","description":{"de":"B"}},{"id":"c"}]}',
    )


def test_component_gains_its_first_description() -> None:
    assert '{"scale":[{"id":"a","description":{"en":"A"}}]}' == merged(
        '{"scale":[{"id":"a"}]}', '{"scale":[{"id":"a","description":{"en":"A"}}]}'
    )


def test_one_definition_is_its_own_merger() -> None:
    assert '{ "name" : {} }' == merged('{ "name" : {} }') == merged('{ "name" : {} }', '{ "name" : {} }')


def test_no_definition_is_empty() -> None:
    assert "{}" == merged()


definitions = st.fixed_dictionaries(
    {},
    optional={
        "name": st.dictionaries(st.sampled_from(["en", "de"]), st.text(max_size=3)),
        "type": st.text(max_size=3),
        "interactionType": st.sampled_from(["choice", "other"]),
        "correctResponsesPattern": st.lists(st.text(max_size=2), max_size=2),
        "extensions": st.dictionaries(st.sampled_from(["a:a", "a:b"]), st.integers()),
    },
)


@given(st.lists(definitions, min_size=1, max_size=4))
def test_merging_goes_step_by_step(seen: list[Json]) -> None:
    raws = [json.dumps(definition).encode() for definition in seen]
    stepwise = raws[0]
    for raw in raws[1:]:
        stepwise = formats.merge_definitions([stepwise, raw])
    assert json.loads(stepwise) == json.loads(formats.merge_definitions(raws))


def test_activity_has_its_merged_definition() -> None:
    raw = formats.activity("a:b", [b'{"name":{"en":"x"}}', b'{"type":"a:c"}'])
    assert b'{"objectType":"Activity","id":"a:b","definition":{"name":{"en":"x"},"type":"a:c"}}' == raw


def test_unknown_activity_has_its_id() -> None:
    assert b'{"objectType":"Activity","id":"a:b"}' == formats.activity("a:b", [])


@pytest.mark.parametrize(
    "identifier",
    [
        {"mbox": "mailto:a@b.c"},
        {"mbox_sha1sum": "f" * 40},
        {"openid": "http://example.org/"},
        {"account": {"homePage": "http://example.org/", "name": "x"}},
    ],
)
def test_person_has_lists(identifier: Json) -> None:
    shown = json.loads(formats.person({"objectType": "Agent", "name": "Now", **identifier}, ["Then", "Now"]))
    lists = {key: [value] for key, value in identifier.items()}
    assert {"objectType": "Person", "name": ["Then", "Now"], **lists} == shown


def test_name_in_request_joins_those_seen() -> None:
    assert ["Then", "Now"] == json.loads(formats.person({"name": "Now", "mbox": "mailto:a@b.c"}, ["Then"]))["name"]


def test_person_without_name_has_no_list_of_them() -> None:
    assert {"objectType": "Person", "openid": ["a:b"]} == json.loads(formats.person({"openid": "a:b"}, []))
