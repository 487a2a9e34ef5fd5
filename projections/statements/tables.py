"""Index rows of statements as the rows of their tables."""

from collections.abc import Sequence

from lrs.log.store import Store
from lrs.log.writing import Writing
from lrs.storage import sqlfile
from projections.statements.references import Bond
from projections.statements.rows import Row

SQL = sqlfile.load(__package__, "changes.sql")

# The shape of rows for further agents of a statement itself.
OWN = 0

# Position, source, its shape, whether it is the first row of the source, agent.
Also = tuple[int, Row, int, bool, int | None]


def add(to: Writing, store: Store, rows: Sequence[Row], bonds: Sequence[Bond]) -> None:
    """Add the rows of statements, and those that they and earlier ones have from what they refer to."""
    to.add(
        SQL["insert"],
        positions=[row.position for row in rows],
        verbs=[row.verb for row in rows],
        authorities=[row.authority for row in rows],
        voiding=[row.voiding for row in rows],
        agents=[row.agents[0] if row.agents else None for row in rows],
        activities=[row.activity for row in rows],
        registrations=[row.registration for row in rows],
        targets=[row.target for row in rows],
    )
    related = [(key, row.position, row.position) for row in rows for key in row.related]
    related += inherited_relations(bonds)
    if related:
        to.add(SQL["insert_related"], **relations(related))
    also: list[Also] = [(row.position, row, OWN, False, agent) for row in rows for agent in row.agents[1:]]
    also += inherited(bonds, store.secret)
    if also:
        to.add(SQL["insert_also"], **alsos(also))


def void(to: Writing, positions: Sequence[int]) -> None:
    """Statements at positions are voided from now on."""
    to.add(SQL["void"], positions=positions)


def inherited(bonds: Sequence[Bond], secret: bytes) -> list[Also]:
    """The rows that bring it about that a statement is found by what finds its source."""
    shapes: dict[int, int] = {}
    for bond in bonds:
        if bond.source.position not in shapes:
            shapes[bond.source.position] = bond.source.shape(secret)
    return [
        (bond.position, bond.source, shapes[bond.source.position], index == 0, agent)
        for bond in bonds
        for index, agent in enumerate(bond.source.agents or (None,))
    ]


def inherited_relations(bonds: Sequence[Bond]) -> list[tuple[int, int, int]]:
    """The same for relations: key, position, source."""
    return [(key, bond.position, bond.source.position) for bond in bonds for key in bond.source.related]


def relations(rows: Sequence[tuple[int, int, int]]) -> dict[str, object]:
    """The parameters of `insert_related`."""
    return {
        "keys": [key for key, _, _ in rows],
        "positions": [position for _, position, _ in rows],
        "sources": [source for _, _, source in rows],
    }


def alsos(rows: Sequence[Also]) -> dict[str, object]:
    """The parameters of `insert_also`."""
    return {
        "positions": [position for position, _, _, _, _ in rows],
        "sources": [source.position for _, source, _, _, _ in rows],
        "shapes": [shape for _, _, shape, _, _ in rows],
        "lead": [lead for _, _, _, lead, _ in rows],
        "agents": [agent for _, _, _, _, agent in rows],
        "verbs": [source.verb for _, source, _, _, _ in rows],
        "activities": [source.activity for _, source, _, _, _ in rows],
        "registrations": [source.registration for _, source, _, _, _ in rows],
        "authorities": [source.authority for _, source, _, _, _ in rows],
    }
