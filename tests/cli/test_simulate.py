"""`lrs simulate`."""

import json

import pytest

from lrs import cli
from tests.cli.conftest import Shell


def test_writes_all_files(shell: Shell) -> None:
    answer = simulate(shell, "--json")
    assert answer["statements"] > 5_000
    names = {path.relative_to(shell.folder / "here").as_posix() for path in (shell.folder / "here").rglob("*.*")}
    assert names >= {
        "roster/manifest.csv", "roster/users.csv", "rubric.json", "calendar.csv", "identities.csv", "alignments.csv",
        "policy.yaml", "statements.jsonl", "expected.json", "expected.md",
    }  # fmt: skip
    expected = json.loads((shell.folder / "here" / "expected.json").read_text())
    assert len(expected["questions"]) == answer["questions"] > 50
    assert expected["statements"] == answer["statements"]


def simulate(shell: Shell, *words: str) -> dict[str, int]:
    with pytest.raises(SystemExit, match="0"):
        cli.main(["simulate", "--years", "1", "--scale", "0.1", "--out", "here", *words])
    out, _ = shell.read()
    answer: dict[str, int] = json.loads(out)
    return answer
