"""Which events a filter takes, from a query and from JSON, and what is no filter."""

from typing import Any

import msgspec
import orjson
import pytest

from lrs.errors import Invalid
from lrs.events import Kind
from lrs.hooks import filters
from lrs.hooks.filters import Filter
from lrs.log.read import Told
from tests.hooks.telling import STORED, stated, told
from tests.world import ACTIVITY, MBOX, VERB

CMI5 = "https://w3id.org/xapi/cmi5/context/categories/cmi5"
REGISTRATION = "6690e6c9-3ef0-4ed3-8b37-7f3964730bee"
PARENTS = "$.context.contextActivities.parent[*].id"
OPENID = "https://ada.example.org/"
LESSON = "http://adlnet.gov/expapi/activities/lesson"


def takes(config: dict[str, Any], event: Told) -> bool:
    return filters.of_json(config).takes(event)


def test_nothing_asked_takes_everything() -> None:
    assert all(Filter().takes(told(kind, {})) for kind in Kind)
    assert Filter().wanted == frozenset(Kind)
    assert Filter().query() == ""


def test_values_are_alternatives_and_filters_must_all_hold() -> None:
    event = stated()
    assert takes({"verbs": ["https://example.org/other", VERB], "activities": [ACTIVITY]}, event)
    assert not takes({"verbs": [VERB], "activities": ["https://example.org/other"]}, event)


@pytest.mark.parametrize("kinds", [["DocumentStored"], ["ReferenceApplied", "RecordsRead"]])
def test_kinds_alone_look_at_nothing_else(kinds: list[str]) -> None:
    wanted = filters.of_json({"kinds": kinds})
    assert {kind.label for kind in Kind if wanted.takes(Told(1, kind, STORED, stated().subject, None, None))} == {
        *kinds
    }


@pytest.mark.parametrize(
    ("agent", "sent"),
    [
        ({"mbox": MBOX}, {}),
        ("mbox:mailto:ada@example.org", {}),
        ({"account": {"homePage": "https://a.example", "name": "7"}},
         {"actor": {"account": {"homePage": "https://a.example", "name": "7"}}}),
        ({"mbox_sha1sum": "A" * 40}, {"actor": {"mbox_sha1sum": "a" * 40}}),
        ({"openid": OPENID}, {"object": {"objectType": "Agent", "openid": OPENID}}),
        ({"mbox": MBOX}, {"actor": {"objectType": "Group", "member": [{"openid": OPENID}, {"mbox": MBOX}]}}),
        ({"objectType": "Group", "mbox": "mailto:team@example.org"},
         {"actor": {"objectType": "Group", "mbox": "mailto:team@example.org"}}),
    ],
)  # fmt: skip
def test_agents_are_actor_object_and_members(agent: Any, sent: dict[str, Any]) -> None:
    assert takes({"agents": [agent]}, stated(**sent))
    assert not takes({"agents": [agent]}, stated(actor={"mbox": "mailto:nobody@example.org"}))


def test_an_instructor_is_not_who_is_asked_for() -> None:
    event = stated(actor={"mbox": "mailto:x@example.org"}, context={"instructor": {"mbox": MBOX}})
    assert not takes({"agents": [{"mbox": MBOX}]}, event)


def test_an_activity_is_the_object() -> None:
    inner = {"objectType": "SubStatement", "actor": {"mbox": MBOX}, "verb": {"id": VERB}, "object": {"id": ACTIVITY}}
    assert not takes({"activities": [ACTIVITY]}, stated(object=inner))
    assert not takes({"activities": [ACTIVITY]}, stated(context={"contextActivities": {"parent": [{"id": ACTIVITY}]}},
                                                        object={"id": "https://example.org/x"}))  # fmt: skip


def test_registrations_are_compared_without_case() -> None:
    event = stated(context={"registration": REGISTRATION.upper()})
    assert takes({"registrations": [REGISTRATION]}, event)
    assert takes({"registrations": [REGISTRATION.upper()]}, event)
    assert not takes({"registrations": [REGISTRATION]}, stated())


def test_escapes_hide_nothing() -> None:
    event = stated()
    spelt = (event.payload or b"").replace(b"/verbs/", b"\\/verbs\\u002f")
    assert takes({"verbs": [VERB]}, msgspec.structs.replace(event, payload=spelt))


@pytest.mark.parametrize("category", [{"id": CMI5}, [{"id": "https://example.org/c"}, {"id": CMI5}]])
def test_a_profile_is_named_among_the_categories(category: Any) -> None:
    event = stated(context={"contextActivities": {"category": category}})
    assert takes({"templates": [CMI5]}, event)
    assert not takes({"templates": [CMI5]}, stated(context={"contextActivities": {"parent": category}}))
    assert takes({"templates": [{"inScheme": CMI5, "verb": VERB}]}, event)
    assert not takes({"templates": [{"inScheme": CMI5}]}, stated())


