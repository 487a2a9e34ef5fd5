"""What does the mapping leave out?"""

from collections.abc import Sequence
from typing import Final

from lrs.errors import Forbidden
from projections.answers.asked import Asked, Parameter
from projections.answers.asker import Role
from projections.answers.data import Data, Row
from projections.answers.question import Column, Grant, Question, Rows
from projections.facts.store import FILE, SCHEMA

OF: Final = ("statements", "identities")


async def unmatched(asked: Asked, data: Data) -> Sequence[Row]:
    """Statements that no rule took, by verb and type; or identifiers that are nobody's in the roster."""
    if asked.value("of") == "identities":
        return await _identities(asked, data)
    found = await FILE.fetch(data.connection, "unmatched", store=data.store, through=data.through)
    return [
        {
            "what": "statements", "verb": row["verb"], "type": row["type"], "identifier": "",
            "count": row["statements"], "last_position": row["last_position"],
        }
        for row in found
    ]  # fmt: skip


async def _identities(asked: Asked, data: Data) -> Sequence[Row]:
    if not asked.asker.reads_statements:
        raise Forbidden("identifiers are told to credentials with statements/read")
    found = await FILE.fetch(data.connection, "identities", store=data.store, at=data.through)
    known = {ifi for person in asked.reference.people for ifi in asked.reference.ifis(person)}
    return [
        {
            "what": "identities", "verb": "", "type": "", "identifier": row["ifi"], "count": row["facts"],
            "last_position": None,
        }
        for row in found
        if row["ifi"] not in known
    ]  # fmt: skip


UNMATCHED: Final = Question(
    path="unmatched",
    sentence="Statements that no rule of the mapping took, by verb and type; or identifiers without a person.",
    columns=(
        Column("what", "text", "statements or identities."),
        Column("verb", "text", "The verb of the statements."),
        Column("type", "text", "The type of their activity, or the kind of their object."),
        Column("identifier", "text", "The identifier that no person of the roster has; empty for statements.", "agent"),
        Column("count", "bigint", "How many statements; of an identifier, how many live facts are about it."),
        Column("last_position", "bigint", "Where the last of the statements is in the log."),
    ),
    key=("what", "verb", "type", "identifier"),
    compute=unmatched,
    stands_on=(SCHEMA,),
    parameters=(Parameter("of", "statements (default) or identities.", choices=OF),),
    sees={Role.DIRECTOR: Grant(rows=Rows.ALL)},
)
QUESTIONS: Final = (UNMATCHED,)
