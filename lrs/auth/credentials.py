"""Credentials: proven in memory for every request, and known to be as they are in the database.

All are held in memory, so that an unknown key costs as much as a wrong secret, and neither asks the database. A
connection of its own hears of each change as it is committed. While that connection is not known to live, memory is
trusted with nothing and every request asks the database.
"""

import hmac
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

import asyncpg
import msgspec

from lrs.auth import states
from lrs.auth.caller import Caller
from lrs.auth.pepper import Hasher
from lrs.auth.states import State
from lrs.errors import Conflict, Unauthorized
from lrs.events import Event, Kind
from lrs.log.group import Keys
from lrs.log.store import Store
from lrs.log.writing import Writing
from lrs.storage import pool as storage
from lrs.storage import sqlfile
from lrs.storage.pool import Connection, Pool

SQL: Final = sqlfile.load(__package__, "credentials.sql")
# How old the last sign of life of the listening connection may be: seconds.
TRUSTED_SECONDS: Final = 1.5
REFUSED: Final = "these credentials are unknown, expired or revoked"


class Credential(msgspec.Struct, frozen=True, kw_only=True):
    """A credential as it is at its latest version."""

    key: str
    position: int
    store: int
    state: State
    store_secret: bytes

    @classmethod
    def from_row(cls, row: asyncpg.Record) -> "Credential":
        """The credential in a row of `all`, `one` or `of_store`."""
        return cls(
            key=row["key"],
            position=row["position"],
            store=row["store"],
            state=State.parse(row["state"]),
            store_secret=bytes(row["secret"]),
        )

    def caller(self) -> Caller:
        """Who asks with it."""
        authority = bytes(self.state.authority)
        return Caller(
            store=self.store,
            key=self.key,
            scopes=frozenset(self.state.scopes),
            authority=authority,
            authority_ifi=states.ifi(authority),
            store_secret=self.store_secret,
        )


class Entry(msgspec.Struct, frozen=True):
    """A credential made ready to be proven; times are seconds since 1970."""

    caller: Caller | None
    expires: float
    secrets: tuple[tuple[bytes, float, float], ...]

    @classmethod
    def of(cls, credential: Credential) -> "Entry":
        """The entry of a credential, None of whose secrets is good once it is revoked."""
        state = credential.state
        return cls(
            credential.caller(),
            0 if state.revoked else _seconds(state.expires),
            tuple((bytes.fromhex(s.hmac), s.not_before.timestamp(), _seconds(s.expires)) for s in state.secrets),
        )

    def prove(self, digest: bytes, now: float) -> Caller:
        """The caller, where one of the live secrets is the one that was given; else Unauthorized."""
        proven = False
        for known, since, until in self.secrets:
            proven |= hmac.compare_digest(known, digest) and since <= now < until
        if not proven or now >= self.expires or self.caller is None:
            raise Unauthorized(REFUSED)
        return self.caller


# What an unknown key is compared with, so that it takes as long as a known one.
NOBODY: Final = Entry(None, 0, ((bytes(32), 0, 0),))


class Credentials:
    """Every credential of every store. `listening.Listener` keeps it as the database has it."""

    def __init__(self, pool: Pool, pepper: bytes) -> None:
        self._pool = pool
        self._hasher = Hasher(pepper)
        self._entries: dict[str, Entry] = {}
        self._changed: dict[str, int] = {}
        self._trusted_until = 0.0

    async def verify(self, key: str, secret: str) -> Caller:
        """Who has this key and secret; Unauthorized, in the same words and time, whichever of them is wrong."""
        return await self.prove(key, self.digest(secret))

    def digest(self, secret: str) -> bytes:
        """What is kept of a secret, and compared."""
        return self._hasher.digest(secret)

    async def prove(self, key: str, digest: bytes) -> Caller:
        """As `verify`, with the digest of the secret."""
        if self.is_trusted and key not in self._changed:
            entry = self._entries.get(key, NOBODY)
        else:
            entry = await self._ask(key)
        return entry.prove(digest, time.time())

    @property
    def is_trusted(self) -> bool:
        """Whether memory is known to be as the database is."""
        return time.monotonic() < self._trusted_until

    def remembers(self, key: str) -> bool:
        """Whether a credential of this key is in memory, as it is in the database."""
        return self.is_trusted and key in self._entries and key not in self._changed

    def trust(self, since: float) -> None:
        """The connection that hears of changes lived at `since` (monotonic seconds)."""
        self._trusted_until = since + TRUSTED_SECONDS

    def distrust(self) -> None:
        """It may have been lost: nothing in memory counts until all is read anew."""
        self._trusted_until = 0.0

    def drop(self, key: str) -> None:
        """The credential has changed: what is known of it counts no more."""
        self._changed[key] = self._changed.get(key, 0) + 1

    async def load(self, connection: Connection) -> None:
        """Read every credential."""
        self._changed.clear()
        self._entries = {row["key"]: Entry.of(Credential.from_row(row)) for row in await SQL.fetch(connection, "all")}

    async def load_changed(self, connection: Connection) -> None:
        """Read again those that have changed."""
        for key, changes in tuple(self._changed.items()):
            row = await SQL.fetchrow(connection, "one", key=key)
            if row is not None:
                self._entries[key] = Entry.of(Credential.from_row(row))
            if self._changed[key] == changes:
                del self._changed[key]

    async def _ask(self, key: str) -> Entry:
        if "\0" in key:
            return NOBODY
        async with storage.connection(self._pool) as connection:
            row = await SQL.fetchrow(connection, "one", key=key)
        return NOBODY if row is None else Entry.of(Credential.from_row(row))


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """What the row of a new version needs besides its payload: the key, and the version that it follows (0: none)."""

    key: str
    after: int


class Inline:
    """Writes the rows of credentials in the transaction that appends their events."""

    kinds = frozenset({Kind.CREDENTIAL_ISSUED, Kind.CREDENTIAL_ROTATED, Kind.CREDENTIAL_REVOKED})

    async def known(self, tx: Connection, store: Store, keys: Keys) -> Iterable[Event]:
        """Nothing: that a credential has changed meanwhile shows when its row is written."""
        return ()

    async def write(self, to: Writing, store: Store, events: Sequence[Event], *, alone: bool) -> None:
        """The rows of new versions; Conflict where another change came first."""
        for event in events:
            change = event.detail
            if not isinstance(change, Changed):
                raise TypeError("an event of a credential needs its Changed")
            added = await SQL.execute(
                to.transaction(), "add", key=change.key, position=event.position, store=store.id, state=event.payload,
                after=change.after,
            )  # fmt: skip
            if not added:
                raise Conflict(f"the credential {change.key} exists, or was changed meanwhile: look, then try again")


def _seconds(time: datetime | None) -> float:
    return float("inf") if time is None else time.astimezone(UTC).timestamp()
