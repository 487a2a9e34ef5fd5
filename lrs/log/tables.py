"""Events and their payloads as the rows of their tables."""

import struct
from collections.abc import Iterator, Sequence

from lrs.log.group import Written
from lrs.storage import copy
from lrs.storage.pool import Connection

EVENTS = ("store", "position", "kind", "stored", "subject", "commitment", "leaf", "credential")
PAYLOADS = ("store", "position", "payload", "filled", "salt")

_EVENT = struct.Struct(">h ii iq ih iq i16s i32s i32s").pack
_PAYLOAD = struct.Struct(">h ii iq i").pack
_LENGTH = struct.Struct(">i").pack


async def add(tx: Connection, written: Sequence[Written]) -> None:
    """Add events and payloads."""
    await copy.add(tx, "log.events", EVENTS, _events(written))
    await copy.add(tx, "log.payloads", PAYLOADS, _payloads(written))


def _events(written: Sequence[Written]) -> Iterator[bytes]:
    for each in written:
        event = each.event
        yield _EVENT(
            *(len(EVENTS), 4, event.store, 8, event.position, 2, event.kind),
            *(8, copy.microseconds(event.stored), 16, event.subject.bytes, 32, each.commitment, 32, each.leaf),
        ) + copy.text(event.credential)


def _payloads(written: Sequence[Written]) -> Iterator[bytes]:
    for each in written:
        event = each.event
        yield b"".join(
            (
                _PAYLOAD(len(PAYLOADS), 4, event.store, 8, event.position, len(event.payload)),
                event.payload,
                _LENGTH(len(event.filled)),
                event.filled,
                _LENGTH(len(each.salt)),
                each.salt,
            )
        )
