"""Who looked at my records?"""

from collections.abc import Sequence
from typing import Final
from urllib.parse import parse_qsl, urlencode

import msgspec

from lrs.events import Look
from lrs.storage import sqlfile
from projections.answers.asked import Asked
from projections.answers.asker import Role
from projections.answers.data import Data, Row
from projections.answers.question import Column, Grant, Question, Rows

SQL: Final = sqlfile.load(__package__, "find.sql")
PAGE: Final = 10_000
LAST: Final = 2**63 - 1
# What of a filter may name others.
NAMING: Final = frozenset(
    {
        "person", "coach", "agent", "actor", "object", "authority", "context.instructor", "context.team",
        "context.agent", "context.group", "registration", "where",
    }
)  # fmt: skip


async def looks(asked: Asked, data: Data) -> Sequence[Row]:
    """The latest looks at the records of the one who asks."""
    person = asked.asker.person
    found = await SQL.fetch(
        data.connection, "looks", store=data.store, person=person, before=LAST, limit=PAGE
    )  # fmt: skip
    told = [(row, msgspec.json.decode(row["payload"], type=Look)) for row in found if row["payload"] is not None]
    return [
        {
            "position": row["position"],
            "at": row["stored"],
            "person_id": person,
            "who": look.who,
            "roles": list(look.roles),
            "endpoint": look.endpoint,
            "filter": _own(look.filter, person),
            "rows": look.rows,
            "why": look.why or None,
            "format": look.format,
        }
        for row, look in told
    ]


def _own(filter_: str, person: str | None) -> str:
    """The filter without other persons: who they are is nothing to her."""
    return urlencode([(name, value) for name, value in parse_qsl(filter_) if name not in NAMING or value == person])


ACCESS: Final = Question(
    path="access",
    sentence="Who looked at my records, when, at what and why: the latest 10,000 looks.",
    columns=(
        Column("position", "bigint", "Where the log has the look."),
        Column("at", "timestamptz", "When it was."),
        Column("person_id", "text", "Whose records were looked at."),
        Column("who", "text", "The user or credential that looked."),
        Column("roles", "text[]", "In which roles."),
        Column(
            "endpoint",
            "text",
            "At what, beneath /analytics/v1; `events`, the change feed; or `export statements` or `export events`.",
        ),
        Column("filter", "text", "With which parameters; other persons are left out."),
        Column("rows", "bigint", "How many rows were shown, hers among them; null where all were streamed."),
        Column("why", "text", "The purpose that was given (why=)."),
        Column("format", "text", "json, csv, parquet, arrow, or jsonl of the command line."),
    ),
    key=("position",),
    compute=looks,
    person="person_id",
    sees={role: Grant(rows=Rows.OWN) for role in Role if role is not Role.RESEARCHER},
)
QUESTIONS: Final = (ACCESS,)
