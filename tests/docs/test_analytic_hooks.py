"""What docs/analytic-hooks.md shows can be set up, and its command answers."""

import asyncio
import os
import re
import shutil
import subprocess

import orjson
import pytest

from lrs import main
from lrs.hooks.analytic import analytics, questions, rows
from lrs.hooks.targets import Allow
from projections.answers.hooked import Declared
from tests import serving, tree
from tests.conftest import Database

PAGE = (tree.ROOT / "docs" / "analytic-hooks.md").read_text(encoding="utf-8")
CONFIGS = [each for each in re.findall(r"```json\n(.*?)```", PAGE, re.S) if '"url"' in each]
COMMANDS = [each for each in re.findall(r"```sh\n(.*?)```", PAGE, re.S) if "curl" in each]


async def test_configurations_are_taken() -> None:
    declared = Declared(main.questions(), main.projections())
    known = analytics.sorts(
        Allow.parse(["127.0.0.0/8"]), declared,
        lambda *given: rows.begin(declared, *given), lambda *given: questions.begin(lambda: 0.0, *given),
    )  # fmt: skip
    for sort, text in zip(known, CONFIGS, strict=True):
        config = {**orjson.loads(text), "url": "http://127.0.0.1:9/"}
        parsed = await sort.parse(config)
        assert orjson.loads(orjson.dumps(config)).keys() <= {*parsed.__struct_encode_fields__}


@pytest.mark.skipif(not shutil.which("curl"), reason="no curl")
async def test_the_command_is_answered(database: Database) -> None:
    (command,) = COMMANDS
    async with serving.lrs(database.dsn) as (client, _):
        own = {"LRS": f"http://127.0.0.1:{client.port}", "KEY": serving.KEY, "SECRET": serving.SECRET}
        done = await asyncio.to_thread(
            subprocess.run, ["sh", "-c", command.replace("wait=30", "wait=0")], env=os.environ | own,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    # A credential is a director, who sees sums alone.
    assert "no changes of sums" in done.stdout
