"""`make conformance SUITE=DIR`: a copy of the public suite, both versions, against two workers.

The suite's exit status is no verdict: it is the number of failures modulo 256, and 0 for a run that was cut short. So
the log that it writes is read: the state must be "finished", and every test that it counted must have passed.
"""

import argparse
import contextlib
import dataclasses
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from tests import serving

VERSIONS: Final = ("1.0.3", "2.0.0")
START_SECONDS: Final = 90.0
STOP_SECONDS: Final = 45.0
ERROR_LENGTH: Final = 300
UNHAPPY: Final = ("failed", "cancelled")


class Failure(Exception):
    """The run could not be made; the text says what to do."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the log of one run says. `failures` holds each failing test: its requirement, its titles and the error."""

    version: str
    state: str
    passed: int
    total: int
    seconds: float
    failures: tuple[str, ...] = ()

    @property
    def is_conformant(self) -> bool:
        """Whether the run came to its end and nothing in it failed or was left out."""
        return self.state == "finished" and 0 < self.total == self.passed

    def line(self) -> str:
        """The run in one line."""
        counts = f"{self.passed} of {self.total} passed"
        return f"{self.version}: {counts}, state {self.state}, {self.seconds:.0f} s"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run both versions; 0 if every test of both passed, 1 if not, 2 on wrong usage."""
    options = parse(arguments)
    deadline = time.monotonic() + options.limit
    folder = Path(tempfile.mkdtemp(prefix="conformance-"))
    folder.chmod(0o711)  # the database of a server that root started belongs to another user, who must get through
    try:
        suite = copy(options.suite, folder / "suite", deadline=deadline)
        verdicts = list(judge_all(suite, options.version or VERSIONS, folder=folder, deadline=deadline))
    except Failure as failure:
        print(failure, f"(what was written is in {folder})", file=sys.stderr)
        return 1
    if not all(verdict.is_conformant for verdict in verdicts):
        print(f"not conformant; the suite's logs and the server's output are in {folder}", file=sys.stderr)
        return 1
    shutil.rmtree(folder, ignore_errors=True)
    return 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line: the suite's folder, versions to run (all if none is named) and the time limit in seconds."""
    parser = argparse.ArgumentParser(prog="make conformance", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("suite", type=Path, help="folder of the public suite, as fetched; it is copied, not changed")
    parser.add_argument("--version", action="append", choices=VERSIONS, help="this version alone")
    parser.add_argument("--limit", type=float, default=1_800.0, help="seconds that all of it may take (default: 1800)")
    options = parser.parse_args(arguments)
    if not (options.suite / "bin" / "console_runner.js").is_file():
        parser.error(f"{options.suite} is not the suite: it has no bin/console_runner.js")
    return options


def copy(source: Path, target: Path, *, deadline: float) -> Path:
    """A copy of the suite at `target`, outside this repository, with the packages that it needs."""
    if not shutil.which("node"):
        raise Failure("The suite runs on Node.js: install it (Debian, Ubuntu: apt install nodejs npm).")
    shutil.copytree(source, target, symlinks=True, ignore=shutil.ignore_patterns(".git", "logs"))
    if not (target / "node_modules").is_dir():
        if not shutil.which("npm"):
            raise Failure(f"{source} has no node_modules, and there is no npm to install them.")
        command = ["npm", "install", "--no-audit", "--no-fund", "--loglevel=error"]
        if run(command, cwd=target, output=target.parent / "npm.txt", deadline=deadline) != 0:
            raise Failure("npm install failed in the copy of the suite; see npm.txt.")
    return target


def judge_all(suite: Path, versions: Sequence[str], *, folder: Path, deadline: float) -> Iterator[Verdict]:
    """Run and tell each version in turn; one that hangs has its share of the time and no more."""
    for number, version in enumerate(versions):
        share = (deadline - time.monotonic()) / (len(versions) - number)
        verdict = judge(suite, version, folder=folder, deadline=time.monotonic() + share)
        print("\n".join((*verdict.failures, verdict.line())), flush=True)
        yield verdict


def judge(suite: Path, version: str, *, folder: Path, deadline: float) -> Verdict:
    """Run one version of the suite against a server of its own, on an empty database."""
    with served(version, folder=folder, deadline=deadline) as (endpoint, key, secret):
        shutil.rmtree(suite / "logs", ignore_errors=True)
        # The whole log: that of failures alone (-z) does not say in which test a run hung.
        flags = ["-e", endpoint, "-a", "-u", key, "-p", secret, "-x", version]
        begin = time.monotonic()
        output = folder / f"suite-{version}.txt"
        run(["node", "bin/console_runner.js", *flags], cwd=suite, output=output, deadline=deadline)
        return read(suite / "logs", version, seconds=time.monotonic() - begin)


def read(logs: Path, version: str, *, seconds: float) -> Verdict:
    """The verdict of the one log in `logs`; state "no log" if the run never came to write it."""
    written = sorted(logs.glob("*.log"))
    if len(written) != 1:
        return Verdict(version=version, state="no log", passed=0, total=0, seconds=seconds)
    log = json.loads(written[0].read_text(encoding="utf-8"))
    written[0].rename(logs.parent.parent / f"suite-{version}.log")
    summary = log["summary"]
    return Verdict(
        version=version,
        state=log["state"],
        passed=summary["passed"] or 0,
        total=summary["total"] or 0,
        seconds=seconds,
        failures=tuple(failures(log.get("log") or {})),
    )


def failures(node: Mapping[str, object], requirement: str = "", path: str = "") -> Iterator[str]:
    """Each test below `node` that failed or was broken off: the nearest requirement, the titles and the error.

    A suite has an error of its own where one of its hooks failed: its tests were not run then.
    """
    requirement = str(node.get("requirement") or requirement)
    path = " > ".join(filter(None, (path, str(node.get("name") or ""))))
    tests = node.get("tests")
    children = tests if isinstance(tests, list) else []
    status = str(node.get("status"))
    if status in UNHAPPY and (node.get("error") or not children):
        error = " ".join(str(node.get("error") or "no error given").split())
        yield f"{status.upper()} [{requirement}] {path}: {error[:ERROR_LENGTH]}"
    for child in children:
        yield from failures(child, requirement, path)


@contextlib.contextmanager
def served(version: str, *, folder: Path, deadline: float) -> Iterator[tuple[str, str, str]]:
    """A server with two workers on a free port and an empty database: its endpoint, key and secret."""
    port, key, secret = serving.free_port(), "conformance", secrets.token_hex(16)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LRS_")} | {
        "LRS_API_KEY": key,
        "LRS_API_SECRET": secret,
        "LRS_XAPI_ASSUMED_VERSION": version,
        "LRS_DRAIN_SECONDS": "0",
    }
    command = [str(Path(sys.executable).with_name("lrs")), "serve", "--workers", "2", "--host", "127.0.0.1"]
    command += ["--port", str(port), "--data-dir", str(folder / f"data-{version}")]
    output = folder / f"server-{version}.txt"
    with output.open("wb") as file:
        server = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
    try:
        await_ready(server, f"http://127.0.0.1:{port}/health/ready", deadline=deadline, output=output)
        yield f"http://127.0.0.1:{port}/xAPI", key, secret
    finally:
        stop(server)


