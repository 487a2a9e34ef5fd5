"""Where a run of the tests keeps what it throws away: in memory, where there is room for it.

Hundreds of databases are made and dropped, and most of the time that took was spent on having them on a disk for good.
A process that is killed loses nothing of either.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

MEMORY: Final = Path("/dev/shm")
ROOM: Final = 4 << 30
PREFIX: Final = "lrs-tests-"
ALL_MAY_PASS: Final = 0o711


@contextmanager
def kept() -> Iterator[Path]:
    """A new folder for what is temporary, of this process and of its children; in memory, if it may be.

    Whoever sets TMPDIR has temporary files there, and finds them there afterwards.
    """
    in_memory = "TMPDIR" not in os.environ and has_room(MEMORY)
    if in_memory:
        _sweep(MEMORY)
    with pytest.MonkeyPatch.context() as patch:
        folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=MEMORY if in_memory else None))
        folder.chmod(ALL_MAY_PASS)  # PostgreSQL is another user where we are root
        if in_memory:
            patch.setenv("TMPDIR", str(folder))
            patch.setattr(tempfile, "tempdir", None)
        if sys.dont_write_bytecode:
            # Not into the tree, then; but hundreds of processes need not compile everything each for itself.
            patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
            patch.setenv("PYTHONPYCACHEPREFIX", str(folder / "bytecode"))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def has_room(folder: Path) -> bool:
    """Whether a whole run fits, and programs may be started there; containers often give a few MB, and refuse."""
    try:
        found = os.statvfs(folder)
    except OSError:
        return False
    return found.f_bavail * found.f_frsize >= ROOM and not found.f_flag & os.ST_NOEXEC


def _sweep(folder: Path) -> None:
    """Remove what runs that were killed left in memory."""
    for left in folder.glob(f"{PREFIX}*"):
        process = left.name.removeprefix(PREFIX).partition("-")[0]
        if not Path("/proc", process).exists():
            shutil.rmtree(left, ignore_errors=True)
