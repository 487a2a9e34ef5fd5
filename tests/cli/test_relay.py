"""The relay by command, without any broker: what is to be relayed is said in the database."""

from tests.cli.conftest import Shell
from tests.projections.stage import completed


async def test_the_relay_is_listed_and_told_to_begin_again(shell: Shell) -> None:
    await shell.credential("all")
    await shell("load", shell.file(completed("ann")), "--as-is")
    answer = await shell("relay", "replay", "--from", "1")
    assert answer.code == 0, answer.err
    assert "from 1 on" in answer.out
    assert "LRS_KAFKA_SERVERS is not set here" in answer.err
    (listed,) = (await shell("relay", "list", "--json")).json
    assert (listed["topic"], listed["position"]) == ("daybook.default", 0)
