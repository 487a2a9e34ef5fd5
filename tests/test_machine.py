"""What a process may use is what its control groups leave it of the machine."""

from pathlib import Path

import pytest

from lrs import machine

MEGABYTES = 2**20


@pytest.mark.parametrize(
    ("files", "megabytes"),
    [
        ({"sys/fs/cgroup/memory.max": "104857600\n"}, 100),
        ({"sys/fs/cgroup/memory/memory.limit_in_bytes": "104857600\n"}, 100),
        (
            {
                "proc/self/cgroup": "1:cpu:/other\n0::/system.slice/lrs.service\n",
                "sys/fs/cgroup/system.slice/memory.max": "52428800\n",
                "sys/fs/cgroup/system.slice/lrs.service/memory.max": "104857600\n",
            },
            50,
        ),
    ],
)
def test_the_lowest_limit_of_its_groups_counts(tmp_path: Path, files: dict[str, str], megabytes: int) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="ascii")
    assert machine.memory(tmp_path) == megabytes * MEGABYTES


def test_without_limits_it_is_all_there_is(tmp_path: Path) -> None:
    whole = machine.memory(tmp_path)
    (tmp_path / "sys/fs/cgroup").mkdir(parents=True)
    (tmp_path / "sys/fs/cgroup/memory.max").write_text("max\n", encoding="ascii")
    assert machine.memory(tmp_path) == whole > 100 * MEGABYTES


def test_there_is_a_processor() -> None:
    assert machine.processors() >= 1
