"""Who asks a question: by what name, in which roles, and as whom of the roster."""

from enum import StrEnum

import msgspec

from lrs.auth import scopes
from lrs.auth.caller import Caller
from lrs.errors import Forbidden


class Role(StrEnum):
    """What a user is in a store. A credential with `analytics/read` is a director."""

    EDUCATOR = "educator"
    COACH = "coach"
    FACILITATOR = "facilitator"
    PRINCIPAL = "principal"
    EVALUATOR = "evaluator"
    DIRECTOR = "director"
    RESEARCHER = "researcher"


class Asker(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks; `orgs` are those that a principal or evaluator was given, empty where the roster says.

    `reads_statements` is for credentials that may read every statement, and so any number of them.
    """

    store: int
    name: str
    roles: frozenset[Role]
    secret: bytes
    person: str | None = None
    orgs: tuple[str, ...] = ()
    reads_statements: bool = False

    @classmethod
    def of(cls, caller: Caller) -> "Asker":
        """The asker that a caller is; Forbidden for one who may not read analytics."""
        held = {Role(role) for role in caller.roles if role in Role.__members__.values()}
        if caller.may(scopes.ANALYTICS_READ):
            held.add(Role.DIRECTOR)
        if not held:
            raise Forbidden("this needs the scope analytics/read, or a user with a role: ask for one that has")
        return cls(
            store=caller.store,
            name=caller.key,
            roles=frozenset(held),
            secret=caller.store_secret,
            person=caller.person,
            orgs=caller.orgs,
            reads_statements=caller.may(scopes.STATEMENTS_READ),
        )
