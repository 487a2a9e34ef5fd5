"""What statements are filtered by, as 8-byte hashes under the store's secret: small, and not to be forged."""

from functools import lru_cache
from hashlib import blake2b
from uuid import UUID

SIZE = 8
REMEMBERED = 32_768


def _hash(secret: bytes, kind: bytes, value: bytes) -> int:
    return int.from_bytes(blake2b(value, digest_size=SIZE, key=secret, person=kind).digest(), "big", signed=True)


@lru_cache(maxsize=REMEMBERED)
def agent(secret: bytes, ifi: str) -> int:
    """The key of an agent or identified group, by canonical IFI."""
    return _hash(secret, b"agent", ifi.encode())


@lru_cache(maxsize=REMEMBERED)
def verb(secret: bytes, iri: str) -> int:
    """The key of a verb."""
    return _hash(secret, b"verb", iri.encode())


@lru_cache(maxsize=REMEMBERED)
def activity(secret: bytes, iri: str) -> int:
    """The key of an activity."""
    return _hash(secret, b"activity", iri.encode())


def registration(secret: bytes, value: UUID) -> int:
    """The key of a registration."""
    return _hash(secret, b"registration", value.bytes)


def digest(secret: bytes, value: bytes) -> int:
    """The key of anything else."""
    return _hash(secret, b"digest", value)
