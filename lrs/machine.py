"""What of the machine this process may use."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path("/")


def processors() -> int:
    """How many processors."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory(root: Path = ROOT) -> int:
    """How many bytes of memory: all that there is, or less where a control group, as of a container, has a limit."""
    least = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for file in _limits(root):
        # Without a limit it says `max`.
        with contextlib.suppress(OSError, ValueError):
            least = min(least, int(file.read_text(encoding="utf-8")))
    return least


def _limits(root: Path) -> Iterator[Path]:
    """Where limits of this process's control groups may stand; in the first version of them, that of a container."""
    groups = root / "sys/fs/cgroup"
    yield groups / "memory.max"
    yield groups / "memory/memory.limit_in_bytes"
    try:
        own = (root / "proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for line in own:
        number, _, path = line.split(":", 2)
        if number == "0":
            group = groups / path.lstrip("/")
            yield from (each / "memory.max" for each in (group, *group.parents) if each.is_relative_to(groups))
