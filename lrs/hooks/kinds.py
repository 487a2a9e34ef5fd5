"""Every kind of hook that there is: its sort, and what carries it."""

import functools
import time
from collections.abc import Mapping

import msgspec

from lrs import readers
from lrs.config import Settings
from lrs.hooks import plugins
from lrs.hooks.analytic import analytics, questions, rows
from lrs.hooks.analytic.analytics import Analytics, Declared
from lrs.hooks.carrying import Carrying, Maker
from lrs.hooks.operating import Operating
from lrs.hooks.peers import exchange
from lrs.hooks.peers.pulling import Record
from lrs.hooks.registry import Hook, Hooks
from lrs.hooks.sorts import Sort
from lrs.hooks.targets import Allow
from lrs.hooks.vault import Vault
from lrs.hooks.webhooks import webhooks
from lrs.hooks.webhooks.content import Content, Events, T
from lrs.hooks.webhooks.endpoint import Endpoint
from lrs.hooks.webhooks.telling import Source, Telling
from lrs.hooks.webhooks.webhooks import Sending, Webhooks
from lrs.log import blobs
from lrs.log.append import Log
from lrs.log.read import Told
from lrs.log.stores import Stores
from lrs.storage.pool import Pool


class Means(msgspec.Struct, frozen=True, kw_only=True):
    """What carriers may need of the rest of the system, handed down by `main`; nothing is pulled without `record`."""

    settings: Settings
    pool: Pool
    hooks: Hooks
    blobs: readers.Blobs
    record: Record | None = None
    analytics: Analytics | None = None


def means(settings: Settings, pool: Pool, hooks: Hooks, record: Record, analytics: Analytics | None = None) -> Means:
    """What carriers need, over the pool of a process."""
    return Means(
        settings=settings, pool=pool, hooks=hooks, blobs=blobs.Reader(pool), record=record, analytics=analytics
    )


def sorts(settings: Settings, declared: Declared) -> tuple[Sort, ...]:
    """What can be registered; CannotStart where a setting of hooks is wrong."""
    allow = Allow.parse(settings.hook_allow)
    begin = functools.partial(rows.begin, declared), functools.partial(questions.begin, time.time)
    return (webhooks.sort(allow), *exchange.sorts(allow), *analytics.sorts(allow, declared, *begin))


def operating(settings: Settings, pool: Pool, log: Log, stores: Stores, pepper: bytes, declared: Declared) -> Operating:
    """The hooks of all stores, and what administrators do with them; `declared` is what the analytics have."""
    hooks = Hooks(pool, log, Vault(pepper), sorts(settings, declared))
    return Operating(hooks, pool, stores, lambda config: endpoint(settings, config))


def carrying(settings: Settings, pool: Pool, hooks: Hooks, record: Record, analytics: Analytics) -> Carrying:
    """The carriers of all hooks of all stores, and those to plugins; `record` takes what is pulled."""
    return Carrying(hooks, makers(means(settings, pool, hooks, record, analytics)), plugins.load())


def makers(means: Means) -> Mapping[str, Maker]:
    """What carries the hooks of each kind."""
    hooks, pool, settings = means.hooks, means.pool, means.settings
    known: dict[str, Maker] = {
        "webhook": lambda hook: webhook(means, hook),
        "forward": lambda hook: exchange.forward(hook, hooks, pool, settings, means.blobs),
    }
    record = means.record
    if record is not None:
        known["pull"] = lambda hook: exchange.pull(hook, hooks, pool, settings, record)
    asked = means.analytics
    if asked is not None:
        known[analytics.ROWS] = lambda hook: telling(means, hook, rows.Changes(hook, pool, asked))
        known[analytics.QUESTION] = lambda hook: telling(
            means, hook, questions.Answers(hook, pool, asked, days=settings.hook_log_days)
        )
    return known


def webhook(means: Means, hook: Hook) -> Webhooks[Told]:
    """What carries a webhook."""
    return sending(means, hook, Events(means.pool, hook))


def telling(means: Means, hook: Hook, source: Source[T]) -> Telling[T]:
    """What carries a hook on the analytics."""
    return Telling(hook, means.pool, source, sending(means, hook, source))


def sending(means: Means, hook: Hook, content: Content[T]) -> Webhooks[T]:
    """What sends content to the URL of a hook."""
    return Webhooks(
        hook,
        endpoint(means.settings, hook.config),
        means.hooks,
        means.pool,
        content,
        log_days=means.settings.hook_log_days,
        failing_days=means.settings.hook_failing_days,
    )


def endpoint(settings: Settings, config: Sending) -> Endpoint:
    """The other end of a webhook."""
    allow = Allow.parse(settings.hook_allow)
    limit = 1 if config.ordered else config.concurrency
    return Endpoint(config.url, allow, ca_file=settings.hook_ca_file, limit=limit)
