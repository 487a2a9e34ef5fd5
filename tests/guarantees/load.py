"""Clients that write batches of statements all the time, and send what was not answered again with the same ids."""

import asyncio
import contextlib
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from typing import Final
from uuid import UUID

from tests.guarantees import wire
from tests.guarantees.journal import OK, Journal, Operation, status_of
from tests.guarantees.wire import Reply, Unknown, Wire

AGENTS: Final = 50
# So many of the batches that went unanswered are never sent again: they must be there whole, or not at all.
ABANDONED: Final = 0.1
TRIES: Final = 2_000
PAUSE: Final = 0.02
# Numbers whose text a careless server would write anew.
NUMBERS: Final = ("1.10", "1E2", "-0.0", "18446744073709551616", "0.1", "7")


def statement(dice: random.Random, *, id: UUID | None = None, note: str = "") -> tuple[UUID, bytes]:
    """A statement with an id, and its bytes; some have a timestamp, a version or whole words of their own."""
    known = id or UUID(int=dice.getrandbits(128), version=4)
    more = ""
    if dice.random() < 0.3:
        more += f',"timestamp":"2026-0{dice.randint(1, 9)}-1{dice.randint(0, 9)}T10:00:00.{dice.randint(0, 999):03}Z"'
    if dice.random() < 0.3:
        more += ',"version":"1.0.0"'
    learner, unit = dice.randrange(AGENTS), dice.randrange(AGENTS)
    name = f',"name":"Learner {learner} the {dice.randrange(99)}th"' if dice.random() < 0.3 else ""
    said = f',"definition":{{"name":{{"en":"Unit {dice.randrange(9)}"}}}}' if dice.random() < 0.3 else ""
    words = json.dumps({"en": dice.choice(("Écoute", "読む", "run \u0000 on", 'a "quoted" word', "plain"))})
    text = (
        f'{{"id":"{known}","actor":{{"mbox":"mailto:learner{learner}@example.org"{name}}},'
        f'"verb":{{"id":"https://example.org/verbs/did","display":{words}}},'
        f'"object":{{"id":"https://example.org/units/{unit}"{said}}},'
        f'"result":{{"response":"{note}","extensions":{{"https://example.org/n":{dice.choice(NUMBERS)}}}}}{more}}}'
    )
    return known, text.encode()


def batch(dice: random.Random, size: int) -> list[tuple[UUID, bytes]]:
    return [statement(dice) for _ in range(size)]


def body(statements: Sequence[tuple[UUID, bytes]]) -> bytes:
    return b"[" + b",".join(text for _, text in statements) + b"]"


async def post(client: Wire, content: bytes) -> Reply | Unknown:
    """The answer to statements, or that there is none."""
    try:
        return await client.send("POST", "/xAPI/statements", content)
    except Unknown as unknown:
        return unknown


class Writers:
    """So many clients at once against one port; everything they do stands in the journal."""

    def __init__(self, port: int, journal: Journal, dice: random.Random, *, clients: int = 8, most: int = 20) -> None:
        self.answers: Counter[str] = Counter()
        self.last_ack = 0.0
        self.faults: list[str] = []
        self.pause = 0.01
        self.abandoned = ABANDONED
        self._port = port
        self._journal = journal
        self._dice = dice
        self._clients = clients
        self._most = most
        self._stopping = asyncio.Event()
        self._acked = asyncio.Condition()

    @contextlib.asynccontextmanager
    async def writing(self) -> AsyncIterator["Writers"]:
        """While this lasts, they write; at its end each brings what it has begun to an end."""
        tasks = [asyncio.ensure_future(self._write(number)) for number in range(self._clients)]
        try:
            yield self
            self._stopping.set()
            async with asyncio.timeout(300):
                await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def acks(self, count: int, *, seconds: float = 180) -> None:
        """Return when so many more batches have been acknowledged."""
        goal = self.answers["200"] + count
        async with asyncio.timeout(seconds), self._acked:
            await self._acked.wait_for(lambda: self.answers["200"] >= goal)

    async def _write(self, number: int) -> None:
        async with Wire(self._port) as client:
            while not self._stopping.is_set():
                statements = batch(self._dice, self._dice.randint(1, self._most))
                operation = await self._journal.call(number, statements)
                await self._until_stored(client, operation, body(statements))
                await asyncio.sleep(self._dice.uniform(0, 2 * self.pause))

    async def _until_stored(self, client: Wire, operation: Operation, content: bytes) -> None:
        for _ in range(TRIES):
            answer = await post(client, content)
            await self._journal.answered(operation, status_of(answer))
            self._count(answer)
            if isinstance(answer, Reply) and answer.status in OK:
                await self._told(operation)
                return
            if not isinstance(answer, wire.Refused) and self._dice.random() < self.abandoned:
                return
            await asyncio.sleep(PAUSE)
        self.faults.append(f"operation {operation.number} was never stored")

    async def _told(self, operation: Operation) -> None:
        assert operation.acked is not None
        self.last_ack = operation.acked
        async with self._acked:
            self._acked.notify_all()

    def _count(self, answer: Reply | Unknown) -> None:
        if isinstance(answer, wire.Refused):
            self.answers["refused"] += 1
        elif isinstance(answer, Unknown):
            self.answers["unknown"] += 1
        else:
            self.answers[str(answer.status)] += 1
            if answer.status == 503 and "retry-after" not in answer.headers:
                self.faults.append("503 without Retry-After")
            elif answer.status not in (200, 503):
                self.faults.append(f"{answer.status}: {answer.body[:300]!r}")
