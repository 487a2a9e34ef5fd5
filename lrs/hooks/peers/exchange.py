"""Hooks that speak with another LRS: their configurations, and what carries them. Their one secret is `secret`."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Protocol

import msgspec

from lrs import readers
from lrs.errors import Invalid
from lrs.hooks import targets
from lrs.hooks.filters import Filter
from lrs.hooks.peers.forwarding import BATCH, Forwarding
from lrs.hooks.peers.pulling import Pulling, Record, Wanted
from lrs.hooks.peers.remote import Away, Endpoint, Remote
from lrs.hooks.registry import Hook, Hooks
from lrs.hooks.sorts import Sort
from lrs.hooks.targets import Allow
from lrs.hooks.webhooks.deliveries import Deliveries
from lrs.storage.pool import Pool
from lrs.xapi.versions import Version

SECRET: Final = "secret"  # noqa: S105 - what a secret is called


class Forward(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where statements are forwarded to, in which version and as whom, which, and how many at once at most.

    `url` is that of the other LRS without `/statements`; without `authority` the statements go without theirs.
    """

    url: str
    key: str
    version: Version = Version.V2_0_0
    filter: Filter = Filter()
    batch: int = BATCH
    authority: bool = True


class Pull(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where statements are pulled from, in which version and as whom, and by whose authority they are recorded here.

    `credential` is a key of the store, `since` when the oldest was stored there, `interval` and `overlap` seconds,
    `query` further parameters of a GET of statements.
    """

    url: str
    key: str
    credential: str
    version: Version = Version.V2_0_0
    since: datetime | None = None
    interval: float = 60.0
    overlap: float = 60.0
    limit: int = 100
    query: Mapping[str, str] = {}


class Bounds(Protocol):
    """The settings that matter here."""

    @property
    def hook_allow(self) -> tuple[str, ...]:
        """Which targets inside are let through."""

    @property
    def hook_ca_file(self) -> str:
        """Whom to trust beside the system's authorities."""

    @property
    def quarantine_days(self) -> int:
        """How long refused statements are kept."""

    @property
    def quarantine_bytes(self) -> int:
        """How much is kept of them."""


def sorts(allow: Allow) -> tuple[Sort, Sort]:
    """Forwarding and pulling as the registry knows them; `allow` says which targets inside are let through."""

    async def check(config: Forward | Pull) -> None:
        if "?" in config.url or config.url.rstrip("/").endswith("/statements"):
            raise Invalid("it is the endpoint that is wanted, such as https://lrs.example.org/xAPI", pointer="/url")
        if ":" in config.key:
            raise Invalid("a key holds no colon (RFC 7617)", pointer="/key")
        await targets.verify(config.url, allow)

    return (
        Sort(name="forward", config=Forward, check=check, secrets=(SECRET,)),
        Sort(name="pull", config=Pull, check=check, secrets=(SECRET,)),
    )


def forward(hook: Hook, hooks: Hooks, pool: Pool, settings: Bounds, blobs: readers.Blobs) -> Forwarding:
    """What carries a hook that forwards."""
    config: Forward = hook.config
    return Forwarding(
        hook.carrier,
        hook.store,
        _remote(hook, hooks, settings),
        blobs,
        start=hook.start,
        takes=config.filter.takes,
        batch=config.batch,
        authority=config.authority,
        trouble=Deliveries(pool, hook),
    )


def pull(hook: Hook, hooks: Hooks, pool: Pool, settings: Bounds, record: Record) -> Pulling:
    """What carries a hook that pulls."""
    config: Pull = hook.config
    wanted = Wanted(
        credential=config.credential,
        since=config.since,
        every=config.interval,
        limit=config.limit,
        overlap=config.overlap,
        query=config.query,
        days=settings.quarantine_days,
        size=settings.quarantine_bytes,
    )
    source = _remote(hook, hooks, settings)
    return Pulling(hook.id, hook.store, source, wanted, pool=pool, record=record, trouble=Deliveries(pool, hook))


def _remote(hook: Hook, hooks: Hooks, settings: Bounds) -> Remote:
    config: Forward | Pull = hook.config

    async def secret() -> str:
        for each in await hooks.secrets(hook):
            if each.name == SECRET and each.until is None:
                return each.secret
        raise Away("the hook has no secret: give it one with `lrs hook rotate NAME --secrets FILE`")

    return Remote(
        Endpoint(url=config.url, version=config.version, key=config.key),
        secret,
        lambda: targets.connector(Allow.parse(settings.hook_allow), ca_file=settings.hook_ca_file),
    )
