"""What one participant did in one period, counted."""

from datetime import datetime
from typing import NamedTuple

import msgspec


class Attendance(msgspec.Struct, frozen=True):
    """Of the meetings held on days on which she took part in the cohort."""

    expected: int
    attended: int
    missed: int
    last_attended_at: datetime | None


class Learning(NamedTuple):
    """Minutes, and how many units: completed or waived; of those completed; of these, with known minutes."""

    minutes: float
    units: int
    timeable: int
    timed: int


class Work(NamedTuple):
    """What she learned, applied and shared."""

    learned: Learning
    applied: int
    shared: int
    posts: int


class Talk(msgspec.Struct):
    """What she said, and with whom: members on whose threads she replied, and members who replied on hers.

    It is filled in while it is made, and then left as it is.
    """

    replies: int = 0
    by_facilitator: int = 0
    received: int = 0
    reactions: int = 0
    tied_to: set[str] = msgspec.field(default_factory=set)
    tied_by: set[str] = msgspec.field(default_factory=set)


class Tally(NamedTuple):
    """All of it."""

    came: Attendance
    did: Work
    said: Talk

    @property
    def is_active(self) -> bool:
        """Whether she came, posted, replied or shared at least once."""
        return bool(self.came.attended or self.did.shared or self.said.replies)
