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
        settled = await bonds.settle(tx, store, new)
        await tables.add(tx, store, new, settled.bonds)
        if settled.passed_on:
            await tables.add(tx, store, (), await bonds.further(tx, store, settled.passed_on))
        if settled.voided:
            await tables.void(tx, store, settled.voided)
