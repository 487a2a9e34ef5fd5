"""`lrs roster`, `lrs rubric` and `lrs reference`, as somebody types them."""

from pathlib import Path

import pytest

from tests.cli.conftest import Shell
from tests.reference.given import ROSTER, criterion, csv, package, without, zipped


@pytest.fixture
def folder(shell: Shell) -> Path:
    """A folder with an export."""
    made = shell.folder / "export"
    made.mkdir()
    for name, content in ROSTER.items():
        (made / name).write_bytes(content)
    return made


async def test_roster_from_a_folder_then_a_zip(shell: Shell, folder: Path) -> None:
    first = await shell("roster", "import", "export", "--effective-from", "2024-08-01")
    assert first.code == 0, first.err
    assert "people: ada added (Ada Byron)" in first.out
    assert "people: 3 added" in first.out
    assert "export holds from 2024-08-01, by event 1" in first.out
    (shell.folder / "same.zip").write_bytes(zipped(ROSTER))
    assert "same.zip is what was applied last: nothing to do" in (await shell("roster", "import", "same.zip")).out


async def test_dry_run_prints_the_difference_alone(shell: Shell, folder: Path) -> None:
    await shell("roster", "import", "export", "--effective-from", "2024-08-01")
    (shell.folder / "next.zip").write_bytes(zipped(without("users.csv", "bob,")))
    answer = await shell("roster", "import", "next.zip", "--dry-run", "--json", "--effective-from", "2025-01-06")
    assert answer.json["dry_run"] is True
    assert answer.json["position"] is None
    assert answer.json["counts"] == {"people": {"ended": 1}, "posts": {"ended": 1}}
    assert answer.json["changes"][0] == {"part": "people", "what": "ended", "id": "bob", "words": "until 2025-01-06"}
    again = await shell("roster", "import", "next.zip", "--json")
    assert again.json["position"] is not None


async def test_faults_are_told_line_by_line(shell: Shell) -> None:
    (shell.folder / "users.csv").write_bytes(csv("sourcedId,email", "ada,nonsense", ",b@x.org"))
    answer = await shell("roster", "import", "users.csv")
    assert answer.code == 1
    assert answer.err.splitlines() == [
        "users.csv, line 2, column email: 'nonsense' is no e-mail address",
        "users.csv, line 3, column sourcedId: this must not be empty",
        "lrs: users.csv has 2 faults; nothing was applied",
    ]


async def test_rubric_is_imported(shell: Shell) -> None:
    (shell.folder / "craft.json").write_bytes(package(criterion("c")))
    answer = await shell("rubric", "import", "craft.json")
    assert answer.code == 0, answer.err
    assert "rubrics: r version 1 added (Craft of Teaching, 1 criteria)" in answer.out


async def test_kind_is_found_or_given(shell: Shell) -> None:
    (shell.folder / "calendar.csv").write_bytes(csv("org,from,to,kind", "d,2024-12-21,2025-01-06,holiday"))
    assert "pauses: holiday of d 2024-12-21 added" in (await shell("reference", "import", "calendar.csv")).out
    (shell.folder / "ours").write_bytes(b"cadence: {grace: 5}")
    answer = await shell("reference", "import", "ours", "--kind", "policy", "--effective-from", "2024-08-01")
    assert "policy: from 2024-08-01 added (cadence.grace: 3 → 5)" in answer.out


async def test_wrong_policy_names_its_line(shell: Shell) -> None:
    (shell.folder / "policy.yaml").write_bytes(b"cadence:\n  grase: 5\n")
    answer = await shell("reference", "import", "policy.yaml")
    assert (answer.code, answer.err) == (
        1, "lrs: policy.yaml: line 2: cadence: there is no key 'grase'; did you mean 'grace'?\n",
    )  # fmt: skip


async def test_unknown_file_asks_for_its_kind(shell: Shell) -> None:
    (shell.folder / "notes.txt").write_bytes(b"hello")
    answer = await shell("reference", "import", "notes.txt")
    assert answer.code == 1
    assert "what is notes.txt? Say it with --kind" in answer.err
