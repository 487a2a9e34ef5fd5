"""Users: who has a name and a password, at once as the database has it, over HTTP."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from lrs import main
from lrs.auth import bootstrap, people
from lrs.auth.people import Place
from lrs.config import Settings
from lrs.errors import Conflict, Forbidden, Invalid, Unauthorized
from lrs.events import Kind
from lrs.log import read
from lrs.recording import stores
from tests import serving
from tests.conftest import Database
from tests.serving import Answer, Client

PASSWORD = "correct horse"


@pytest_asyncio.fixture
async def served(database: Database) -> AsyncIterator[tuple[Client, main.Core]]:
    async with serving.lrs(database.dsn, sign_in_failures=3) as made:
        yield made


async def join(core: main.Core, name: str, *roles: str, store: str = "default", person: str | None = None) -> None:
    place = Place(roles=people.roles(roles), person=person)
    await core.users.create(name, (await core.stores.by_name(store)).id, place, password=PASSWORD)


async def signed(client: Client, name: str, password: str = PASSWORD, path: str = "/admin/v1/users") -> Answer:
    return await client.send("GET", path, headers={"Authorization": serving.basic(name, password)})


async def test_password_opens_the_door(served: tuple[Client, main.Core]) -> None:
    client, core = served
    await join(core, "ann", "admin")
    assert (await signed(client, "ann")).status == 200
    assert (await signed(client, "ann", "wrong horse!")).status == 401
    assert (await signed(client, "nobody")).status == 401


async def test_xapi_knows_no_users(served: tuple[Client, main.Core]) -> None:
    client, core = served
    await join(core, "ann", "admin")
    assert (await signed(client, "ann", path="/xAPI/statements")).status == 401


async def test_wrong_passwords_are_throttled(served: tuple[Client, main.Core]) -> None:
    client, core = served
    await join(core, "ann", "admin")
    answers = [(await signed(client, "ann", f"wrong {number}")).status for number in range(5)]
    assert answers[:3] == [401] * 3
    assert answers[-1] == 429


async def test_disabled_at_once(served: tuple[Client, main.Core]) -> None:
    client, core = served
    await join(core, "ann", "admin")
    assert (await signed(client, "ann")).status == 200
    await core.users.disable("ann")
    assert (await signed(client, "ann")).status == 401
    await core.users.disable("ann", disabled=False)
    assert (await signed(client, "ann")).status == 200


async def test_old_password_is_good_no_more(served: tuple[Client, main.Core]) -> None:
    client, core = served
    await join(core, "ann", "admin")
    assert (await signed(client, "ann")).status == 200
    await core.users.change_password("ann", "another horse")
    assert (await signed(client, "ann")).status == 401
    assert (await signed(client, "ann", "another horse")).status == 200


async def test_name_is_given_once(served: tuple[Client, main.Core]) -> None:
    _, core = served
    await join(core, "ann", "coach")
    with pytest.raises(Conflict, match="exists"):
        await join(core, "ann", "admin")


async def test_of_two_stores_one_is_named(served: tuple[Client, main.Core]) -> None:
    client, core = served
    await join(core, "ann", "coach", person="P1")
    other = await stores.create(core.log, core.stores, "other")
    await core.users.place("ann", other.id, Place(roles=("admin",)))
    assert (await signed(client, "ann")).status == 400
    assert (await signed(client, "ann", path="/admin/v1/users?store=other")).status == 200
    assert (await signed(client, "ann", path="/admin/v1/users?store=default")).status == 403
    assert (await signed(client, "ann", path="/admin/v1/users?store=nowhere")).status == 403


async def test_credential_stays_in_its_store(served: tuple[Client, main.Core]) -> None:
    client, core = served
    await stores.create(core.log, core.stores, "other")
    assert (await client.get("/admin/v1/users?store=default")).status == 200
    assert (await client.get("/admin/v1/users?store=other")).status == 403


async def test_caller_is_what_her_place_says(served: tuple[Client, main.Core]) -> None:
    _, core = served
    await join(core, "cora", "coach", "educator", person="P1")
    digest = core.credentials.digest(PASSWORD)
    caller = await core.users.prove("cora", digest, store=None)
    assert (caller.roles, caller.person, caller.scopes) == (frozenset({"coach", "educator"}), "P1", frozenset())
    with pytest.raises(Unauthorized):
        await core.users.prove("cora", core.credentials.digest("wrong"), store=None)
    with pytest.raises(Forbidden):
        await core.users.prove("cora", digest, store="nowhere")


async def test_each_change_is_an_event_without_the_password(served: tuple[Client, main.Core]) -> None:
    _, core = served
    await join(core, "ann", "coach")
    await core.users.disable("ann")
    events = [each async for each in read.Reader(core.reads).every(0) if each.kind is Kind.USER_CHANGED]
    assert len(events) == 2
    assert all(PASSWORD.encode() not in (each.payload or b"") for each in events)


async def test_database_has_no_password_to_try(served: tuple[Client, main.Core]) -> None:
    """What is kept is Argon2id of a digest under the pepper: neither the database nor the pepper alone is enough."""
    _, core = served
    await join(core, "ann", "coach")
    known = await core.users.find("ann")
    assert known is not None
    assert known.user.password.startswith("$argon2id$")


@pytest.mark.parametrize("name", ["", "a:b", " a", "a\n", "x" * 300])
async def test_names_that_cannot_be_sent(served: tuple[Client, main.Core], name: str) -> None:
    _, core = served
    with pytest.raises(Invalid):
        await join(core, name, "coach")


async def test_first_administrator_is_generated_once(database: Database) -> None:
    settings = Settings(pepper="of the tests")
    where = main.Database(dsn=database.dsn, owner_dsn=database.dsn, is_embedded=False)
    first = await main.first_start(settings, where)
    assert first.administrator is not None
    assert (await main.first_start(settings, where)).administrator is None


async def test_administrator_of_the_settings(database: Database) -> None:
    async with serving.lrs(database.dsn, admin_user="boss", admin_password="short") as (client, core):
        settings = Settings(pepper="of the tests", admin_user="boss", admin_password="short")
        made = await bootstrap.first_user(settings, core.users, (await core.stores.by_name("default")).id)
        assert made is None
        assert (await signed(client, "boss", "short")).status == 200


async def test_admin_makes_and_changes_users(served: tuple[Client, main.Core]) -> None:
    client, _ = served
    path = "/admin/v1/users/cora"
    made: Any = (await client.send("PUT", path, {"roles": ["coach"], "person": "P1"})).json
    assert made["person"] == "P1"
    assert (await signed(client, "cora", made["password"], "/admin/v1/users")).status == 403
    changed: Any = (await client.send("PUT", path, {"roles": ["principal"], "orgs": ["s1"], "disabled": True})).json
    assert (changed["roles"], changed["orgs"], changed["disabled"]) == (["principal"], ["s1"], True)
    assert "password" not in changed
    listed: Any = (await client.get("/admin/v1/users")).json
    assert [each["name"] for each in listed["users"]] == ["cora"]
    assert (await client.send("DELETE", path)).status == 204
    assert (await client.get(path)).status == 404


async def test_admin_refuses_what_it_does_not_know(served: tuple[Client, main.Core]) -> None:
    client, _ = served
    wrong: list[dict[str, Any]] = [
        {"roles": ["king"]}, {"roles": []}, {"roles": ["coach"], "age": 3}, {"roles": ["coach"], "password": "x"},
    ]  # fmt: skip
    for sent in wrong:
        assert (await client.send("PUT", "/admin/v1/users/cora", sent)).status == 400
    assert (await client.get("/admin/v1/users/nobody")).status == 404


async def test_admin_of_one_store_keeps_off_anothers_user(served: tuple[Client, main.Core]) -> None:
    client, core = served
    await stores.create(core.log, core.stores, "other")
    await join(core, "ann", "coach", store="other")
    answer = await client.send("PUT", "/admin/v1/users/ann", {"roles": ["coach"], "password": "stolen horse"})
    assert answer.status == 400
    assert (await client.send("PUT", "/admin/v1/users/ann", {"roles": ["coach"]})).status == 200
