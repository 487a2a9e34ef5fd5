"""Index rows of statements as the rows of their tables."""

import struct
from collections.abc import Iterator, Sequence

from lrs.storage import copy, sqlfile
from lrs.storage.pool import Connection
from projections.statements.references import Bond
from projections.statements.rows import Row

SQL = sqlfile.load(__package__, "changes.sql")

STATEMENTS = (
    *("store", "position", "verb", "authority", "voiding"),
    *("agent", "activity", "registration", "target"),
)
RELATED = ("store", "key", "position", "source")
# The shape of rows for further agents of a statement itself.
OWN = 0

_STATEMENT = struct.Struct(">h ii iq iq iq i?").pack
_RELATED = struct.Struct(">h ii iq iq iq").pack


async def add(tx: Connection, store: int, rows: Sequence[Row]) -> None:
    """Add the main row of each statement, and its relations."""
    await copy.add(tx, "statements.statements", STATEMENTS, _statements(store, rows))
    await relate(tx, store, [(key, row.position, row.position) for row in rows for key in row.related])


async def add_agents(tx: Connection, store: int, rows: Sequence[Row]) -> None:
    """Add a row for each agent of a statement but the first, who stands in its main row."""
    await _add_also(tx, store, [(row.position, row, OWN, False, agent) for row in rows for agent in row.agents[1:]])


async def add_inherited(tx: Connection, store: int, bonds: Sequence[Bond], *, secret: bytes) -> None:
    """Add the rows and relations that statements have from those they refer to."""
    shapes = {bond.source.position: bond.source.shape(secret) for bond in bonds}
    await _add_also(
        tx,
        store,
        [
            (bond.position, bond.source, shapes[bond.source.position], index == 0, agent)
            for bond in bonds
            for index, agent in enumerate(bond.source.agents or (None,))
        ],
    )
    await relate(
        tx, store, [(key, bond.position, bond.source.position) for bond in bonds for key in bond.source.related]
    )


async def _add_also(tx: Connection, store: int, also: Sequence[tuple[int, Row, int, bool, int | None]]) -> None:
    """`also` is position, source, its shape, whether it is the first of its source, and the agent."""
    if also:
        await SQL.execute(
            tx,
            "insert_also",
            store=store,
            positions=[position for position, _, _, _, _ in also],
            sources=[source.position for _, source, _, _, _ in also],
            shapes=[shape for _, _, shape, _, _ in also],
            lead=[lead for _, _, _, lead, _ in also],
            agents=[agent for _, _, _, _, agent in also],
            verbs=[source.verb for _, source, _, _, _ in also],
            activities=[source.activity for _, source, _, _, _ in also],
            registrations=[source.registration for _, source, _, _, _ in also],
            authorities=[source.authority for _, source, _, _, _ in also],
        )


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
