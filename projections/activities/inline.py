"""Writes what statements say of activities in the transaction that appends them."""

from collections.abc import Iterable, Sequence

from lrs.events import Event, Kind, StatementDetail
from lrs.log.group import Keys
from lrs.log.store import Store
from lrs.storage import sqlfile
from lrs.storage.pool import Connection
from projections import keys as hashed

SQL = sqlfile.load(__package__, "changes.sql")


class Inline:
    """Activities as statements define them."""

    kinds = frozenset({Kind.STATEMENT_STORED})

    async def known(self, tx: Connection, store: Store, keys: Keys) -> Iterable[Event]:
        """Nothing: no decision depends on a definition."""
        return ()

    async def write(self, tx: Connection, store: Store, events: Sequence[Event]) -> None:
        """A row for each definition that differs from the one before it."""
        latest: dict[int, int] = {}
        rows: list[tuple[int, int, int, bytes, bool]] = []
        for event in events:
            for activity, definition in _definitions(store, event).items():
                digest = hashed.digest(store.secret, definition)
                before = latest.get(activity)
                if before != digest:
                    rows.append((activity, event.position, digest, definition, before is not None))
                    latest[activity] = digest
        if rows:
            await SQL.execute(
                tx,
                "insert",
                store=store.id,
                activities=[row[0] for row in rows],
                positions=[row[1] for row in rows],
                digests=[row[2] for row in rows],
                definitions=[row[3] for row in rows],
                follows=[row[4] for row in rows],
            )


def _definitions(store: Store, event: Event) -> dict[int, bytes]:
    """By activity: what the statement says of it last, unless its credential may not define."""
    detail = event.detail
    assert isinstance(detail, StatementDetail)
    if not detail.define:
        return {}
    return {hashed.activity(store.secret, iri): definition for iri, definition in detail.found.definitions}
