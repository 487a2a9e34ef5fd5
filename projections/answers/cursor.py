"""Where a page ended, so that the next one goes on from there whatever came or went meanwhile. No I/O."""

import base64
import binascii
import hmac
from collections.abc import Sequence
from datetime import date
from typing import Final

import msgspec

from lrs.errors import Invalid
from lrs.xapi.parameters import Pairs
from projections.answers import asked as asking

MAC_BYTES: Final = 12


class Place(msgspec.Struct, frozen=True, array_like=True):
    """The key of the last row as text, or what it begins with, and the day for which its page held."""

    key: tuple[str, ...]
    as_of: date
    is_live: bool


def seal(place: Place, *, path: str, pairs: Pairs, asker: str, secret: bytes) -> str:
    """A cursor for the next page of the same question by the same asker: readable, but not to be changed."""
    content = msgspec.msgpack.encode(place)
    return base64.urlsafe_b64encode(_mac(content, path, pairs, asker, secret) + content).rstrip(b"=").decode()


def open(token: str, *, path: str, pairs: Pairs, asker: str, secret: bytes) -> Place:
    """The place that was sealed; Invalid where the question or the asker is another one."""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        mac, content = raw[:MAC_BYTES], raw[MAC_BYTES:]
        if hmac.compare_digest(mac, _mac(content, path, pairs, asker, secret)):
            return msgspec.msgpack.decode(content, type=Place)
    except (binascii.Error, ValueError):
        pass
    raise Invalid("this cursor is not one of this question: begin again without it", rule="cursor")


def check(place: Place, *, key: Sequence[str], is_live: bool, as_of: date) -> None:
    """Invalid where the day has ended for which it was given."""
    if (place.is_live, place.as_of) != (is_live, as_of) or len(place.key) > len(key):
        raise Invalid("this cursor is of an earlier day: begin again without it", rule="cursor")


def _mac(content: bytes, path: str, pairs: Pairs, asker: str, secret: bytes) -> bytes:
    framed = msgspec.msgpack.encode(("cursor 1", path, asking.same(pairs), asker, content))
    return hmac.digest(secret, framed, "sha256")[:MAC_BYTES]
