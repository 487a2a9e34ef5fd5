"""A PostgreSQL data directory: made once, given its passwords, and its settings written anew before each start."""

import contextlib
import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import msgspec

from lrs import machine
from lrs.errors import CannotStart
from lrs.storage import account as accounts
from lrs.storage.account import Account, Identity
from lrs.storage.binaries import Binaries

DATABASE: Final = "daybook"
SUPERUSER: Final = "postgres"
LOGIN: Final = "lrs"
PORT: Final = 5432
DESCRIPTORS: Final = Path("/proc/self/fd")
KEPT_LOGS: Final = 10

# Megabytes. To drop a table goes through all of them.
MOST_BUFFERS: Final = 4096

# A contributed module that notes which pages are in the buffers, at a stop and every five minutes, and reads them in at
# the next start. Else the first thousands of writes wait for pages that were in memory before.
PREWARM: Final = "pg_prewarm"

# Nothing of ours that is secret stands in the server's environment.
PASSED: Final = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR")

SETTINGS: Final = """\
# Written anew at each start. What should be otherwise goes into local.conf beside this file.
listen_addresses = ''
port = {port}
unix_socket_directories = '{sockets}'
unix_socket_permissions = 0700
max_connections = {connections}
password_encryption = 'scram-sha-256'

shared_preload_libraries = '{preloaded}'
shared_buffers = {buffers}MB
effective_cache_size = {cache}MB
work_mem = 8MB
maintenance_work_mem = 64MB
random_page_cost = 1.1
jit = off

fsync = on
full_page_writes = on
synchronous_commit = on
wal_level = replica
wal_compression = {compression}
max_wal_size = 2GB
min_wal_size = 128MB
max_wal_senders = 4
checkpoint_timeout = 15min
checkpoint_completion_target = 0.9

autovacuum = on
autovacuum_naptime = 15s
autovacuum_vacuum_cost_limit = 1000

# Else each statement writes into the title of its process what that does, which takes 4 % of the time of small ones.
# pg_stat_activity tells it as well.
update_process_title = off

idle_in_transaction_session_timeout = 30s
timezone = 'UTC'
lc_messages = 'C'

logging_collector = on
log_directory = 'log'
log_filename = 'postgres-%Y%m%d-%H%M%S.log'
log_file_mode = 0600
log_rotation_age = 1d
log_rotation_size = 10MB
log_line_prefix = '%m [%p] %a '
log_timezone = 'UTC'
log_min_duration_statement = -1
log_error_verbosity = terse
log_parameter_max_length_on_error = 0
cluster_name = 'daybook'

include_if_exists = 'local.conf'
"""

ACCESS: Final = "# Written anew at each start.\nlocal all all scram-sha-256\nlocal replication all scram-sha-256\n"


