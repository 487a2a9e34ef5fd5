from collections.abc import AsyncIterator
from urllib.parse import urlencode

import pytest
from aiohttp import web

from lrs.http import body, params, responses
from tests import serving
from tests.serving import Answer, Client

PATH = "/xAPI/statements"
FORM = "application/x-www-form-urlencoded"


async def echo(request: web.Request) -> web.Response:
    content = await body.read(request)
    seen = {
        "method": request.method,
        "body": content.decode(),
        "parameters": params.read(request),
        "type": request.headers.get("Content-Type"),
        "match": request.headers.get("If-Match"),
    }
    return responses.json(seen)


ROUTES = [web.get(PATH, echo), web.put(PATH, echo), web.post(PATH, echo)]


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with serving.front(ROUTES) as made:
        yield made


async def post(client: Client, query: str, form: dict[str, str], **headers: str | None) -> Answer:
    sent: dict[str, str | None] = {"X-Experience-API-Version": "1.0.3", "Content-Type": FORM}
    sent |= {name.replace("_", "-"): text for name, text in headers.items()}
    return await client.send("POST", f"{PATH}?{query}", urlencode(form), sent)


async def test_put_is_unfolded(client: Client) -> None:
    form = {"statementId": "1", "content": '{"a":"ü"}', "If-Match": '"x"', "Content-Type": "application/json"}
    answer = await post(client, "method=PUT", form)
    assert answer.json == {
        "method": "PUT",
        "body": '{"a":"ü"}',
        "parameters": [["statementId", "1"]],
        "type": "application/json",
        "match": '"x"',
    }


async def test_get_is_unfolded(client: Client) -> None:
    answer = await post(client, "method=GET", {"limit": "1"})
    assert isinstance(answer.json, dict)
    assert (answer.json["method"], answer.json["parameters"]) == ("GET", [["limit", "1"]])


async def test_version_and_credentials_may_stand_in_the_form(client: Client) -> None:
    form = {"content": "{}", "X-Experience-API-Version": "1.0.3", "Authorization": serving.basic("a", "b")}
    answer = await post(client, "method=PUT", form, X_Experience_API_Version=None, Authorization=None)
    assert answer.status == 200
    assert answer.headers["X-Experience-API-Version"] == "1.0.3"


@pytest.mark.parametrize(
    ("query", "form"),
    [
        ("method=PUT", {"content": "{}", "X-Experience-API-Version": "0.8"}),
        ("method=PUT&statementId=1", {"content": "{}"}),
        ("method=PUT&method=GET", {"content": "{}"}),
        ("method=PUT", {"statementId": "1"}),
        ("method=GET", {"content": "{}"}),
        ("method=TRACE", {}),
        ("method=", {}),
    ],
)
async def test_anything_else_is_refused(client: Client, query: str, form: dict[str, str]) -> None:
    assert (await post(client, query, form)).status == 400


async def test_repeated_form_parameter_is_refused(client: Client) -> None:
    sent = {"X-Experience-API-Version": "1.0.3", "Content-Type": FORM}
    answer = await client.send("POST", f"{PATH}?method=PUT", "content=1&if-match=a&If-Match=b", sent)
    assert answer.status == 400


async def test_body_must_be_a_form(client: Client) -> None:
    answer = await client.send("POST", f"{PATH}?method=PUT", "{}", {"X-Experience-API-Version": "1.0.3"})
    assert answer.status == 400


async def test_2_0_has_no_such_syntax(client: Client) -> None:
    form = {"content": "{}", "X-Experience-API-Version": "1.0.3"}
    assert (await post(client, "method=PUT", form, X_Experience_API_Version="2.0.0")).status == 400
    assert (await post(client, "method=PUT", {"content": "{}"}, X_Experience_API_Version=None)).status == 400
