"""How reports reach the record: most at once, some late, twice, with a fast clock, or taken back again."""

import heapq
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from lrs.simulation.calendar import local_day
from lrs.simulation.chance import Chance
from lrs.simulation.happening import Happening, Kind

LATE: Final = 0.04
RETRIED: Final = 0.01
VOIDED: Final = 0.007
AHEAD: Final = 0.005
NEVER_AHEAD: Final = {Kind.LOGGED, Kind.REPLIED, Kind.LIKED}
"""Reports at any hour, by people of both time zones, or close to another one of the same visit."""


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A statement on its way: under `id`, what happened, stamped `at`; or, without that, a void of `target`."""

    id: UUID
    at: datetime
    happening: Happening | None
    target: UUID | None = None
    district: str


class Mail:
    """Carries happenings to the record in their order of arrival. `counts` says how often each kind of dirt came."""

    def __init__(self, chance: Chance) -> None:
        self._chance = chance
        self._heap: list[tuple[datetime, int, Letter]] = []
        self._number = 0
        self.counts = dict.fromkeys(("sent", "late", "retried", "voided", "reissued", "void first", "ahead"), 0)

    def send(self, happening: Happening) -> UUID | None:
        """Report it; gives the id under which it stays in the record, or None if it is taken back for good."""
        chance = self._chance
        self.counts["sent"] += 1
        if chance.happens(VOIDED):
            return self._regretted(happening)
        letter = Letter(
            id=chance.uuid(), at=self._stamp(happening), happening=happening, district=happening.district
        )  # fmt: skip
        arrival = happening.at + timedelta(seconds=chance.between(0.3, 40.0))
        if chance.happens(LATE):
            self.counts["late"] += 1
            arrival += timedelta(days=chance.exponential(5.0))
        self._put(arrival, letter)
        if chance.happens(RETRIED):
            self.counts["retried"] += 1
            self._put(arrival + timedelta(seconds=chance.between(1.0, 90.0)), letter)
        return letter.id

    def _stamp(self, happening: Happening) -> datetime:
        """The time on the report: some clocks are ahead, by 6 to 45 minutes, but never into the next day.

        A record that takes statements at once sees that such a time lies ahead and takes its own; one that loads them
        years later does not. So little, within the day, changes no answer either way.
        """
        if happening.kind in NEVER_AHEAD or not self._chance.happens(AHEAD):
            return happening.at
        ahead = happening.at + timedelta(minutes=self._chance.between(6.0, 45.0))
        if local_day(ahead, happening.district) != local_day(happening.at, happening.district):
            return happening.at
        self.counts["ahead"] += 1
        return ahead.replace(microsecond=0)

    def _regretted(self, happening: Happening) -> UUID | None:
        chance = self._chance
        self.counts["voided"] += 1
        district = happening.district
        target = Letter(id=chance.uuid(), at=happening.at, happening=happening, district=district)
        arrival = happening.at + timedelta(seconds=chance.between(0.3, 40.0))
        undone = arrival + timedelta(hours=1 + chance.exponential(48.0))
        if chance.happens(0.03):
            self.counts["void first"] += 1
            arrival, undone = undone, arrival
        void = Letter(id=chance.uuid(), at=undone, happening=None, target=target.id, district=district)
        self._put(arrival, target)
        self._put(undone, void)
        if not chance.happens(0.5):
            return None
        self.counts["reissued"] += 1
        again = Letter(id=chance.uuid(), at=happening.at, happening=happening, district=district)
        self._put(max(arrival, undone) + timedelta(seconds=chance.between(5.0, 600.0)), again)
        return again.id

    def _put(self, arrival: datetime, letter: Letter) -> None:
        self._number += 1
        heapq.heappush(self._heap, (arrival, self._number, letter))

    def until(self, end: datetime | None) -> Iterator[tuple[datetime, Letter]]:
        """What arrives before `end` (None: all that is left), in order, with the time of arrival."""
        while self._heap and (end is None or self._heap[0][0] < end):
            arrival, _, letter = heapq.heappop(self._heap)
            yield arrival, letter
