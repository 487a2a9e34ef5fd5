"""Processes by number, as the system tells of them; only those of a server that we started are ever signalled."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from tests.tree import ROOT


def begin(module: str, *words: object) -> subprocess.Popen[bytes]:
    """A process that runs a module of these tests, and may not be at work yet."""
    return subprocess.Popen([sys.executable, "-m", module, *map(str, words)], cwd=ROOT, stdout=subprocess.PIPE)


async def at_work(module: str, *words: object) -> subprocess.Popen[bytes]:
    """The same, when it has written its first line."""
    process = begin(module, *words)
    assert process.stdout is not None
    await asyncio.to_thread(process.stdout.readline)
    return process


def parents() -> Mapping[int, int]:
    """Every process and its parent."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                found[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    return found


def below(pid: int) -> Iterator[int]:
    """The children of a process, and theirs, down to the last."""
    tree = parents()
    level = {pid}
    while level:
        level = {child for child, parent in tree.items() if parent in level}
        yield from level


def program(pid: int) -> str:
    """What a process runs; empty where it is gone."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def tracer(pid: int) -> int:
    """Who watches a process; 0 for nobody, or where it is gone."""
    try:
        return int(Path(f"/proc/{pid}/status").read_text().partition("TracerPid:")[2].split()[0])
    except (OSError, IndexError):
        return 0


def lives(pid: int) -> bool:
    """Whether there is such a process that is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def kill(pids: Iterable[int]) -> None:
    """Send kill -9 to each, one after another; who is gone already is gone."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def kill_tree(pid: int) -> None:
    """Send kill -9 to a process and all below it, without it making new ones in between."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGSTOP)
    kill([*below(pid), pid])


def gone(pids: Iterable[int], *, seconds: float = 30) -> None:
    """Return when none of them lives any more."""
    end = time.monotonic() + seconds
    left = set(pids)
    while left := {pid for pid in left if lives(pid)}:
        if time.monotonic() > end:
            raise TimeoutError(f"still there: {left}")
        time.sleep(0.005)
