"""What the simulation itself knows to have happened and to stay in the record: the ground of expected answers."""

from datetime import date, datetime
from uuid import UUID

import msgspec


class Met(msgspec.Struct, kw_only=True):
    """A meeting of a cohort on a day: `attended` are those whose attendance stays reported."""

    cohort: str
    day: date
    planned: bool
    cancelled: bool
    attended: list[str]
    members: int


class Visit(msgspec.Struct, kw_only=True):
    """A planned visit of a coach: `outcome` is `held`, `cancelled` or `missed`; each flag says what stays reported."""

    pair: int
    day: date
    minutes: int
    outcome: str
    planned: bool
    reported: bool


class Studied(msgspec.Struct, kw_only=True):
    """A unit that a person worked on: `completed` is whether that stays reported, `minutes` what stays reported."""

    person: str
    unit: int
    at: datetime
    day: date
    minutes: int
    completed: bool


class Applied(msgspec.Struct, kw_only=True):
    """A unit put to use; `ref` is whether the report points to the completion."""

    person: str
    unit: int
    at: datetime
    day: date
    ref: UUID | None
    stays: bool


class Said(msgspec.Struct, kw_only=True):
    """A post in a cohort (`author` None) or a reply to one of `author`; `like` is a reaction."""

    cohort: str
    person: str
    author: str | None
    day: date
    at: datetime
    unit: int | None = None
    like: bool = False


class Rating(msgspec.Struct, kw_only=True):
    """A score of a person on a criterion by somebody in a role (`coach` or `self`)."""

    person: str
    criterion: str
    at: datetime
    day: date
    score: int
    role: str
    assessor: str


class Cycle(msgspec.Struct, kw_only=True):
    """A coaching cycle: the days on which it was opened, reached its phases and was closed, as far as reports stay."""

    id: str
    pair: int
    opened: date | None
    phases: dict[str, date]
    closed: date | None = None


class Step(msgspec.Struct, kw_only=True):
    """A step to try: the days on which it was set and done, as far as reports stay."""

    pair: int
    set: date | None
    done: date | None = None


class Records(msgspec.Struct, kw_only=True):
    """All of it, in the order in which it was made up."""

    meetings: list[Met] = []
    visits: list[Visit] = []
    studied: list[Studied] = []
    applied: list[Applied] = []
    said: list[Said] = []
    ratings: list[Rating] = []
    steps: list[Step] = []
    cycles: list[Cycle] = []
