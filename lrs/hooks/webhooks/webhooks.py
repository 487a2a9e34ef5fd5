"""Webhooks: POSTs each event that a hook wants to its URL, signed by the Standard Webhooks specification.

A message's id is that of its event, so it is the same however often it is sent. One that has not arrived is tried again
for days, later and later. Of an ordered hook the next ones wait for it; of any other they go on, and it is kept aside.
"""

import asyncio
import contextlib
import random
import time
from collections.abc import Iterator, Sequence
from typing import Final, Generic

import msgspec

from lrs.errors import Conflict, LrsError
from lrs.hooks import targets
from lrs.hooks.filters import Filter
from lrs.hooks.registry import Hook, Hooks
from lrs.hooks.sorts import Sort
from lrs.hooks.targets import Allow
from lrs.hooks.webhooks import signatures
from lrs.hooks.webhooks.content import Content, T
from lrs.hooks.webhooks.deliveries import Deliveries, Message, Tried
from lrs.hooks.webhooks.endpoint import Answer, Endpoint
from lrs.log.store import Store
from lrs.relay import parked
from lrs.relay.carrier import Later
from lrs.storage import pool as storage
from lrs.storage.pool import Pool
from lrs.telemetry import logs, metrics

MINUTE, HOUR = 60.0, 3_600.0
# Seconds from a failed attempt to the next, about four days in all; an ordered hook goes on with the last.
SCHEDULE: Final = (
    5.0, 30.0, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 12 * HOUR,
    24 * HOUR, 24 * HOUR, 24 * HOUR,
)  # fmt: skip
JITTER: Final = 0.15
TURN_SECONDS: Final = 1.0
# An unordered hook that has so many failed messages aside waits until some have arrived.
ASIDE: Final = 1_000
DUE_AT_ONCE: Final = 100
TIDY_SECONDS: Final = 60.0
DAY: Final = 86_400.0
FULL_SECONDS: Final = 30.0
GONE: Final = 410
SIGNING: Final = "signing"


class Sending(msgspec.Struct, frozen=True, kw_only=True):
    """How messages are sent: where to, whether in order, how many items a message, how many messages at once."""

    url: str
    ordered: bool = True
    batch: int = 1
    concurrency: int = 4


class Webhook(Sending, frozen=True, kw_only=True):
    """The configuration of a webhook: how it sends, and which events."""

    filter: Filter = Filter()


def sort(allow: Allow) -> Sort:
    """Webhooks as the registry knows them; `allow` says which targets inside are let through."""

    async def check(config: Webhook) -> None:
        await targets.verify(config.url, allow)

    return Sort(
        name="webhook",
        config=Webhook,
        check=check,
        secrets=(SIGNING,),
        made={SIGNING: signatures.generate},
        check_secret=check_secret,
    )


def check_secret(name: str, secret: str) -> None:
    """Invalid unless it is a secret to sign with."""
    signatures.key(secret)


class Undelivered(LrsError):
    """A message that has not arrived though all attempts were made; the words are those of the last."""


class Signer:
    """Signs with the secrets of a hook that are good at the time."""

    def __init__(self, hooks: Hooks, hook: Hook) -> None:
        self._hooks = hooks
        self._hook = hook
        self._keys: list[tuple[bytes, float]] | None = None

    async def headers(self, id: str, body: bytes) -> dict[str, str]:
        """The headers that a message is sent with, now."""
        if self._keys is None:
            self._keys = [
                (signatures.key(each.secret), float("inf") if each.until is None else each.until.timestamp())
                for each in await self._hooks.secrets(self._hook)
            ]
        now = time.time()
        keys = [key for key, until in self._keys if now < until]
        if not keys:
            raise Conflict(f"the hook {self._hook.name} has no signing secret: rotate it")
        return {
            "webhook-id": id,
            "webhook-timestamp": str(int(now)),
            "webhook-signature": signatures.sign(keys, id, int(now), body),
        }


