"""Where and with what a run was made: machine, versions, settings, revision."""

import importlib.metadata
import os
import platform
import re
import statistics
import subprocess
import time
import tomllib
from pathlib import Path
from typing import Any, Final

import asyncpg

from tests import tree

SETTINGS: Final = (
    "fsync",
    "synchronous_commit",
    "full_page_writes",
    "shared_buffers",
    "wal_level",
    "wal_compression",
    "max_wal_size",
    "checkpoint_timeout",
    "data_checksums",
    "jit",
)
FLUSHES: Final = 100


async def described(connection: "asyncpg.Connection[asyncpg.Record]", folder: Path) -> dict[str, Any]:
    """Everything that a figure depends on, but for what the run was asked for."""
    rows = await connection.fetch(
        "select name, current_setting(name) as value from pg_settings where name = any($1) order by name", SETTINGS
    )
    return {
        "machine": {
            "processor": _line("/proc/cpuinfo", r"model name\s*: (.+)") or platform.machine(),
            "cores": os.cpu_count(),
            "memory": _line("/proc/meminfo", r"MemTotal: +(.+)"),
            "system": f"{platform.system()} {platform.release()}",
            "load before": round(os.getloadavg()[0], 2),
            "file system": _file_system(folder),
            "flush of 8 kB, ms": round(flush(folder), 3),
        },
        "versions": {"Python": platform.python_version(), "PostgreSQL": _version(connection), **_packages()},
        "postgresql": {row["name"]: row["value"] for row in rows},
        "revision": revision(),
    }


def revision() -> str:
    """The git revision, and whether the tree differs from it."""
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=12"],
        cwd=tree.ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout.strip() or "unknown"


def flush(folder: Path) -> float:
    """Milliseconds to have 8 kB more on disk, the median of many: no durable commit can be faster."""
    file = folder / "flush"
    took = []
    with file.open("wb", buffering=0) as out:
        for _ in range(FLUSHES):
            begun = time.perf_counter()
            out.write(bytes(8192))
            os.fdatasync(out.fileno()) if hasattr(os, "fdatasync") else os.fsync(out.fileno())
            took.append(time.perf_counter() - begun)
    file.unlink()
    return statistics.median(took) * 1000


def _version(connection: "asyncpg.Connection[asyncpg.Record]") -> str:
    version = connection.get_server_version()
    return f"{version.major}.{version.minor}"


def _packages() -> dict[str, str]:
    project = tomllib.loads((tree.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = [re.split(r"[<>=; ]", wanted)[0] for wanted in project["dependencies"]]
    return {name: importlib.metadata.version(name) for name in names}


def _line(file: str, pattern: str) -> str:
    try:
        found = re.search(pattern, Path(file).read_text())
    except OSError:
        return ""
    return found[1] if found else ""


def _file_system(folder: Path) -> str:
    """The kind of file system that holds a folder, such as ext4; a tmpfs flushes nothing."""
    try:
        mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    except OSError:
        return "unknown"
    holding = [mount for mount in mounts if folder.resolve().is_relative_to(mount[1])]
    return max(holding, key=lambda mount: len(mount[1]))[2] if holding else "unknown"
