import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(folder: Path, text: str, *flags: str) -> tuple[int, str]:
    (folder / "test_it.py").write_text("import pytest\n" + text)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--rootdir={folder}", *flags]
    done = subprocess.run([*command, str(folder)], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


@pytest.mark.parametrize(
    "text",
    [
        "def test_it(): pytest.skip('no browser')",
        "@pytest.mark.skip(reason='no browser')\ndef test_it(): pass",
        "pytest.importorskip('no_such_module', reason='no browser')\ndef test_it(): pass",
    ],
    ids=["in-test", "marked", "module"],
)
def test_skip_fails_with_plugin(tmp_path: Path, text: str) -> None:
    status, output = run(tmp_path, text, "-p", "tests.plugins.no_skips")
    assert status != 0
    assert "no browser" in output


def test_skip_fails_in_a_worker_too(tmp_path: Path) -> None:
    status, output = run(
        tmp_path, "def test_it(): pytest.skip('no browser')", "-p", "tests.plugins.no_skips", "-n", "1"
    )
    assert status != 0
    assert "no browser" in output


def test_skip_passes_without_plugin(tmp_path: Path) -> None:
    status, output = run(tmp_path, "def test_it(): pytest.skip('no browser')", "-rs")
    assert status == 0
    assert "1 skipped" in output


def test_expected_failure_stays(tmp_path: Path) -> None:
    status, _ = run(tmp_path, "@pytest.mark.xfail\ndef test_it(): assert False", "-p", "tests.plugins.no_skips")
    assert status == 0
