"""What one participant did in one period, counted."""

from datetime import datetime


class Tally:
    """Counts of one participant in one period, to be read off when all facts are in."""

    __slots__ = (
        "applied",
        "attended",
        "by_facilitator",
        "expected",
        "last_attended_at",
        "minutes",
        "missed",
        "posts",
        "reactions",
        "received",
        "replies",
        "shared",
        "tied_by",
        "tied_to",
        "timeable",
        "timed",
        "units",
    )  # fmt: skip

    def __init__(self) -> None:
        self.expected = 0
        self.attended = 0
        self.missed = 0
        self.last_attended_at: datetime | None = None
        self.posts = 0
        self.shared = 0
        self.replies = 0
        self.by_facilitator = 0
        self.received = 0
        self.reactions = 0
        # With whom: members whose threads she replied on, and members who replied on hers.
        self.tied_to: set[str] = set()
        self.tied_by: set[str] = set()
        self.minutes = 0.0
        self.units: set[str] = set()
        # Units completed rather than waived, and units with known minutes.
        self.timeable: set[str] = set()
        self.timed: set[str] = set()
        self.applied = 0

    def meet(self, came_at: datetime | None) -> None:
        """A meeting was held that she was expected at; they come in order of time."""
        self.expected += 1
        if came_at is None:
            self.missed += 1
            return
        self.attended += 1
        self.missed = 0
        if self.last_attended_at is None or came_at > self.last_attended_at:
            self.last_attended_at = came_at

    @property
    def is_active(self) -> bool:
        """Whether she came, posted, replied or shared at least once."""
        return bool(self.attended or self.shared or self.replies)
