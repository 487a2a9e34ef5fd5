"""Writes the rows of statements in the transaction that appends them."""

from collections.abc import Iterable, Sequence
from functools import partial
from uuid import UUID

from lrs.events import Event, Kind
from lrs.log.group import Keys
from lrs.log.store import Store
from lrs.log.writing import Writing
from lrs.storage.pool import Connection
from projections.statements import bonds, tables
from projections.statements.rows import Row, rows

REMEMBERED = 10_000


class Inline:
    """Statements as the log appends them. The latest are remembered, as most that are referred to are among them."""

    kinds = frozenset({Kind.STATEMENT_STORED})

    def __init__(self) -> None:
        self._latest: dict[int, dict[UUID, Row]] = {}

    async def known(self, tx: Connection, store: Store, keys: Keys) -> Iterable[Event]:
        """Nothing: statement ids are the log's own."""
        return ()

    async def write(self, to: Writing, store: Store, events: Sequence[Event], *, alone: bool) -> None:
        """Index rows, what StatementRefs inherit, and who is voided."""
        new = rows(store.secret, events)
        latest = self._latest.get(store.id)
        if latest is None or not alone:
            latest = self._latest[store.id] = {}
        settled = await bonds.settle(to, store, new, latest)
        tables.add(to, store, new, settled.bonds)
        if settled.passed_on:
            to.afterwards(partial(bonds.pass_on, store=store, passed_on=settled.passed_on))
        if settled.voided:
            tables.void(to, settled.voided)
        latest.update((row.id, row) for row in new)
        for _ in range(len(latest) - REMEMBERED):
            del latest[next(iter(latest))]
