"""A real `lrs serve` in processes of its own, on a data directory of its own, that can be hit where it hurts."""

import asyncio
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import asyncpg

from tests import serving
from tests.guarantees import processes, wire
from tests.guarantees.wire import KEY, SECRET, Unknown

TREE: Final = Path(__file__).parents[2]
COMMAND: Final = ("-c", "from lrs.cli import main; main()")
START_SECONDS: Final = 120.0
STOP_SECONDS: Final = 60.0


@dataclass(kw_only=True)
class Site:
    """A server with its data in `folder`. `url` is of a database that is not its own; `defect` is planted in it."""

    folder: Path
    port: int
    url: str = ""
    workers: int = 2
    defect: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    _process: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        return self.folder / "var"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> str:
        """What the server said."""
        return (self.folder / "serve.log").read_text(errors="replace")

    def command(self) -> Sequence[str]:
        """What starts it."""
        entry = ("-m", "tests.guarantees.defects", self.defect) if self.defect else COMMAND
        words = ["serve", "--port", str(self.port), "--workers", str(self.workers), "--data-dir", str(self.data)]
        return [sys.executable, *entry, *words, *(["--database-url", self.url] if self.url else [])]

    def begin(self) -> None:
        """Start it, and do not wait."""
        own = {name: text for name, text in os.environ.items() if not name.startswith("LRS_")}
        own |= {"LRS_API_KEY": KEY, "LRS_API_SECRET": SECRET, "LRS_DRAIN_SECONDS": "0.2"}
        # Followers have rows of their own; here every child of the parent is a worker.
        own |= {"LRS_FOLLOWERS": "false"}
        # Load is not shed here: on a slow machine that would be all there is to see.
        own |= {"LRS_SIGN_IN_FAILURES": "0", "LRS_QUEUE_SECONDS": "20"}
        own |= {"LRS_DATA_DIR": str(self.data), "LRS_PEPPER": "of the guarantees", **self.settings}
        with (self.folder / "serve.log").open("ab") as out:
            self._process = subprocess.Popen(
                self.command(),
                cwd=TREE,
                env=own,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    async def start(self) -> float:
        """Start it; how long it took until it answered a question about what it stores."""
        self.begin()
        return await self.answering()

    async def answering(self, *, seconds: float = START_SECONDS) -> float:
        """Wait until it answers: how long that took."""
        begun = time.monotonic()
        while time.monotonic() < begun + seconds:
            if not self.is_running():
                raise RuntimeError(f"the server ended: {self.log[-2000:]}")
            with contextlib.suppress(Unknown):
                reply = await wire.once(self.port, "GET", "/xAPI/statements?limit=1")
                if reply.status == 200:
                    return time.monotonic() - begun
            await asyncio.sleep(0.01)
        raise TimeoutError(f"no answer in {seconds} s: {self.log[-2000:]}")

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def app(self) -> list[int]:
        """The parent and its workers, without PostgreSQL."""
        tree = processes.parents()
        own = [child for child, parent in tree.items() if parent == self.pid]
        return [self.pid, *(pid for pid in own if processes.program(pid) != "postgres")]

    def worker(self, dice: random.Random) -> int:
        """One of the workers; 0 while there is none."""
        return dice.choice(self.app()[1:] or [0])

    def postmaster(self) -> int:
        """PostgreSQL's first process; 0 while there is none."""
        try:
            pid = int((self.data / "postgres" / "postmaster.pid").read_text().split("\n")[0])
        except (OSError, ValueError):
            return 0
        return pid if processes.program(pid) == "postgres" else 0

    def kill_app(self) -> None:
        """Send kill -9 to the parent and all workers."""
        own = self.app()
        processes.kill(own)
        assert self._process is not None
        self._process.wait()
        processes.gone(own)

    def kill_postgres(self) -> bool:
        """Send kill -9 to PostgreSQL, all of it; whether there was one."""
        if pid := self.postmaster():
            processes.kill_tree(pid)
        return pid != 0

    def terminate(self) -> None:
        """SIGTERM."""
        os.kill(self.pid, signal.SIGTERM)

    async def ended(self, *, seconds: float = STOP_SECONDS) -> int:
        """Its exit status, once it has ended."""
        assert self._process is not None
        return await asyncio.to_thread(self._process.wait, seconds)

    async def stop(self) -> int:
        """Stop it as it should be stopped: its exit status."""
        if self.is_running():
            self.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                return await self.ended()
            self.kill_app()
        if not self.url:
            self.kill_postgres()
        return -signal.SIGKILL

    @contextlib.asynccontextmanager
    async def sql(self) -> "AsyncIterator[asyncpg.Connection[asyncpg.Record]]":
        """The superuser's connection, past the server; the database may be on its way up."""
        connection = await asyncpg.connect(self.superuser(), timeout=30)
        try:
            yield connection
        finally:
            with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await connection.close(timeout=5)

    def superuser(self) -> str:
        """Where the superuser connects."""
        if self.url:
            return self.url
        password = json.loads((self.data / "postgres.json").read_text())["postgres"]
        socket_folder = (self.data / "postgres" / "postmaster.pid").read_text().split("\n")[4]
        return f"postgresql://postgres:{password}@/daybook?host={socket_folder}&port=5432"


def new(folder: Path, *, url: str = "", workers: int = 2, defect: str = "", **settings: str) -> Site:
    """A server that is still to be started, with its data below `folder`; settings by the variable's name."""
    folder.mkdir(parents=True, exist_ok=True)
    return Site(folder=folder, port=serving.free_port(), url=url, workers=workers, defect=defect, settings=settings)


@contextlib.asynccontextmanager
async def running(
    folder: Path, *, url: str = "", workers: int = 2, defect: str = "", **settings: str
) -> AsyncIterator[Site]:
    """A server of its own, started, and stopped afterwards."""
    site = new(folder, url=url, workers=workers, defect=defect, **settings)
    try:
        await site.start()
        yield site
    finally:
        await site.stop()


class Standing:
    """The server that rows share which do not need one of their own; started when first asked for."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._site: Site | None = None

    @contextlib.asynccontextmanager
    async def kept(self, folder: Path) -> AsyncIterator[None]:
        """For as long as this lasts, there may be one, with its data below `folder`."""
        self._folder = folder
        try:
            yield
        finally:
            if self._site is not None:
                await self._site.stop()
            self._folder = self._site = None

    @contextlib.asynccontextmanager
    async def lent(self, folder: Path) -> AsyncIterator[Site]:
        """The shared server, whole; one below `folder` where none is kept."""
        if self._folder is None:
            async with running(folder / "site") as site:
                yield site
            return
        if self._site is None:
            self._site = new(self._folder / "site")
        if self._site.is_running():
            await self._site.answering()
        else:
            await self._site.start()
        yield self._site


STANDING: Final = Standing()


@contextlib.asynccontextmanager
async def standing(folder: Path, *, defect: str = "") -> AsyncIterator[Site]:
    """The shared server, or one of its own where a defect is to be planted."""
    if defect:
        async with running(folder / "site", defect=defect) as site:
            yield site
    else:
        async with STANDING.lent(folder) as site:
            yield site
