"""A store as the log knows it."""

from uuid import UUID

import msgspec


class Store(msgspec.Struct, frozen=True, kw_only=True):
    """A tenant. `secret` (32 bytes) keys its hashes, document subjects and cursors; it never leaves the server."""

    id: int
    name: str
    uuid: UUID
    epoch: int
    secret: bytes


class Created(msgspec.Struct, frozen=True, kw_only=True):
    """What a `StoreChanged` event needs besides its payload: the secret is not for the log."""

    name: str
    secret: bytes
