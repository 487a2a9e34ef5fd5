from collections.abc import Callable
from typing import Any

import pytest

from lrs.errors import Invalid, TooLarge
from lrs.xapi.limits import Limits
from lrs.xapi.versions import Version
from tests.factories import Json, activity, agent, body, statement
from tests.xapi.receiving import receive, refused


def test_the_json_of_a_request_is_limited() -> None:
    content = body(statement())
    assert receive(content, limits=Limits(json_bytes=len(content))).statements
    with pytest.raises(TooLarge, match="LRS_LIMIT_JSON_BYTES"):
        receive(content, limits=Limits(json_bytes=len(content) - 1))


def test_a_batch_is_limited() -> None:
    assert receive([statement()] * 3, limits=Limits(batch=3)).statements
    with pytest.raises(TooLarge, match="LRS_LIMIT_BATCH"):
        receive([statement()] * 3, limits=Limits(batch=2))


@pytest.mark.parametrize(
    ("content", "pointer"),
    [
        (lambda iri: statement(verb=iri), "/verb/id"),
        (lambda iri: statement(object=activity(id=iri)), "/object/id"),
        (lambda iri: statement(actor={"openid": iri}), "/actor/openid"),
        (lambda iri: statement(object=activity(definition={"moreInfo": iri})), "/object/definition/moreInfo"),
    ],
)
def test_iris_are_limited(content: Callable[[str], Json], pointer: str) -> None:
    longest = "http://example.org/".ljust(4096, "x")
    assert receive(content(longest)).statements
    refused(content(longest + "x"), Version.V2_0_0, pointer, "4096")


def test_only_iris_are_limited_so() -> None:
    long = "x" * 5000
    choice = {"interactionType": "choice", "choices": [{"id": long, "description": {"id": long}}]}
    content = statement(
        actor=agent(name=long),
        object=activity(definition={**choice, "name": {"id": long}, "correctResponsesPattern": [long]}),
        result={"response": long, "extensions": {"http:x": {"id": long}}},
        context={"platform": long, "revision": long},
    )
    assert receive(content).statements


@pytest.mark.parametrize("padding", [0, 6000])
def test_keys_are_limited(padding: int) -> None:
    longest = "http:".ljust(1024, "x")
    response = "x" * padding
    for key, good in (
        (longest, True),
        (longest + "x", False),
        ("http:" + "ä" * 509, True),
        ("http:" + "ä" * 510, False),
    ):
        for extensions in ({key: 1}, {"http:x": [{key: 1}]}):
            content = statement(result={"response": response, "extensions": extensions})
            if good:
                assert receive(content).statements
            else:
                with pytest.raises(Invalid, match="key is longer than 1024"):
                    receive(content)


def test_members_are_limited() -> None:
    assert receive(statement(result={"extensions": {f"http:{number}": 1 for number in range(1000)}})).statements
    refused(
        statement(result={"extensions": {f"http:{number}": 1 for number in range(1001)}}),
        Version.V2_0_0,
        "/result/extensions",
    )


def test_depth_is_limited_from_the_statement_on() -> None:
    deep: Any = 1
    for _ in range(61):
        deep = [deep]
    assert receive([statement(result={"extensions": {"http:x": deep}})]).statements
    refused(
        statement(result={"extensions": {"http:x": [deep]}}), Version.V2_0_0, "/result/extensions/http:x" + "/0" * 61
    )
