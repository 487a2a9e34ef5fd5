"""Every kind of hook that there is: its sort, and what carries it."""

from collections.abc import Mapping

import msgspec

from lrs import readers
from lrs.config import Settings
from lrs.hooks import webhooks
from lrs.hooks.carrying import Maker
from lrs.hooks.endpoint import Endpoint
from lrs.hooks.operating import Operating
from lrs.hooks.registry import Hook, Hooks
from lrs.hooks.sorts import Sort
from lrs.hooks.targets import Allow
from lrs.hooks.vault import Vault
from lrs.hooks.webhooks import Webhook, Webhooks
from lrs.log.append import Log
from lrs.log.stores import Stores
from lrs.storage.pool import Pool


class Means(msgspec.Struct, frozen=True, kw_only=True):
    """What carriers may need of the rest of the system, handed down by `main`."""

    settings: Settings
    pool: Pool
    hooks: Hooks
    blobs: readers.Blobs


def sorts(settings: Settings) -> tuple[Sort, ...]:
    """What can be registered; CannotStart where a setting of hooks is wrong."""
    return (webhooks.sort(Allow.parse(settings.hook_allow)),)


def operating(settings: Settings, pool: Pool, log: Log, stores: Stores, pepper: bytes) -> Operating:
    """The hooks of all stores, and what administrators do with them."""
    hooks = Hooks(pool, log, Vault(pepper), sorts(settings))
    return Operating(hooks, pool, stores, lambda config: endpoint(settings, config))


def makers(means: Means) -> Mapping[str, Maker]:
    """What carries the hooks of each kind."""
    return {"webhook": lambda hook: webhook(means, hook)}


def webhook(means: Means, hook: Hook) -> Webhooks:
    """What carries a webhook."""
    return Webhooks(
        hook,
        endpoint(means.settings, hook.config),
        means.hooks,
        means.pool,
        log_days=means.settings.hook_log_days,
        failing_days=means.settings.hook_failing_days,
    )


def endpoint(settings: Settings, config: Webhook) -> Endpoint:
    """The other end of a webhook."""
    allow = Allow.parse(settings.hook_allow)
    limit = 1 if config.ordered else config.concurrency
    return Endpoint(config.url, allow, ca_file=settings.hook_ca_file, limit=limit)
