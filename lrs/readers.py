"""What a GET of the standard may ask of the projections. Resources know these; `main` hands them in."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

import msgspec

from lrs.xapi.query import StatementQuery


class StoredStatement(msgspec.Struct, frozen=True, kw_only=True):
    """A statement as the log holds it: the bytes received, and the JSON of what the LRS added."""

    position: int
    stored: datetime
    payload: bytes
    filled: bytes


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Statements in the order asked for; `next_position` goes into `more`, None on the last page.

    `through` is the floor that was read before the statements: nothing later can fall at or below it.
    """

    statements: Sequence[StoredStatement]
    next_position: int | None
    through: datetime


class StoredDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A document of State, Agent Profile or Activity Profile, at its latest version."""

    content: bytes
    content_type: str
    etag: str
    updated: datetime


class Statements(Protocol):
    """Statements, voided ones apart. `mine` is the authority (canonical IFI) to which the answer is limited."""

    async def get(self, store: int, statement_id: UUID, *, voided: bool, mine: str | None) -> StoredStatement | None:
        """The statement of that id if its being voided is as asked."""

    async def find(self, store: int, query: StatementQuery, *, mine: str | None) -> Page:
        """One page of what matches, StatementRef closure included, voided ones never."""


class Documents(Protocol):
    """Documents by key."""

    async def get(self, store: int, subject: UUID) -> StoredDocument | None:
        """The latest version, None where there never was one or it was deleted."""

    async def ids(self, store: int, context: UUID, *, since: datetime | None) -> Sequence[str]:
        """Ids of the documents of a context that were stored after `since`, in order."""


class People(Protocol):
    """Agents."""

    async def names(self, store: int, agent: str) -> Sequence[str]:
        """Every name under which the agent (canonical IFI) was seen, earliest first."""


class Activities(Protocol):
    """Activities."""

    async def definitions(self, store: int, activities: Iterable[str]) -> Mapping[str, Sequence[bytes]]:
        """By activity id: each definition (JSON) that was seen for it, earliest first; unknown ones are left out."""


class Blobs(Protocol):
    """Attachments' data, by their SHA-2."""

    async def get(self, store: int, sha2: Sequence[str]) -> Mapping[str, bytes]:
        """By lower-case hex digest; what is not here is left out."""
