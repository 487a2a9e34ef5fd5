"""What happens in a district, before anybody has put it into the words of xAPI."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

import msgspec

from lrs.simulation.district import Cohort, Unit
from lrs.simulation.rubric import Criterion

Agent: TypeAlias = Mapping[str, object]


class Kind(StrEnum):
    """What it is that happens."""

    STARTED = "started"
    COMPLETED = "completed"
    STOPPED = "stopped"
    APPLIED = "applied"
    SHARED = "shared"
    REPLIED = "replied"
    LIKED = "liked"
    MEETING_PLANNED = "meeting planned"
    MEETING_CANCELLED = "meeting cancelled"
    MET = "met"
    VISIT_PLANNED = "visit planned"
    VISIT_CANCELLED = "visit cancelled"
    VISITED = "visited"
    LOGGED = "logged"
    RATED = "rated"
    RATED_SELF = "rated self"
    HANDED_IN = "handed in"
    CYCLE = "cycle"
    STEP_SET = "step set"
    STEP_DONE = "step done"


class Happening(msgspec.Struct, kw_only=True):
    """One thing that happens and is reported; `actor` and the others as the reporting system knows them.

    `district` tells the dialect. `ref` is the statement that this one answers, `until` the planned start of what is
    planned, `word` what is particular to the kind (a mode, a phase, a criterion's way of being named).
    """

    kind: Kind
    district: str
    at: datetime
    actor: Agent
    other: Agent | None = None
    crowd: tuple[Agent, ...] = ()
    cohort: Cohort | None = None
    unit: Unit | None = None
    criterion: Criterion | None = None
    session: UUID | None = None
    thread: UUID | None = None
    ref: UUID | None = None
    minutes: int | None = None
    score: int | None = None
    planned: datetime | None = None
    word: str = ""
    number: int = 0
