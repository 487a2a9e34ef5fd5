"""Every route with every scope: who may not is told so, before anything is read or done."""

from collections.abc import AsyncIterator
from dataclasses import replace
from urllib.parse import quote
from uuid import uuid4

import orjson
import pytest
import pytest_asyncio

from lrs import main
from lrs.auth import scopes
from tests import serving
from tests.conftest import Database
from tests.factories import agent, statement
from tests.serving import Client

AGENT = quote(orjson.dumps(agent()))
ACTIVITY = quote("https://example.org/activity")
STATE = f"/xAPI/activities/state?activityId={ACTIVITY}&agent={AGENT}"
ACTIVITY_PROFILE = f"/xAPI/activities/profile?activityId={ACTIVITY}"
AGENT_PROFILE = f"/xAPI/agents/profile?agent={AGENT}"
READERS = {"statements/read", "statements/read/mine", "all/read", "all"}

ALLOWED = {
    ("POST", "/xAPI/statements"): {"statements/write", "all"},
    ("GET", "/xAPI/statements"): READERS,
    ("HEAD", "/xAPI/statements"): READERS,
    ("GET", STATE): {"state", "all/read", "all"},
    ("PUT", STATE + "&stateId=x"): {"state", "all"},
    ("POST", STATE + "&stateId=x"): {"state", "all"},
    ("DELETE", STATE): {"state", "all"},
    ("GET", ACTIVITY_PROFILE): {"profile", "all/read", "all"},
    ("DELETE", ACTIVITY_PROFILE + "&profileId=x"): {"profile", "all"},
    ("GET", AGENT_PROFILE): {"profile", "all/read", "all"},
    ("POST", AGENT_PROFILE + "&profileId=x"): {"profile", "all"},
    ("GET", f"/xAPI/agents?agent={AGENT}"): READERS | {"profile"},
    ("GET", f"/xAPI/activities?activityId={ACTIVITY}"): READERS | {"profile", "define"},
}


@pytest_asyncio.fixture(scope="module")
async def server(module_database: Database) -> AsyncIterator[tuple[Client, main.Core]]:
    async with serving.lrs(module_database.dsn) as made:
        yield made


async def holder(server: tuple[Client, main.Core], *held: str) -> Client:
    """A client whose credential holds just those scopes."""
    client, core = server
    store = await core.stores.by_name(main.DEFAULT_STORE)
    issued = await core.issuing.issue(store.id, name="", scopes=held)
    return replace(client, headers={**client.headers, "Authorization": serving.basic(issued.key, issued.secret)})


@pytest.mark.parametrize("scope", scopes.EVERY)
async def test_scope_allows_just_its_own(server: tuple[Client, main.Core], scope: str) -> None:
    client = await holder(server, scope)
    for (method, path), allowed in ALLOWED.items():
        body = statement() if "statements" in path else {}
        answer = await client.send(method, path, body if method in ("PUT", "POST") else None)
        assert (answer.status == 403) is (scope not in allowed), f"{method} {path}"


async def test_mine_sees_its_own_alone(server: tuple[Client, main.Core]) -> None:
    others, _ = server
    mine = await holder(server, "statements/write", "statements/read/mine")
    own, other = str(uuid4()), str(uuid4())
    name = str(uuid4())
    await mine.send("POST", "/xAPI/statements", statement(id=own, actor=agent(name)))
    await others.send("POST", "/xAPI/statements", statement(id=other, actor=agent(name, name="Other")))
    found = (await mine.get("/xAPI/statements")).json
    assert isinstance(found, dict)
    assert [each["id"] for each in found["statements"]] == [own]
    assert (await mine.get(f"/xAPI/statements?statementId={other}")).status == 404
    person = (await mine.get(f"/xAPI/agents?agent={quote(orjson.dumps(agent(name)))}")).json
    assert isinstance(person, dict)
    assert "name" not in person


async def test_stores_do_not_see_each_other(server: tuple[Client, main.Core]) -> None:
    from lrs.recording import stores

    client, core = server
    store = await stores.create(core.log, core.stores, "other")
    issued = await core.issuing.issue(store.id, name="", scopes=("all",))
    headers = {**client.headers, "Authorization": serving.basic(issued.key, issued.secret)}
    own = str(uuid4())
    await client.send("POST", "/xAPI/statements", statement(id=own))
    other = replace(client, headers=headers)
    assert (await other.get(f"/xAPI/statements?statementId={own}")).status == 404
    assert (await other.send("POST", "/xAPI/statements", statement(id=own, verb="passed"))).status == 200
