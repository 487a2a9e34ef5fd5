"""Writes what statements say of activities in the transaction that appends them."""

from collections.abc import Iterable, Sequence

from lrs.events import Event, Kind, StatementDetail
from lrs.log.group import Keys
from lrs.log.store import Store
from lrs.log.writing import Writing
from lrs.storage import sqlfile
from lrs.storage.pool import Connection
from projections import keys as hashed

SQL = sqlfile.load(__package__, "changes.sql")
REMEMBERED = 20_000


class Inline:
    """Activities as statements define them. What was said last is remembered, as most say the same again and again."""

    kinds = frozenset({Kind.STATEMENT_STORED})

    def __init__(self) -> None:
        self._latest: dict[int, dict[str, bytes]] = {}

    async def known(self, tx: Connection, store: Store, keys: Keys) -> Iterable[Event]:
        """Nothing: no decision depends on a definition."""
        return ()

    async def write(self, to: Writing, store: Store, events: Sequence[Event], *, alone: bool) -> None:
        """A row for each definition that differs from the one before it."""
        latest = self._latest.get(store.id)
        if latest is None or not alone or len(latest) > REMEMBERED:
            latest = self._latest[store.id] = {}
        rows: list[tuple[str, int, bytes, bool]] = []
        for event in events:
            detail = event.detail
            assert isinstance(detail, StatementDetail)
            # Of several that one statement gives for an activity, the last counts.
            for activity, definition in dict(detail.found.definitions).items() if detail.define else ():
                before = latest.get(activity)
                if before != definition:
                    rows.append((activity, event.position, definition, before is not None))
                    latest[activity] = definition
        if rows:
            to.add(
                SQL["insert"],
                activities=[hashed.activity(store.secret, row[0]) for row in rows],
                positions=[row[1] for row in rows],
                digests=[hashed.digest(store.secret, row[2]) for row in rows],
                definitions=[row[2] for row in rows],
                follows=[row[3] for row in rows],
            )
