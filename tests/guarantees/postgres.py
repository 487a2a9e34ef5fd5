"""A PostgreSQL that is nobody's: for servers with LRS_DATABASE_URL, and with settings that ours would refuse."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lrs.storage import account as accounts
from lrs.storage import binaries
from lrs.storage.account import Account
from lrs.storage.binaries import Binaries
from tests.guarantees import processes, sites

SECONDS = 60.0


@dataclass(kw_only=True)
class Postgres:
    """A cluster in `folder`, which trusts whoever reaches its socket."""

    folder: Path
    binaries: Binaries
    account: Account | None
    _process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"postgresql://postgres@/postgres?host={self.folder}&port=5432"

    def start(self) -> None:
        """Start it; it accepts connections when this returns."""
        self.begin()
        end = time.monotonic() + SECONDS
        while "ready" not in self._status():
            if time.monotonic() > end:
                raise TimeoutError((self.folder / "log").read_text())
            time.sleep(0.01)

    def begin(self) -> None:
        """Start it, and do not wait."""
        (self.folder / "data" / "postmaster.pid").unlink(missing_ok=True)
        with (self.folder / "log").open("ab") as out:
            program = [self.binaries.program("postgres"), "-D", str(self.folder / "data")]
            self._process = subprocess.Popen(program, stdout=out, stderr=out, cwd="/", **_identity(self.account))

    def kill(self) -> None:
        """Send kill -9 to all of it."""
        if self._process is not None:
            processes.kill_tree(self._process.pid)
            self._process.wait()

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(20)
            self.kill()

    def _status(self) -> str:
        with contextlib.suppress(FileNotFoundError):
            return (self.folder / "data" / "postmaster.pid").read_text()
        return ""


@contextlib.contextmanager
def running(folder: Path, **settings: str) -> Iterator[Postgres]:
    """A new cluster with these settings, migrated, and stopped afterwards."""
    folder.mkdir()
    account = accounts.choose(folder / "data")
    found = binaries.find().within_reach(account)
    if account is not None:
        os.chown(folder, account.uid, account.gid)
    made = [found.program("initdb"), "-D", str(folder / "data"), "-U", "postgres", "-A", "trust", "-E", "UTF8"]
    subprocess.run([*made, "--locale=C"], check=True, capture_output=True, cwd="/", **_identity(account))
    own = {"listen_addresses": "''", "unix_socket_directories": f"'{folder}'", "max_connections": "100", **settings}
    with (folder / "data" / "postgresql.conf").open("a") as out:
        out.writelines(f"{name} = {text}\n" for name, text in own.items())
    cluster = Postgres(folder=folder, binaries=found, account=account)
    try:
        cluster.start()
        command = [sys.executable, *sites.COMMAND, "migrate", "--database-url", cluster.url]
        subprocess.run(command, check=True, capture_output=True, cwd=sites.TREE)
        yield cluster
    finally:
        cluster.stop()


def _identity(account: Account | None) -> accounts.Identity:
    return account.identity() if account else accounts.Identity()
