"""Index rows of statements as the rows of their tables."""

import struct
from collections.abc import Iterator, Sequence

from lrs.log.store import Store
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

# Position, source, its shape, whether it is the first row of the source, agent.
Also = tuple[int, Row, int, bool, int | None]

_STATEMENT = struct.Struct(">h ii iq iq iq i?").pack
_RELATED = struct.Struct(">h ii iq iq iq").pack


async def add(tx: Connection, store: Store, rows: Sequence[Row], bonds: Sequence[Bond]) -> None:
    """Add the rows of statements, and those that they and earlier ones have from what they refer to."""
    if rows:
        await copy.add(tx, "statements.statements", STATEMENTS, _statements(store.id, rows))
    related = [(key, row.position, row.position) for row in rows for key in row.related]
    related += [(key, bond.position, bond.source.position) for bond in bonds for key in bond.source.related]
    if related:
        await copy.add(tx, "statements.related", RELATED, _related(store.id, related))
    also: list[Also] = [(row.position, row, OWN, False, agent) for row in rows for agent in row.agents[1:]]
    also += _inherited(bonds, store.secret)
    if also:
        await _add_also(tx, store.id, also)


async def void(tx: Connection, store: Store, positions: Sequence[int]) -> None:
    """Statements at positions are voided from now on."""
    await SQL.execute(tx, "void", store=store.id, positions=positions)


def _inherited(bonds: Sequence[Bond], secret: bytes) -> list[Also]:
    shapes: dict[int, int] = {}
    for bond in bonds:
        if bond.source.position not in shapes:
            shapes[bond.source.position] = bond.source.shape(secret)
    return [
        (bond.position, bond.source, shapes[bond.source.position], index == 0, agent)
        for bond in bonds
        for index, agent in enumerate(bond.source.agents or (None,))
    ]


async def _add_also(tx: Connection, store: int, also: Sequence[Also]) -> None:
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
