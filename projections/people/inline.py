"""Writes the names of agents in the transaction that appends the statements in which they stand."""

from collections.abc import Container, Iterable, Sequence

from lrs.events import Event, Kind, StatementDetail
from lrs.log.group import Keys
from lrs.log.store import Store
from lrs.log.writing import Writing
from lrs.storage import sqlfile
from lrs.storage.pool import Connection
from projections import keys as hashed

SQL = sqlfile.load(__package__, "changes.sql")
REMEMBERED = 100_000


class Inline:
    """People as statements name them. Which names are kept already is remembered, as most come again and again."""

    kinds = frozenset({Kind.STATEMENT_STORED})

    def __init__(self) -> None:
        self._kept: dict[int, set[tuple[str, str]]] = {}

    async def known(self, tx: Connection, store: Store, keys: Keys) -> Iterable[Event]:
        """Nothing: no decision depends on a name."""
        return ()

    async def write(self, to: Writing, store: Store, events: Sequence[Event], *, alone: bool) -> None:
        """A row for each name that an agent has not had before."""
        kept = self._kept.get(store.id)
        if kept is None or not alone or len(kept) > REMEMBERED:
            kept = self._kept[store.id] = set()
        names = _names(events, kept)
        if names:
            secret = store.secret
            to.add(
                SQL["insert"],
                agents=[hashed.agent(secret, ifi) for ifi, _ in names],
                digests=[hashed.digest(secret, name.encode()) for _, name in names],
                positions=list(names.values()),
                names=[name.encode() for _, name in names],
            )
            kept.update(names)


def _names(events: Sequence[Event], kept: Container[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """By agent and name: where a name that may be new appears first."""
    names: dict[tuple[str, str], int] = {}
    for event in events:
        detail = event.detail
        assert isinstance(detail, StatementDetail)
        if detail.define:
            for named in detail.found.names:
                if named not in kept:
                    names.setdefault(named, event.position)
    return names
