"""Who an identifier is and which day it is there, for many facts in little time."""

from datetime import date, datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from lrs.reference.days import local_date
from lrs.reference.reference import Reference

COACH: Final = "coach"
# A person, and the zone in which she works; None where either changes over time.
Settled = tuple[str, ZoneInfo]


class Whereabouts:
    """People and days by a `Reference`. Of most people neither identifiers nor zone ever change: found out once."""

    def __init__(self, reference: Reference) -> None:
        self._reference = reference
        self._days = [since for since, _ in reference.policies.dated] or [date.max]
        self._settled: dict[str, Settled | None] = {}
        self._coaches: dict[str, bool | None] = {}

    def of(self, ifi: str, at: datetime) -> tuple[str, date]:
        """Whose an identifier is at a time, and the day that it is where she works."""
        settled = self._settled[ifi] if ifi in self._settled else self._settle(ifi)
        if settled is not None:
            return settled[0], local_date(at, settled[1])
        utc = at.date()
        person = self._reference.person(ifi, utc)
        day = self._reference.local_date_of(at, person)
        return (person, day) if day == utc else (self._reference.person(ifi, day), day)

    def day(self, ifi: str, person: str, at: datetime) -> date:
        """The day that it is at a time where a person works, one of whose identifiers is known."""
        settled = self._settled[ifi] if ifi in self._settled else self._settle(ifi)
        return self._reference.local_date_of(at, person) if settled is None else local_date(at, settled[1])

    def person(self, ifi: str, day: date) -> str:
        """Whose an identifier is on a day."""
        settled = self._settled[ifi] if ifi in self._settled else self._settle(ifi)
        return self._reference.person(ifi, day) if settled is None else settled[0]

    def is_coach(self, person: str, day: date) -> bool:
        """Whether she is a coach on a day, by a post or by any assignment."""
        found = self._coaches[person] if person in self._coaches else self._always(person)
        return COACH in self._reference.roles(person, day) if found is None else found

    def _always(self, person: str) -> bool | None:
        """Whether she is a coach every day; None where that changes."""
        held = {COACH in roles for roles in self._reference.roles_of(person).values}
        found = self._coaches[person] = held.pop() if len(held) == 1 else None
        return found

    def _settle(self, ifi: str) -> Settled | None:
        reference = self._reference
        links = reference.directory.links.get(reference.normal(ifi), ())
        found = None
        if len(links) < 2 and all(link.since is None and link.until is None for link in links):
            person = links[0].person if links else reference.normal(ifi)
            homes = reference.homes(person).values
            zones = {reference.zone(home, day) for home in homes for day in self._days}
            found = (person, zones.pop()) if len(zones) == 1 else None
        self._settled[ifi] = found
        return found


@lru_cache(maxsize=4)
def of(reference: Reference) -> Whereabouts:
    """The whereabouts by `reference`, remembered, as a `Reference` never changes."""
    return Whereabouts(reference)
