"""Standing questions: asked once a day, in the view of a role; what is new in the answer is sent, once.

That it was asked, what is new and under which ids it is sent are decided in one transaction, before anything is sent;
then it is sent until it has arrived. So a process may end anywhere: nothing is lost, and nothing has two ids.
"""

import time as clock
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time
from hashlib import blake2b
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import orjson

from lrs.hooks.analytic import daily
from lrs.hooks.analytic.analytics import Analytics, Found, Question
from lrs.hooks.peers.cursors import SQL as CURSORS
from lrs.hooks.registry import Hook
from lrs.hooks.sorts import Effect
from lrs.hooks.webhooks.content import joined
from lrs.hooks.webhooks.deliveries import Message
from lrs.log.store import Store
from lrs.storage import pool as storage
from lrs.storage import sqlfile
from lrs.storage.pool import Connection, Pool

SQL: Final = sqlfile.load(__package__, "questions.sql")
KIND: Final = "QuestionAnswered"
VERSION: Final = 1
BEGUN: Final = "begun"
LOOK_SECONDS: Final = 10.0
# Rows in one message; more go in further ones.
ROWS: Final = 1_000


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A message that was decided on, by its place in the order."""

    position: int
    message: str
    body: bytes


def begin(now: Callable[[], float], store: int, hook: UUID, config: Any) -> Effect:  # noqa: ANN401 - unused
    """The hook is made: its first day is the one whose time comes after."""
    text = datetime.fromtimestamp(now(), UTC).isoformat()

    async def effect(tx: Connection) -> None:
        await CURSORS.execute(tx, "begin", store=store, hook=hook, name=BEGUN, value=text)

    return effect


class Answers:
    """The messages of one standing question; `now` is the time in POSIX seconds."""

    def __init__(
        self, hook: Hook, pool: Pool, analytics: Analytics, *, now: Callable[[], float] = clock.time, days: int = 14
    ) -> None:
        self._hook = hook
        self._config: Question = hook.config
        self._of = {"store": hook.store, "hook": hook.id}
        self._pool = pool
        self._analytics = analytics
        self._now = now
        self._days = days
        self._ids: dict[int, str] = {}

    def takes(self, item: Part) -> bool:
        """Each is."""
        return True

    def id(self, store: Store, first: int, last: int) -> str:
        """The one that was decided on; of several that of the first with the last one's place."""
        own = self._ids[first]
        return own if first == last else f"{own}-{last}"

    async def read(self, store: Store, first: int, last: int) -> Sequence[Part]:
        """Some once more."""
        return [each for each in await self.after(store, first - 1, last - first + 1) if each.position <= last]

    def body(self, store: Store, of: Message, items: Sequence[Part], *, single: bool) -> bytes:
        """A message, or a list of them."""
        return items[0].body if single else joined(store, of, [each.body for each in items])

    async def after(self, store: Store, number: int, limit: int) -> Sequence[Part]:
        """The messages that come next."""
        async with storage.connection(self._pool) as connection:
            rows = await SQL.fetch(connection, "after", **self._of, number=number, limit=limit)
        parts = [Part(position=row["number"], message=row["message"], body=row["body"]) for row in rows]
        self._ids |= {each.position: each.message for each in parts}
        return parts

    async def prepare(self, store: Store, number: int) -> float:
        """Ask, if the time has come, and decide what is sent."""
        now = datetime.fromtimestamp(self._now(), UTC)
        begun, last, known = await self._stand(now)
        name = self._config.timezone
        zone = await self._analytics.zone(store, now) if name is None else ZoneInfo(name)
        day = daily.due(time.fromisoformat(self._config.at), zone, now, since=begun, last=last)
        if day is not None:
            answer = await self._analytics.answer(store, self._hook.id, self._config)
            await self._decide(store, number, day, answer, None if last is None else known)
        return LOOK_SECONDS

    async def _stand(self, now: datetime) -> tuple[datetime, date | None, frozenset[UUID]]:
        """When the hook was made, and when it asked last with what its answer had."""
        async with storage.connection(self._pool) as connection:
            await CURSORS.execute(connection, "begin", **self._of, name=BEGUN, value=now.isoformat())
            begun = await CURSORS.fetchval(connection, "cursor", **self._of, name=BEGUN)
            row = await SQL.fetchrow(connection, "last", **self._of)
        last, known = (None, ()) if row is None else (row["day"], row["known"])
        return datetime.fromisoformat(str(begun)), last, frozenset(UUID(str(each)) for each in known)

    async def _decide(self, store: Store, number: int, day: date, answer: Found, known: frozenset[UUID] | None) -> None:
        identities = [self._identity(each) for each, _ in answer.rows]
        if known is None:
            known = frozenset() if self._config.first == "all" else frozenset(identities)
        new = [row for identity, (_, row) in zip(identities, answer.rows, strict=True) if identity not in known]
        messages = self._messages(store, day, answer, new)
        async with storage.transaction(self._pool) as tx:
            run = {"day": day, "position": answer.position, "rows": len(new), "known": identities}
            if not await SQL.execute(tx, "run", **self._of, **run):
                return
            await SQL.execute(tx, "forget_known", **self._of, day=day)
            await SQL.execute(tx, "tidy", **self._of, sent=number, days=self._days)
            if messages:
                ids, bodies = [id for id, _ in messages], [body for _, body in messages]
                await SQL.execute(tx, "put", **self._of, sent=number, messages=ids, bodies=bodies)

    def _identity(self, of: UUID) -> UUID:
        """A row's, to this question: asked otherwise, every row is new."""
        config = self._config
        asked = msgspec.json.encode((config.path, config.parameters, config.view, config.state), order="deterministic")
        return UUID(bytes=blake2b(of.bytes + asked, digest_size=16).digest())

    def _messages(self, store: Store, day: date, answer: Found, new: Sequence[bytes]) -> list[tuple[str, bytes]]:
        """The messages by their ids, each of so many rows."""
        config = self._config
        own = f"{store.uuid}:{store.epoch}:question:{self._hook.id}:{day.isoformat()}"
        count = -(-len(new) // ROWS)
        messages = []
        for part in range(1, count + 1):
            id = own if part == 1 else f"{own}:{part}"
            rows = b",".join(new[(part - 1) * ROWS : part * ROWS])
            said = {
                "id": id, "store": store.name, "kind": KIND, "version": VERSION, "hook": self._hook.name,
                "question": config.path, "parameters": config.parameters, "day": day, "as_of": answer.as_of,
                "through_position": answer.position, "part": part, "parts": count,
                "rows": orjson.Fragment(b"[%b]" % rows),
            }  # fmt: skip
            messages.append((id, orjson.dumps(said, default=dict)))
        return messages
