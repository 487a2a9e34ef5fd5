"""One process that serves HTTP, on a socket that its parent opened. It is started by `lrs.cli.workers` alone.

It is told what to do by a line of JSON on standard input, says `ready` on standard output, and stops when it is asked
to, or when standard input ends, which means that the parent is gone.
"""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Final

import msgspec
from aiohttp import web

from lrs import main
from lrs.cli import garbage
from lrs.config import Settings
from lrs.errors import LrsError, Unavailable
from lrs.http import protocol
from lrs.resources.keys import READINESS
from lrs.telemetry import logs
from lrs.telemetry.metrics import Share

READY: Final = b"ready\n"
FOLLOWERS: Final = "followers"
PROJECTIONS: Final = "projections"
PUBLISH_SECONDS: Final = 1.0
RETRY_SECONDS: Final = 0.5
LAST_SECONDS: Final = 0.2


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker is told: its name, its socket's descriptor, and the folder that all workers share."""

    name: str
    descriptor: int
    folder: Path
    settings: Settings
    database: main.Database

    def encode(self) -> bytes:
        """The line that tells it."""
        return msgspec.json.encode(self, enc_hook=str) + b"\n"

    @classmethod
    def parse(cls, line: bytes) -> "Order":
        """The order in a line."""
        return msgspec.json.decode(line, type=cls, dec_hook=lambda kind, value: kind(value))

    @property
    def rates(self) -> Path:
        """The file in which all workers count requests by credential."""
        return self.folder / "rates"


class Stop:
    """Whether and why to stop. A second signal ends the process at once."""

    def __init__(self) -> None:
        self.is_orphaned = False
        self._asked = asyncio.Event()

    def listen(self) -> None:
        """Hear of signals, and of the parent's end."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._signalled)
        loop.add_reader(sys.stdin.fileno(), self._parent_ended)

    async def wait(self) -> None:
        """Return when it is time to stop."""
        await self._asked.wait()

    def _signalled(self) -> None:
        if self._asked.is_set():
            os._exit(1)
        self._asked.set()

    def _parent_ended(self) -> None:
        if not os.read(sys.stdin.fileno(), 1024):
            asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
            self.is_orphaned = True
            self._asked.set()


async def work(order: Order) -> None:
    """Serve until it is time to stop."""
    stop = Stop()
    stop.listen()
    waiting = asyncio.ensure_future(stop.wait())
    serving = asyncio.ensure_future(_serve_when_possible(order, stop))
    await asyncio.wait((waiting, serving), return_when=asyncio.FIRST_COMPLETED)
    await serving


async def _serve_when_possible(order: Order, stop: Stop) -> None:
    """Serve, as soon as there is a database."""
    waiting = asyncio.ensure_future(stop.wait())
    while not waiting.done():
        try:
            async with main.core(order.settings, order.database) as core:
                await _serve(order, core, stop)
                return
        except Unavailable as error:
            logs.warning("waiting for the database", reason=error.detail)
            await asyncio.wait((waiting,), timeout=RETRY_SECONDS)


async def _serve(order: Order, core: main.Core, stop: Stop) -> None:
    settings = order.settings
    share = Share(order.folder, order.name)
    app = main.build(settings, core, figures=share.total, rates_file=order.rates)
    runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=settings.finish_seconds)
    await runner.setup()
    publishing = asyncio.ensure_future(publish(share))
    try:
        listening = await protocol.listen(runner, socket.socket(fileno=order.descriptor), settings)
        garbage.settle()
        os.write(sys.stdout.fileno(), READY)
        await stop.wait()
        app[READINESS].leave()
        if not stop.is_orphaned:
            await asyncio.sleep(settings.drain_seconds)
        listening.close()
        if not stop.is_orphaned:
            # Who was let in at the last moment has yet to say what for: silent connections are closed next.
            await asyncio.sleep(LAST_SECONDS)
    finally:
        publishing.cancel()
        await runner.cleanup()
        share.publish()


async def publish(share: Share) -> None:
    """Leave this process's figures for the others each second, for ever."""
    while True:
        share.publish()
        await asyncio.sleep(PUBLISH_SECONDS)


def run() -> int:
    """The process from its first line to its end; its exit status."""
    return run_with(work)


def run_with(work: Callable[[Order], Coroutine[Any, Any, None]]) -> int:
    """A process that does `work` as its first line of input orders; its exit status."""
    order = Order.parse(_line())
    logs.begin(order.settings.log_level)
    try:
        loop()(work(order))
    except LrsError as error:
        logs.error("a worker cannot go on", reason=error.detail)
        return 1
    except Exception as error:
        logs.error("a worker broke", cause=error)
        return 1
    return 0


def _line() -> bytes:
    """The first line of standard input, and no byte more than that."""
    line = b""
    while not line.endswith(b"\n") and (byte := os.read(sys.stdin.fileno(), 1)):
        line += byte
    return line


def loop() -> Any:  # noqa: ANN401 - two functions of one shape and two types
    """What runs a coroutine that works for long: uvloop's event loop where it is installed."""
    try:
        import uvloop
    except ImportError:
        return asyncio.run
    return uvloop.run
