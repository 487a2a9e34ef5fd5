import json
import uuid
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from lrs.errors import Invalid
from lrs.xapi.versions import Version
from tests.factories import (
    ID,
    OTHER_ID,
    Json,
    activity,
    agent,
    attachment,
    body,
    group,
    reference,
    statement,
    substatement,
    voiding,
)
from tests.xapi import full
from tests.xapi.receiving import BOTH, receive, refused


@BOTH
def test_the_smallest_statement_is_received(version: Version) -> None:
    receipt = receive(statement(), version)
    (received,) = receipt.statements
    assert receipt.single
    assert received.id == UUID(int=1)
    assert (received.has_id, received.has_timestamp, received.version) == (False, False, None)
    assert json.loads(received.payload) == statement()


@BOTH
@pytest.mark.parametrize("content", [full.whole, full.nested])
def test_a_full_statement_is_received(version: Version, content: Callable[[Version], Json]) -> None:
    assert receive(content(version), version).statements[0].has_timestamp is ("timestamp" in content(version))


def test_payloads_are_the_bytes_of_their_elements() -> None:
    one = b'{ "actor":{"mbox":"mailto:a@b.c"},"verb":{"id":"http:x"},"object":{"id":"http:\\u0079"} }'
    two = one.replace(b"{ ", b'{"result":{"score":{"raw":1.10E2},"extensions":{"http:n":[1e400,%b]}},' % (b"1" * 5000))
    receipt = receive(b"\n[ %b,\t%b ]\n" % (one, two))
    assert [each.payload for each in receipt.statements] == [one, two]
    assert not receipt.single


def test_a_batch_keeps_its_order() -> None:
    ids = [uuid.uuid4() for _ in range(5)]
    receipt = receive([statement(id=each) for each in ids])
    assert [each.id for each in receipt.statements] == ids
    assert all(each.has_id for each in receipt.statements)


@BOTH
def test_an_empty_batch_is_received(version: Version) -> None:
    receipt = receive(b"[]", version)
    assert receipt.statements == ()
    assert not receipt.single


@BOTH
def test_an_id_given_twice_is_refused(version: Version) -> None:
    with pytest.raises(Invalid) as error:
        receive([statement(id=ID), statement(), {**statement(), "id": str(ID).upper()}], version)
    assert error.value.pointer == "/2/id"


def test_a_put_gives_the_id() -> None:
    assert receive(statement(), statement_id=ID).statements[0].id == ID
    assert receive(statement(id=ID), statement_id=ID).statements[0].has_id
    assert receive({**statement(), "id": str(ID).upper()}, statement_id=ID).statements[0].id == ID


def test_a_put_of_another_id_is_refused() -> None:
    with pytest.raises(Invalid, match="statementId") as error:
        receive(statement(id=OTHER_ID), statement_id=ID)
    assert error.value.pointer == "/id"


@pytest.mark.parametrize("content", [[], [statement(id=ID)]])
def test_a_put_of_a_list_is_refused(content: list[Json]) -> None:
    with pytest.raises(Invalid, match="not a list"):
        receive(content, statement_id=ID)


@pytest.mark.parametrize(
    "content", [b"null", b"1", b'"x"', b"true", b"[[]]", b"[null]", b"[1]", b"{}", b"", b"[", b"{}{}"]
)
@BOTH
def test_what_is_no_statement_is_refused(content: bytes, version: Version) -> None:
    with pytest.raises(Invalid):
        receive(content, version)


