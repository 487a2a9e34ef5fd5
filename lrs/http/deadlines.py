"""How long a request may take from the last byte of its body to its answer.

A timer for each request would cost more than the rest of what is done here, so one task looks over all of them.
"""

import asyncio
from collections.abc import Callable
from typing import Any

Task = asyncio.Task[Any]
LOOKS_PER_ALLOWANCE = 20


class Deadlines:
    """The requests that are being handled, each by the task that calls, and since when; overdue ones are cancelled."""

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self._seconds = seconds
        self._clock = clock
        # That of the first request, and so of all: up to Python 3.11 to ask for it is a system call.
        self._loop: asyncio.AbstractEventLoop | None = None
        self._since: dict[Task | None, float] = {}
        self._overdue: set[Task | None] = set()

    def __len__(self) -> int:
        return len(self._since)

    def begin(self) -> Task | None:
        """The time of this request runs from now, whether it ran before or not; its task, for `end`."""
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
        task = asyncio.current_task(self._loop)
        self._since[task] = self._clock()
        return task

    def pause(self) -> None:
        """While a body comes, its own limits hold in place of this one."""
        self._since[asyncio.current_task()] = float("inf")

    def is_overdue(self) -> bool:
        """Whether this request was cancelled for having taken too long."""
        return asyncio.current_task() in self._overdue

    def end(self, task: Task | None) -> None:
        """The request of this task, which calls, is answered."""
        self._since.pop(task, None)
        if self._overdue and task in self._overdue:
            self._overdue.discard(task)
            if task is not None:
                task.uncancel()

    async def watch(self) -> None:
        """Cancel what is overdue, for ever."""
        while True:
            await asyncio.sleep(self._seconds / LOOKS_PER_ALLOWANCE)
            self.look()

    def look(self) -> None:
        """Cancel what is overdue now."""
        limit = self._clock() - self._seconds
        for task, since in list(self._since.items()):
            if task is not None and since < limit and task not in self._overdue:
                self._overdue.add(task)
                task.cancel()
