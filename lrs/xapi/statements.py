"""Receiving statements: from a request's body to what the log needs, by the rules of the request's version."""

from collections.abc import Callable, Mapping
from typing import cast
from uuid import UUID

import msgspec

from lrs.errors import Invalid, TooLarge
from lrs.xapi import attachments, multipart, rules, schema, signatures, strictjson, values
from lrs.xapi.attachments import Blob, Declared
from lrs.xapi.found import Found, walk
from lrs.xapi.limits import DEFAULT, Limits
from lrs.xapi.shapes import Statement
from lrs.xapi.strictjson import JSON
from lrs.xapi.versions import Version

__all__ = ["Blob", "Found", "Receipt", "Received", "receive", "restore"]


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """A statement that may be recorded. `payload` are its bytes as received; where they lack an id, `id` is new.

    `version` is the one that the statement claims. `digests` are the raw SHA-2 of its attachments, each once.
    """

    id: UUID
    payload: bytes
    version: str | None
    has_timestamp: bool
    has_id: bool
    found: Found
    digests: tuple[bytes, ...]


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What a request holds: its statements in order, and the attachment data that came, by lower-case hex SHA-2."""

    statements: tuple[Received, ...]
    single: bool
    blobs: Mapping[str, Blob]


def receive(
    body: bytes,
    content_type: str,
    *,
    version: Version,
    ids: Callable[[], UUID],
    limits: Limits = DEFAULT,
    statement_id: UUID | None = None,
) -> Receipt:
    """The statements of a PUT (which gives `statement_id`) or POST; else Invalid or TooLarge, with place and rule.

    `ids` gives ids to statements without one. An empty batch is received as such.
    (1.0.3 Data 2.2 to 2.6, 4; Communication 1.5, 2.1; 2.0 4.1.3, 4.1.6.1, 4.2)
    """
    content = multipart.content(body, content_type, version=version, limits=limits)
    if len(content.json) > limits.json_bytes:
        raise TooLarge(f"the JSON of a request may have at most {limits.json_bytes} bytes (LRS_LIMIT_JSON_BYTES)")
    value = strictjson.decode(content.json, version=version)
    single = not isinstance(value, list)
    if statement_id is not None:
        _check_single(value, statement_id, version)
    if isinstance(value, list) and len(value) > limits.batch:
        raise TooLarge(f"a batch may have at most {limits.batch} statements (LRS_LIMIT_BATCH)")
    raws = strictjson.elements(content.json)
    batch = _Batch(version, limits, ids if statement_id is None else lambda: statement_id)
    for index, (element, raw) in enumerate(zip(value if isinstance(value, list) else [value], raws, strict=True)):
        batch.add(element, raw, "" if single else f"/{index}")
    blobs = attachments.match(content.parts, batch.declared, version=version, limits=limits)
    for declared in batch.declared:
        signatures.check(declared, blobs, version=version)
    return Receipt(statements=tuple(batch.received), single=single, blobs=blobs)


def restore(
    raw: bytes, *, version: Version, ids: Callable[[], UUID], limits: Limits = DEFAULT
) -> tuple[Received, bool]:
    """A statement from a file, and whether data of its attachments is missing; else Invalid or TooLarge.

    All rules hold but one: data and signatures may have stayed where the file comes from. That rule is one of requests
    (1.0.3 Communication 1.5; 2.0 4.1.3), and a record of the past is not better for being left out.
    """
    if len(raw) > limits.json_bytes:
        raise TooLarge(f"a statement may have at most {limits.json_bytes} bytes (LRS_LIMIT_JSON_BYTES)")
    batch = _Batch(version, limits, ids)
    batch.add(strictjson.decode(raw, version=version), raw.strip(b" \t\r\n"), "")
    return batch.received[0], any("fileUrl" not in each.attachment for each in batch.declared)


def _check_single(value: JSON, statement_id: UUID, version: Version) -> None:
    if not isinstance(value, dict):
        raise rules.SINGLE.broken(version, "PUT takes one statement, not a list")
    own = value.get("id")
    if isinstance(own, str) and (values.uuid(own) or statement_id) != statement_id:
        raise rules.SINGLE.broken(version, f"the statement's id is not the statementId {statement_id}", "/id")


class _Batch:
    """The statements so far, and what attachments they declare."""

    def __init__(self, version: Version, limits: Limits, ids: Callable[[], UUID]) -> None:
        self.received: list[Received] = []
        self.declared: list[Declared] = []
        self._version, self._limits, self._ids = version, limits, ids
        self._is_valid = schema.verdict(schema.STATEMENT, version).is_valid
        self._seen: set[UUID] = set()

    def add(self, value: JSON, raw: bytes, pointer: str) -> None:
        if not self._is_valid(value):
            raise schema.refusal(schema.STATEMENT, value, self._version, pointer)
        statement = cast(Statement, value)
        try:
            found, declared = walk(statement, raw, self._version, self._limits)
        except Invalid as error:
            error.pointer = pointer + (error.pointer or "")
            raise
        self._received(statement, raw, found, pointer)
        if declared:
            self.declared += [msgspec.structs.replace(each, pointer=pointer + each.pointer) for each in declared]

    def _received(self, statement: Statement, raw: bytes, found: Found, pointer: str) -> None:
        own = statement.get("id")
        key = self._ids() if own is None else values.known_uuid(own)
        if key in self._seen:
            raise rules.ONE_EACH.broken(self._version, f"the id {key} is in this batch already", f"{pointer}/id")
        self._seen.add(key)
        received = Received(
            id=key,
            payload=raw,
            version=statement.get("version"),
            has_timestamp="timestamp" in statement,
            has_id=own is not None,
            found=found,
            digests=tuple(map(bytes.fromhex, found.attachments)),
        )
        self.received.append(received)
