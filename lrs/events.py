"""The event vocabulary: what a log may hold. Old kinds and shapes are read for ever.

An event is given its position, `stored` and salt at the append and nowhere earlier.
"""

import enum
from datetime import datetime
from uuid import UUID

import msgspec

from lrs.xapi.statements import Found


class Kind(enum.IntEnum):
    """What happened. The number is what the log stores; it never changes its meaning."""

    STATEMENT_STORED = 1
    DOCUMENT_STORED = 2
    DOCUMENT_DELETED = 3
    REFERENCE_APPLIED = 4
    CREDENTIAL_ISSUED = 5
    CREDENTIAL_ROTATED = 6
    CREDENTIAL_REVOKED = 7
    USER_CHANGED = 8
    HOOK_CHANGED = 9
    RECORDS_READ = 10
    RECORDS_EXPORTED = 11
    PERSON_ERASED = 12
    STATEMENT_REDACTED = 13
    RECORDS_PRUNED = 14
    STORE_CHANGED = 15
    SIGNED_IN = 16
    ACCESS_REFUSED = 17
    LOG_RESTORED = 18

    @property
    def label(self) -> str:
        """The kind as it is written outside: `StatementStored`."""
        return "".join(word.capitalize() for word in self.name.split("_"))


class StatementDetail(msgspec.Struct, frozen=True, kw_only=True):
    """What a statement holds for the projections. `authority` is a canonical IFI; without `define` its definitions
    and names do not count.
    """

    found: Found
    authority: str
    define: bool


class DocumentDetail(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a document: its id within its contexts, and what a GET says of it."""

    id: str
    content_type: str
    etag: str
    deleted: bool


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """A look at data of persons, the payload of RecordsRead and RecordsExported.

    Who, in which roles, at what, with what filter, at how many rows of whom (ids of the roster), why, in which format.
    `rows` is None where they were streamed and nobody knew how many there would be.
    """

    who: str
    roles: tuple[str, ...]
    endpoint: str
    filter: str
    people: tuple[str, ...]
    rows: int | None
    why: str = ""
    format: str = "json"


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """An event that has been decided upon and not yet appended.

    `filled` is a JSON object of what the LRS adds. For a statement that came without a timestamp it lacks that key
    and `fill_timestamp` is true: the append sets it to `stored`. `stored` is given only to keep that of another LRS;
    it must not lie before what the log has. `detail` is what inline projections need and the log
    does not keep: `StatementDetail`, `DocumentDetail` and the like.
    """

    kind: Kind
    subject: UUID
    payload: bytes
    filled: bytes
    fill_timestamp: bool = False
    stored: datetime | None = None
    contexts: tuple[UUID, ...] = ()
    digests: tuple[bytes, ...] = ()
    detail: object = None


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """An event of the log of `store`, at `position` (from 1, without gaps); `stored` rises with it."""

    store: int
    position: int
    kind: Kind
    stored: datetime
    credential: str | None
    subject: UUID
    payload: bytes
    filled: bytes
    contexts: tuple[UUID, ...] = ()
    digests: tuple[bytes, ...] = ()
    detail: object = None
