"""What administrators do with hooks: look at them and their deliveries, try one, and send a message again."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec
import orjson

from lrs.errors import Conflict, NotFound
from lrs.hooks.registry import Failing, Hook, Hooks
from lrs.hooks.webhooks import deliveries
from lrs.hooks.webhooks.deliveries import Deliveries, Delivery
from lrs.hooks.webhooks.endpoint import Answer, Endpoint
from lrs.hooks.webhooks.webhooks import Sending, Signer
from lrs.log import read
from lrs.log.stores import Stores
from lrs.storage import pool as storage
from lrs.storage import sqlfile
from lrs.storage.pool import Connection, Pool
from lrs.xapi.formats import instant

SQL: Final = sqlfile.load(__package__, "operating.sql")
WEBHOOK: Final = "webhook"


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a hook has come (None before it began; by a number of its own where it is told no events), how many of
    its messages wait, how many events it parked.
    """

    position: int | None = None
    pending: int = 0
    parked: int = 0


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A hook, how far it has come, and since when it fails."""

    hook: Hook
    progress: Progress
    failing: Failing | None

    @property
    def state(self) -> str:
        """In one word."""
        if not self.hook.enabled:
            return "disabled"
        return "failing" if self.failing is not None else "live"

    def told(self) -> dict[str, Any]:
        """The hook as it is told in JSON: no secret is in it."""
        hook, failing = self.hook, self.failing
        return {
            "id": str(hook.id),
            "kind": hook.kind,
            "name": hook.name,
            "state": self.state,
            "why": hook.why or None,
            "config": orjson.loads(msgspec.json.encode(hook.config)),
            "from": hook.start + 1,
            "version": hook.position,
            "position": self.progress.position,
            "pending": self.progress.pending,
            "parked": self.progress.parked,
            "failing": None if failing is None else {"since": instant(failing.since), "error": failing.error},
        }


class Operating:
    """Works with hooks that are there; `endpoint` makes the other end of a webhook by its configuration."""

    def __init__(self, hooks: Hooks, pool: Pool, stores: Stores, endpoint: Callable[[Sending], Endpoint]) -> None:
        self.registry = hooks
        self._pool = pool
        self._stores = stores
        self._endpoint = endpoint

    async def every(self, store: int) -> Sequence[Seen]:
        """The hooks of a store, by name."""
        progress, failing = await self._progress(store), await self.registry.failing(store)
        return [
            Seen(hook=hook, progress=progress.get(hook.id, Progress()), failing=failing.get(hook.id))
            for hook in await self.registry.of_store(store)
        ]

    async def one(self, store: int, which: str) -> Seen:
        """The hook of that id or name; else NotFound."""
        hook = await self.registry.get(store, which)
        return next(seen for seen in await self.every(store) if seen.hook.id == hook.id)

    async def deliveries(
        self,
        hook: Hook,
        *,
        before: int = deliveries.LAST,
        message: str | None = None,
        failed: bool = False,
        limit: int = 100,
    ) -> Sequence[Delivery]:
        """What was sent and what came back, the latest first."""
        return await Deliveries(self._pool, hook).log(before=before, message=message, failed=failed, limit=limit)

    async def redeliver(self, hook: Hook, message: str, *, by: str | None = None) -> None:
        """Have a message sent again at once under its id; NotFound where no event of it is in the log."""
        _must_send(hook)
        first, last = await (self._event_span(hook, message) if hook.kind == WEBHOOK else self._sent(hook, message))
        name, values = deliveries.ask(hook, message, first, last)

        async def ask(tx: Connection) -> None:
            await deliveries.SQL.execute(tx, name, **values)

        await self.registry.note(hook, "redelivered", ask, by=by, message=message)

    async def _sent(self, hook: Hook, message: str) -> tuple[int, int]:
        """The first and last number of what was sent in a message, as the log of deliveries has it."""
        log = await Deliveries(self._pool, hook).log(message=message, limit=1)
        if not log:
            raise NotFound(f"{message[:200]} was not sent of late: `lrs hook deliveries` shows what was")
        return log[0].first, log[0].last

    async def _event_span(self, hook: Hook, message: str) -> tuple[int, int]:
        """The first and last event of a message, which the hook still wants."""
        first, last = deliveries.parse_id(await self._stores.get(hook.store), message)
        async with storage.connection(self._pool) as connection:
            events = await read.told(connection, hook.store, first - 1, limit=last - first + 1)
        if len(events) != last - first + 1:
            raise NotFound(f"the log does not reach as far as {message}")
        if not any(hook.config.filter.takes(event) for event in events):
            raise Conflict("the hook's filter takes nothing of this message, so there is nothing to send")
        return first, last

    async def test(self, hook: Hook) -> Answer:
        """Send a test message now, once; what came back. It is in no log."""
        _must_send(hook)
        store = await self._stores.get(hook.store)
        id = f"test_{uuid4()}"
        now = instant(datetime.fromtimestamp(time.time(), UTC))
        body = orjson.dumps({"id": id, "store": store.name, "kind": "Test", "version": 1, "stored": now, "data": None})
        endpoint = self._endpoint(hook.config)
        try:
            return await endpoint.post(body, await Signer(self.registry, hook).headers(id, body))
        finally:
            await endpoint.aclose()

    async def _progress(self, store: int) -> Mapping[UUID, Progress]:
        async with storage.connection(self._pool) as connection:
            rows = await SQL.fetch(connection, "progress", store=store)
        return {
            row["id"]: Progress(position=row["position"], pending=row["pending"], parked=row["parked"]) for row in rows
        }


def _must_send(hook: Hook) -> None:
    if not isinstance(hook.config, Sending):
        raise Conflict(f"{hook.name} is a {hook.kind}: this is for what sends messages to a URL")