class Webhooks(Generic[T]):
    """Carries the items of `content` for one hook; `endpoint` is its URL's."""

    def __init__(
        self,
        hook: Hook,
        endpoint: Endpoint,
        hooks: Hooks,
        pool: Pool,
        content: Content[T],
        *,
        log_days: int = 14,
        failing_days: float = 30.0,
        schedule: Sequence[float] = SCHEDULE,
    ) -> None:
        self.name = hook.carrier
        self.stores: frozenset[int] | None = frozenset({hook.store})
        self.start = hook.start
        self._hook = hook
        self._config: Sending = hook.config
        self._content = content
        self._endpoint = endpoint
        self._hooks = hooks
        self._pool = pool
        self._log_days = log_days
        self._failing_seconds = failing_days * DAY
        self._schedule = schedule
        self._signer = Signer(hooks, hook)
        self._deliveries = Deliveries(pool, hook)
        self._ahead: dict[int, tuple[Message, float]] | None = None
        self._is_failing = True
        self._quiet_until = 0.0
        self._tidied = 0.0
        self._aside = 0

    def forget(self, store: Store) -> None:
        """Know nothing of what is pending: it is read again."""
        self._ahead = None
        self._is_failing = True

    async def aclose(self) -> None:
        """Close the connections to the URL."""
        await self._endpoint.aclose()

    async def carry(self, store: Store, events: Sequence[T]) -> int:
        """Send what is wanted of the events, for a second or so; the position through which all is sent or kept aside.

        Later says when a message that holds up the others, or a URL that asked for patience, is to be tried again.
        """
        if (quiet := self._quiet_until - time.monotonic()) > 0:
            raise Later(quiet, "the endpoint asked to wait")
        if not self._config.ordered and self._aside >= ASIDE:
            raise Later(FULL_SECONDS, f"{self._aside} messages have not arrived yet")
        if self._ahead is None:
            begun = await self._deliveries.ahead(events[0].position - 1, ordered=self._config.ordered)
            now = time.monotonic()
            self._ahead = {each.first: (each, now + each.seconds) for each in begun}
        plan = list(self._planned(store, events))
        if self._config.batch > 1 and (new := [each for each, _ in plan if each.first not in self._ahead]):
            await self._deliveries.plan(new, held=True)
            self._ahead |= {each.first: (each, 0.0) for each in new}
        firsts = [each.first - 1 for each, _ in plan[1:]]
        throughs = [*firsts, max(events[-1].position, plan[-1][0].last)] if plan else []
        if not plan:
            return events[-1].position
        send = self._in_order if self._config.ordered else self._side_by_side
        return await send(store, plan, throughs, plan[0][0].first - 1)

    def _planned(self, store: Store, events: Sequence[T]) -> Iterator[tuple[Message, Sequence[T] | None]]:
        """The messages of events with what is in them; None for one that was begun before, and is put together anew."""
        ahead = self._ahead or {}
        group: list[T] = []
        covered = 0
        for event in events:
            if event.position <= covered:
                continue
            begun = ahead.get(event.position)
            if begun is None:
                if self._content.takes(event):
                    group.append(event)
                if len(group) < self._config.batch:
                    continue
            if group:
                yield self._message(store, group), tuple(group)
                group = []
            if begun is not None:
                covered = begun[0].last
                yield begun[0], None
        if group:
            yield self._message(store, group), tuple(group)

    def _message(self, store: Store, group: Sequence[T]) -> Message:
        first, last = group[0].position, group[-1].position
        return Message(id=self._content.id(store, first, last), first=first, last=last)

    async def _in_order(
        self, store: Store, plan: Sequence[tuple[Message, Sequence[T] | None]], throughs: Sequence[int], through: int
    ) -> int:
        """Send one after the other until one does not arrive, or the time is over."""
        end = time.monotonic() + TURN_SECONDS
        pending = set(self._ahead or ())
        arrived: list[Tried] = []
        failed: list[Tried] = []
        if (waits := self._wait(plan[0][0])) > 0:
            raise Later(waits, "the endpoint fails")
        for (each, events), reached in zip(plan, throughs, strict=True):
            if self._wait(each) > 0:
                break
            tried = await self._try(store, each, events)
            if tried is None or tried.answer.is_success:
                through = reached
                arrived += [] if tried is None else [tried]
                self._forget(each)
            else:
                failed.append(tried)
            if failed or time.monotonic() > end:
                break
        await self._deliveries.tried(arrived, failed, held=True, pending=pending)
        for tried in failed:
            self._ahead_of(tried.message)
        await self._tell(arrived, failed)
        if failed and not arrived:
            raise Later(failed[0].message.seconds, failed[0].answer.words)
        return through

    async def _side_by_side(
        self, store: Store, plan: Sequence[tuple[Message, Sequence[T] | None]], throughs: Sequence[int], through: int
    ) -> int:
        """Send some at once, until the time is over; those that do not arrive are kept aside."""
        end = time.monotonic() + TURN_SECONDS
        pending = set(self._ahead or ())
        width = self._config.concurrency
        arrived: list[Tried] = []
        failed: list[Tried] = []
        for start in range(0, len(plan), width * 8):
            part = [pair for pair in plan[start : start + width * 8] if pair[0].attempts == 0]
            tried = await self._gathered(store, part)
            arrived += [each for each in tried if each.answer.is_success]
            failed += [each for each in tried if not each.answer.is_success]
            through = throughs[min(start + width * 8, len(plan)) - 1]
            for each, _ in plan[start : start + width * 8]:
                self._forget(each)
            if time.monotonic() > end or failed:
                break
        await self._deliveries.tried(arrived, failed, held=False, pending=pending)
        self._aside += len(failed)
        await self._tell(arrived, failed)
        return through

    async def _gathered(self, store: Store, part: Sequence[tuple[Message, Sequence[T] | None]]) -> list[Tried]:
        """Try messages, so many at once as the hook may."""
        places = asyncio.Semaphore(self._config.concurrency)

        async def one(each: Message, events: Sequence[T] | None) -> Tried | None:
            async with places:
                return await self._try(store, each, events)

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(*pair)) for pair in part]
        return [tried for task in tasks if (tried := task.result()) is not None]

    async def tend(self, store: Store) -> float:
        """Try what was kept aside and is due, give up what was tried long enough, and forget old deliveries."""
        now = time.monotonic()
        if now - self._tidied > TIDY_SECONDS:
            await self._deliveries.tidy(self._log_days)
            self._tidied = now
        if (quiet := self._quiet_until - now) > 0:
            return quiet
        if due := await self._deliveries.due(DUE_AT_ONCE):
            end = now + TURN_SECONDS
            width = self._config.concurrency
            for start in range(0, len(due), width):
                await self._again(store, due[start : start + width])
                if time.monotonic() > end or self._quiet_until > end:
                    break
        self._aside, seconds = await self._deliveries.next_due()
        metrics.HOOK_PENDING.set(self._aside, self.name)
        return TIDY_SECONDS if seconds is None else max(seconds, 0.0)

    async def _again(self, store: Store, due: Sequence[Message]) -> None:
        tried = await self._gathered(store, [(each, None) for each in due])
        arrived = [each for each in tried if each.answer.is_success]
        failed = [each for each in tried if not each.answer.is_success]
        over = [each for each in failed if each.message.attempts > len(self._schedule)]
        left = [each for each in failed if each.message.attempts <= len(self._schedule)]
        await self._deliveries.tried(arrived, left, held=False, pending={each.first for each in due}, gone=over)
        for each in over:
            await self._give_up(store, each)
        await self._tell(arrived, failed)

    async def _give_up(self, store: Store, tried: Tried) -> None:
        error = Undelivered(f"not delivered in {tried.message.attempts} attempts: {tried.answer.words}")
        async with storage.transaction(self._pool) as tx:
            await parked.park(tx, store=store.id, follower=self.name, position=tried.message.first, error=error)

    async def _try(self, store: Store, of: Message, events: Sequence[T] | None) -> Tried | None:
        """Send a message once; None where there is nothing in it any more."""
        if events is None:
            again = await self._content.read(store, of.first, of.last)
            events = [each for each in again if self._content.takes(each)]
        if not events:
            await self._deliveries.settle(of)
            return None
        body = self._content.body(store, of, events, single=self._config.batch == 1 and of.first == of.last)
        answer = await self._endpoint.post(body, await self._signer.headers(of.id, body))
        attempts = of.attempts + 1
        seconds = self._schedule[min(attempts, len(self._schedule)) - 1]
        seconds *= random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - nobody gains by guessing it
        if answer.retry_after is not None and not answer.is_success:
            seconds = max(seconds, answer.retry_after)
            self._quiet_until = time.monotonic() + answer.retry_after
        return Tried(message=msgspec.structs.replace(of, attempts=attempts, seconds=seconds), answer=answer)

    def _wait(self, of: Message) -> float:
        """How long a message must wait for its next attempt."""
        known = (self._ahead or {}).get(of.first)
        return 0.0 if known is None or not known[0].attempts else known[1] - time.monotonic()

    def _forget(self, of: Message) -> None:
        (self._ahead or {}).pop(of.first, None)

    def _ahead_of(self, of: Message) -> None:
        if self._ahead is not None:
            self._ahead[of.first] = (of, time.monotonic() + of.seconds)

    async def _tell(self, arrived: Sequence[Tried], failed: Sequence[Tried]) -> None:
        """Count what was tried; a hook at which nothing arrives for too long, or that is gone, is disabled."""
        metrics.HOOK_DELIVERIES.add(self.name, "delivered", by=len(arrived))
        metrics.HOOK_DELIVERIES.add(self.name, "failed", by=len(failed))
        if arrived and self._is_failing:
            await self._deliveries.recover()
            self._is_failing = False
        if not failed:
            return
        answer: Answer = failed[-1].answer
        self._is_failing = True
        logs.warning("a hook fails", hook=self._hook.name, carrier=self.name, reason=answer.words)
        if any(each.answer.status == GONE for each in failed):
            await self._disable("the endpoint answered 410 Gone: it wants nothing more")
        elif not arrived and await self._deliveries.fail(answer.words) > self._failing_seconds:
            days = self._failing_seconds / DAY
            await self._disable(f"nothing was delivered for {days:g} days, at last: {answer.words}")

    async def _disable(self, why: str) -> None:
        logs.error("a hook was disabled", hook=self._hook.name, carrier=self.name, reason=why)
        metrics.HOOKS_DISABLED.add(self.name)
        # Whoever has changed it meanwhile knows better.
        with contextlib.suppress(Conflict):
            await self._hooks.disable(self._hook, why=why)
        # The source leaves it out from now on.
        self._quiet_until = time.monotonic() + FULL_SECONDS
