"""`lrs user`: made, listed, shut out and let in, as somebody types it."""

import pytest

from tests.cli.conftest import Shell


async def test_create_shows_a_password_once(shell: Shell) -> None:
    await shell("store", "create", "default")
    made = await shell("user", "create", "cora", "--role", "coach", "--person", "P1", "--json")
    assert made.code == 0
    assert len(made.json["password"]) >= 20
    listed = await shell("user", "list", "--json")
    assert listed.json == [{"name": "cora", "state": "live", "roles": ["coach"], "person": "P1", "orgs": []}]


async def test_name_is_given_once(shell: Shell) -> None:
    await shell("store", "create", "default")
    await shell("user", "create", "cora", "--role", "coach")
    again = await shell("user", "create", "cora", "--role", "coach")
    assert again.code == 1
    assert "exists" in again.err


async def test_another_store_keeps_the_password(shell: Shell) -> None:
    await shell("store", "create", "default")
    await shell("store", "create", "other")
    await shell("user", "create", "cora", "--role", "coach")
    joined = await shell("user", "create", "cora", "--role", "director", "--store", "other", "--json")
    assert joined.json == {"name": "cora"}
    assert (await shell("user", "list", "--store", "other", "--json")).json[0]["roles"] == ["director"]


async def test_disable_and_enable(shell: Shell) -> None:
    await shell("store", "create", "default")
    await shell("user", "create", "cora", "--role", "coach")
    assert (await shell("user", "disable", "cora")).code == 0
    assert (await shell("user", "list", "--json")).json[0]["state"] == "disabled"
    assert (await shell("user", "disable", "cora", "--enable")).code == 0
    assert (await shell("user", "list", "--json")).json[0]["state"] == "live"


async def test_password_is_made_anew(shell: Shell) -> None:
    await shell("store", "create", "default")
    first = await shell("user", "create", "cora", "--role", "coach", "--json")
    second = await shell("user", "password", "cora", "--json")
    assert first.json["password"] != second.json["password"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--role", "coach"], "as coach she sees nothing yet, since nothing says who she is in the roster"),
        (["--role", "principal"], "give --person SOURCED_ID or --org SOURCED_ID"),
        (["--role", "principal", "--org", "S1"], ""),
        (["--role", "coach", "--person", "P1"], ""),
        (["--role", "director"], ""),
    ],
)
async def test_a_role_that_sees_nothing_yet_is_told_of(shell: Shell, words: list[str], told: str) -> None:
    await shell("store", "create", "default")
    made = await shell("user", "create", "cora", *words)
    assert made.code == 0
    assert (told in made.err) if told else (made.err == "")


async def test_unknown_role_is_wrong_usage(shell: Shell) -> None:
    assert (await shell("user", "create", "cora", "--role", "king")).code == 2


async def test_unknown_user_is_named(shell: Shell) -> None:
    await shell("store", "create", "default")
    failed = await shell("user", "disable", "nobody")
    assert failed.code == 1
    assert "nobody" in failed.err
