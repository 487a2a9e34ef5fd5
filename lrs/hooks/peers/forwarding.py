"""Forwards the statements of a store to another LRS, in order and in batches, over and over until each is there.

A batch that was sent, but not noted, is sent again: statements have ids, and the other LRS knows them. One that is
refused is halved until the culprit stands alone, and that one is set aside with the words of the refusal. What cannot
be taken now waits. (1.0.3 Communication 2.1.2; 2.0 4.1.6.1)
"""

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

from lrs import readers
from lrs.errors import Conflict, LrsError
from lrs.events import Kind
from lrs.hooks.peers import outgoing, remote
from lrs.hooks.peers.outgoing import Outgoing, Unfit
from lrs.hooks.peers.remote import Away, Remote
from lrs.log.read import Told
from lrs.log.store import Store
from lrs.relay.carrier import Later, Refused
from lrs.xapi import equivalence

BATCH: Final = 100
BATCH_BYTES: Final = 8 * 1024 * 1024
# An LRS that breaks over one statement answers 500 to it as often as it is asked. Others must not wait for it for ever.
BROKEN_TRIES: Final = 10
FIRST_RETRY: Final = 1.0
LAST_RETRY: Final = 300.0

Takes = Callable[[Told], bool]


class Trouble(Protocol):
    """Who is told whether anything arrives."""

    async def fail(self, error: str) -> float:
        """Nothing does."""

    async def recover(self) -> None:
        """It does again."""


class NotTaken(LrsError):
    """The other LRS has refused a statement for good; the words are its own."""


class Forwarding:
    """Carries a store's statements to `target`; `takes` filters them, `batch` is how many go at once at most."""

    def __init__(
        self,
        name: str,
        store: int,
        target: Remote,
        blobs: readers.Blobs,
        *,
        start: int = 0,
        takes: Takes = lambda event: True,
        batch: int = BATCH,
        authority: bool = True,
        trouble: Trouble | None = None,
    ) -> None:
        self.name = name
        self.stores: frozenset[int] | None = frozenset({store})
        self.start = start
        self._target = target
        self._blobs = blobs
        self._takes = takes
        self._batch = batch
        self._authority = authority
        self._trouble = trouble
        self._is_failing = True
        self._width = batch
        self._broken = (0, 0)
        self._failures = 0

    async def aclose(self) -> None:
        """Let go of the connections."""
        await self._target.close()

    def forget(self, store: Store) -> None:
        """Begin anew with whole batches."""
        self._width = self._batch
        self._broken = (0, 0)

    async def carry(self, store: Store, events: Sequence[Told]) -> int:
        """Send the statements among the events; the position through which all are there.

        Refused names one that never will be, all before it being there; Later where nothing can be sent now.
        """
        try:
            through = await self._carry(store, events)
        except Later as later:
            self._is_failing = True
            if self._trouble is not None:
                await self._trouble.fail(later.reason)
            raise
        if self._is_failing and self._trouble is not None:
            await self._trouble.recover()
        self._is_failing = False
        return through

    async def _carry(self, store: Store, events: Sequence[Told]) -> int:
        reached = events[0].position - 1
        batch: list[Outgoing] = []
        try:
            for event in events:
                if not self._is_sent(event):
                    continue
                statement = await self._prepared(store, event, batch)
                if len(batch) >= self._width or (batch and _size(batch) + statement.size > BATCH_BYTES):
                    await self._send(store, batch)
                    reached, batch = batch[-1].position, []
                batch.append(statement)
            await self._send(store, batch)
        except Later:
            # What was sent stays sent: it is asked again at once, and then says when.
            if reached < events[0].position:
                raise
            return reached
        return events[-1].position

    def _is_sent(self, event: Told) -> bool:
        # What was erased has nothing to send any more.
        return event.kind is Kind.STATEMENT_STORED and event.payload is not None and self._takes(event)

    async def _prepared(self, store: Store, event: Told, before: Sequence[Outgoing]) -> Outgoing:
        """What is sent of an event; where that cannot be, all `before` it goes first."""
        try:
            return outgoing.of(event, self._target.endpoint.version, authority=self._authority)
        except Unfit as error:
            await self._send(store, before)
            raise Refused(event.position, error) from error

    async def _send(self, store: Store, batch: Sequence[Outgoing]) -> None:
        """Send some statements; those of them that are refused are found by halving."""
        if not batch:
            return
        data = await self._blobs.get(store.id, list(outgoing.wanted(batch)))
        for index, statement in enumerate(batch):
            try:
                outgoing.check_data(statement, data)
            except Unfit as error:
                await self._send(store, batch[:index])
                raise Refused(statement.position, error) from error
        refused = await self._offer(batch, data)
        if refused is None:
            self._width = min(self._width * 2, self._batch)
            self._broken = (0, 0)
            self._failures = 0
            return
        self._width = max(self._width // 2, 1)
        if len(batch) == 1:
            await self._alone(batch[0], refused)
            return
        middle = len(batch) // 2
        await self._send(store, batch[:middle])
        await self._send(store, batch[middle:])

    async def _alone(self, statement: Outgoing, refused: remote.Refused) -> None:
        """Settle a refusal of one statement: it is there already, or Refused."""
        words = f"the other LRS answered {refused.answered}: {refused.words}"
        if refused.answered == 409:
            if await self._is_there(statement):
                return
            raise Refused(statement.position, Conflict(f"it has another statement of this id; {words}"))
        raise Refused(statement.position, NotTaken(words))

    async def _is_there(self, statement: Outgoing) -> bool:
        """Whether the other LRS has the same; where it may not be asked, its conflict is taken for what it says."""
        try:
            found = await self._target.find(statement.id)
        except Away as error:
            if error.answered in {401, 403}:
                return False
            raise self._later(error) from error
        if found is None:
            return False
        try:
            return equivalence.same(statement.json, found[0], version=self._target.endpoint.version)
        except (ValueError, RecursionError):
            return False

    async def _offer(self, batch: Sequence[Outgoing], data: Mapping[str, bytes]) -> remote.Refused | None:
        """Send a batch; None where it was taken, Later where that is to be tried again."""
        body = outgoing.body(batch, data)
        try:
            return await self._target.send(*body)
        except Away as error:
            if not (error.answered == 500 and await self._breaks(batch)):
                raise self._later(error) from error
        try:
            return await self._target.send(*body)
        except Away as error:
            if error.answered != 500:
                raise self._later(error) from error
            return remote.Refused(answered=500, words=error.detail.partition(": ")[2])

    async def _breaks(self, batch: Sequence[Outgoing]) -> bool:
        """Whether one statement alone has broken, time and again, an LRS that is otherwise well."""
        position, tries = self._broken
        tries = tries + 1 if position == batch[0].position else 1
        self._broken = (batch[0].position, tries)
        self._width = max(min(self._width, len(batch)) // 2, 1)
        return len(batch) == 1 and tries >= BROKEN_TRIES and await self._target.is_well()

    def _later(self, error: Away) -> Later:
        """When the other LRS asks to be tried again, else later and later."""
        self._failures += 1
        jitter = random.uniform(0.8, 1.2)  # noqa: S311 - nobody gains by guessing it
        seconds = min(FIRST_RETRY * 2 ** min(self._failures - 1, 20), LAST_RETRY) * jitter
        return Later(seconds if error.seconds is None else max(error.seconds, FIRST_RETRY), error.detail)


def _size(batch: Sequence[Outgoing]) -> int:
    return sum(each.size for each in batch)
