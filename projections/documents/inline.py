"""Writes the versions of documents in the transaction that appends them, and looks up what a change depends on."""

from collections.abc import Iterable, Sequence

import asyncpg

from lrs.events import DocumentDetail, Event, Kind
from lrs.log.group import Keys
from lrs.log.store import Store
from lrs.log.writing import Writing
from lrs.storage import sqlfile
from lrs.storage.pool import Connection

SQL = sqlfile.load(__package__, "changes.sql")


class Inline:
    """Documents as the log appends them."""

    kinds = frozenset({Kind.DOCUMENT_STORED, Kind.DOCUMENT_DELETED})

    async def known(self, tx: Connection, store: Store, keys: Keys) -> Iterable[Event]:
        """The latest versions of the documents that are named, and of all in the contexts that are named."""
        if not keys.documents and not keys.contexts:
            return ()
        rows = await SQL.fetch(
            tx, "latest", store=store.id, subjects=list(keys.documents), contexts=list(keys.contexts)
        )
        return [_event(store, row) for row in rows]

    async def write(self, to: Writing, store: Store, events: Sequence[Event], *, alone: bool) -> None:
        """A version for each event."""
        details = [_detail(event) for event in events]
        to.add(
            SQL["insert"],
            subjects=[event.subject for event in events],
            positions=[event.position for event in events],
            ids=[detail.id.encode() for detail in details],
            deleted=[detail.deleted for detail in details],
            content_types=[detail.content_type for detail in details],
            etags=[detail.etag for detail in details],
            stored=[event.stored for event in events],
            # PostgreSQL has no array of arrays of different lengths.
            contexts=["{" + ",".join(map(str, event.contexts)) + "}" for event in events],
        )
        contexts = [(context, event.subject) for event in events for context in event.contexts]
        to.add(
            SQL["insert_contexts"],
            contexts=[context for context, _ in contexts],
            subjects=[subject for _, subject in contexts],
        )


def _detail(event: Event) -> DocumentDetail:
    assert isinstance(event.detail, DocumentDetail)
    return event.detail


def _event(store: Store, row: asyncpg.Record) -> Event:
    return Event(
        store=store.id,
        position=row["position"],
        kind=Kind.DOCUMENT_DELETED if row["deleted"] else Kind.DOCUMENT_STORED,
        stored=row["stored"],
        credential=None,
        subject=row["subject"],
        payload=row["payload"] or b"",
        filled=row["filled"] or b"{}",
        contexts=tuple(row["contexts"]),
        detail=DocumentDetail(
            id=row["id"].decode(), content_type=row["content_type"], etag=row["etag"], deleted=row["deleted"]
        ),
    )
