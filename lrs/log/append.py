"""The one way into the log: requests gather while a transaction runs, and the next one takes all that has gathered.

There is no lingering: whoever finds the store idle is written at once, alone.
"""

import asyncio
import random
import time
from collections import deque
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from lrs.errors import Unavailable
from lrs.events import Event
from lrs.log.group import Decide, Keys
from lrs.log.stores import Stores
from lrs.log.transaction import Ask, Inline, Transactions, Turn
from lrs.storage.pool import Pool

GROUP_EVENTS = 1_000
GROUP_BYTES = 16 * 1024 * 1024
# Then a store gives its connection back, for others that wait for one.
TURN_GROUPS = 16


class Appended(msgspec.Struct, frozen=True, kw_only=True):
    """What a request added, in order; none where all was known. `through` is the floor after it."""

    events: Sequence[Event]
    through: datetime


class Waiting(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A request that waits for its turn since `since`; `weight` in events and `size` in bytes are at the most."""

    ask: Ask
    weight: int
    size: int
    since: float
    answer: asyncio.Future[Appended]

    def end(self, outcome: Sequence[Event] | BaseException, through: datetime | None = None) -> None:
        """Answer, unless nobody waits any more."""
        if self.answer.done():
            return
        if isinstance(outcome, BaseException):
            self.answer.set_exception(outcome)
        else:
            assert through is not None
            self.answer.set_result(Appended(events=outcome, through=through))


class Queue:
    """What waits to be appended to one store."""

    def __init__(self) -> None:
        self.waiting: deque[Waiting] = deque()
        self.weight = 0
        self.worker: asyncio.Task[None] | None = None

    def put(self, request: Waiting) -> None:
        """Take a place at the end."""
        self.waiting.append(request)
        self.weight += request.weight

    def take(self) -> list[Waiting]:
        """The next group: all that waits, up to what one transaction should hold."""
        group: list[Waiting] = []
        weight = size = 0
        while self.waiting:
            request = self.waiting[0]
            if group and (weight + request.weight > GROUP_EVENTS or size + request.size > GROUP_BYTES):
                break
            group.append(self.waiting.popleft())
            weight += request.weight
            size += request.size
        self.weight -= weight
        return group


class Log:
    """Appends to every store; one queue and one transaction at a time for each."""

    def __init__(
        self,
        pool: Pool,
        stores: Stores,
        inlines: Sequence[Inline],
        *,
        queue_events: int = 20_000,
        queue_seconds: float = 1.0,
        deadline: float = 25.0,
    ) -> None:
        self._stores = stores
        self._transactions = Transactions(pool, inlines, deadline=deadline)
        self._queue_events = queue_events
        self._queue_seconds = queue_seconds
        self._queues: dict[int, Queue] = {}
        self._closed = False
        # Asked for once: up to Python 3.11 each asking is a system call.
        self._loop = asyncio.get_running_loop()

    async def append(
        self,
        store: int,
        *,
        keys: Keys,
        decide: Decide,
        credential: str | None,
        weight: int = 1,
        size: int = 0,
        blobs: Mapping[bytes, bytes] | None = None,
    ) -> Appended:
        """Append what `decide` makes of the latest events under `keys`; it is on disk when this returns.

        Raises what `decide` raises, and Unavailable where the database could not say whether it was stored: asking
        again with the same ids is safe. A caller that is cancelled cancels nothing.
        """
        queue = self._queues.get(store) or self._queues.setdefault(store, Queue())
        now = time.monotonic()
        self._admit(queue, weight, now)
        request = Waiting(
            ask=Ask(keys=keys, decide=decide, credential=credential, blobs=blobs or {}),
            weight=weight,
            size=size,
            since=now,
            answer=self._loop.create_future(),
        )
        queue.put(request)
        if queue.worker is None:
            queue.worker = self._loop.create_task(self._work(store, queue), name=f"append to store {store}")
        return await request.answer

    async def close(self) -> None:
        """Finish what is queued; refuse what comes now."""
        self._closed = True
        await asyncio.gather(*(queue.worker for queue in self._queues.values() if queue.worker is not None))

    def _admit(self, queue: Queue, weight: int, now: float) -> None:
        if self._closed:
            raise Unavailable("the server is stopping: send the same again", retry_after=5)
        if not queue.waiting:
            return
        if queue.weight + weight > self._queue_events or now - queue.waiting[0].since > self._queue_seconds:
            raise Unavailable(
                "more arrives than can be stored: send the same again, later",
                retry_after=random.randint(1, 5),  # noqa: S311
            )

    async def _work(self, store: int, queue: Queue) -> None:
        try:
            while queue.waiting:
                turn = self._transactions.turn()
                try:
                    for _ in range(TURN_GROUPS):
                        if queue.waiting:
                            await self._write(turn, store, queue.take())
                finally:
                    await turn.end()
        finally:
            queue.worker = None

    async def _write(self, turn: Turn, store: int, group: Sequence[Waiting]) -> None:
        try:
            outcomes, through = await self._transactions.write(
                turn, await self._stores.get(store), [request.ask for request in group]
            )
        except Unavailable as error:
            for request in group:
                request.end(error)
        except Exception as error:
            # One request's data broke the transaction of all: let each stand for itself.
            if len(group) == 1:
                group[0].end(error)
            else:
                for request in group:
                    await self._write(turn, store, [request])
        else:
            for request, outcome in zip(group, outcomes, strict=True):
                request.end(outcome, through)
