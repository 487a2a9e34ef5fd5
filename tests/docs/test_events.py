"""The commands and the code of docs/events.md run against a server."""

import asyncio
import os
import re
import shutil
import subprocess
from typing import Any

import pytest

from lrs.events import Kind
from lrs.hooks import filters
from lrs.resources import events
from tests import serving, tree
from tests.conftest import Database
from tests.world import VERB, statement

PAGE = (tree.ROOT / "docs" / "events.md").read_text(encoding="utf-8")
COMMANDS = [each for each in re.findall(r"```sh\n(.*?)```", PAGE, re.S) if "curl" in each]
CODE = re.findall(r"```python\n(.*?)```", PAGE, re.S)


@pytest.mark.skipif(not shutil.which("curl"), reason="no curl")
async def test_commands_answer(database: Database) -> None:
    async with serving.lrs(database.dsn) as (client, _):
        sent = [statement(), statement(verb={"id": "http://adlnet.gov/expapi/verbs/passed"})]
        await client.send("POST", "/xAPI/statements", sent)
        own = {"LRS": f"http://127.0.0.1:{client.port}", "KEY": serving.KEY, "SECRET": serving.SECRET}
        assert len(COMMANDS) == 5
        for command in COMMANDS:
            done = await asyncio.to_thread(
                subprocess.run, ["sh", "-c", command], env=os.environ | own, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, (command, done.stderr)
            assert "problem" not in done.stdout
            assert "rule" not in done.stdout, (command, done.stdout)
            assert ('"kind":"StatementStored"' in done.stdout) is ("from=now" not in command), command


async def test_code_follows(database: Database) -> None:
    class Enough(Exception):
        pass

    seen: list[Any] = []

    def handle(event: Any) -> None:
        seen.append(event)
        if len(seen) == 3:
            raise Enough

    async with serving.lrs(database.dsn) as (client, _):
        await client.send("POST", "/xAPI/statements", [statement(), statement()])
        named: dict[str, Any] = {}
        exec(CODE[0], named)  # noqa: S102 - it is ours
        with pytest.raises(Enough):
            await asyncio.to_thread(
                named["follow"], f"http://127.0.0.1:{client.port}", client.headers["Authorization"], 0, handle
            )
    assert [event["data"]["verb"]["id"] for event in seen if event["kind"] == Kind.STATEMENT_STORED.label] == [VERB] * 2


def test_every_parameter_is_told() -> None:
    told = re.findall(r"`(\w+)(?:=\w+)?`", "".join(re.findall(r"^\| (.+?) \|", PAGE, re.M)))
    assert {*filters.NAMES, *events.OWN} <= set(told)
