"""Secrets of hooks at rest: sealed with a key made from the pepper, which the database never sees."""

import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from lrs.errors import Unavailable

NONCE: Final = 12


class Vault:
    """Seals and opens, with AES-256-GCM; what is sealed for one purpose opens for no other."""

    def __init__(self, pepper: bytes) -> None:
        key = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"daybook secrets of hooks").derive(pepper)
        self._cipher = AESGCM(key)

    def seal(self, secret: str, purpose: str) -> bytes:
        """The secret, unreadable."""
        nonce = os.urandom(NONCE)
        return nonce + self._cipher.encrypt(nonce, secret.encode(), purpose.encode())

    def open(self, sealed: bytes, purpose: str) -> str:
        """The secret again; Unavailable where the pepper is another than it was sealed with."""
        try:
            return self._cipher.decrypt(sealed[:NONCE], sealed[NONCE:], purpose.encode()).decode()
        except InvalidTag as error:
            raise Unavailable(
                "a secret of a hook was sealed with another pepper: give every server the same, or rotate the secret"
            ) from error
