"""What a running server writes of itself in its data directory, and whether to believe it."""

import os
import socket
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec

from lrs.errors import CannotStart
from lrs.storage import account as accounts
from lrs.storage.account import Account
from lrs.storage.cluster import PORT

# A socket's whole path may have 103 bytes on macOS and 107 on Linux, and a data directory's is often longer. /tmp is
# short and the same for everybody; TMPDIR and XDG_RUNTIME_DIR differ between those who share a server.
SOCKETS: Final = Path("/tmp")  # noqa: S108 - what is made there is closed, and its owner is looked at


class Postmaster(msgspec.Struct, frozen=True, kw_only=True):
    """The lines of postmaster.pid. A killed server leaves them behind, so they prove nothing."""

    pid: int
    sockets: Path
    ready: bool

    def answers(self) -> bool:
        """Whether it says that it is ready and somebody listens on its socket."""
        with socket.socket(socket.AF_UNIX) as probe:
            return self.ready and probe.connect_ex(str(self.sockets / f".s.PGSQL.{PORT}")) == 0


def read(folder: Path) -> Postmaster | None:
    """What stands in the postmaster.pid of `folder`; None where there is none, or not yet all of it."""
    try:
        lines = [line.strip() for line in (folder / "postmaster.pid").read_text().splitlines()]
        return Postmaster(pid=abs(int(lines[0])), sockets=Path(lines[4]), ready=lines[7:8] == ["ready"])
    except (FileNotFoundError, ValueError, IndexError):
        return None


def pardon(folder: Path) -> Mapping[str, str]:
    """The environment in which a new server passes over a stale postmaster.pid.

    PostgreSQL refuses to start while the PID in that file lives, as another process or as a zombie. One that it takes
    for an ancestor of its own does not count; we know by the lock that no server lives. The file is left for the
    server to judge, since it also tells of shared memory that may still be in use.
    """
    try:
        return {"PG_GRANDPARENT_PID": str(abs(int((folder / "postmaster.pid").read_text().split("\n")[0])))}
    except (FileNotFoundError, ValueError):
        return {}


def refuse_foreign(folder: Path) -> None:
    """CannotStart where a server that was started by other hands runs on `folder`; it holds no lock of ours."""
    found = read(folder)
    if found and lives_in(found.pid, folder):
        raise CannotStart(f"process {found.pid} runs PostgreSQL on {folder} and is none of ours: stop it first")


def lives_in(pid: int, folder: Path) -> bool:
    """Whether `pid` is alive and has `folder` as its working directory, as every process of a server has.

    Where the system does not tell, whether it is alive must do.
    """
    try:
        return os.path.samestat(os.stat(f"/proc/{pid}/cwd"), folder.stat())
    except PermissionError:
        return False  # another user's, hence no server on data of ours
    except FileNotFoundError:
        return not Path("/proc/self").exists() and _lives(pid)


def sockets(folder: Path, account: Account | None) -> Path:
    """The private folder for the socket of the server on `folder`, without what a killed one left there."""
    owner = account.uid if account else os.geteuid()
    digest = sha256(os.fsencode(folder)).hexdigest()[:12]
    place = accounts.private(SOCKETS / f"lrs-{owner}-{digest}", account)
    for name in (f".s.PGSQL.{PORT}", f".s.PGSQL.{PORT}.lock"):
        (place / name).unlink(missing_ok=True)
    return place


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
