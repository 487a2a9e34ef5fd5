"""Who a fact is about, and which day it was there: by identity links and time zones as of the fact."""

from bisect import bisect_right
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from lrs.reference import days
from lrs.reference.reference import Reference

# No zone is further from UTC than a day; one more for those who count their days from both ends.
AROUND: Final = timedelta(days=2)


class _Whose(dict[str, str | None]):
    """By identifier, whose it is whatever the day; None where that depends on it."""

    def __init__(self, reference: Reference) -> None:
        self._reference = reference

    def __missing__(self, ifi: str) -> str | None:
        normal = self._reference.normal(ifi)
        links = self._reference.directory.links.get(normal, ())
        found: str | None = normal
        if links:
            only = links[0]
            found = only.person if len(links) == 1 and only.since is None and only.until is None else None
        self[ifi] = found
        return found


class Dating:
    """Looks persons and days up, for facts from [since, until) and two days around it, remembering what they share."""

    def __init__(
        self, reference: Reference, org: str | None, since: date | None = None, until: date | None = None
    ) -> None:
        self._reference = reference
        self._org = org
        self._since = since
        self._until = until
        self._is_one_policy = len(reference.policies.dated) < 2
        self._meeting_zone = reference.zone(org, date.max) if self._is_one_policy else None
        self.whose: Final = _Whose(reference)
        self._zones: dict[str, ZoneInfo | None] = {}

    def person(self, ifi: str, at: datetime) -> str:
        """Whose identifier it is at a time, by the day in UTC."""
        return self.whose[ifi] or self._reference.person(ifi, at.astimezone(UTC).date())

    def day(self, at: datetime, person: str) -> date:
        """The day that it is where a person works."""
        if person in self._zones:
            zone = self._zones[person]
        else:
            zone = self._zones[person] = self._zone(person)
        if at.year == MINYEAR:
            return at.date()
        return self._reference.local_date_of(at, person) if zone is None else days.local_date(at, zone)

    def meeting_day(self, at: datetime) -> date:
        """The day that it is where the cohort belongs, whoever comes from elsewhere."""
        if self._meeting_zone is None or at.year == MINYEAR:
            return local_date(self._reference, at, self._org)
        return days.local_date(at, self._meeting_zone)

    def _zone(self, person: str) -> ZoneInfo | None:
        """The zone in which a person works all that time; None where that depends on the day."""
        if not self._is_one_policy:
            return None
        homes = self._reference.homes(person)
        first = (
            0 if self._since is None or self._since.year == MINYEAR else bisect_right(homes.days, self._since - AROUND)
        )
        last = (
            len(homes.days)
            if self._until is None or self._until.year == MAXYEAR
            else bisect_right(homes.days, self._until + AROUND)
        )
        zones = {self._reference.zone(org, date.max) for org in homes.values[first : last + 1]}
        return zones.pop() if len(zones) == 1 else None


@lru_cache(maxsize=4)
def anytime(reference: Reference) -> Dating:
    """What looks up persons and their days at any time by `reference`, remembered, as a `Reference` never changes."""
    return Dating(reference, None)


def local_date(reference: Reference, at: datetime, org: str | None) -> date:
    """The day that it is at an organisation; at the beginning of time, where zones have no room, the day in UTC."""
    return at.date() if at.year == MINYEAR else reference.local_date(at, org)
