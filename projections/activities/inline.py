"""Writes what statements say of activities in the transaction that appends them."""

from collections.abc import Iterable, Sequence

from lrs.events import Event, Kind, StatementDetail
from lrs.log.group import Keys
from lrs.log.store import Store
from lrs.storage import sqlfile
from lrs.storage.pool import Connection
from projections import keys as hashed

SQL = sqlfile.load(__package__, "changes.sql")
REMEMBERED = 100_000


class Inline:
    """Activities as statements define them. What was said last is remembered, as most say the same again and again."""

    kinds = frozenset({Kind.STATEMENT_STORED})

    def __init__(self) -> None:
        self._latest: dict[int, dict[int, int]] = {}

    async def known(self, tx: Connection, store: Store, keys: Keys) -> Iterable[Event]:
        """Nothing: no decision depends on a definition."""
        return ()

    async def write(self, tx: Connection, store: Store, events: Sequence[Event], *, alone: bool) -> None:
        """A row for each definition that differs from the one before it."""
        latest = self._latest.get(store.id)
        if latest is None or not alone or len(latest) > REMEMBERED:
            latest = self._latest[store.id] = {}
        rows: list[tuple[int, int, int, bytes, bool]] = []
        for event in events:
            for activity, definition in _definitions(store, event).items():
                digest = hashed.definition(store.secret, definition)
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
