"""What statements are filtered by, as 8-byte hashes under the store's secret: small, and not to be forged."""

from functools import lru_cache
from hashlib import blake2b
from uuid import UUID

SIZE = 8


@lru_cache(maxsize=65_536)
def _key(secret: bytes, kind: bytes, text: str) -> int:
    return _hash(secret, kind, text.encode())


def _hash(secret: bytes, kind: bytes, value: bytes) -> int:
    return int.from_bytes(blake2b(value, digest_size=SIZE, key=secret, person=kind).digest(), "big", signed=True)


def agent(secret: bytes, ifi: str) -> int:
    """The key of an agent or identified group, by canonical IFI."""
    return _key(secret, b"agent", ifi)


def verb(secret: bytes, iri: str) -> int:
    """The key of a verb."""
    return _key(secret, b"verb", iri)


def activity(secret: bytes, iri: str) -> int:
    """The key of an activity."""
    return _key(secret, b"activity", iri)


def registration(secret: bytes, value: UUID) -> int:
    """The key of a registration."""
    return _hash(secret, b"registration", value.bytes)


def name(secret: bytes, value: str) -> int:
    """The digest of a name."""
    return _key(secret, b"name", value)


@lru_cache(maxsize=16_384)
def definition(secret: bytes, value: bytes) -> int:
    """The digest of an activity's definition as it was sent."""
    return _hash(secret, b"definition", value)


def digest(secret: bytes, value: bytes) -> int:
    """The key of anything else."""
    return _hash(secret, b"digest", value)
