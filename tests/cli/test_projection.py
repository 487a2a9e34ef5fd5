"""Projections by command: how far they are, built anew, checked and replayed."""

import asyncio
import signal
import sys
from dataclasses import replace
from pathlib import Path

from tests.cli.conftest import Shell
from tests.conftest import Database
from tests.projections.stage import completed

ROOT = Path(__file__).parents[2]


async def test_projections_are_listed(shell: Shell) -> None:
    await shell.credential("all")
    await shell("load", shell.file(completed("ann")), "--as-is")
    answer = await shell("projection", "list", "--json")
    found = {each["projection"]: each for each in answer.json if each["store"] == "default"}
    assert {"facts", "rubric_evidence", "cohort_participation", "coaching_cadence"} <= set(found)
    assert found["facts"]["through"] == 0


async def test_a_projection_is_verified_rebuilt_and_replayed(shell: Shell, database: Database) -> None:
    await shell.credential("all")
    answer = await shell("projection", "rebuild", "facts")
    assert answer.code == 1
    assert "may not act as the owner" in answer.err
    shell = replace(shell, url=database.owner_dsn)
    for words in (("verify", "facts"), ("rebuild", "rubric_evidence"), ("rebuild", "facts")):
        answer = await shell("projection", *words)
        assert answer.code == 0, answer.err
    for name in ("facts", "coaching_cadence"):
        answer = await shell("projection", "replay", name, "--from", "1")
        assert answer.code == 0, answer.err
    assert (await shell("projection", "parked", "--json")).json == []


async def test_an_unknown_projection_is_told(shell: Shell) -> None:
    for words in (("projection", "rebuild", "x"), ("projection", "replay", "x", "--from", "1"), ("follow", "x")):
        await shell.credential("all")
        answer = await shell(*words)
        assert answer.code == 1
        assert "there are facts" in answer.err


async def test_nothing_is_replayed_from_beyond_the_log(shell: Shell) -> None:
    await shell.credential("all")
    answer = await shell("projection", "replay", "facts", "--from", "4711")
    assert answer.code == 1
    assert "ends at 1, and 4711 lies beyond" in answer.err


async def test_follow_goes_on_until_it_is_asked_to_stop(shell: Shell) -> None:
    await shell.credential("all")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "from lrs.cli import main; main()", "follow", "--database-url", shell.url),
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    assert process.stdout is not None
    assert await asyncio.wait_for(process.stdout.readline(), 60) == b"following\n"
    process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), 30) == 0
