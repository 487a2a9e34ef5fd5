"""Who an identifier is, where she works and which day it is there, for many facts in little time."""

from bisect import bisect_right
from datetime import date, datetime
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

from lrs.reference.calendar import FIRST_DAY, LAST_DAY
from lrs.reference.days import local_date
from lrs.reference.reference import Reference
from lrs.reference.timeline import Timeline

COACH: Final = "coach"


class Stay(NamedTuple):
    """Who an identifier is for some time, where she works, and the zone of that."""

    person: str
    org: str | None
    zone: ZoneInfo


# From which days in UTC on, by their ordinals, and before all of them. None on the days around those on which any of it
# changes, as the local day may be the next or the one before.
Stays: TypeAlias = tuple[list[int], list[Stay | None]]


class Whereabouts:
    """People and days by a `Reference`. Whose identifiers are, homes and zones seldom change: found out once for all
    days between.
    """

    def __init__(self, reference: Reference) -> None:
        self._reference = reference
        self._stays: dict[str, Stays] = {}
        self._coaching: dict[str, Timeline[bool]] = {}

    def of(self, ifi: str, at: datetime) -> tuple[str, date, str | None]:
        """Whose an identifier is at a time, the day that it is where she works, and where that is."""
        days, stays = self._stays.get(ifi) or self._settle(ifi)
        stay = stays[bisect_right(days, at.toordinal())]
        if stay is not None:
            return stay.person, local_date(at, stay.zone), stay.org
        utc = at.date()
        person = self._reference.person(ifi, utc)
        day = self._reference.local_date_of(at, person)
        if day != utc:
            person = self._reference.person(ifi, day)
        return person, day, self._reference.org_of(person, day)

    def day(self, ifi: str, person: str, at: datetime) -> date:
        """The day that it is at a time where a person works, one of whose identifiers is known."""
        days, stays = self._stays.get(ifi) or self._settle(ifi)
        stay = stays[bisect_right(days, at.toordinal())]
        is_hers = stay is not None and stay.person == person
        return local_date(at, stay.zone) if stay and is_hers else self._reference.local_date_of(at, person)

    def person(self, ifi: str, day: date) -> str:
        """Whose an identifier is on a day."""
        days, stays = self._stays.get(ifi) or self._settle(ifi)
        stay = stays[bisect_right(days, day.toordinal())]
        return self._reference.person(ifi, day) if stay is None else stay.person

    def is_coach(self, person: str, day: date) -> bool:
        """Whether she is a coach on a day, by a post or by any assignment."""
        found = self._coaching.get(person)
        if found is None:
            roles = self._reference.roles_of(person)
            found = self._coaching[person] = Timeline(roles.days, [COACH in each for each in roles.values])
        return found.on(day)

    def _settle(self, ifi: str) -> Stays:
        reference = self._reference
        unlinked = reference.normal(ifi)
        links = reference.directory.links.get(unlinked, ())
        borders = {since for since, _ in reference.policies.dated[1:]}
        borders.update(day for link in links for day in (link.since, link.until) if day is not None)
        borders.update(day for who in (unlinked, *(link.person for link in links)) for day in reference.homes(who).days)
        days: list[int] = []
        stays: list[Stay | None] = [self._stay(ifi, FIRST_DAY)]
        for border in sorted(day.toordinal() for day in borders):
            if days and border - 1 <= days[-1]:
                del days[-1], stays[-1]
            else:
                days.append(border - 1)
                stays.append(None)
            days.append(border + 2)
            stays.append(self._stay(ifi, border + 2))
        self._stays[ifi] = days, stays
        return days, stays

    def _stay(self, ifi: str, ordinal: int) -> Stay:
        day = date.fromordinal(min(ordinal, LAST_DAY))
        person = self._reference.person(ifi, day)
        org = self._reference.org_of(person, day)
        return Stay(person, org, self._reference.zone(org, day))


@lru_cache(maxsize=4)
def of(reference: Reference) -> Whereabouts:
    """The whereabouts by `reference`, remembered, as a `Reference` never changes."""
    return Whereabouts(reference)
