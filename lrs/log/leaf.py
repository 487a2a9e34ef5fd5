"""What an event is to the audit tree: a commitment to its bytes, and the RFC 6962 leaf that covers it.

Fields of varying length stand behind their length in four bytes, so no two events share an entry.
"""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

LAYOUT = b"\x01"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def microseconds(time: datetime) -> int:
    """Microseconds since 1970, exact."""
    return (time - EPOCH) // MICROSECOND


def origin(store: UUID, epoch: int) -> bytes:
    """The 20 bytes that name a log: the store's UUID and its epoch, which a restore raises."""
    return store.bytes + epoch.to_bytes(4, "big")


def commitment(salt: bytes, payload: bytes, filled: bytes, digests: Sequence[bytes]) -> bytes:
    """32 bytes that bind payload, filled and attachments, and tell nothing without the salt."""
    parts = (payload, filled, *digests)
    return hmac.digest(salt, b"".join(field for part in parts for field in (_length(part), part)), "sha256")


def leaf(
    *,
    origin: bytes,
    position: int,
    kind: int,
    subject: UUID,
    stored: datetime,
    credential: str | None,
    commitment: bytes,
) -> bytes:
    """The leaf hash (32 bytes) of an event. (RFC 6962 2.1)"""
    who = b"" if credential is None else credential.encode()
    entry = b"".join(
        (
            LAYOUT,
            origin,
            position.to_bytes(8, "big"),
            kind.to_bytes(2, "big"),
            subject.bytes,
            microseconds(stored).to_bytes(8, "big", signed=True),
            _length(who),
            who,
            commitment,
        )
    )
    return hashlib.sha256(b"\x00" + entry).digest()


def _length(part: bytes) -> bytes:
    return len(part).to_bytes(4, "big")
