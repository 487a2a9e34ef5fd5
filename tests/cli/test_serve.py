"""The server as it is started: its processes, its signals, its refusals."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.serving import basic

LRS = (sys.executable, "-c", "from lrs.cli import main; main()")
ABOUT_HEADERS = {"X-Experience-API-Version": "2.0.0"}


@dataclass(frozen=True, kw_only=True)
class Served:
    process: "subprocess.Popen[str]"
    url: str
    data_dir: Path
    said: str

    def status(self, path: str, key: str, secret: str) -> int:
        headers = {**ABOUT_HEADERS, "Authorization": basic(key, secret)}
        try:
            with urllib.request.urlopen(urllib.request.Request(self.url + path, headers=headers), timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    def workers(self) -> list[int]:
        command = ("ps", "-A", "-ww", "-o", "pid=,ppid=,args=")
        listed = subprocess.run(command, capture_output=True, text=True, check=True)
        rows = (line.split(maxsplit=2) for line in listed.stdout.splitlines())
        parent = str(self.process.pid)
        return [int(row[0]) for row in rows if row[1] == parent and "worker" in row[-1]]


def environment(**settings: str) -> Mapping[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LRS_")}
    return kept | {"LRS_DRAIN_SECONDS": "0.1", "LRS_FINISH_SECONDS": "2"} | settings


def lrs(*arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        (*LRS, *arguments), env=environment(**settings), capture_output=True, text=True, timeout=60, check=False
    )


@contextmanager
def serving(data_dir: Path, *arguments: str) -> Iterator[Served]:
    process = subprocess.Popen(
        (*LRS, "serve", "--port", "0", "--data-dir", str(data_dir), *arguments),
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    try:
        said = process.stdout.readline()
        while "http://" not in said:
            line = process.stdout.readline()
            assert line, "the server ended"
            said += line
        url = re.findall(r"http://[^/]+", said)[0]
        yield Served(process=process, url=url, data_dir=data_dir, said=said)
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(60)
        process.stdout.close()


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """A server with two workers on a new data directory."""
    with TemporaryDirectory(prefix="lrs-serve-") as folder:
        Path(folder).chmod(0o711)
        with serving(Path(folder) / "var", "--workers", "2") as made:
            yield made


def wait_for(url: str, seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise AssertionError(url)


def test_first_start_shows_a_key_that_works(served: Served) -> None:
    key, secret = re.findall(r"(?:key|secret) +(\S+)", served.said)
    assert served.status("/xAPI/statements", key, secret) == 200


def test_first_start_shows_an_administrator_who_may_come_in(served: Served) -> None:
    name, password = re.findall(r"(?:name|password) +(\S+)", served.said)
    assert served.status("/admin/v1/users", name, password) == 200


def test_second_server_on_the_directory_is_refused(served: Served) -> None:
    second = lrs("serve", "--port", "0", "--data-dir", str(served.data_dir))
    assert second.returncode == 1
    assert len(second.stderr.splitlines()) == 1
    assert "another" in second.stderr


def test_second_server_on_the_port_is_refused(served: Served) -> None:
    port = served.url.rpartition(":")[2]
    second = lrs("serve", "--port", port, "--data-dir", str(served.data_dir.parent / "other"))
    assert second.returncode == 1
    assert "cannot listen" in second.stderr


def test_command_reaches_every_worker_at_once(served: Served) -> None:
    place = ("--data-dir", str(served.data_dir))
    made = lrs("credential", "create", "--scope", "all", "--json", *place)
    issued = json.loads(made.stdout)
    key, secret = issued["key"], issued["secret"]
    # New connections each time, so that either worker answers.
    assert {served.status("/xAPI/statements", key, secret) for _ in range(20)} == {200}
    assert lrs("credential", "revoke", key, *place).returncode == 0
    assert {served.status("/xAPI/statements", key, secret) for _ in range(20)} == {401}
    listed = json.loads(lrs("credential", "list", "--json", *place).stdout)
    assert [each["state"] for each in listed if each["key"] == key] == ["revoked"]


def test_rotated_secret_works_beside_the_old(served: Served) -> None:
    place = ("--data-dir", str(served.data_dir))
    old = json.loads(lrs("credential", "create", "--scope", "all", "--json", *place).stdout)
    new = json.loads(lrs("credential", "rotate", old["key"], "--json", *place).stdout)
    for each in (old, new):
        assert served.status("/xAPI/statements", each["key"], each["secret"]) == 200


def test_store_is_made_and_listed(served: Served) -> None:
    place = ("--data-dir", str(served.data_dir))
    assert lrs("store", "create", "district-7", *place).returncode == 0
    again = lrs("store", "create", "district-7", *place)
    assert (again.returncode, len(again.stderr.splitlines())) == (1, 1)
    names = [each["name"] for each in json.loads(lrs("store", "list", "--json", *place).stdout)]
    assert names == ["default", "district-7"]


def test_one_scrape_speaks_for_all_workers(served: Served) -> None:
    time.sleep(1.5)
    with urllib.request.urlopen(served.url + "/metrics", timeout=5) as answer:
        figures = answer.read().decode()
    assert "\nlrs_ready 2\n" in figures


def test_killed_worker_is_replaced(served: Served) -> None:
    before = served.workers()
    os.kill(before[0], signal.SIGKILL)
    end = time.monotonic() + 15
    while time.monotonic() < end and not (len(served.workers()) == 2 and before[0] not in served.workers()):
        time.sleep(0.05)
    assert before[1] in served.workers()
    for _ in range(10):
        wait_for(served.url + "/health/live")


@pytest.mark.parametrize(
    ("arguments", "settings", "status", "words"),
    [
        (("serve",), {"LRS_PORTT": "1"}, 1, "LRS_PORTT"),
        (("serve",), {"LRS_PORT": "x"}, 1, "LRS_PORT=x"),
        (("serve", "--host", "0.0.0.0"), {}, 1, "LRS_TLS=proxy"),
        (("serve", "--prot", "1"), {}, 2, "No such option"),
        (("nonsense",), {}, 2, "No such command"),
    ],
)
def test_start_is_refused(arguments: tuple[str, ...], settings: dict[str, str], status: int, words: str) -> None:
    refused = lrs(*arguments, **settings)
    assert refused.returncode == status
    assert words in refused.stderr
    assert "Traceback" not in refused.stderr


def test_workers_do_not_outlive_a_killed_parent() -> None:
    with TemporaryDirectory(prefix="lrs-serve-") as folder:
        Path(folder).chmod(0o711)
        with serving(Path(folder) / "var", "--workers", "1") as made:
            worker = made.workers()[0]
            made.process.kill()
            end = time.monotonic() + 15
            while time.monotonic() < end and Path(f"/proc/{worker}").exists():
                time.sleep(0.05)
            assert not Path(f"/proc/{worker}").exists()
        # The next one takes over the database that was left, and leaves nothing behind.
        with serving(Path(folder) / "var", "--workers", "1") as made:
            assert made.said


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_it_in_order(tmp_path_factory: pytest.TempPathFactory, number: signal.Signals) -> None:
    with TemporaryDirectory(prefix="lrs-serve-") as folder:
        Path(folder).chmod(0o711)
        with serving(Path(folder) / "var", "--workers", "1") as made:
            made.process.send_signal(number)
            assert made.process.wait(30) == 0
