"""Issuing, rotating and revoking credentials: each an event in the log of their store.

A secret is shown once, by whoever called; what is kept of it opens nothing.
"""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from lrs.auth import scopes as scopes_
from lrs.auth import states
from lrs.auth.credentials import SQL, Changed, Credential, Credentials
from lrs.auth.pepper import Hasher
from lrs.auth.states import Secret, State
from lrs.errors import Invalid, NotFound
from lrs.events import Draft, Kind
from lrs.log.append import Log
from lrs.log.group import Keys
from lrs.storage import pool as storage
from lrs.storage.pool import Pool

KEY_BYTES: Final = 12
SECRET_BYTES: Final = 32
LONGEST_KEY: Final = 255


class Issued(msgspec.Struct, frozen=True, kw_only=True):
    """A key and its secret, which nobody can ask for again."""

    key: str
    secret: str


class Issuing:
    """Changes the credentials of all stores; `homepage` is that of their authorities.

    Other processes hear of a change when it is committed; `credentials`, this process's own, know it on return.
    """

    def __init__(self, pool: Pool, log: Log, credentials: Credentials, *, pepper: bytes, homepage: str) -> None:
        self._pool = pool
        self._log = log
        self._credentials = credentials
        self._hasher = Hasher(pepper)
        self._homepage = homepage

    async def issue(
        self, store: int, *, name: str, scopes: Sequence[str], expires: datetime | None = None,
        given: Issued | None = None, by: str | None = None,
    ) -> Issued:  # fmt: skip
        """A new credential of a store, generated unless `given`; Conflict where there is one of its key."""
        issued = given or Issued(key=secrets.token_hex(KEY_BYTES), secret=secrets.token_urlsafe(SECRET_BYTES))
        _check_key(issued.key)
        state = State(
            name=name,
            scopes=scopes_.parse(scopes),
            authority=states.authority(self._homepage, issued.key),
            secrets=(self._secret(issued.secret),),
            expires=expires,
        )
        await self._append(Kind.CREDENTIAL_ISSUED, store, issued.key, 0, state, by)
        return issued

    async def rotate(self, key: str, *, overlap: timedelta, by: str | None = None) -> Issued:
        """A new secret for a credential; its old one stays good for `overlap`."""
        known = await self.get(key)
        issued = Issued(key=key, secret=secrets.token_urlsafe(SECRET_BYTES))
        state = known.state.rotated(self._secret(issued.secret), overlap=overlap)
        await self._append(Kind.CREDENTIAL_ROTATED, known.store, key, known.position, state, by)
        return issued

    async def revoke(self, key: str, *, by: str | None = None) -> None:
        """A credential good for nothing, at once and for ever; NotFound where there is none."""
        known = await self.get(key)
        if not known.state.revoked:
            state = known.state.without_secrets()
            await self._append(Kind.CREDENTIAL_REVOKED, known.store, key, known.position, state, by)

    async def get(self, key: str) -> Credential:
        """The credential of that key; else NotFound."""
        found = await self.find(key)
        if found is None:
            raise NotFound(f"there is no credential {key!r}: `lrs credential list` shows those that are")
        return found

    async def find(self, key: str) -> Credential | None:
        """The credential of that key, if there is one."""
        async with storage.connection(self._pool) as connection:
            row = await SQL.fetchrow(connection, "one", key=key)
        return None if row is None else Credential.from_row(row)

    async def of_store(self, store: int) -> Sequence[Credential]:
        """Every credential of a store, revoked ones too, by key."""
        async with storage.connection(self._pool) as connection:
            return [Credential.from_row(row) for row in await SQL.fetch(connection, "of_store", store=store)]

    def _secret(self, secret: str) -> Secret:
        return Secret(hmac=self._hasher.digest(secret).hex(), not_before=datetime.now(UTC))

    async def _append(self, kind: Kind, store: int, key: str, after: int, state: State, by: str | None) -> None:
        draft = Draft(
            kind=kind,
            subject=subject(key),
            payload=state.encode(),
            filled=b"{}",
            detail=Changed(key=key, after=after),
        )
        await self._log.append(store, keys=Keys(), decide=lambda known: [draft], credential=by)
        self._credentials.drop(key)


def subject(key: str) -> UUID:
    """What the events of a credential have in common."""
    return UUID(bytes=hashlib.sha256(b"credential\0" + key.encode()).digest()[:16])


def _check_key(key: str) -> None:
    if not key.isprintable() or ":" in key or not 0 < len(key.encode()) <= LONGEST_KEY:
        raise Invalid(f"a key has 1 to {LONGEST_KEY} printable characters and no colon")
