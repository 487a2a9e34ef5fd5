"""The runner must not take an unfinished or an empty run for a passed one."""

import json
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.conformance import run


def log(folder: Path, *, state: str = "finished", passed: int | None = 2, total: int | None = 2) -> Path:
    logs = folder / "suite" / "logs"
    logs.mkdir(parents=True)
    failed = {"name": "it", "status": "failed", "error": "got 500", "tests": []}
    inner = {"name": "About", "requirement": "XAPI-00315", "status": "failed", "tests": [failed]}
    tree = {"name": "console", "status": "failed", "tests": [inner]} if passed != total else None
    summary = {"passed": passed, "total": total, "failed": 0}
    (logs / "run.log").write_text(json.dumps({"state": state, "summary": summary, "log": tree}))
    return logs


def test_all_passed_is_conformant(tmp_path: Path) -> None:
    verdict = run.read(log(tmp_path), "1.0.3", seconds=41.3)
    assert verdict.is_conformant
    assert verdict.line() == "1.0.3: 2 of 2 passed, state finished, 41 s"


@pytest.mark.parametrize("state", ["started", "cancelled", "error"])
def test_unfinished_is_not_conformant(tmp_path: Path, state: str) -> None:
    assert not run.read(log(tmp_path, state=state), "1.0.3", seconds=1).is_conformant


def test_nothing_run_is_not_conformant(tmp_path: Path) -> None:
    assert not run.read(log(tmp_path, passed=None, total=None), "1.0.3", seconds=1).is_conformant


def test_no_log_is_not_conformant(tmp_path: Path) -> None:
    verdict = run.read(tmp_path / "logs", "1.0.3", seconds=1)
    assert not verdict.is_conformant
    assert verdict.state == "no log"


def test_missing_tests_are_not_conformant(tmp_path: Path) -> None:
    # A hook that throws ends the whole run: no test failed, most were never run, and the state is "finished".
    assert not run.read(log(tmp_path, passed=87, total=1442), "2.0.0", seconds=1).is_conformant


def test_failure_names_its_requirement(tmp_path: Path) -> None:
    verdict = run.read(log(tmp_path, passed=1), "1.0.3", seconds=1)
    assert verdict.failures == ("FAILED [XAPI-00315] console > About > it: got 500",)


def test_failing_hook_is_listed() -> None:
    suite = {"name": "State", "status": "failed", "error": "no answer", "tests": [{"name": "a", "status": "passed"}]}
    assert list(run.failures(suite)) == ["FAILED [] State: no answer"]


def test_test_that_hung_is_listed() -> None:
    hung = {"name": "it", "status": "cancelled", "tests": []}
    suite = {"name": "State", "requirement": "XAPI-00192", "status": "cancelled", "tests": [hung]}
    assert list(run.failures(suite)) == ["CANCELLED [XAPI-00192] State > it: no error given"]


def test_hanging_suite_is_ended(tmp_path: Path) -> None:
    begin = time.monotonic()
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    assert run.run(command, cwd=tmp_path, output=tmp_path / "out", deadline=begin + 0.3) is None
    assert time.monotonic() - begin < 20


def test_other_folder_is_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        run.main([str(tmp_path)])
    assert stop.value.code == 2
    assert "is not the suite" in capsys.readouterr().err


SERVER = """
import http.server, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/health/ready" else 404)
        self.end_headers()
print(os.environ["LRS_XAPI_ASSUMED_VERSION"], *sys.argv[1:], flush=True)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[sys.argv.index("--port") + 1])), Handler).serve_forever()
"""


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for `lrs`, where the runner looks for it."""
    program = tmp_path / "bin" / "lrs"
    program.parent.mkdir()
    program.write_text(f"#!{sys.executable}\n{SERVER}")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program.with_name("python")))
    return program


def test_server_is_ready_and_stopped_after(command: Path, tmp_path: Path) -> None:
    with run.served("1.0.3", folder=tmp_path, deadline=time.monotonic() + 30) as (endpoint, _, _):
        url = endpoint.replace("/xAPI", "/health/ready")
        urllib.request.urlopen(url, timeout=5).close()
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(url, timeout=5)
    words = (tmp_path / "server-1.0.3.txt").read_text().splitlines()[0].split()
    assert words[:4] == ["1.0.3", "serve", "--workers", "2"]


def test_server_that_ends_is_told(command: Path, tmp_path: Path) -> None:
    command.write_text("#!/bin/sh\nexit 3\n")
    with (
        pytest.raises(run.Failure, match="ended with status 3"),
        run.served("1.0.3", folder=tmp_path, deadline=time.monotonic() + 30),
    ):
        pass
