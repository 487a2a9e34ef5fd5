"""Large pages of memory, for a process that holds gigabytes of small objects and goes through them in no order.

A processor remembers where some thousand pages are: with pages of 4 kB it looks nearly every object up in tables that
are in memory themselves. Linux has pages of 2 MB for whoever asks. What is there already it would move to them within
hours; here it is asked to at once, a little at a time.
"""

import asyncio
import contextlib
import ctypes
import os
import sys
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path
from typing import Final

from lrs.telemetry import logs

SIZE: Final = 2 << 20
# Stacks of threads are smaller, and mostly empty: they would be filled.
LEAST: Final = 8 * SIZE
# So much is moved at a stretch, and for so many times as long nothing.
PART: Final = 4 * SIZE
REST: Final = 4.0
LOOK_SECONDS: Final = 5.0
# So much more must be held before it is looked again.
GROWN: Final = 64 << 20
# What <sys/mman.h> calls MADV_HUGEPAGE and MADV_COLLAPSE.
ADVISE: Final = 14
COLLAPSE: Final = 25
ALLOWED: Final = Path("/sys/kernel/mm/transparent_hugepage/enabled")
MAPS: Final = Path("/proc/self/maps")
HELD: Final = Path("/proc/self/statm")

Region = tuple[int, int]


def are_there(allowed: Path = ALLOWED) -> bool:
    """Whether there are large pages, and whoever runs this machine has not turned them off."""
    try:
        return sys.platform == "linux" and "[never]" not in allowed.read_text(encoding="ascii")
    except OSError:
        return False


def regions(maps: Iterable[str]) -> Iterator[Region]:
    """Where large pages fit into memory that is ours alone and of no file, by the lines of `/proc/self/maps`."""
    for line in maps:
        addresses, mode, _, _, inode, *name = line.split()
        first, last = (int(each, 16) for each in addresses.split("-"))
        first, last = -(-first // SIZE) * SIZE, last // SIZE * SIZE
        if mode == "rw-p" and inode == "0" and name in ([], ["[heap]"]) and last - first >= LEAST:
            yield first, last


def move(first: int, last: int) -> None:
    """Have what is between two addresses on large pages. What cannot be is left as it is: it is quicker, no more."""
    madvise = ctypes.CDLL(None).madvise
    madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    madvise(first, last - first, ADVISE)
    madvise(first, last - first, COLLAPSE)


@contextlib.asynccontextmanager
async def asked() -> AsyncIterator[None]:
    """Have what this process holds on large pages, as it grows."""
    if not are_there():
        yield
        return
    moving = asyncio.create_task(_keep_moving())
    try:
        yield
    finally:
        moving.cancel()


async def _keep_moving() -> None:
    """Go on until cancelled. As nothing depends on it, what fails ends it."""
    moved = 0
    try:
        while True:
            held = int(HELD.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
            # What was let go, and comes again, lies on small pages.
            moved = min(moved, held)
            if held >= moved + GROWN:
                await _move_all()
                moved = held
            await asyncio.sleep(LOOK_SECONDS)
    except Exception as error:
        logs.warning("memory stays on small pages", reason=str(error))


async def _move_all() -> None:
    for first, last in regions(MAPS.read_text(encoding="utf-8", errors="replace").splitlines()):
        for at in range(first, last, PART):
            begun = time.monotonic()
            # Others go on meanwhile: Python is not held.
            await asyncio.to_thread(move, at, min(at + PART, last))
            await asyncio.sleep(REST * (time.monotonic() - begun))
