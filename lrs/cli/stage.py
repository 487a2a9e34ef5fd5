"""A simulated district on a stage: loaded into a record of its own, served, and ready to be asked."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import click
import msgspec

START_SECONDS: Final = 120.0
THROUGH_SECONDS: Final = 900.0
PAUSE: Final = 0.5
RUN: Final = "import sys; from lrs import cli; cli.main(sys.argv[1:])"
KEY: Final = "demo"
# Nothing here is true, and the server listens on this machine alone: a word that everybody knows keeps examples short.
SECRET: Final = "simulated"  # noqa: S105
REFERENCE: Final = (
    ("reference", "policy.yaml"), ("roster", "roster"), ("rubric", "rubric.json"), ("rubric", "rubric-lab.json"),
    ("reference", "calendar.csv"), ("reference", "identities.csv"), ("reference", "alignments.csv"),
)  # fmt: skip


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """A name and password, and the role and whose it is."""

    name: str
    password: str
    role: str
    person: str | None = None
    org: str | None = None


class Stage:
    """A data directory with a simulated district beside it, and the server that serves it."""

    def __init__(self, folder: Path, port: int) -> None:
        self.district, self.port = folder / "district", port
        self.data, self._done = folder / "record", folder / "loaded"
        folder.mkdir(parents=True, exist_ok=True)
        self.secret = SECRET

    @property
    def url(self) -> str:
        """Where the server is."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def is_loaded(self) -> bool:
        """Whether an earlier run loaded all of it."""
        return self._done.exists()

    def loaded(self) -> None:
        """Remember that all is loaded."""
        self._done.touch()

    def command(self, *words: str, given: str | None = None) -> str:
        """What `lrs` says to these words, over the record of this stage; ClickException where it fails."""
        done = subprocess.run(
            self._words(*words), env=self._environment(), input=given, capture_output=True, text=True, check=False
        )  # fmt: skip
        if done.returncode:
            raise click.ClickException(f"lrs {' '.join(words)}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def _words(self, *words: str) -> Sequence[str]:
        return (sys.executable, "-c", RUN, *words)

    def _environment(self) -> Mapping[str, str]:
        """Settings of another record, such as a database URL, are none of ours."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LRS_")}
        return kept | {"LRS_DATA_DIR": str(self.data), "LRS_API_KEY": KEY, "LRS_API_SECRET": self.secret}

    @contextmanager
    def serving(self) -> Iterator[subprocess.Popen[bytes]]:
        """The server, ready; it is stopped at the end."""
        self._check_port()
        with subprocess.Popen(
            self._words("serve", "--port", str(self.port)), env=self._environment(), stdout=sys.stderr
        ) as server:
            try:
                self._await_ready(server)
                yield server
            finally:
                server.terminate()
                server.wait()

    def _check_port(self) -> None:
        """Another server on the port would answer in place of ours."""
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind(("127.0.0.1", self.port))
            except OSError:
                raise click.ClickException(f"port {self.port} is taken: name another by --port") from None

    def _await_ready(self, server: subprocess.Popen[bytes]) -> None:
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            if server.poll() is not None:
                raise click.ClickException("the server did not start; what it said stands above")
            try:
                with urllib.request.urlopen(f"{self.url}/health/ready", timeout=5):  # noqa: S310
                    return
            except OSError:
                time.sleep(PAUSE)
        raise click.ClickException(f"the server was not ready within {START_SECONDS:.0f} s")

    def reference(self) -> str:
        """Apply policy, roster, rubrics, calendar, identities and alignments; their names."""
        for kind, name in REFERENCE:
            self.command(kind, "import", str(self.district / name))
        return ", ".join(name for _, name in REFERENCE)

    def load(self) -> str:
        """Load the statements; what `lrs load` says."""
        return self.command("load", "--credential", KEY, str(self.district / "statements.jsonl")).strip()

    def users(self) -> set[str]:
        """The names of those who may sign in."""
        return {row["name"] for row in json.loads(self.command("user", "list", "--json"))}

    def admit(self, login: Login) -> None:
        """Make a user."""
        whose = ["--person", login.person] if login.person else []
        whose += ["--org", login.org] if login.org else []
        self.command(
            "user", "create", login.name, "--role", login.role, *whose, "--password-stdin", given=login.password
        )  # fmt: skip

    def ask(self, path: str, parameters: Mapping[str, str], login: Login | None = None) -> Any:  # noqa: ANN401 - JSON
        """The answer of `/analytics/v1/path`, asked by a user or, without one, by the credential."""
        query = f"?{urlencode(parameters)}" if parameters else ""
        return self.get(f"/analytics/v1/{path}{query}", login)

    def get(self, path: str, login: Login | None = None) -> Any:  # noqa: ANN401 - JSON
        """The JSON at a path of the server; ClickException with its words where it refuses."""
        name, password = (KEY, self.secret) if login is None else (login.name, login.password)
        words = b64encode(f"{name}:{password}".encode()).decode()
        request = urllib.request.Request(f"{self.url}{path}", headers={"Authorization": f"Basic {words}"})  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310
                return json.load(answer)
        except urllib.error.HTTPError as error:
            said = json.load(error).get("detail", "") if "json" in error.headers.get("Content-Type", "") else ""
            raise click.ClickException(f"the server answered {path} with {error.code}: {said}") from error

    def await_through(self) -> str:
        """Wait until all projections hold through what the log has now; how far that is, in words."""
        (head,) = json.loads(self.command("log", "head", "--json"))
        end = time.monotonic() + THROUGH_SECONDS
        while behind := self._behind(head["position"]):
            if time.monotonic() > end:
                raise click.ClickException(f"{', '.join(behind)} did not come through {head['position']} in time")
            time.sleep(PAUSE)
        return f"through position {head['position']:,}"

    def _behind(self, position: int) -> list[str]:
        rows = json.loads(self.command("projection", "list", "--json"))
        return [row["projection"] for row in rows if row["through"] < position or row["marked"]]
