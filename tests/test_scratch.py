"""What is temporary lies in a folder of the run, and nothing of it outlives the run."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests import scratch


def test_a_folder_with_room_is_taken_and_given_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TMPDIR", raising=False)
    monkeypatch.setattr(scratch, "MEMORY", tmp_path)
    monkeypatch.setattr(scratch, "ROOM", 1)
    with scratch.kept() as folder:
        assert folder.parent == tmp_path
        assert Path(tempfile.gettempdir()) == folder
    assert "TMPDIR" not in os.environ
    assert list(tmp_path.iterdir()) == []


def test_without_room_the_disk_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scratch, "MEMORY", tmp_path)
    monkeypatch.setattr(scratch, "ROOM", 1 << 60)
    with scratch.kept() as folder:
        assert folder.parent != tmp_path
    assert not scratch.has_room(tmp_path / "missing")


def test_whoever_says_where_is_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with scratch.kept():
        assert os.environ["TMPDIR"] == str(tmp_path)


def test_what_a_killed_run_left_is_swept_and_a_live_one_s_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    left, live = tmp_path / f"{scratch.PREFIX}{ended.pid}-a", tmp_path / f"{scratch.PREFIX}{os.getpid()}-a"
    left.mkdir()
    live.mkdir()
    monkeypatch.delenv("TMPDIR", raising=False)
    monkeypatch.setattr(scratch, "MEMORY", tmp_path)
    monkeypatch.setattr(scratch, "ROOM", 1)
    with scratch.kept():
        assert not left.exists()
        assert live.exists()


def test_bytecode_is_kept_where_the_tree_may_have_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    source = tmp_path / "source"
    source.mkdir()
    (source / "told.py").write_text("")
    with scratch.kept() as folder:
        subprocess.run([sys.executable, "-c", "import told"], cwd=source, check=True)
        assert list((folder / "bytecode").rglob("told.*.pyc"))
    assert [path.name for path in source.iterdir()] == ["told.py"]
