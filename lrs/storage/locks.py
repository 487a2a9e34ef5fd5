"""File locks, which the kernel lets go when their last holder ends, whatever it died of. A PID in a file says less."""

import contextlib
import fcntl
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from lrs.errors import CannotStart


class Lock:
    """A lock on a file, which is made if missing. Its descriptor may be handed to a child, who then holds it too."""

    def __init__(self, path: Path) -> None:
        self.descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)

    def take(self, *, shared: bool = False, seconds: float = 0) -> bool:
        """Whether it could be had, alone or `shared`, within `seconds`."""
        end = time.monotonic() + seconds
        while True:
            try:
                fcntl.flock(self.descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= end:
                    return False
                time.sleep(0.02)
            else:
                return True

    def let_go(self) -> None:
        """Free it now, for every process that shares this descriptor."""
        fcntl.flock(self.descriptor, fcntl.LOCK_UN)

    def close(self) -> None:
        """Give up this descriptor; a child who was handed it goes on holding the lock."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1


class Locks:
    """The locks of a data directory; what each is for stands in `embedded`."""

    def __init__(self, data_dir: Path) -> None:
        self._server_path = data_dir / "postgres.lock"
        self._thread = threading.Lock()
        try:
            self.start = Lock(data_dir / "start.lock")
            self.users = Lock(data_dir / "users.lock")
            self.serve = Lock(data_dir / "serve.lock")
            self.server = Lock(self._server_path)
        except OSError as error:
            raise CannotStart(
                f"{data_dir} is closed to this user ({error.strerror}): act as its owner, or use another --data-dir"
            ) from error

    @contextlib.contextmanager
    def deciding(self, seconds: float) -> Iterator[None]:
        """Alone in deciding whether to start, join or stop, among processes and threads."""
        with self._thread:
            if not self.start.take(seconds=seconds):
                raise CannotStart(f"another command has been starting or stopping PostgreSQL for {seconds:.0f} s")
            try:
                yield
            finally:
                self.start.let_go()

    def server_gone(self) -> bool:
        """Whether no process of the server is alive; asked with a descriptor of its own, which disturbs no other."""
        probe = Lock(self._server_path)
        try:
            return probe.take(shared=True)
        finally:
            probe.close()

    def hand_over(self) -> None:
        """The server keeps its lock through the descriptor that it was handed; ours is closed, and opened anew."""
        self.server.close()
        self.server = Lock(self._server_path)

    def close(self) -> None:
        """Let go of all that nobody else holds."""
        for lock in (self.start, self.users, self.serve, self.server):
            lock.close()
