"""Writes who looked at whose records in the transaction that appends the look."""

from collections.abc import Iterable, Sequence
from typing import Final

from lrs.events import Event, Kind, Look
from lrs.log.group import Keys
from lrs.log.store import Store
from lrs.log.writing import Writing
from lrs.storage import sqlfile
from lrs.storage.pool import Connection

SQL: Final = sqlfile.load(__package__, "changes.sql")


class Inline:
    """Looks as the log appends them, a row for each person."""

    kinds = frozenset({Kind.RECORDS_READ, Kind.RECORDS_EXPORTED})

    async def known(self, tx: Connection, store: Store, keys: Keys) -> Iterable[Event]:
        """Nothing: no look depends on another."""
        return ()

    async def write(self, to: Writing, store: Store, events: Sequence[Event], *, alone: bool) -> None:
        """The rows of looks."""
        rows = [(person, event.position) for event in events for person in _look(event).people]
        people, positions = [person for person, _ in rows], [position for _, position in rows]
        to.add(SQL["add"], people=people, positions=positions)


def _look(event: Event) -> Look:
    if not isinstance(event.detail, Look):
        raise TypeError("an event of a look needs its Look")
    return event.detail
