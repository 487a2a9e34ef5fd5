"""What a process holds comes to lie on large pages, where there are some."""

import asyncio
import mmap
import os
import re
import sys
from pathlib import Path

import pytest

from lrs.cli import hugepages

MAPS = """\
55d0a0000000-55d0a8100000 rw-p 00000000 00:00 0                          [heap]
7f0000000000-7f0000400000 rw-p 00000000 00:00 0
7f0001000000-7f0003000000 rw-p 00000000 08:01 42                         /some/file
7f0004000000-7f0006000000 r--p 00000000 00:00 0
7f0010100000-7f0012100000 rw-p 00000000 00:00 0
7ffc00000000-7ffc02000000 rw-p 00000000 00:00 0                          [stack]
""".splitlines()
MEBIBYTE = 1 << 20
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has them so")
# Since 6.1 it does at once what it is asked to; before, in its own time.
AT_ONCE = sys.platform == "linux" and tuple(map(int, re.findall(r"\d+", os.uname().release)[:2])) >= (6, 1)


def test_large_memory_that_is_ours_alone_is_found() -> None:
    heap, other = hugepages.regions(MAPS)
    assert heap == (0x55D0A0000000, 0x55D0A8000000)
    # Its ends are not where large pages begin.
    assert other == (0x7F0010200000, 0x7F0012000000)


@LINUX
@pytest.mark.parametrize(
    ("said", "expected"), [("always [madvise] never", True), ("[always] madvise never", True), ("[never]", False)]
)
def test_who_runs_the_machine_may_turn_them_off(tmp_path: Path, said: str, expected: bool) -> None:
    file = tmp_path / "enabled"
    file.write_text(said)
    assert hugepages.are_there(file) is expected
    assert not hugepages.are_there(tmp_path / "absent")


@LINUX
async def test_memory_comes_to_lie_on_large_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hugepages, "GROWN", 0)
    monkeypatch.setattr(hugepages, "LOOK_SECONDS", 0.01)
    with mmap.mmap(-1, 64 * MEBIBYTE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as held:
        for at in range(0, len(held), mmap.PAGESIZE):
            held[at] = at >> 12 & 0xFF
        before = _large()
        async with hugepages.asked():
            for _ in range(3_000 * _are_moved()):
                if _large() >= before + 32 * MEBIBYTE:
                    break
                await asyncio.sleep(0.01)
            assert _large() >= before + 32 * MEBIBYTE or not _are_moved()
        # Nothing in it is another.
        assert all(held[at] == at >> 12 & 0xFF for at in range(0, len(held), mmap.PAGESIZE))


@LINUX
async def test_memory_that_went_and_came_again_is_moved_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    maps, held = tmp_path / "maps", tmp_path / "statm"
    maps.write_text("\n".join(MAPS))
    moved: list[int] = []
    looks = 0

    async def look(_: float) -> None:
        nonlocal looks
        looks += 1
        held.write_text(f"1 {[1_000, 100, 1_000, 1_000][looks % 4] * MEBIBYTE // mmap.PAGESIZE} 0")
        await sleep(0)

    sleep = asyncio.sleep
    for name, value in {"MAPS": maps, "HELD": held, "REST": 0.0, "move": lambda first, _: moved.append(first)}.items():
        monkeypatch.setattr(hugepages, name, value)
    held.write_text("1 0 0")
    monkeypatch.setattr(hugepages, "are_there", lambda: True)
    monkeypatch.setattr("lrs.cli.hugepages.asyncio.sleep", look)
    async with hugepages.asked():
        while moved.count(0x55D0A0000000) < 2:
            await sleep(0.001)
    assert set(moved) >= {0x55D0A0000000, 0x7F0010200000}


def _are_moved() -> bool:
    return AT_ONCE and hugepages.are_there()


def _large() -> int:
    """How many bytes of this process are on large pages."""
    found = re.search(r"AnonHugePages: *(\d+) kB", Path("/proc/self/smaps_rollup").read_text())
    return int(found[1]) << 10 if found else 0
