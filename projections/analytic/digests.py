"""Digests of tables: two that hold the same rows have the same, in whatever order the rows came about."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Final

from lrs.storage.pool import Connection
from projections.analytic import Projection
from projections.analytic.tables import quoted

Columns = Mapping[str, tuple[Sequence[str], Sequence[str]]]

# Of each table its columns, and those it is ordered by.
OF_FACTS: Final[Columns] = {
    "facts": (
        (
            "store", "statement", "n", "since", "until", "position", "kind", "subject", "other", "cohort", "observed",
            "body",
        ),
        ("store", "statement", "n", "since"),
    ),
    "voids": (("store", "statement", "position"), ("store", "statement")),
    "unmatched": (("store", "position", "verb", "type"), ("store", "position")),
}  # fmt: skip


def of_projection(projection: Projection) -> Columns:
    """All columns of all tables of a projection, in the order of their keys."""
    return {
        table.name: (
            ("store", "owner", *(quoted(column.name) for column in table.columns)),
            ("store", *map(quoted, table.key)),
        )
        for table in projection.tables
    }


async def digest(connection: Connection, schema: str, tables: Columns) -> str:
    """SHA-256, in hexadecimal, over every row of the tables in `schema`, ordered by their keys."""
    summed = sha256()

    async def take(part: bytes) -> None:
        summed.update(part)

    for name, (columns, order) in sorted(tables.items()):
        summed.update(f"{name}\0".encode())
        # By bytes, whatever the language of the database is.
        ordered = ", ".join(f'{each}::text collate "C"' for each in order)
        query = f"select {', '.join(columns)} from {schema}.{name} order by {ordered}"  # noqa: S608 - names of ours
        await connection.copy_from_query(query, output=take)
    return summed.hexdigest()
