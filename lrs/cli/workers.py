"""The parent of the workers: it opens their sockets, starts them, starts again one that died, and stops them all.

The followers are two more processes, without a socket: what follows the log, and what is computed from it.
"""

import asyncio
import contextlib
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from lrs import main
from lrs.cli.worker import FOLLOWERS, PROJECTIONS, READY, Order
from lrs.config import Settings
from lrs.errors import CannotStart
from lrs.http import rates
from lrs.telemetry import logs, metrics
from lrs.telemetry.metrics import Share

# A worker that dies sooner than this after its start is started again after a pause that doubles.
STEADY_SECONDS: Final = 10.0
FIRST_PAUSE: Final = 0.1
LONGEST_PAUSE: Final = 5.0
# So often may workers end before all of them were ready once.
FIRST_FAILURES: Final = 3
KILL_SECONDS: Final = 10.0


def listen(settings: Settings) -> Sequence[socket.socket]:
    """A socket for each worker, all on one address; CannotStart where it cannot be had.

    Where the system shares out connections between sockets (SO_REUSEPORT on Linux), each worker has its own, so that
    all get their share of connections. We hold them too: what waits on that of a dead worker is not lost.
    """
    count = main.workers(settings)
    try:
        family, _, _, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        # Sharing would also let in a stranger: first see that nobody else is there.
        with _socket(family, address, shared=False) as probe:
            address = (address[0], probe.getsockname()[1], *address[2:])
        if not sys.platform.startswith("linux"):
            return [_socket(family, address, shared=False)] * count
        return [_socket(family, address, shared=True) for _ in range(count)]
    except OSError as error:
        where = f"{settings.host}:{settings.port}"
        raise CannotStart(f"cannot listen on {where} ({error.strerror}): use another --host or --port") from error


def _socket(family: int, address: tuple[object, ...], *, shared: bool) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        made.bind(address)
    except OSError:
        made.close()
        raise
    made.setblocking(False)
    return made


class Workers:
    """All workers of one server. `begun` is called once, when every one of them serves."""

    def __init__(
        self,
        settings: Settings,
        database: main.Database,
        sockets: Sequence[socket.socket],
        folder: Path,
        begun: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._database = database
        self._sockets = sockets
        self._folder = folder
        self._begun = begun
        self._stopping = asyncio.Event()
        self._running: dict[int, asyncio.subprocess.Process] = {}
        self._ready: set[int] = set()
        self._failures = 0
        # What follows the log takes one core, what is computed from it another: no one waits for the other.
        self._beside = (FOLLOWERS, PROJECTIONS) if settings.followers else ()
        self._share = Share(folder, "parent")

    async def run(self) -> None:
        """Serve until a signal says to stop, and all have finished."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        if self._settings.rate_limit:
            rates.create(self._folder / "rates")
        count = len(self._sockets)
        kept = [self._keep(number) for number in range(count + len(self._beside))]
        for outcome in await asyncio.gather(*kept, return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome

    def _stop(self) -> None:
        """Ask all workers to stop; asked again, they end at once."""
        logs.info("stopping", at_once=self._stopping.is_set())
        self._stopping.set()
        # Held on, they would take connections that no worker will ever serve: once all have closed theirs, clients are
        # to be refused, and turn elsewhere at once.
        for each in self._sockets:
            each.close()
        for process in self._running.values():
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)

    async def _keep(self, number: int) -> None:
        """Have a worker of this number for as long as the server runs."""
        loop = asyncio.get_running_loop()
        pause = FIRST_PAUSE
        while not self._stopping.is_set():
            begun = loop.time()
            status = await self._once(number)
            if self._stopping.is_set():
                return
            logs.error("a worker ended", worker=self._name(number), status=status)
            metrics.WORKER_RESTARTS.add()
            if len(self._ready) < len(self._sockets) and number < len(self._sockets):
                self._failures += 1
                if self._failures > FIRST_FAILURES * len(self._sockets):
                    self._stop()
                    raise CannotStart("the workers end as soon as they are started: see the log above")
            Share(self._folder, self._name(number)).retire()
            self._share.publish()
            pause = FIRST_PAUSE if loop.time() - begun > STEADY_SECONDS else min(2 * pause, LONGEST_PAUSE)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)

    def _follows(self, number: int) -> bool:
        """Whether this process runs followers; the last ones do, if any."""
        return number >= len(self._sockets)

    def _name(self, number: int) -> str:
        return self._beside[number - len(self._sockets)] if self._follows(number) else str(number)

    async def _once(self, number: int) -> int:
        """A worker from its start to its end; its exit status."""
        follows = self._follows(number)
        descriptor = -1 if follows else self._sockets[number].fileno()
        module = "following" if follows else "worker"
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", f"import sys; from lrs.cli import {module}; sys.exit({module}.run())"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            pass_fds=() if follows else (descriptor,),
            # Ctrl-C is for the parent to answer.
            start_new_session=True,
        )
        self._running[number] = process
        try:
            await self._tell(process, number, descriptor)
            return await self._ended(process)
        finally:
            del self._running[number]

    async def _tell(self, process: asyncio.subprocess.Process, number: int, descriptor: int) -> None:
        order = Order(
            name=self._name(number),
            descriptor=descriptor,
            folder=self._folder,
            settings=self._settings,
            database=self._database,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        if self._stopping.is_set():
            process.kill()
            return
        with contextlib.suppress(ConnectionError):
            process.stdin.write(order.encode())
            await process.stdin.drain()
        if await process.stdout.readline() == READY and not self._follows(number):
            self._ready.add(number)
            if len(self._ready) == len(self._sockets) and not self._stopping.is_set():
                self._begun()
                self._begun = _nothing

    async def _ended(self, process: asyncio.subprocess.Process) -> int:
        """The exit status; one that does not end in time when it should is killed."""
        ending = asyncio.ensure_future(process.wait())
        stopping = asyncio.ensure_future(self._stopping.wait())
        await asyncio.wait((ending, stopping), return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not ending.done():
            allowed = self._settings.drain_seconds + self._settings.finish_seconds + KILL_SECONDS
            await asyncio.wait((ending,), timeout=allowed)
            if not ending.done():
                process.kill()
        return await ending


def _nothing() -> None:
    """What is done once is not done again."""
