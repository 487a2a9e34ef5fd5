"""An event as it is told outside: one JSON object on one line, the same to feed, webhooks and Kafka.

`schemas/events/` has its form, a file for each kind and version. What opens a door never leaves: of credentials and
users only what is named here does.
"""

import base64
import functools
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec
import orjson

from lrs.events import Kind
from lrs.log.read import Told
from lrs.log.store import Store
from lrs.xapi import formats

# The version of the form of each kind: what is added does not raise it, what is taken away or changed does.
VERSION: Final = 1
NOTHING: Final = b"null"
# JSON has line ends between its parts alone, where a space says the same; lines are what separates events outside.
_ONE_LINE: Final = bytes.maketrans(b"\r\n", b"  ")

_LABELS: Final = {kind: f'"kind":"{kind.label}","version":{VERSION},' for kind in Kind}

_encode = msgspec.json.Encoder().encode


class _Validity(msgspec.Struct, frozen=True, kw_only=True):
    """When a secret is good; what is kept of it stays here."""

    not_before: datetime
    expires: datetime | None = None


class _Credential(msgspec.Struct, frozen=True, kw_only=True):
    """What of a credential is told."""

    name: str
    scopes: tuple[str, ...]
    authority: msgspec.Raw
    secrets: tuple[_Validity, ...]
    expires: datetime | None = None
    revoked: bool = False


class _User(msgspec.Struct, frozen=True, kw_only=True):
    """What of a user is told."""

    name: str
    places: Mapping[str, msgspec.Raw] = {}
    disabled: bool = False


def identity(store: Store, position: int) -> str:
    """The id of an event outside, the same however often it is sent: `STORE-UUID:EPOCH:POSITION`."""
    return f"{store.uuid}:{store.epoch}:{position}"


def of(store: Store, event: Told) -> bytes:
    """The message of an event of `store`; its `data` is null where the content was erased."""
    return b"%b%b}" % (_head(store, event), data(event))


def data(event: Told) -> bytes:
    """What the event is about, as JSON on one line: of a statement the statement in exact format."""
    if event.payload is None:
        return NOTHING
    write = DATA.get(event.kind)
    if write is None:
        return NOTHING
    written = write(event)
    return written.translate(_ONE_LINE) if b"\n" in written or b"\r" in written else written


def _head(store: Store, event: Told) -> bytes:
    id_, name = _origin(store)
    return (
        f'{{"id":"{id_}{event.position}","store":"{name}","position":{event.position},{_LABELS[event.kind]}'
        f'"stored":"{formats.instant(event.stored)}","subject":"{event.subject}","data":'
    ).encode()


@functools.lru_cache(64)
def _origin(store: Store) -> tuple[str, str]:
    """What begins the ids of a store's events, and its name."""
    return f"{store.uuid}:{store.epoch}:", store.name


def _statement(event: Told) -> bytes:
    return formats.exact(event.payload or b"", event.filled or b"{}", event.stored)


def _document(event: Told) -> bytes:
    """Which document it is, and its content: as JSON, as text, or else in base64."""
    named = _key(event)
    content = event.payload or b""
    encoding, written = _content(content, str(named.get("contentType", "")))
    return orjson.dumps({**named, "encoding": encoding, "content": orjson.Fragment(written)})


def _no_document(event: Told) -> bytes:
    named = _key(event)
    named.pop("contentType", None)
    return orjson.dumps(named)


def _key(event: Told) -> dict[str, Any]:
    named: dict[str, Any] = orjson.loads(event.filled or b"{}")
    return named


def _content(content: bytes, content_type: str) -> tuple[str, bytes]:
    if content_type.partition(";")[0].strip().lower() == "application/json":
        try:
            orjson.loads(content)
        except orjson.JSONDecodeError:
            pass
        else:
            return "json", content
    try:
        return "text", orjson.dumps(content.decode())
    except UnicodeDecodeError:
        return "base64", orjson.dumps(base64.b64encode(content).decode())


def _credential(event: Told) -> bytes:
    return _encode(msgspec.json.decode(event.payload or b"", type=_Credential))


def _user(event: Told) -> bytes:
    return _encode(msgspec.json.decode(event.payload or b"", type=_User))


def _as_it_is(event: Told) -> bytes:
    return event.payload or NOTHING


# Kinds that are not here tell nothing of what they are about.
DATA: Final[Mapping[Kind, Callable[[Told], bytes]]] = {
    Kind.STATEMENT_STORED: _statement,
    Kind.DOCUMENT_STORED: _document,
    Kind.DOCUMENT_DELETED: _no_document,
    Kind.REFERENCE_APPLIED: _as_it_is,
    Kind.CREDENTIAL_ISSUED: _credential,
    Kind.CREDENTIAL_ROTATED: _credential,
    Kind.CREDENTIAL_REVOKED: _credential,
    Kind.USER_CHANGED: _user,
    Kind.HOOK_CHANGED: _as_it_is,
    Kind.RECORDS_READ: _as_it_is,
    Kind.RECORDS_EXPORTED: _as_it_is,
    Kind.STORE_CHANGED: _as_it_is,
}
