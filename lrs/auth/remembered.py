"""Authorization headers that were right, so that what they say need not be worked out for every request.

Only what a header says is remembered: its key, and the digest of its secret. Whether these are good is looked up each
time, so that a change is heard at once. The header itself is not kept, only its hash under a key of this process.
"""

import hashlib
import secrets
from typing import Final

import msgspec

MOST: Final = 10_000


class Given(msgspec.Struct, frozen=True):
    """What a header says: a key, and the digest of a secret under the pepper."""

    key: str
    digest: bytes


class Remembered:
    """What the latest headers said that were right."""

    def __init__(self) -> None:
        # Made once and copied, which takes half as long as to begin with the key.
        self._keyed = hashlib.blake2b(key=secrets.token_bytes(32), digest_size=16)
        self._given: dict[bytes, Given] = {}

    def get(self, header: str) -> Given | None:
        """What this very header says, None where it was not remembered."""
        return self._given.get(self._mark(header))

    def add(self, header: str, given: Given) -> None:
        """Remember a header that has just been proven; where there are too many, the oldest goes."""
        self._given[self._mark(header)] = given
        if len(self._given) > MOST:
            del self._given[next(iter(self._given))]

    def _mark(self, header: str) -> bytes:
        mark = self._keyed.copy()
        mark.update(header.encode("utf-8", "surrogatepass"))
        return mark.digest()
