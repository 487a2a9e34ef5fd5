"""The embedded PostgreSQL: one server for a data directory, started by whoever needs it first, stopped by the last.

var/                 the data directory: ours alone
  postgres/          PostgreSQL's own, given to the user who runs it
  postgres.json      the passwords of its superuser and of its log-in
  start.lock         held while somebody decides whether to start, join or stop
  users.lock         shared by everybody who uses the server
  serve.lock         held by the one `lrs serve`
  postgres.lock      held by the server itself and each of its children, so that the kernel tells whether any lives
"""

import contextlib
import logging
import math
import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Self

from lrs.errors import CannotStart
from lrs.storage import account as accounts
from lrs.storage import binaries, cluster, passwords, postmaster
from lrs.storage.cluster import DATABASE, LOGIN, PORT, SUPERUSER, Cluster
from lrs.storage.locks import Locks

LOG: Final = logging.getLogger(__name__)
START_SECONDS: Final = 120.0
STOP_SECONDS: Final = 20.0
PRUNE_SECONDS: Final = 60.0


class Embedded:
    """A running server. Whoever has one must `stop` it, or leave its `with`; that ends it if nobody else uses it."""

    def __init__(self, data_dir: Path, *, exclusive: bool, connections: int) -> None:
        self.data_dir = data_dir
        self.owned = False
        self._exclusive = exclusive
        self._passwords: Mapping[str, str] = {}
        self._connections = connections
        self._locks = Locks(data_dir)
        self._child: subprocess.Popen[bytes] | None = None
        self._cluster: Cluster
        self._sockets = Path()
        self._leave = False
        self._stopping = threading.Event()
        self._keeper: threading.Thread | None = None

    @classmethod
    def start(
        cls,
        data_dir: Path,
        *,
        exclusive: bool = False,
        folder: Path | None = None,
        user: str | None = None,
        connections: int = 100,
        seconds: float = START_SECONDS,
    ) -> Self:
        """The server of `data_dir`, ready: joined where one runs, else started; CannotStart says why neither went.

        `exclusive` is for `lrs serve`: a second one is refused, and a server that a killed one left behind is taken
        over. `folder` is where PostgreSQL's programs are, `user` who runs them where we are root.
        """
        data_dir = _private(data_dir)
        self = cls(data_dir, exclusive=exclusive, connections=connections)
        try:
            with self._locks.deciding(seconds):
                self._join_users()
                self._cluster = _cluster(data_dir, folder, user)
                self._prepare()
                self._start_or_join(time.monotonic() + seconds)
        except BaseException:
            self._locks.close()
            raise
        if self.owned:
            self._keeper = threading.Thread(target=self._keep, name="embedded postgres", daemon=True)
            self._keeper.start()
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def dsn(self) -> str:
        """Where the server's own log-in connects: it owns nothing, and may do what is granted to it."""
        return self.url(LOGIN)

    @property
    def owner_dsn(self) -> str:
        """Where the superuser connects, to migrate and to look after the server."""
        return self.url(SUPERUSER)

    @property
    def pid(self) -> int:
        """The process of the server; 0 while there is none."""
        found = postmaster.read(self._cluster.folder)
        return found.pid if found and not self._locks.server_gone() else 0

    def url(self, login: str, database: str = DATABASE) -> str:
        """Where `login` (LOGIN or SUPERUSER) connects to `database`."""
        return f"postgresql://{login}:{self._passwords[login]}@/{database}?host={self._sockets}&port={PORT}"

    def stop(self, seconds: float = STOP_SECONDS) -> None:
        """Leave the server; if nobody else uses it, end it: fast, and after `seconds` at once.

        One that nobody used when we joined it is left as it was found, unless we are `exclusive`.
        """
        if self._stopping.is_set():
            return
        self._stopping.set()
        with self._locks.deciding(START_SECONDS):
            self._locks.users.let_go()
            if not self._leave and self._locks.users.take():
                self._end(seconds)
        if self._keeper:
            self._keeper.join()
        if self._child is not None and self._child.poll() is None:  # left to others: reaped by us all the same
            _reap(self._child)
        self._locks.close()

    def _join_users(self) -> None:
        if self._exclusive and not self._locks.serve.take():
            raise CannotStart(f"another `lrs serve` runs on {self.data_dir}: stop it, or use another --data-dir")
        alone = self._locks.users.take()
        self._leave = alone and not self._exclusive
        self._locks.users.take(shared=True)

    def _prepare(self) -> None:
        """Make what is missing, before there is a server."""
        file = self.data_dir / "postgres.json"
        folder = self._cluster.folder
        self._passwords = passwords.read(file)
        made = cluster.major(folder) is not None
        if made and self._passwords:
            return
        if not self._locks.server_gone():
            raise CannotStart(f"PostgreSQL runs on {folder}, but {file} is missing: put it back, or stop PostgreSQL")
        self._passwords = passwords.draw((SUPERUSER, LOGIN))
        if made:  # restored from elsewhere, or the file was lost
            postmaster.refuse_foreign(folder)
            accounts.give(folder, self._cluster.account)
            self._cluster.set_passwords(self._passwords)
        else:
            self._cluster.make(self._passwords)
        passwords.write(file, self._passwords)

    def _start_or_join(self, end: float) -> None:
        while not (joined := self._ready()):
            if self._locks.server.take():
                self._launch(end)
                break
            if time.monotonic() > end:
                raise CannotStart(
                    f"a PostgreSQL runs on {self._cluster.folder} and does not answer: see its log, or stop it"
                )
            time.sleep(0.02)
        if joined:
            self._child = None
        self._leave = self._leave and joined
        self.owned = not joined or self._exclusive

    def _launch(self, end: float) -> None:
        """Start the server, who takes over the lock that we hold; return when it is ready."""
        folder = self._cluster.folder
        postmaster.refuse_foreign(folder)
        accounts.give(folder, self._cluster.account)
        sockets = postmaster.sockets(folder, self._cluster.account)
        self._cluster.configure(sockets, connections=self._connections)
        self._cluster.prune_logs()
        said = self.data_dir / "postgres.start.log"
        errors = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            with self._cluster.reached() as (name, descriptors):
                self._child = self._cluster.popen(
                    [self._cluster.binaries.program("postgres"), "-D", name],
                    (*descriptors, self._locks.server.descriptor),
                    errors=errors,
                    environment=postmaster.pardon(folder),
                )
        finally:
            os.close(errors)
            self._locks.hand_over()
        try:
            self._await_ready(self._child, said, end)
        except KeyboardInterrupt:
            self._end(STOP_SECONDS)
            raise

    def _await_ready(self, child: "subprocess.Popen[bytes]", said: Path, end: float) -> None:
        while not self._ready(child.pid):
            if child.poll() is not None:
                words = cluster.last_line(said.read_text())
                raise CannotStart(f"PostgreSQL did not start on {self._cluster.folder}: {words}")
            if time.monotonic() > end:
                # Stopped now, a long recovery would have to begin again next time.
                _reap(child)
                raise CannotStart(
                    f"PostgreSQL on {self._cluster.folder} is not ready yet, after a crash perhaps: it goes on, so try"
                    " again later; its folder log says how far it is"
                )
            time.sleep(0.01)

    def _ready(self, pid: int | None = None) -> bool:
        found = postmaster.read(self._cluster.folder)
        if found is None or pid not in (None, found.pid) or self._locks.server_gone() or not found.answers():
            return False
        self._sockets = found.sockets
        return True

    def _keep(self) -> None:
        """Start the server again should it die, and keep its log bounded, until it is stopped."""
        pause = 0.0
        pruned = time.monotonic()
        while not self._stopping.wait(pause):
            if not self._down():
                pause = 0.0
                if time.monotonic() - pruned > PRUNE_SECONDS:
                    pruned = time.monotonic()
                    with contextlib.suppress(OSError):
                        self._cluster.prune_logs()
                continue
            if self._stopping.is_set():
                return
            LOG.error("embedded postgres ended", extra={"folder": str(self._cluster.folder)})
            try:
                with self._locks.deciding(START_SECONDS):
                    if not self._stopping.is_set():
                        self._start_or_join(math.inf)
            except Exception:
                LOG.exception("embedded postgres did not start again")
                pause = min(5.0, pause * 2 or 0.2)

    def _down(self) -> bool:
        """Wait a moment for the server to end; whether it did."""
        if self._child is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(0.25)
                return True
            return False
        self._stopping.wait(0.25)
        return self._locks.server_gone()

    def _end(self, seconds: float) -> None:
        for number, patience in ((signal.SIGINT, seconds), (signal.SIGQUIT, 5.0)):
            self._signal(number)
            if self._locks.server.take(seconds=patience):
                break
        if self._child is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(1)
        with contextlib.suppress(OSError):
            self._sockets.rmdir()

    def _signal(self, number: signal.Signals) -> None:
        """Signal the server, and nobody who has come by its number since."""
        if self._child is not None and self._child.poll() is None:
            self._child.send_signal(number)
        elif (pid := self.pid) and postmaster.lives_in(pid, self._cluster.folder):
            os.kill(pid, number)


def _cluster(data_dir: Path, folder: Path | None, user: str | None) -> Cluster:
    data = data_dir / "postgres"
    account = accounts.choose(data, user)
    found = binaries.find(folder=folder, major=cluster.major(data))
    return Cluster(folder=data, binaries=found.within_reach(account), account=account)


def _reap(child: "subprocess.Popen[bytes]") -> None:
    """Leave no zombie of a server that outlives our interest in it."""
    threading.Thread(target=child.wait, name="embedded postgres", daemon=True).start()


def _private(data_dir: Path) -> Path:
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CannotStart(f"{data_dir} cannot be made ({error.strerror}): use another --data-dir") from error
    return data_dir.resolve()
