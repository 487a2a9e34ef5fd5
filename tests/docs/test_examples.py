"""The examples of the documentation run against a server."""

import subprocess
import sys

import pytest

from lrs import main
from projections.analytic.running import Running
from projections.statistics.follower import Follower
from tests import serving, tree
from tests.conftest import Database
from tests.world import statement

EXAMPLE = tree.ROOT / "docs" / "examples" / "support.py"


async def test_support_reads_into_pandas_and_duckdb(database: Database) -> None:
    import asyncio

    async with serving.lrs(database.dsn) as (client, core):
        await client.send("POST", "/xAPI/statements", [statement(), statement()])
        running = Running(core.reads, core.stores, main.projections(), holder="test", beside=(Follower(),))
        await running.settle()
        command = [sys.executable, str(EXAMPLE), f"http://127.0.0.1:{client.port}", serving.KEY, serving.SECRET]
        done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert "groups are too small" in done.stdout
        assert "statements" in done.stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["{url}", "nobody", "wrong"], "KEY and SECRET are unknown there"),
        (["{url}", serving.KEY, serving.SECRET, "no-such-period"], "the server answered 400: "),
        (["http://127.0.0.1:9", "key", "secret"], "set LRS to the address"),
        (["127.0.0.1:9", "key", "secret"], "set LRS to the address"),
        (["http://127.0.0.1:9", "", ""], "set the variables LRS, KEY and SECRET"),
    ],
)
async def test_an_example_says_in_a_line_what_to_set(database: Database, words: list[str], told: str) -> None:
    import asyncio

    async with serving.lrs(database.dsn) as (client, _):
        given = [word.format(url=f"http://127.0.0.1:{client.port}") for word in words]
        command = [sys.executable, str(EXAMPLE), *given]
        done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert told in done.stderr
