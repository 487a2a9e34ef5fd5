"""Writes the rows of statements in the transaction that appends them."""

from collections.abc import Iterable, Sequence

from lrs.events import Event, Kind
from lrs.log.group import Keys
from lrs.log.store import Store
from lrs.storage.pool import Connection
from projections.statements import bonds, tables
from projections.statements.rows import rows


class Inline:
    """Statements as the log appends them."""

    kinds = frozenset({Kind.STATEMENT_STORED})

    async def known(self, tx: Connection, store: Store, keys: Keys) -> Iterable[Event]:
        """Nothing: statement ids are the log's own."""
        return ()

    async def write(self, tx: Connection, store: Store, events: Sequence[Event], *, alone: bool) -> None:
        """Index rows, what StatementRefs inherit, and who is voided."""
        new = rows(store.secret, events)
        await tables.add(tx, store.id, new)
        await tables.add_agents(tx, store.id, [each for each in new if len(each.agents) > 1])
        await bonds.settle(tx, store, new)
