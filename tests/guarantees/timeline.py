"""What PostgreSQL's processes did and in which order, by strace: was the log flushed before COMMIT was answered?"""

import asyncio
import contextlib
import os
import re
import shutil
import signal
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.guarantees import processes

LINE: Final = re.compile(r"^(\d+)\s+(.*)$")
ATTACH_SECONDS: Final = 30.0
SYNCED: Final = re.compile(r"f(?:data)?sync(?:\(.*\)| resumed>.*\)) += 0$")
# An append outside of a transaction is committed by the end of its one statement: how the driver names that when it is
# prepared and when it is run, and what is answered.
PREPARED: Final = re.compile(r"P\\0.*?(__asyncpg_stmt_\w+__)\\0with head as materialized")
RUN: Final = re.compile(r"B\\0.*?(__asyncpg_stmt_\w+__)\\0")
DONE: Final = '"C\\0\\0\\0\\vCOMMIT\\0'
APPENDED: Final = re.compile(r'"2\\0\\0\\0\\4D.*Z\\0\\0\\0\\5I"')
REFUSED: Final = re.compile(r'"(?:2\\0\\0\\0\\4)?E\\0')


@dataclass(kw_only=True)
class Flushes:
    """COMMITs that were answered, and how many of them before anything had been flushed since they were asked for."""

    commits: int = 0
    early: int = 0


def read(lines: Iterable[str]) -> Flushes:
    """Follow the lines of strace, which come in the order in which calls ended."""
    found = Flushes()
    flushed: dict[str, bool] = {}
    appends: set[tuple[str, str]] = set()
    for line in lines:
        match = LINE.match(line.strip())
        if match is None:
            continue
        pid, call = match.groups()
        if SYNCED.search(call):
            flushed = dict.fromkeys(flushed, True)
        elif "recvfrom" in call:
            appends.update((pid, name) for name in PREPARED.findall(call))
            if "COMMIT;" in call or any((pid, name) in appends for name in RUN.findall(call)):
                flushed[pid] = False
        elif "sendto" in call and pid in flushed:
            if DONE in call or APPENDED.search(call):
                found.commits += 1
                found.early += not flushed.pop(pid)
            elif REFUSED.search(call):
                del flushed[pid]
    return found


@contextlib.asynccontextmanager
async def traced(postmaster: int, file: Path) -> AsyncIterator[bool]:
    """While this lasts, all processes of a PostgreSQL are watched; False where that cannot be done here."""
    program = shutil.which("strace")
    if program is None:
        yield False
        return
    pids = [postmaster, *processes.below(postmaster)]
    options = ["-f", "-s", "160", "-e", "trace=fdatasync,fsync,sendto,recvfrom", "-o", str(file)]
    attached = [word for pid in pids for word in ("-p", str(pid))]
    process = await asyncio.create_subprocess_exec(
        program, *options, *attached, stdin=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        yield await _attached(process, pids)
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGINT)
            await process.wait()


async def _attached(tracer: asyncio.subprocess.Process, pids: Sequence[int]) -> bool:
    """Whether all of those that still live are watched, by now; strace ends where it may not."""
    async with asyncio.timeout(ATTACH_SECONDS):
        while tracer.returncode is None:
            if all(processes.tracer(pid) == tracer.pid for pid in pids if processes.lives(pid)):
                return True
            await asyncio.sleep(0.01)
    return False
