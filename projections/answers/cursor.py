"""Where a page ended, so that the next one goes on from there whatever came or went meanwhile. No I/O."""

import base64
import binascii
import hmac
from collections.abc import Sequence
from datetime import date
from typing import Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lrs.errors import Invalid
from lrs.xapi.parameters import Pairs
from projections.answers import asked as asking

NONCE: Final = 12


class Place(msgspec.Struct, frozen=True, array_like=True):
    """The key of the last row as text, or what it begins with, and the day for which its page held."""

    key: tuple[str, ...]
    as_of: date
    is_live: bool


def seal(place: Place, *, path: str, pairs: Pairs, asker: str, secret: bytes) -> str:
    """A cursor for the next page of the same question by the same asker. She cannot read it, as the key may say who
    is behind a pseudonym.
    """
    content, context = msgspec.msgpack.encode(place), _context(path, pairs, asker)
    # Made of all that is sealed: the same for the same place, and never the same for two.
    nonce = hmac.digest(secret, context + content, "sha256")[:NONCE]
    return base64.urlsafe_b64encode(nonce + _cipher(secret).encrypt(nonce, content, context)).rstrip(b"=").decode()


def open(token: str, *, path: str, pairs: Pairs, asker: str, secret: bytes) -> Place:
    """The place that was sealed; Invalid where the question or the asker is another one."""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        content = _cipher(secret).decrypt(raw[:NONCE], raw[NONCE:], _context(path, pairs, asker))
        return msgspec.msgpack.decode(content, type=Place)
    except (binascii.Error, ValueError, InvalidTag):
        raise Invalid("this cursor is not one of this question: begin again without it", rule="cursor") from None


def check(place: Place, *, key: Sequence[str], is_live: bool, as_of: date) -> None:
    """Invalid where the day has ended for which it was given."""
    if (place.is_live, place.as_of) != (is_live, as_of) or len(place.key) > len(key):
        raise Invalid("this cursor is of an earlier day: begin again without it", rule="cursor")


def _context(path: str, pairs: Pairs, asker: str) -> bytes:
    return msgspec.msgpack.encode(("cursor 2", path, asking.same(pairs), asker))


def _cipher(secret: bytes) -> AESGCM:
    return AESGCM(hmac.digest(secret, b"key of cursors", "sha256"))
