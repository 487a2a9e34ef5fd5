"""Writes the names of agents in the transaction that appends the statements in which they stand."""

from collections.abc import Iterable, Sequence

from lrs.events import Event, Kind, StatementDetail
from lrs.log.group import Keys
from lrs.log.store import Store
from lrs.storage import sqlfile
from lrs.storage.pool import Connection
from projections import keys as hashed

SQL = sqlfile.load(__package__, "changes.sql")


class Inline:
    """People as statements name them."""

    kinds = frozenset({Kind.STATEMENT_STORED})

    async def known(self, tx: Connection, store: Store, keys: Keys) -> Iterable[Event]:
        """Nothing: no decision depends on a name."""
        return ()

    async def write(self, tx: Connection, store: Store, events: Sequence[Event]) -> None:
        """A row for each name that an agent has not had before."""
        names: dict[tuple[int, int], tuple[int, bytes]] = {}
        for event in events:
            detail = event.detail
            assert isinstance(detail, StatementDetail)
            for ifi, name in detail.found.names if detail.define else ():
                said = name.encode()
                names.setdefault(
                    (hashed.agent(store.secret, ifi), hashed.digest(store.secret, said)), (event.position, said)
                )
        if names:
            await SQL.execute(
                tx,
                "insert",
                store=store.id,
                agents=[agent for agent, _ in names],
                digests=[digest for _, digest in names],
                positions=[position for position, _ in names.values()],
                names=[name for _, name in names.values()],
            )
