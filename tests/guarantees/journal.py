"""What the driver asked and was told, on disk before it goes on: the only memory that the checker trusts."""

import asyncio
import contextlib
import hashlib
import json
import os
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from uuid import UUID

from tests.guarantees.wire import Reply, Unknown

OK: Final = frozenset({200, 204})


@dataclass(kw_only=True)
class Operation:
    """Statements that were sent in one request, as often as it took; `statuses` has None where nobody knows."""

    number: int
    client: int
    ids: Sequence[UUID]
    digests: Sequence[bytes]
    begun: float
    acked: float | None = None
    statuses: list[int | None] = field(default_factory=list)


class Journal:
    """A file of lines of JSON; what is noted is flushed to disk, many notes at one flush."""

    def __init__(self, file: Path) -> None:
        self.operations: list[Operation] = []
        self._descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._flushing: asyncio.Task[None] | None = None
        self._waiting: asyncio.Future[None] | None = None

    def close(self) -> None:
        os.close(self._descriptor)

    async def call(self, client: int, statements: Sequence[tuple[UUID, bytes]]) -> Operation:
        """Note that a client is about to send these, for the first time."""
        made = Operation(
            number=len(self.operations),
            client=client,
            ids=[id for id, _ in statements],
            digests=[hashlib.sha256(text).digest() for _, text in statements],
            begun=time.monotonic(),
        )
        self.operations.append(made)
        said = {"op": "POST", "n": made.number, "client": client, "t_call": made.begun}
        said |= {"ids": [str(id) for id in made.ids], "sha256": [digest.hex() for digest in made.digests]}
        await self._note(said)
        return made

    async def answered(self, made: Operation, status: int | None) -> None:
        """Note what came of a try; None where nobody knows."""
        now = time.monotonic()
        made.statuses.append(status)
        if status in OK:
            made.acked = now
        await self._note({"n": made.number, "t_return": now, "status": "unknown" if status is None else status})

    async def _note(self, said: dict[str, object]) -> None:
        os.write(self._descriptor, json.dumps(said).encode() + b"\n")
        if self._waiting is None:
            self._waiting = asyncio.get_running_loop().create_future()
        mine = self._waiting
        if self._flushing is None:
            self._flushing = asyncio.get_running_loop().create_task(self._flush())
        await asyncio.shield(mine)

    async def _flush(self) -> None:
        while self._waiting is not None:
            covered, self._waiting = self._waiting, None
            await asyncio.to_thread(os.fdatasync, self._descriptor)
            covered.set_result(None)
        self._flushing = None


@contextlib.asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Journal]:
    """A new journal in a folder."""
    journal = Journal(folder / f"journal-{time.monotonic_ns()}.jsonl")
    try:
        yield journal
    finally:
        journal.close()


def status_of(reply: Reply | Unknown) -> int | None:
    """The status, None where nobody knows."""
    return reply.status if isinstance(reply, Reply) else None
