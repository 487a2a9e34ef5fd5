"""What a GET of statements asks for."""

import enum
from datetime import datetime
from uuid import UUID

import msgspec


class Format(enum.Enum):
    """How statements are written out. (1.0.3 Communication 2.1.3; 2.0 4.1.6.1)"""

    IDS = "ids"
    EXACT = "exact"
    CANONICAL = "canonical"


class StatementQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Filters, order and shape of a list of statements. `agent` is a canonical IFI.

    `position` is the last one already given: the page goes on after it, in the order asked for.
    """

    agent: str | None = None
    verb: str | None = None
    activity: str | None = None
    registration: UUID | None = None
    related_agents: bool = False
    related_activities: bool = False
    since: datetime | None = None
    until: datetime | None = None
    limit: int = 100
    ascending: bool = False
    position: int | None = None
    format: Format = Format.EXACT
    attachments: bool = False


class SingleQuery(msgspec.Struct, frozen=True, kw_only=True):
    """One statement by its id; `voided` when it was asked for by voidedStatementId."""

    id: UUID
    voided: bool = False
    format: Format = Format.EXACT
    attachments: bool = False
