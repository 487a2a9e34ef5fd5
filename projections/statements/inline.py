"""Writes the rows of statements in the transaction that appends them."""

from collections.abc import Iterable, Sequence
from functools import partial

from lrs.events import Event, Kind
from lrs.log.group import Keys
from lrs.log.store import Store
from lrs.log.writing import Writing
from lrs.storage.pool import Connection
from projections.statements import bonds, tables
from projections.statements.rows import rows


class Inline:
    """Statements as the log appends them."""

    kinds = frozenset({Kind.STATEMENT_STORED})

    async def known(self, tx: Connection, store: Store, keys: Keys) -> Iterable[Event]:
        """Nothing: statement ids are the log's own."""
        return ()

    async def write(self, to: Writing, store: Store, events: Sequence[Event], *, alone: bool) -> None:
        """Index rows, what StatementRefs inherit, and who is voided."""
        new = rows(store.secret, events)
        settled = await bonds.settle(to.looks, store, new)
        tables.add(to, store, new, settled.bonds)
        if settled.passed_on:
            to.afterwards(partial(bonds.pass_on, store=store, passed_on=settled.passed_on))
        if settled.voided:
            tables.void(to, settled.voided)
