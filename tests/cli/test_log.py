"""`lrs log head` tells where a log ends."""

from tests.cli.conftest import Shell
from tests.factories import statement


async def test_head_of_an_empty_store_has_no_leaf(shell: Shell) -> None:
    await shell("store", "create", "school")
    (told,) = (await shell("log", "head", "--store", "school", "--json")).json
    assert (told["store"], told["position"], told["leaf"]) == ("school", 0, None)


async def test_head_moves_with_what_is_stored(shell: Shell) -> None:
    key = await shell.credential()
    before = (await shell("log", "head", "--json")).json[0]
    await shell("load", "--credential", key, shell.file(statement()))
    after = (await shell("log", "head", "--json")).json[0]
    assert after["position"] == before["position"] + 1
    assert after["leaf"] != before["leaf"]
    assert after["floor"] > before["floor"]


async def test_head_of_no_store_says_what_to_do(shell: Shell) -> None:
    answer = await shell("log", "head", "--store", "nowhere")
    assert answer.code == 1
    assert answer.err == "lrs: there is no store 'nowhere': `lrs store list` shows those that are\n"
