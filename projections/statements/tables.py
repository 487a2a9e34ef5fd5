"""Index rows of statements as the rows of their tables."""

import struct
from collections.abc import Iterator, Sequence

from lrs.storage import copy
from lrs.storage.pool import Connection
from projections.statements.rows import Row

STATEMENTS = (
    *("store", "position", "verb", "authority", "voiding"),
    *("agent", "activity", "registration", "target"),
)
RELATED = ("store", "key", "position", "source")

_STATEMENT = struct.Struct(">h ii iq iq iq i?").pack
_RELATED = struct.Struct(">h ii iq iq iq").pack


async def add(tx: Connection, store: int, rows: Sequence[Row]) -> None:
    """Add the main row of each statement, and its relations."""
    await copy.add(tx, "statements.statements", STATEMENTS, _statements(store, rows))
    await relate(tx, store, [(key, row.position, row.position) for row in rows for key in row.related])


async def relate(tx: Connection, store: int, relations: Sequence[tuple[int, int, int]]) -> None:
    """Add relations: key, position, and the position of the statement in which the key stands."""
    if relations:
        await copy.add(tx, "statements.related", RELATED, _related(store, relations))


def _statements(store: int, rows: Sequence[Row]) -> Iterator[bytes]:
    for row in rows:
        yield b"".join(
            (
                _STATEMENT(
                    *(len(STATEMENTS), 4, store, 8, row.position, 8, row.verb, 8, row.authority, 1, row.voiding)
                ),
                copy.bigint(row.agents[0] if row.agents else None),
                copy.bigint(row.activity),
                copy.bigint(row.registration),
                copy.uuid(row.target),
            )
        )


def _related(store: int, relations: Sequence[tuple[int, int, int]]) -> Iterator[bytes]:
    for key, position, source in relations:
        yield _RELATED(len(RELATED), 4, store, 8, key, 8, position, 8, source)
