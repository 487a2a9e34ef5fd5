"""R-23 and R-24: one server for a data directory, one PostgreSQL, whatever a crash left behind."""

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests import serving
from tests.guarantees import checker, processes, rows, sites
from tests.guarantees.rows import Outcome, Trial
from tests.guarantees.sites import Site


@rows.row(
    "R-23", "a stale lock file whose process lives as another: starts, and never two PostgreSQLs", loops=50, short=1
)
async def stale_lock(trial: Trial) -> Outcome:
    """After a kill of everything, two servers are started at once, where the lock file names a living stranger."""
    starts, doubles, alone = [], 0, 0
    with _others() as (stranger, dead):
        async with sites.standing(trial.folder) as site:
            for loop in range(trial.loops):
                site.kill_app()
                site.kill_postgres()
                _accuse(site, stranger if loop % 2 else dead)
                rival = Site(folder=site.folder, port=serving.free_port())
                site.begin()
                rival.begin()
                winner = await _winner(site, rival)
                starts.append(await winner.answering())
                doubles += len(list(postmasters(site.data / "postgres"))) != 1
                alone += site.is_running() != rival.is_running()
                if winner is rival:
                    await rival.stop()
                    await site.start()
    figure = {"starts": len(starts), "until_answer": checker.quantiles(starts), "not_one_postgres": doubles}
    held = doubles == 0 and alone == trial.loops
    return Outcome(figure=figure | {"one_server_alone": alone}, held=held)


def _accuse(site: Site, pid: int) -> None:
    """Have the lock file name another process, as after a restart of the machine."""
    file = site.data / "postgres" / "postmaster.pid"
    lines = file.read_text().split("\n")
    with file.open("r+") as out:
        out.write("\n".join([str(pid), *lines[1:]]))
        out.truncate()


@contextlib.contextmanager
def _others() -> Iterator[tuple[int, int]]:
    """The numbers of two processes that are no PostgreSQL: one that lives, and a zombie."""
    with subprocess.Popen(["sleep", "100000"]) as living, subprocess.Popen(["true"]) as dead:
        try:
            yield living.pid, dead.pid
        finally:
            living.kill()


async def _winner(site: Site, rival: Site) -> Site:
    """Of two that were started at once, the one that goes on."""
    async with asyncio.timeout(60):
        while site.is_running() and rival.is_running():  # noqa: ASYNC110 - other processes have no event of ours
            await asyncio.sleep(0.02)
    return site if site.is_running() else rival


def postmasters(folder: Path) -> Iterator[int]:
    """Every PostgreSQL that runs on a folder."""
    tree = processes.parents()
    for pid, parent in tree.items():
        if processes.program(pid) == "postgres" and processes.program(parent) != "postgres":
            try:
                if os.path.samefile(f"/proc/{pid}/cwd", folder) and processes.lives(pid):
                    yield pid
            except OSError:
                continue


@rows.row("R-24", "a second server on a data directory is refused with one clear line", loops=20, short=2)
async def second_server(trial: Trial) -> Outcome:
    refused = 0
    said = ""
    async with sites.standing(trial.folder) as site:
        for _ in range(trial.loops):
            words = ["serve", "--port", str(serving.free_port()), "--data-dir", str(site.data)]
            process = await asyncio.create_subprocess_exec(
                sys.executable, *sites.COMMAND, *words, cwd=sites.TREE, stderr=asyncio.subprocess.PIPE
            )
            _, errors = await process.communicate()
            said = errors.decode().strip()
            refused += process.returncode == 1 and "another `lrs serve` runs on" in said and "\n" not in said
        await site.answering()
    return Outcome(figure={"refused": refused, "of": trial.loops, "said": said[:200]}, held=refused == trial.loops)
