"""A thread for a client that blocks: it does one thing after the other, and few may wait."""

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable
from typing import Final, TypeVar

T = TypeVar("T")
WAITING: Final = 4


class Thread:
    """A thread of its own. It does not keep the process from ending."""

    def __init__(self, name: str) -> None:
        self._work: queue.Queue[Callable[[], None] | None] = queue.Queue(WAITING)
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    async def call(self, do: Callable[[], T]) -> T:
        """What `do` gives, or raises, when its turn has come; who is cancelled does not hear of it.

        RuntimeError where too much waits already: then the thread hangs in something that does not end.
        """
        loop = asyncio.get_running_loop()
        told: asyncio.Future[T] = loop.create_future()

        def work() -> None:
            try:
                result = do()
            except BaseException as error:
                _tell(loop, told, None, error)
            else:
                _tell(loop, told, result, None)

        try:
            self._work.put_nowait(work)
        except queue.Full:
            raise RuntimeError(f"{self._thread.name} has not come back from what it does") from None
        return await told

    def end(self, last: Callable[[], object]) -> None:
        """Do one last thing when all is done that waits, and end; nobody waits for it."""
        threading.Thread(target=self._end, args=(last,), name=f"{self._thread.name} ends", daemon=True).start()

    def _end(self, last: Callable[[], object]) -> None:
        self._work.put(lambda: _quietly(last))
        self._work.put(None)

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            work()


def _tell(
    loop: asyncio.AbstractEventLoop, told: "asyncio.Future[T]", result: T | None, error: BaseException | None
) -> None:
    def tell() -> None:
        if told.done():
            return
        if error is not None:
            told.set_exception(error)
        else:
            told.set_result(result)  # type: ignore[arg-type]

    if not loop.is_closed():
        loop.call_soon_threadsafe(tell)


def _quietly(last: Callable[[], object]) -> None:
    # What is given up need not end well.
    with contextlib.suppress(Exception):
        last()
