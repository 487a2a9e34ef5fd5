"""Signatures as the Standard Webhooks specification has them: HMAC-SHA-256 over id, time and body."""

import base64
import binascii
import hmac
import secrets
from collections.abc import Iterable
from typing import Final

from lrs.errors import Invalid

PREFIX: Final = "whsec_"
BYTES: Final = 32
LEAST, MOST = 24, 64


def generate() -> str:
    """A new secret: `whsec_` and 32 random bytes in base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(BYTES)).decode()


def key(secret: str) -> bytes:
    """The bytes that a secret stands for; Invalid where it is none."""
    try:
        found = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        found = b""
    if not secret.startswith(PREFIX) or not LEAST <= len(found) <= MOST:
        raise Invalid(
            f"a signing secret is {PREFIX} and {LEAST} to {MOST} bytes in base64; leave it out to have one made",
            pointer="/secrets/signing",
            rule="hook.secret",
        )
    return found


def sign(keys: Iterable[bytes], id: str, timestamp: int, body: bytes) -> str:
    """The value of `webhook-signature`: one signature for each key."""
    signed = b"%b.%d.%b" % (id.encode(), timestamp, body)
    return " ".join(f"v1,{base64.b64encode(hmac.digest(each, signed, 'sha256')).decode()}" for each in keys)
