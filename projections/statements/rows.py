"""The index rows of a statement, as a pure function of what was found in it."""

from collections.abc import Iterable
from uuid import UUID

import msgspec

from lrs.events import Event, StatementDetail
from lrs.xapi.statements import Found
from projections import keys


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """What a statement can be found by. `agents` are narrow ones; `related` are keys of agents and activities."""

    id: UUID
    position: int
    agents: tuple[int, ...]
    verb: int
    activity: int | None
    registration: int | None
    authority: int
    related: tuple[int, ...]
    voiding: bool
    target: UUID | None

    def shape(self, secret: bytes) -> int:
        """Equal for statements that the same filters find: of a chain of references such are inherited once."""
        fields = (*sorted(self.agents), 0, self.verb, self.activity, self.registration, self.authority, 0)
        return keys.digest(secret, repr((*fields, *sorted(self.related))).encode())


def row(secret: bytes, *, id: UUID, position: int, found: Found, authority: str) -> Row:
    """The row of one statement."""
    return Row(
        id=id,
        position=position,
        agents=tuple([keys.agent(secret, ifi) for ifi in found.agents]),
        verb=keys.verb(secret, found.verb),
        activity=None if found.activity is None else keys.activity(secret, found.activity),
        registration=None if found.registration is None else keys.registration(secret, found.registration),
        authority=keys.agent(secret, authority),
        related=tuple(
            [keys.agent(secret, ifi) for ifi in found.related_agents]
            + [keys.activity(secret, iri) for iri in found.related_activities]
        ),
        voiding=found.voiding,
        target=found.target,
    )


def rows(secret: bytes, events: Iterable[Event]) -> list[Row]:
    """The rows of appended statements, in order."""
    return [_of(secret, event) for event in events]


def _of(secret: bytes, event: Event) -> Row:
    detail = event.detail
    assert isinstance(detail, StatementDetail)
    return row(secret, id=event.subject, position=event.position, found=detail.found, authority=detail.authority)