@pytest.mark.parametrize(
    ("content", "pointer"),
    [
        (statement(actor=None), ""),
        (statement(verb=None), ""),
        (statement(object=None), ""),
        ({**statement(), "timestamp": None}, "/timestamp"),
        ({**statement(), "extra": 1}, "/extra"),
        ({**statement(), "ID": str(ID)}, "/ID"),
        (statement(id="x"), "/id"),
        (statement(actor={}), "/actor"),
        (statement(actor=agent(openid="http://a")), "/actor"),
        (statement(actor=agent(objectType="person")), "/actor/objectType"),
        (statement(actor=agent(mbox="mailto:should.fail.com")), "/actor/mbox"),
        (statement(actor={"mbox_sha1sum": "a" * 39}), "/actor/mbox_sha1sum"),
        (statement(actor={"openid": "ab=c://should.fail.com"}), "/actor/openid"),
        (statement(actor={"account": {"homePage": "http://a"}}), "/actor/account"),
        (statement(actor={"account": {"homePage": "a", "name": "b"}}), "/actor/account/homePage"),
        (statement(actor=agent(member=[agent()])), "/actor/member"),
        (statement(actor=group()), "/actor/member"),
        (statement(actor={"objectType": "Group"}), "/actor"),
        (statement(actor=group(group(agent()))), "/actor/member/0/objectType"),
        (statement(actor=group(agent(), mbox="mailto:a@b", openid="http://a")), "/actor"),
        (statement(authority=group(agent())), "/authority/member"),
        (statement(authority=group(agent(), agent("b"), agent("c"))), "/authority/member"),
        (statement(authority=group(agent(), agent("b"), mbox="mailto:a@b")), "/authority/mbox"),
        (statement(verb={"id": "attempted"}), "/verb/id"),
        (statement(verb={"id": "http://a", "display": {"something": "x"}}), "/verb/display/something"),
        (statement(verb={"id": "http://a", "display": {"en": 1}}), "/verb/display/en"),
        (statement(object=activity(id="lesson")), "/object/id"),
        (statement(object=activity(objectType="activity")), "/object/objectType"),
        (statement(object={"objectType": "StatementRef"}), "/object"),
        (statement(object={"objectType": "StatementRef", "id": "x"}), "/object/id"),
        (statement(object=activity(definition={"choices": []})), "/object/definition"),
        (statement(object=activity(definition={"interactionType": "x"})), "/object/definition/interactionType"),
        (statement(object=activity(definition={"extensions": {"x": 1}})), "/object/definition/extensions/x"),
        (statement(object=substatement(id=ID)), "/object/id"),
        (statement(object={**substatement(), "stored": "2026-01-01T00:00:00Z"}), "/object/stored"),
        (statement(object={**substatement(), "version": "1.0.0"}), "/object/version"),
        (statement(object={**substatement(), "authority": agent()}), "/object/authority"),
        (statement(object=substatement(object=substatement())), None),
        (statement(result={"success": "true"}), "/result/success"),
        (statement(result={"duration": "P4W1D"}), "/result/duration"),
        (statement(result={"score": {"scaled": 1.01}}), "/result/score/scaled"),
        (statement(result={"score": {"scaled": "0.5"}}), "/result/score/scaled"),
        (statement(result={"score": {"raw": True}}), "/result/score/raw"),
        (statement(result={"extensions": []}), "/result/extensions"),
        (statement(context={"registration": "x"}), "/context/registration"),
        (statement(context={"team": agent()}), None),
        (statement(context={"language": "something"}), "/context/language"),
        (statement(context={"statement": activity()}), None),
        (statement(context={"contextActivities": {"others": []}}), "/context/contextActivities/others"),
        (statement(context={"contextActivities": {"other": [{}]}}), "/context/contextActivities/other/0"),
        (statement(timestamp="2026-02-28T00:00:00-00:00"), "/timestamp"),
        (statement(version="0.9.9"), "/version"),
        (statement(version="1.1.0"), "/version"),
        (statement(attachments={}), "/attachments"),
        (statement(attachments=[attachment(sha2="x")]), "/attachments/0/sha2"),
        (statement(attachments=[attachment(length="1")]), "/attachments/0/length"),
        (statement(attachments=[attachment(length=1.5)]), "/attachments/0/length"),
        (statement(attachments=[attachment(contentType="x\r\ny")]), "/attachments/0/contentType"),
        (statement(attachments=[attachment(usageType=None)]), "/attachments/0"),
    ],
)
@BOTH
def test_what_a_schema_can_say_is_refused(content: Json, pointer: str | None, version: Version) -> None:
    if pointer is None:
        with pytest.raises(Invalid):
            receive(content, version)
    else:
        refused(content, version, pointer)


def nulls(value: Any, inside: bool = False) -> list[tuple[Any, Any]]:
    """Every place of a value that a null may take, and whether it is inside extensions."""
    inner = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    )
    found = [] if inside else [(value, key) for key, _ in inner]
    return found + [place for key, each in inner for place in nulls(each, inside or key == "extensions")]


@BOTH
@pytest.mark.parametrize("content", [full.whole, full.nested])
def test_null_is_refused_everywhere_but_in_extensions(version: Version, content: Callable[[Version], Json]) -> None:
    whole = content(version)
    places = nulls(whole)
    assert len(places) > 100
    for holder, key in places:
        kept, holder[key] = holder[key], None
        with pytest.raises(Invalid):
            receive(whole, version)
        holder[key] = kept
    receive(whole, version)


@BOTH
@pytest.mark.parametrize(
    ("score", "place"),
    [
        ({"min": 1, "max": 1}, "min"),
        ({"min": 2, "max": 1}, "min"),
        ({"raw": 0, "min": 1}, "raw"),
        ({"raw": 3, "max": 2}, "raw"),
        ({"raw": 3.1, "min": 0, "max": 3}, "raw"),
    ],
)
def test_scores_have_an_order(score: Json, place: str, version: Version) -> None:
    refused(statement(result={"score": score}), version, f"/result/score/{place}")
    nested = substatement(result={"score": score})
    refused(statement(object=nested), version, f"/object/result/score/{place}")


@pytest.mark.parametrize(
    "score",
    [{"raw": -5, "min": -10}, {"raw": 0, "min": 0, "max": 0.1}, {"scaled": -1}, {"scaled": 1, "raw": 1e300}, {}],
)
def test_scores_in_order_are_received(score: Json) -> None:
    assert receive(statement(result={"score": score})).statements


