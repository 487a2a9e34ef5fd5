"""Agents, Activities and About."""

from typing import Any
from urllib.parse import quote
from uuid import uuid4

import orjson
import pytest

from tests.factories import activity, agent, statement
from tests.serving import Client


def asked(path: str, **parameters: object) -> str:
    pairs = (
        f"{name}={quote(text if isinstance(text, str) else orjson.dumps(text))}" for name, text in parameters.items()
    )
    return f"/xAPI/{path}?{'&'.join(pairs)}"


async def test_unknown_agent_is_a_person(client: Client) -> None:
    answer = await client.get(asked("agents", agent=agent("nobody", name="N")))
    assert answer.json == {"objectType": "Person", "name": ["N"], "mbox": ["mailto:nobody@example.org"]}


async def test_person_has_every_name_seen(client: Client) -> None:
    name = str(uuid4())
    for each in ("Ann", "Anna"):
        await client.send("POST", "/xAPI/statements", statement(actor=agent(name, name=each)))
    person: Any = (await client.get(asked("agents", agent=agent(name)))).json
    assert person["name"] == ["Ann", "Anna"]


async def test_activity_has_what_was_said_of_it(client: Client) -> None:
    name = str(uuid4())
    for language in ("en", "de"):
        thing = activity(name, definition={"name": {language: language}})
        await client.send("POST", "/xAPI/statements", statement(object=thing))
    found: Any = (await client.get(asked("activities", activityId=activity(name)["id"]))).json
    assert found["definition"]["name"] == {"en": "en", "de": "de"}


async def test_unknown_activity_is_its_id(client: Client) -> None:
    answer = await client.get(asked("activities", activityId="https://example.org/unknown"))
    assert answer.json == {"objectType": "Activity", "id": "https://example.org/unknown"}


@pytest.mark.parametrize(
    "path",
    ["/xAPI/agents", "/xAPI/activities", "/xAPI/agents?agent={}", "/xAPI/activities?activityId=x", "/xAPI/about?a=b"],
)
async def test_wrong_parameters_are_refused(client: Client, path: str) -> None:
    assert (await client.get(path)).status == 400


async def test_about_tells_versions_and_limits(client: Client) -> None:
    about: Any = (await client.get("/xAPI/about", Authorization=None, X_Experience_API_Version=None)).json
    assert about["version"] == ["1.0.3", "2.0.0"]
    assert about["extensions"]["urn:x-daybook:limits"]["batch"] == 10_000
