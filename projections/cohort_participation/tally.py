"""What one participant did in one period, counted: filled in while it is made, and then left as it is."""

from datetime import datetime
from typing import NamedTuple

import msgspec


class Attendance(msgspec.Struct, frozen=True):
    """Of the meetings held on days on which she took part in the cohort."""

    expected: int
    attended: int
    missed: int
    last_attended_at: datetime | None


class Work(msgspec.Struct):
    """What she learned, applied and shared. Units completed rather than waived are `timeable`."""

    minutes: float = 0.0
    units: set[str] = msgspec.field(default_factory=set)
    timeable: set[str] = msgspec.field(default_factory=set)
    # Units with known minutes.
    timed: set[str] = msgspec.field(default_factory=set)
    applied: int = 0
    shared: int = 0
    posts: int = 0


class Talk(msgspec.Struct):
    """What she said, and with whom: members on whose threads she replied, and members who replied on hers."""

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