def await_ready(server: "subprocess.Popen[bytes]", url: str, *, deadline: float, output: Path) -> None:
    """Wait until the server says that it is ready."""
    deadline = min(deadline, time.monotonic() + START_SECONDS)
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise Failure(f"lrs serve ended with status {server.returncode}; see {output.name}.")
        with contextlib.suppress(urllib.error.URLError, OSError), urllib.request.urlopen(url, timeout=2):
            return
        time.sleep(0.1)
    raise Failure(f"lrs serve was not ready in time; see {output.name}.")


def run(command: Sequence[str], *, cwd: Path, output: Path, deadline: float) -> int | None:
    """The exit status of `command`; None if it was stopped, with all that it started, at the deadline.

    It is interrupted first: then the suite writes its log, with state "cancelled", before it ends.
    """
    with output.open("wb") as file:
        process = subprocess.Popen(
            command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        return process.wait(timeout=max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=10.0)
        return None
    finally:
        stop(process, seconds=5.0)


def stop(process: "subprocess.Popen[bytes]", *, seconds: float = STOP_SECONDS) -> None:
    """End a process that this run started: in order, and by force with its whole group where that takes too long."""
    if process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=seconds)
    # The group's id is the process's own, since it began a session; nobody else is in it.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


if __name__ == "__main__":
    # As with Ctrl-C, what was started is stopped on the way out.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    sys.exit(main())
