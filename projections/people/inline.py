"""Writes the names of agents in the transaction that appends the statements in which they stand."""

from collections.abc import Container, Iterable, Sequence

from lrs.events import Event, Kind, StatementDetail
from lrs.log.group import Keys
from lrs.log.store import Store
from lrs.storage import sqlfile
from lrs.storage.pool import Connection
from projections import keys as hashed

SQL = sqlfile.load(__package__, "changes.sql")
REMEMBERED = 100_000


class Inline:
    """People as statements name them. Which names are kept already is remembered, as most come again and again."""

    kinds = frozenset({Kind.STATEMENT_STORED})

    def __init__(self) -> None:
        self._kept: dict[int, set[tuple[int, int]]] = {}

    async def known(self, tx: Connection, store: Store, keys: Keys) -> Iterable[Event]:
        """Nothing: no decision depends on a name."""
        return ()

    async def write(self, tx: Connection, store: Store, events: Sequence[Event], *, alone: bool) -> None:
        """A row for each name that an agent has not had before."""
        kept = self._kept.get(store.id)
        if kept is None or not alone or len(kept) > REMEMBERED:
            kept = self._kept[store.id] = set()
        names = _names(store, events, kept)
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
            kept.update(names)


def _names(
    store: Store, events: Sequence[Event], kept: Container[tuple[int, int]]
) -> dict[tuple[int, int], tuple[int, bytes]]:
    """By agent and digest: where a name that may be new appears first."""
    names: dict[tuple[int, int], tuple[int, bytes]] = {}
    for event in events:
        detail = event.detail
        assert isinstance(detail, StatementDetail)
        for ifi, name in detail.found.names if detail.define else ():
            key = (hashed.agent(store.secret, ifi), hashed.name(store.secret, name))
            if key not in kept:
                names.setdefault(key, (event.position, name.encode()))
    return names