class Cluster(msgspec.Struct, frozen=True, kw_only=True):
    """Data in `folder`, served by `binaries`, run by `account` (None: by ourselves)."""

    folder: Path
    binaries: Binaries
    account: Account | None

    @contextlib.contextmanager
    def reached(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        """The folder's name for a child process, and the descriptors that it needs for that.

        Another user may be unable to walk down to the folder (a repository below /root). No parent is opened to him:
        he is handed the folder itself, as a descriptor.
        """
        if self.account is None or not DESCRIPTORS.is_dir():
            yield str(self.folder), ()
            return
        descriptor = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            yield str(DESCRIPTORS / str(descriptor)), (descriptor,)
        finally:
            os.close(descriptor)

    def popen(
        self,
        arguments: list[str],
        descriptors: tuple[int, ...],
        *,
        errors: int,
        given: int = subprocess.DEVNULL,
        environment: Mapping[str, str] | None = None,
    ) -> "subprocess.Popen[bytes]":
        """One of PostgreSQL's programs as its account, in a session of its own: Ctrl-C is for us to answer."""
        passed = {name: os.environ[name] for name in PASSED if name in os.environ}
        who = self.account.identity() if self.account else Identity()
        return subprocess.Popen(
            arguments,
            stdin=given,
            stdout=errors,
            stderr=errors,
            pass_fds=descriptors,
            cwd="/",
            env=passed | {"LC_ALL": "C"} | dict(environment or {}),
            start_new_session=True,
            **who,
        )

    def run(self, arguments: list[str], descriptors: tuple[int, ...], given: str = "") -> str:
        """Run one of PostgreSQL's programs to its end, with `given` as input; what it said, or CannotStart."""
        child = self.popen(arguments, descriptors, errors=subprocess.PIPE, given=subprocess.PIPE)
        said = "".join(part.decode(errors="replace") for part in child.communicate(given.encode()))
        if child.returncode != 0 or "ERROR:" in said or "FATAL:" in said:
            raise CannotStart(f"{Path(arguments[0]).name} failed on {self.folder}: {last_line(said)}")
        return said

    def make(self, passwords: Mapping[str, str]) -> None:
        """Make the data directory, wholly or not at all, with page checksums and a database of ours."""
        unfinished = self.folder.with_name(f"{self.folder.name}.unfinished")
        if unfinished.exists():
            shutil.rmtree(unfinished)
        unfinished.mkdir(mode=0o700)
        accounts.give(unfinished, self.account)
        new = Cluster(folder=unfinished, binaries=self.binaries, account=self.account)
        new._initdb()
        new.set_passwords(passwords)
        new._sql(f"create database {DATABASE}")
        unfinished.rename(self.folder)
        sync(self.folder.parent)

    def set_passwords(self, passwords: Mapping[str, str]) -> None:
        """Give the superuser and the log-in of the server these passwords, before the server runs."""
        self._sql(
            f"do $$ begin if to_regrole('{LOGIN}') is null then create role {LOGIN} login; end if; end $$",
            *(f"alter role {name} password '{password}'" for name, password in passwords.items()),
        )

    def configure(self, sockets: Path, *, connections: int) -> None:
        """Write the server's settings and who may log in."""
        memory = machine.memory() // 2**20
        settings = SETTINGS.format(
            port=PORT,
            sockets=sockets,
            connections=connections,
            # A quarter is usual where PostgreSQL has a machine for itself: projections hold as much beside it.
            buffers=min(MOST_BUFFERS, max(32, memory // 6)),
            cache=max(128, memory // 3),
            compression=self.binaries.compression(),
            preloaded=PREWARM if self.binaries.has_library(PREWARM) else "",
        )
        self._write("postgresql.conf", settings)
        self._write("pg_hba.conf", ACCESS)

    def prune_logs(self) -> None:
        """Remove all but the newest of the server's own log files, so that their size is bounded."""
        with contextlib.suppress(FileNotFoundError):
            opened = os.open(self.folder / "log", os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                logs = sorted(name for name in os.listdir(opened) if name.startswith("postgres-"))
                for name in logs[:-KEPT_LOGS]:
                    os.unlink(name, dir_fd=opened)
            finally:
                os.close(opened)

    def _initdb(self) -> None:
        # The built-in locale is the same on every system; before 17 there is none, and not every system has C.UTF-8.
        locales = [["--locale=C.UTF-8"], ["--locale=C"]]
        if self.binaries.major >= 17:
            locales.insert(0, ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"])
        for number, locale in enumerate(locales, 1):
            try:
                with self.reached() as (folder, descriptors):
                    program = [self.binaries.program("initdb"), "-D", folder, "-U", SUPERUSER, "-k", "-E", "UTF8"]
                    self.run([*program, *locale, "--auth=reject"], descriptors)
            except CannotStart:
                if number == len(locales):
                    raise
            else:
                return

    def _sql(self, *commands: str) -> None:
        """Run commands with no server: PostgreSQL's single-user mode, where every line is one."""
        with self.reached() as (folder, descriptors):
            program = [self.binaries.program("postgres"), "--single", "-D", folder]
            # The settings may be those of another build, which has libraries that are not here.
            without = ["-c", "logging_collector=off", "-c", "shared_preload_libraries=", "-c", "wal_compression=off"]
            self.run([*program, *without, "postgres"], descriptors, "\n".join([*commands, ""]))

    def _write(self, name: str, text: str) -> None:
        # The folder is its account's, who could have put a link there: a new file takes the name, nothing is followed.
        opened = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            new = f".{name}.{secrets.token_hex(8)}"
            file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=opened)
            with open(file, "w", encoding="utf-8") as out:
                if self.account:
                    os.fchown(file, self.account.uid, self.account.gid)
                out.write(text)
            os.rename(new, name, src_dir_fd=opened, dst_dir_fd=opened)
        finally:
            os.close(opened)


def major(folder: Path) -> int | None:
    """The major version of the data in `folder`; None where there is none."""
    try:
        return int((folder / "PG_VERSION").read_text())
    except FileNotFoundError:
        return None


def sync(folder: Path) -> None:
    """Have the names in `folder` on disk."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def last_line(said: str) -> str:
    """The line that says what went wrong."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    wrong = [line for line in lines if "FATAL:" in line or "ERROR:" in line or "error:" in line]
    return (wrong or lines or ["it said nothing"])[-1]
