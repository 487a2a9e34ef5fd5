"""What the mapper makes of statements: facts, the one thing that analytic projections stand on."""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from operator import attrgetter
from typing import Any, Final, Literal, TypeAlias
from uuid import UUID

import msgspec

Purpose: TypeAlias = Literal["formative", "evaluative", "unspecified"]
Value: TypeAlias = str | int | float | bool | list[str] | None


class Kind(StrEnum):
    """What a fact tells of. The set is closed; which keys `data` has for each is in projections/facts/README.md."""

    LEARN = "learn"
    APPLY = "apply"
    SHARE = "share"
    PEER = "peer"
    RUBRIC_SCORE = "rubric.score"
    RUBRIC_EVIDENCE = "rubric.evidence"
    SESSION_SCHEDULED = "session.scheduled"
    SESSION_ATTENDED = "session.attended"
    SESSION_LEFT = "session.left"
    SESSION_CANCELLED = "session.cancelled"
    COACH_CONTACT = "coach.contact"
    CYCLE = "cycle"
    STEP = "step"
    MEMBER = "member"
    CREDENTIAL = "credential"

    # Facts are looked up by their kind all the time, and Enum's own takes several times as long.
    __hash__ = str.__hash__


class Fact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One thing that a statement tells, `n` counting from 0 within the statement.

    `subject` and `other` are canonical IFIs; who they are is looked up when a row is computed. `position` is that of
    the statement, `until` the position of the event that ended the fact (a void, a new mapping of the statement).
    `data` has what is particular to the kind.
    """

    statement: UUID
    n: int
    kind: Kind
    subject: str
    observed_at: datetime
    stored_at: datetime
    position: int
    rule: str
    mapping: str
    other: str | None = None
    until: int | None = None
    authority: str = ""
    purpose: Purpose = "unspecified"
    cohort: str | None = None
    criterion: str | None = None
    session: str | None = None
    unit: str | None = None
    thread: str | None = None
    refers_to: UUID | None = None
    minutes: float | None = None
    flags: tuple[str, ...] = ()
    data: Mapping[str, Value] = msgspec.field(default_factory=dict)

    @property
    def id(self) -> str:
        """`statement/n`."""
        return f"{self.statement}/{self.n}"

    @property
    def order(self) -> tuple[datetime, UUID, int]:
        """The order of facts: by the time observed, not the time stored, which a move to another LRS would change."""
        return (self.observed_at, self.statement, self.n)


# `Fact.order`, as a key to sort by.
order: Final[Callable[[Fact], Any]] = attrgetter("observed_at", "statement", "n")
