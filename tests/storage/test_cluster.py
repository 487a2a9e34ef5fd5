"""What the embedded server is set to."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from lrs import machine
from lrs.storage import binaries, cluster
from lrs.storage.binaries import Binaries
from lrs.storage.embedded import Embedded
from tests.storage.conftest import ask


def times_prewarmed(data_dir: Path) -> int:
    """How often the server has told that it read in the pages of before."""
    told = "autoprewarm successfully prewarmed"
    return sum(log.read_text(encoding="utf-8").count(told) for log in (data_dir / "postgres" / "log").iterdir())


async def test_the_write_ahead_log_is_not_compressed_slowly(server: Embedded) -> None:
    assert await ask(server, "show wal_compression", "postgres") in ("lz4", "zstd", "off")


async def test_titles_of_its_processes_are_left_alone(server: Embedded) -> None:
    assert await ask(server, "show update_process_title", "postgres") == "off"


async def test_it_takes_a_sixth_of_the_memory_for_its_buffers(server: Embedded) -> None:
    expected = min(cluster.MOST_BUFFERS, machine.memory() // 2**20 // 6)
    sql = "select setting::bigint * 8 / 1024 from pg_settings where name = 'shared_buffers'"
    assert await ask(server, sql, "postgres") == expected


async def test_a_start_has_the_pages_in_memory_that_were_there_before(made: Path) -> None:
    with Embedded.start(made) as server:
        if not binaries.find().has_library(cluster.PREWARM):
            pytest.skip("this build of PostgreSQL has no pg_prewarm")
        await ask(server, "create table public.warm as select n from generate_series(1, 10000) n", "postgres")
    before = times_prewarmed(made)
    with Embedded.start(made) as server:
        async with asyncio.timeout(20):
            while times_prewarmed(made) == before:  # noqa: ASYNC110 - another process's doing
                await asyncio.sleep(0.02)
        plan = await ask(server, "explain (analyze, buffers, format json) select count(*) from public.warm", "postgres")
        (found,) = msgspec.json.decode(str(plan))
        assert found["Plan"]["Shared Hit Blocks"] > 0
        assert found["Plan"]["Shared Read Blocks"] == 0


def test_a_build_that_tells_nothing_of_itself_has_no_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    silent = tmp_path / "pg_config"
    silent.write_text("#!/bin/sh\nexit 1\n", encoding="ascii")
    silent.chmod(0o700)
    (tmp_path / "pg_prewarm.so").touch()
    monkeypatch.chdir(tmp_path)
    assert not Binaries(folder=tmp_path, major=18, version="18.0").has_library(cluster.PREWARM)


async def test_data_whose_settings_are_of_another_build_starts(made: Path) -> None:
    """As restored: without our passwords, and with libraries that are not here."""
    with (made / "postgres" / "postgresql.conf").open("a", encoding="utf-8") as settings:
        settings.write("shared_preload_libraries = 'not_there'\n")
    (made / "postgres.json").unlink()
    with Embedded.start(made) as server:
        assert await ask(server, "select 1", "postgres") == 1
