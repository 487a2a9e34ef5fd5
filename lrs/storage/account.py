"""The system user who runs PostgreSQL where root may not: PostgreSQL refuses to be root."""

import contextlib
import os
import pwd
import stat
from pathlib import Path
from typing import Final, TypedDict

import msgspec

from lrs.errors import CannotStart

CANDIDATES: Final = ("postgres", "nobody")


class Identity(TypedDict, total=False):
    """What Popen needs to run a program as somebody else; empty for ourselves."""

    user: int
    group: int
    extra_groups: list[int]


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A user who is not root."""

    name: str
    uid: int
    gid: int

    def identity(self) -> Identity:
        """For Popen: this user, and no groups but its own."""
        return Identity(user=self.uid, group=self.gid, extra_groups=[])


def choose(cluster: Path, name: str | None = None) -> Account | None:
    """Who runs the server on `cluster`: None for ourselves, unless we are root.

    Then the user `name`, else whoever owns the directory already, else `postgres` or `nobody`.
    """
    if os.geteuid() != 0:
        if name is not None and pwd.getpwuid(os.geteuid()).pw_name != name:
            raise CannotStart(f"only root can run PostgreSQL as {name}: leave the user out, or start as root")
        return None
    if name is not None:
        return _named(name) or _refuse(f"there is no user {name}, other than root, to run PostgreSQL as")
    if cluster.is_dir() and (owner := cluster.stat().st_uid) != 0:
        return _numbered(owner)
    return next(filter(None, map(_named, CANDIDATES)), None) or _refuse(
        f"PostgreSQL may not run as root, and neither {' nor '.join(CANDIDATES)} is a user here: make one (`useradd"
        " --system postgres`), or start as another user than root"
    )


def give(cluster: Path, account: Account | None) -> None:
    """Make `cluster` and all in it belong to `account`, and closed to others; links are not followed."""
    cluster.chmod(0o700)
    if account is None or cluster.stat().st_uid == account.uid:
        return
    for _, folders, files, opened in os.fwalk(cluster):
        for name in (*folders, *files):
            os.chown(name, account.uid, account.gid, dir_fd=opened, follow_symlinks=False)
    os.chown(cluster, account.uid, account.gid)


def private(folder: Path, account: Account | None) -> Path:
    """`folder`, made if missing: 0700, no link, and owned by who runs the server; CannotStart if it is another's."""
    owner = account.uid if account else os.geteuid()
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    opened = _open(folder)
    try:
        status = os.fstat(opened)
        if status.st_uid == os.geteuid() and account is not None:
            os.fchown(opened, account.uid, account.gid)
        elif status.st_uid != owner:
            raise CannotStart(f"{folder} belongs to user {status.st_uid}, not to {owner}: see who made it, remove it")
        if stat.S_IMODE(status.st_mode) != 0o700:
            os.fchmod(opened, 0o700)
    finally:
        os.close(opened)
    return folder


def _open(folder: Path) -> int:
    try:
        return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise CannotStart(f"{folder} is no folder of ours: see who made it, and remove it") from error


def _named(name: str) -> Account | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return Account(name=name, uid=entry.pw_uid, gid=entry.pw_gid) if entry.pw_uid != 0 else None


def _numbered(uid: int) -> Account:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        return _refuse(f"the data belongs to user {uid}, whom this machine does not know: change its owner")
    return Account(name=entry.pw_name, uid=uid, gid=entry.pw_gid)


def _refuse(words: str) -> Account:
    raise CannotStart(words)
