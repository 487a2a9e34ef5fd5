"""An event as records of its store's topic, and back.

The key is the position, the value the message that feed and webhooks send too. Headers say what is not in it: `id` and
`kind` for those who choose without opening the value, and `received`, the members of a statement that the message tells
in another form than they came in, so that what follows from Kafka has what the log has.
"""

import zlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final
from uuid import UUID

import msgspec
import orjson

from lrs.events import Kind
from lrs.hooks import message
from lrs.log.read import Told
from lrs.log.store import Store
from lrs.xapi import actors, formats

Members = dict[str, msgspec.Raw]
Header = tuple[str, bytes]

# Where what has no order of its own goes: reference data, users, looks.
REST: Final = 0
REMEMBERED: Final = 20_000
# Where the content begins in a message: no member before it can hold this.
DATA: Final = b'"data":'
ERASURES: Final = frozenset({Kind.PERSON_ERASED, Kind.STATEMENT_REDACTED, Kind.RECORDS_PRUNED})
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND: Final = timedelta(milliseconds=1)
_KINDS: Final = {kind.label: kind for kind in Kind}

_members = msgspec.json.Decoder(Members).decode
_encode = msgspec.json.Encoder().encode


class Record(msgspec.Struct, frozen=True):
    """A record to be sent; one without value is a tombstone."""

    partition: int
    key: bytes
    value: bytes | None
    headers: list[Header]
    timestamp_ms: int

    @property
    def size(self) -> int:
        """Its bytes."""
        headers = sum(len(name) + len(value) + 10 for name, value in self.headers)
        return len(self.key) + len(self.value or b"") + headers


class _Erased(msgspec.Struct, frozen=True):
    positions: tuple[int, ...] = ()


class _Message(msgspec.Struct, frozen=True):
    position: int
    kind: str
    stored: datetime
    subject: UUID
    data: msgspec.Raw = msgspec.Raw(message.NOTHING)
    oversize: int | None = None


_erased = msgspec.json.Decoder(_Erased).decode
_message = msgspec.json.Decoder(_Message).decode


def of(store: Store, event: Told, partitions: int) -> Iterator[Record]:
    """The records of an event: its own, and of an erasure besides the tombstones of what was erased.

    As nobody can tell any more whose they were, each partition gets them.
    """
    for position in erased(event):
        for every in range(partitions):
            headers = [("id", message.identity(store, position).encode()), ("erased", b"%d" % event.position)]
            yield Record(every, b"%d" % position, None, headers, milliseconds(event.stored))
    value = message.of(store, event)
    headers = _headers(store, event)
    if event.kind is Kind.STATEMENT_STORED and event.payload is not None:
        came = _members(event.payload)
        own = _of_actor(event, came, partitions)
        if received := _received(came | _members(event.filled or b"{}"), value):
            headers.append(("received", received))
    else:
        own = partition(event, partitions)
    yield Record(own, b"%d" % event.position, value, headers, milliseconds(event.stored))


def oversize(store: Store, event: Told, partitions: int, size: int) -> Record:
    """What is sent in place of a record of `size` bytes, which is more than a broker takes: without its data."""
    told = {
        "id": message.identity(store, event.position),
        "store": store.name,
        "position": event.position,
        "kind": event.kind.label,
        "version": message.VERSION,
        "stored": formats.instant(event.stored),
        "subject": str(event.subject),
        "oversize": size,
    }
    own = partition(event, partitions)
    return Record(own, b"%d" % event.position, orjson.dumps(told), _headers(store, event), milliseconds(event.stored))


def erased(event: Told) -> Sequence[int]:
    """The positions whose content this event says is erased: the `positions` of its payload."""
    if event.kind not in ERASURES or event.payload is None:
        return ()
    return _erased(event.payload).positions


def partition(event: Told, partitions: int) -> int:
    """Where an event goes: all of one actor to one partition, all versions of a document too, the rest to the first."""
    if event.kind is Kind.STATEMENT_STORED and event.payload is not None:
        return _of_actor(event, _members(event.payload), partitions)
    if event.kind in (Kind.STATEMENT_STORED, Kind.DOCUMENT_STORED, Kind.DOCUMENT_DELETED):
        return _spread(str(event.subject), partitions)
    return REST


def told(value: bytes, headers: Sequence[Header]) -> tuple[Told, bool]:
    """The event of a record that has a value; and whether it is whole, or its content is to be read from the log."""
    found = _message(value)
    kind = _KINDS[found.kind]
    payload: bytes | None = bytes(found.data)
    filled = None
    if payload == message.NOTHING:
        payload = None
    elif kind is Kind.STATEMENT_STORED:
        members = _members(found.data)
        del members["stored"]
        members |= _members(dict(headers).get("received", b"{}"))
        filled = _encode({name: members[name] for name in ("authority",) if name in members})
        payload = _encode(members)
    stored = found.stored.astimezone(UTC)
    return Told(found.position, kind, stored, found.subject, payload, filled), found.oversize is None


def milliseconds(moment: datetime) -> int:
    """A moment as records are stamped."""
    return (moment - EPOCH) // MILLISECOND


def _headers(store: Store, event: Told) -> list[Header]:
    return [("id", message.identity(store, event.position).encode()), ("kind", event.kind.label.encode())]


def _of_actor(event: Told, came: Members, partitions: int) -> int:
    return _spread(_ifi(bytes(came["actor"])) or str(event.subject), partitions)


def _received(came: Members, value: bytes) -> bytes | None:
    """The members of a statement as they came, where its message has them in another form."""
    told = _members(value[value.index(DATA) + len(DATA) : -1])
    changed = {name: raw for name, raw in came.items() if told[name] != raw}
    return _encode(changed) if changed else None


def _spread(name: str, partitions: int) -> int:
    return zlib.crc32(name.encode(errors="replace")) % partitions


@lru_cache(maxsize=REMEMBERED)
def _ifi(actor: bytes) -> str | None:
    return actors.ifi(orjson.loads(actor))
