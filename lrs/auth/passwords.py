"""What is kept of passwords: Argon2id over their HMAC under the pepper, so that neither the database alone nor the
pepper alone lets anybody try them.
"""

import asyncio
import base64
import hmac
import secrets
from typing import Final

import argon2
from argon2.exceptions import InvalidHashError, VerificationError

# OWASP's least for Argon2id: 19 MiB, two passes, one lane; about 20 ms.
MEMORY_KIB: Final = 19 * 1024
PASSES: Final = 2
LANES: Final = 1
# At most so many are tried at once, so that wrong passwords take neither all memory nor all processors.
AT_ONCE: Final = 2
REMEMBERED: Final = 1_000
GENERATED_BYTES: Final = 15


class Passwords:
    """Makes and proves what is kept of passwords. What was right once is remembered by its digest, in this process."""

    def __init__(self, *, memory_kib: int = MEMORY_KIB) -> None:
        self._argon = argon2.PasswordHasher(time_cost=PASSES, memory_cost=memory_kib, parallelism=LANES)
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._proven: dict[str, bytes] = {}
        self._nobodys = self._argon.hash(secrets.token_bytes(32))

    async def make(self, digest: bytes) -> str:
        """What is kept of the password of that digest."""
        async with self._turn:
            return await asyncio.to_thread(self._argon.hash, _text(digest))

    async def prove(self, kept: str | None, digest: bytes) -> bool:
        """Whether this was kept of the password of that digest; None takes as long as a wrong one."""
        proven = None if kept is None else self._proven.get(kept)
        if proven is not None and hmac.compare_digest(proven, digest):
            return True
        async with self._turn:
            is_right = await asyncio.to_thread(self._verify, kept or self._nobodys, digest)
        if kept is None or not is_right:
            return False
        self._proven[kept] = digest
        if len(self._proven) > REMEMBERED:
            del self._proven[next(iter(self._proven))]
        return True

    def _verify(self, kept: str, digest: bytes) -> bool:
        try:
            return self._argon.verify(kept, _text(digest))
        except (VerificationError, InvalidHashError):
            return False


def generate() -> str:
    """A password that nobody guesses."""
    return secrets.token_urlsafe(GENERATED_BYTES)


def _text(digest: bytes) -> str:
    return base64.b64encode(digest).decode()
