"""Every kind of hook that there is: its sort, and what carries it."""

from collections.abc import Mapping

import msgspec

from lrs import readers
from lrs.config import Settings
from lrs.hooks.carrying import Maker
from lrs.hooks.registry import Hooks
from lrs.hooks.sorts import Sort
from lrs.hooks.targets import Allow
from lrs.storage.pool import Pool


class Means(msgspec.Struct, frozen=True, kw_only=True):
    """What carriers may need of the rest of the system, handed down by `main`."""

    settings: Settings
    pool: Pool
    hooks: Hooks
    blobs: readers.Blobs


def sorts(settings: Settings) -> tuple[Sort, ...]:
    """What can be registered; CannotStart where a setting of hooks is wrong."""
    Allow.parse(settings.hook_allow)
    return ()


def makers(means: Means) -> Mapping[str, Maker]:
    """What carries the hooks of each kind."""
    return {}
