"""What a hook has sent, what came back, and what is yet to arrive: kept in the database, for a while."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

import asyncpg
import msgspec

from lrs.errors import Invalid
from lrs.hooks.registry import Hook
from lrs.hooks.webhooks.endpoint import Answer
from lrs.log import read
from lrs.log.read import Told
from lrs.log.store import Store
from lrs.storage import pool as storage
from lrs.storage import sqlfile
from lrs.storage.pool import Pool

SQL: Final = sqlfile.load(__package__, "deliveries.sql")
KEPT: Final = 10_000
LAST: Final = 2**63 - 1


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A message of the events in first … last that a hook wants; `attempts` so far, the next in `seconds`."""

    id: str
    first: int
    last: int
    attempts: int = 0
    seconds: float = 0.0

    @classmethod
    def from_row(cls, row: asyncpg.Record) -> "Message":
        """The message in a row of `ahead` or `due`."""
        return cls(
            id=row["message"], first=row["first"], last=row["last"], attempts=row["attempts"], seconds=row["seconds"]
        )


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt: the message with it counted in, and what came of it."""

    message: Message
    answer: Answer


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt as the log of deliveries has it; `response` is the beginning of the answer's body."""

    number: int
    message: str
    first: int
    last: int
    attempt: int
    at: datetime
    milliseconds: int
    status: int | None
    error: str | None
    response: bytes | None


class Deliveries:
    """Those of one hook."""

    def __init__(self, pool: Pool, hook: Hook) -> None:
        self._pool = pool
        self._of = {"store": hook.store, "hook": hook.id}

    async def plan(self, messages: Sequence[Message], *, held: bool) -> None:
        """Note messages that are about to be sent."""
        async with storage.connection(self._pool) as connection:
            await SQL.execute(connection, "plan", **self._of, **_named(messages), held=held)

    async def tried(
        self,
        arrived: Sequence[Tried],
        failed: Sequence[Tried],
        *,
        held: bool,
        pending: Collection[int],
        gone: Sequence[Tried] = (),
    ) -> None:
        """Note attempts; of those that failed, that they are tried again in their message's `seconds`.

        `pending` are the first positions of those that were noted before: they are forgotten, and nobody else's wish.
        """
        done = [each.message.id for each in (*arrived, *gone) if each.message.first in pending]
        async with storage.transaction(self._pool) as tx:
            await SQL.execute(tx, "note", **self._of, **_noted((*arrived, *failed, *gone)))
            if done:
                await SQL.execute(tx, "settled", **self._of, messages=done)
            if failed:
                messages = [each.message for each in failed]
                await SQL.execute(
                    tx,
                    "failed",
                    **self._of,
                    **_named(messages),
                    attempts=[each.attempts for each in messages],
                    seconds=[each.seconds for each in messages],
                    held=held,
                )

    async def settle(self, of: Message) -> None:
        """Forget that a message is pending."""
        async with storage.connection(self._pool) as connection:
            await SQL.execute(connection, "settled", **self._of, messages=[of.id])

    async def ahead(self, position: int, *, ordered: bool) -> list[Message]:
        """What was begun and reaches beyond the checkpoint at a position; all else waits for nothing any more."""
        async with storage.connection(self._pool) as connection:
            await SQL.execute(connection, "hold", **self._of, position=position, ordered=ordered)
            rows = await SQL.fetch(connection, "ahead", **self._of, position=position)
        return [Message.from_row(row) for row in rows]

    async def due(self, limit: int) -> list[Message]:
        """What is to be tried again now."""
        async with storage.connection(self._pool) as connection:
            rows = await SQL.fetch(connection, "due", **self._of, limit=limit)
        return [Message.from_row(row) for row in rows]

    async def next_due(self) -> tuple[int, float | None]:
        """How many messages are pending that nothing waits for, and in how many seconds the first is due."""
        async with storage.connection(self._pool) as connection:
            row = await SQL.fetchone(connection, "next_due", **self._of)
        return row["pending"], row["seconds"]

    async def events(self, first: int, last: int) -> list[Told]:
        """The events first … last of the log."""
        async with storage.connection(self._pool) as connection:
            return await read.told(connection, int(str(self._of["store"])), first - 1, limit=last - first + 1)

    async def fail(self, error: str) -> float:
        """Note that nothing arrives; for how many seconds that has been so."""
        async with storage.connection(self._pool) as connection:
            return float(str(await SQL.fetchval(connection, "fail", **self._of, error=error[:500])))

    async def recover(self) -> None:
        """Note that something has arrived."""
        async with storage.connection(self._pool) as connection:
            await SQL.execute(connection, "recover", **self._of)

    async def tidy(self, days: int) -> None:
        """Forget deliveries that are older, and all but the latest 10,000."""
        async with storage.connection(self._pool) as connection:
            await SQL.execute(connection, "tidy", **self._of, days=days, most=KEPT)

    async def log(
        self, *, before: int = LAST, message: str | None = None, failed: bool = False, limit: int = 100
    ) -> list[Delivery]:
        """Deliveries, the latest first."""
        async with storage.connection(self._pool) as connection:
            rows = await SQL.fetch(
                connection, "log", **self._of, before=before, message=message, failed=failed, limit=limit
            )
        return [Delivery(**dict(row)) for row in rows]


def message_id(store: Store, first: int, last: int) -> str:
    """The id of a message: of one event its own, of several that of the first with the last one's position."""
    own = f"{store.uuid}:{store.epoch}:{first}"
    return own if first == last else f"{own}-{last}"


def parse_id(store: Store, id: str) -> tuple[int, int]:
    """The first and last position of a message of the store; Invalid where it is none."""
    head, _, tail = id.rpartition(":")
    first, _, last = tail.partition("-")
    if head != f"{store.uuid}:{store.epoch}" or not first.isdecimal() or not (last or first).isdecimal():
        raise Invalid(f"{id[:100]!r} is no webhook-id of this store", rule="hook.message")
    found = int(first), int(last or first)
    if not 0 < found[0] <= found[1] < min(found[0] + 10_000, LAST) or message_id(store, *found) != id:
        raise Invalid(f"{id[:100]!r} is no webhook-id of this store", rule="hook.message")
    return found


def ask(hook: Hook, id: str, first: int, last: int) -> tuple[str, dict[str, object]]:
    """The query that has a message sent again, and its values."""
    return "ask", {"store": hook.store, "hook": hook.id, "message": id, "first": first, "last": last}


def _named(messages: Sequence[Message]) -> dict[str, object]:
    return {
        "messages": [each.id for each in messages],
        "firsts": [each.first for each in messages],
        "lasts": [each.last for each in messages],
    }


def _noted(tried: Sequence[Tried]) -> dict[str, object]:
    answers = [each.answer for each in tried]
    return {
        **_named([each.message for each in tried]),
        "attempts": [each.message.attempts for each in tried],
        "at": [each.at for each in answers],
        "milliseconds": [each.milliseconds for each in answers],
        "statuses": [each.status for each in answers],
        "errors": [None if each.is_success else each.words for each in answers],
        "responses": [each.response or None for each in answers],
    }
