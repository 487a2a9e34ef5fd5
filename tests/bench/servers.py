"""The processes that are measured: our server as `lrs serve` runs it, and the handler beside it."""

import base64
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from lrs.cli import workers
from lrs.config import Settings
from lrs.storage.embedded import Embedded
from tests import tree

KEY, SECRET = "bench", "of-the-benchmark"
STOP_SECONDS: Final = 60
TICK: Final = os.sysconf("SC_CLK_TCK")
ENVIRONMENT: Final = {
    "LRS_API_KEY": KEY,
    "LRS_API_SECRET": SECRET,
    "LRS_PEPPER": "of the benchmark",
    "LRS_LOG_LEVEL": "warning",
    "LRS_DRAIN_SECONDS": "0",
    "LRS_SIGN_IN_FAILURES": "0",
}


def headers(version: str, content_type: str = "application/json") -> str:
    """The lines that every request has, as clients send them."""
    token = base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
    return (
        f"Authorization: Basic {token}\r\nX-Experience-API-Version: {version}\r\n"
        f"Content-Type: {content_type}\r\nAccept: */*\r\nUser-Agent: bench\r\n"
    )


@dataclass(frozen=True, kw_only=True)
class Cpu:
    """Seconds of CPU time so far: of the processes that serve HTTP, and of PostgreSQL."""

    serving: float
    postgres: float

    def __sub__(self, other: "Cpu") -> "Cpu":
        return Cpu(serving=self.serving - other.serving, postgres=self.postgres - other.postgres)


@dataclass(frozen=True, kw_only=True)
class Server:
    """A running server, and where the owner of its database connects; none for the handler."""

    port: int
    pids: Sequence[int]
    owner_dsn: str = field(repr=False, default="")
    postgres: int = 0

    def cpu(self) -> Cpu:
        """CPU time until now; nothing where the system does not tell."""
        return Cpu(
            serving=sum(map(_spent, _family(self.pids, but=self.postgres))),
            postgres=sum(map(_spent, _family([self.postgres], but=0))),
        )


@contextmanager
def lrs(folder: Path, count: int) -> Iterator[Server]:
    """Our server with `count` workers on the data in `folder`, with defaults but for followers and credentials."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LRS_")}
    command = [sys.executable, "-c", "from lrs.cli import main; main()", "serve", "--no-followers", "--port", "0"]
    with subprocess.Popen(
        [*command, "--workers", str(count), "--data-dir", str(folder)],
        cwd=tree.ROOT,
        env=kept | ENVIRONMENT,
        stdout=subprocess.PIPE,
    ) as process:
        try:
            yield from _serving(process, folder)
        finally:
            process.terminate()
            process.wait(STOP_SECONDS)


def _serving(process: "subprocess.Popen[bytes]", folder: Path) -> Iterator[Server]:
    assert process.stdout is not None
    lines = iter(process.stdout.readline, b"")
    found = next(filter(None, (re.search(rb"http://127\.0\.0\.1:(\d+)/", line) for line in lines)), None)
    if not found:
        raise RuntimeError("lrs serve did not start")
    with Embedded.start(folder) as database:
        yield Server(port=int(found[1]), pids=(process.pid,), owner_dsn=database.owner_dsn, postgres=database.pid)


@contextmanager
def handler(count: int) -> Iterator[Server]:
    """The handler with `count` processes."""
    sockets = workers.listen(Settings(port=0, workers=count))
    with ExitStack() as stack:
        running = [stack.enter_context(_handling(sock.fileno())) for sock in sockets]
        yield Server(port=sockets[0].getsockname()[1], pids=[process.pid for process in running])
    for sock in sockets:
        sock.close()


@contextmanager
def _handling(descriptor: int) -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-m", "tests.bench.handler", str(descriptor)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=tree.ROOT, stdin=pipe, stdout=pipe, pass_fds=(descriptor,)) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            if process.stdout.readline() != b"ready\n":
                raise RuntimeError("the handler did not start")
            yield process
        finally:
            process.stdin.close()
            process.wait(STOP_SECONDS)


def _family(pids: Iterable[int], *, but: int) -> Iterator[int]:
    """These processes and all that they have started, as far as the system tells, but for one and its own."""
    for pid in pids:
        if pid != but:
            yield pid
            with suppress(OSError):
                yield from _family(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()), but=but)


def _spent(pid: int) -> float:
    """CPU seconds of a process, and of its children that have ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / TICK