@BOTH
@pytest.mark.parametrize("key", ["revision", "platform"])
@pytest.mark.parametrize("target", [agent(objectType="Agent"), group(agent()), reference(), substatement()])
def test_revision_and_platform_need_an_activity(target: Json, key: str, version: Version) -> None:
    refused(statement(object=target, context={key: "1"}), version, f"/context/{key}")


@BOTH
def test_a_substatements_platform_needs_an_activity(version: Version) -> None:
    receive(statement(object=substatement(context={"platform": "1"})), version)
    inner = substatement(object=reference(), context={"platform": "1"})
    refused(statement(object=inner), version, "/object/context/platform")


@BOTH
@pytest.mark.parametrize("target", [activity(), agent(objectType="Agent"), group(agent()), substatement()])
def test_voiding_needs_a_statementref(target: Json, version: Version) -> None:
    refused(voiding(object=target), version, "/object", "StatementRef")


@BOTH
def test_voiding_names_its_target(version: Version) -> None:
    found = receive(voiding(OTHER_ID), version).statements[0].found
    assert found.voiding
    assert found.target == OTHER_ID


@BOTH
@pytest.mark.parametrize("key", ["timestamp", "stored"])
def test_a_timestamp_is_a_time_that_exists(key: str, version: Version) -> None:
    refused(statement(**{key: "2026-02-30T00:00:00Z"}), version, f"/{key}")
    refused(statement(object=substatement(timestamp="2025-02-29T00:00:00Z")), version, "/object/timestamp")
    assert receive(statement(**{key: "2099-02-28T00:00:00+14:00"}), version).statements


def test_1_0_3_takes_iso_8601() -> None:
    assert receive(statement(timestamp="2026-01-01T00:00:00"), Version.V1_0_3).statements
    refused(statement(timestamp="2026-01-01T00:00:00"), Version.V2_0_0, "/timestamp")


def test_components_are_distinct_in_1_0_3() -> None:
    twice = {"interactionType": "choice", "choices": [{"id": "a"}, {"id": "a"}]}
    content = statement(object=activity(definition=twice))
    refused(content, Version.V1_0_3, "/object/definition/choices")
    assert receive(content, Version.V2_0_0).statements


@pytest.mark.parametrize("key", ["contextAgents", "contextGroups"])
def test_context_agents_are_of_2_0(key: str) -> None:
    content = statement(context={key: full.context(Version.V2_0_0)[key]})
    assert receive(content, Version.V2_0_0).statements
    refused(content, Version.V1_0_3, f"/context/{key}")


@pytest.mark.parametrize(
    "entry",
    [
        {},
        {"objectType": "contextAgent"},
        {"agent": agent()},
        {"objectType": "ContextAgent", "agent": agent()},
        {"objectType": "contextAgent", "agent": group(agent())},
        {"objectType": "contextAgent", "agent": agent(), "relevantTypes": []},
        {"objectType": "contextAgent", "agent": agent(), "relevantTypes": ["x"]},
        {"objectType": "contextAgent", "agent": agent(), "extra": 1},
    ],
)
def test_context_agents_have_their_form(entry: Json) -> None:
    with pytest.raises(Invalid) as error:
        receive(statement(context={"contextAgents": [entry]}))
    assert (error.value.pointer or "").startswith("/context/contextAgents/0")


@pytest.mark.parametrize(
    ("text", "versions"),
    [("1.0", 2), ("1.0.0", 2), ("1.0.9", 2), ("2.0.0", 1), ("2.0", 1), ("2.1.0", 0), ("", 0), ("1.0.0\n", 0)],
)
def test_versions_are_taken_as_each_text_says(text: str, versions: int) -> None:
    taken = 0
    for version in Version:
        try:
            assert receive(statement(version=text), version).statements[0].version == text
        except Invalid:
            continue
        taken += 1
    assert taken == versions


@BOTH
@pytest.mark.parametrize(
    "raw", [b'{"a":1,"a":1}', b'["\\ud800"]', b"NaN", b"1.", b'"\xff"', b"[" * 80 + b"]" * 80, b"{'a':1}", b"[1,]"]
)
def test_not_even_extensions_hold_what_is_no_json(raw: bytes, version: Version) -> None:
    content = body(statement(result={"extensions": {"http:x": 0}})).replace(b" 0}", b" %b}" % raw)
    with pytest.raises(Invalid):
        receive(content, version)


@BOTH
@pytest.mark.parametrize(
    "raw",
    [b"null", b'"\\u0000"', b'{"\\u0000":"\\u0000"}', b"1e400", b"-0.0", b"1E2", b"9" * 5000, b"[" * 60 + b"]" * 60],
)
def test_extensions_hold_any_json(raw: bytes, version: Version) -> None:
    content = body(statement(result={"extensions": {"http:x": 0}})).replace(b" 0}", b" %b}" % raw)
    assert receive(content, version).statements[0].payload == content