@pytest.mark.parametrize(
    ("template", "is_followed"),
    [
        ({"verb": VERB}, True),
        ({"verb": "https://example.org/other"}, False),
        ({"objectActivityType": LESSON}, True),
        ({"contextParentActivityType": [LESSON]}, True),
        ({"contextGroupingActivityType": [LESSON]}, False),
        ({"attachmentUsageType": ["https://example.org/signed"]}, False),
        ({"rules": [{"location": "$.result.score.raw", "presence": "included"}]}, True),
        ({"rules": [{"location": "$.result.score.max", "presence": "included"}]}, False),
        ({"rules": [{"location": "$.result.duration", "presence": "excluded"}]}, True),
        ({"rules": [{"location": "$.result.score", "presence": "excluded"}]}, False),
        ({"rules": [{"location": "$.result.success", "any": [True]}]}, True),
        ({"rules": [{"location": "$.result.success", "any": [False]}]}, False),
        ({"rules": [{"location": "$.result.completion", "any": [False]}]}, True),
        ({"rules": [{"location": PARENTS, "all": ["https://example.org/p"]}]}, False),
        ({"rules": [{"location": PARENTS, "none": ["https://example.org/x"]}]}, True),
        ({"rules": [{"location": PARENTS, "none": ["https://example.org/q"]}]}, False),
        ({"rules": [{"location": "$.context.contextActivities.parent[*]", "selector": "$.definition.type",
                     "presence": "included"}]}, False),
        ({"rules": [{"location": "$.context.contextActivities.parent[0]", "selector": "$.definition.type",
                     "presence": "included", "scopeNote": {"en": "…"}}], "prefLabel": {"en": "x"}}, True),
        ({"rules": [{"location": "$.timestamp", "presence": "included"}]}, True),
    ],
)  # fmt: skip
def test_templates_by_their_rules(template: dict[str, Any], is_followed: bool) -> None:
    parents = [{"id": "https://example.org/p", "definition": {"type": LESSON}}, {"id": "https://example.org/q"}]
    event = stated(
        object={"id": ACTIVITY, "definition": {"type": LESSON}},
        result={"success": True, "score": {"raw": 7}},
        context={"contextActivities": {"parent": parents}},
    )
    assert takes({"templates": [template]}, event) is is_followed


@pytest.mark.parametrize("config", [{"activities": [ACTIVITY]}, {"agents": [{"mbox": MBOX}]}])
def test_documents_are_asked_by_what_they_belong_to(config: dict[str, Any]) -> None:
    filled = {"resource": "state", "activityId": ACTIVITY, "agent": f"mbox:{MBOX}", "id": "x", "contentType": ""}
    for kind in (Kind.DOCUMENT_STORED, Kind.DOCUMENT_DELETED):
        assert takes(config, told(kind, {}, filled))
        assert not takes({**config, "verbs": [VERB]}, told(kind, {}, filled))
        assert not takes({**config, "registrations": [REGISTRATION]}, told(kind, {}, filled))


def test_other_kinds_are_about_nobody() -> None:
    assert not takes({"agents": [{"mbox": MBOX}]}, told(Kind.REFERENCE_APPLIED, {"agent": MBOX}))


def test_what_was_erased_is_about_nobody() -> None:
    event = msgspec.structs.replace(stated(), payload=None, filled=None)
    assert not takes({"verbs": [VERB]}, event)
    assert takes({"kinds": ["StatementStored"]}, event)


def test_numbers_out_of_range_and_depth_do_no_harm() -> None:
    event = stated(result={"extensions": {"https://example.org/n": 1}})
    odd = (event.payload or b"").replace(b'n":1', b'n":1e999')
    assert takes({"verbs": [VERB], "agents": [{"mbox": MBOX}]}, msgspec.structs.replace(event, payload=odd))
    assert takes({"templates": [{"verb": VERB}]}, msgspec.structs.replace(event, payload=odd))


@pytest.mark.parametrize(
    "config",
    [
        [], {"verb": [VERB]}, {"verbs": VERB}, {"verbs": [1]}, {"verbs": ["no iri"]}, {"kinds": ["Stored"]},
        {"agents": [{}]}, {"agents": ["ada"]}, {"agents": [{"objectType": "Group", "member": []}]},
        {"registrations": ["1"]}, {"templates": ["x"]}, {"templates": [{}]}, {"templates": [{"id": "https://example.org/t"}]},
         {"templates": [{"rules": [{}]}]},
        {"templates": [{"rules": [{"location": "$..x"}]}]}, {"templates": [{"rules": [{"location": "$.x", "any": 1}]}]},
        {"templates": [{"objectStatementRefTemplate": ["https://example.org/t"]}]}, {"verbs": [VERB] * 201},
        {"verbs": ["https://example.org/" + "x" * 20_000]},
    ],
)  # fmt: skip
def test_what_is_no_filter_is_refused(config: Any) -> None:
    with pytest.raises(Invalid):
        filters.of_json(config)


def test_a_filter_survives_json_and_queries() -> None:
    config = {"verbs": [VERB], "agents": [{"mbox": MBOX}], "templates": [{"verb": VERB}, CMI5]}
    made = filters.of_json(config)
    assert msgspec.json.decode(msgspec.json.encode(made), type=Filter) == made
    assert filters.of_json(orjson.loads(msgspec.json.encode(made))) == made
    pairs = [("agent", '{"mbox":"mailto:ada@example.org"}'), ("verb", VERB), ("limit", "3")]
    assert filters.of_pairs(pairs) == Filter(verbs=(VERB,), agents=(f"mbox:{MBOX}",))
    assert "agent=mbox%3Amailto%3Aada%40example.org" in made.query()
