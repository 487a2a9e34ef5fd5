"""Which keys a fact bears on; what many facts share is looked up once under the same reference data."""

from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache
from typing import Final

from lrs.reference import timeline
from lrs.reference.model import Cohort, Membership
from lrs.reference.reference import Reference
from lrs.reference.timeline import Timeline
from projections import analytic
from projections.cohort_participation import dating, followthrough, learning, roll, sessions, wanting, years
from projections.cohort_participation.dating import Dating
from projections.facts.fact import Fact, Kind

PERSON: Final = "person"
# Named once: every fact is asked for its kind, and a look-up in an Enum takes longer than all else there.
LEARN, SHARE, PEER, MEMBER = Kind.LEARN, Kind.SHARE, Kind.PEER, Kind.MEMBER


class Place:
    """A cohort with the keys of its school years."""

    def __init__(self, cohort: Cohort, reference: Reference) -> None:
        self._id = cohort.id
        self._years = years.of(reference, cohort.org)
        self._dating = Dating(reference, cohort.org)
        self._of_homes: dict[tuple[str, ...], list[str]] = {}
        self._followed: dict[tuple[str, ...], list[str]] = {}

    def of_meeting(self, fact: Fact) -> Sequence[str]:
        """The years in which a meeting may count."""
        return self.on(self._dating.meeting_day(sessions.taking_place(fact)))

    def on(self, day: date) -> Sequence[str]:
        """The years that hold a day."""
        homes = self._years.homes(day)
        found = self._of_homes.get(homes)
        if found is None:
            found = self._of_homes[homes] = [wanting.key(self._id, home) for home in homes]
        return found

    def followed(self, day: date) -> Sequence[str]:
        """The years that hold a day, each with those in which a thread that was opened then is known."""
        homes = self._years.homes(day)
        found = self._followed.get(homes)
        if found is None:
            every = [each for home in homes for each in (home, *self._years.after(home))]
            found = self._followed[homes] = [wanting.key(self._id, home) for home in every]
        return found

    def since(self, day: date) -> Sequence[str]:
        """Every year from a day on."""
        return [wanting.key(self._id, home) for home in self._years.until(day, years.LATEST)]


class Bearing:
    """The keys that facts bear on under one reference data."""

    def __init__(self, reference: Reference) -> None:
        self._reference = reference
        self._dating = dating.anytime(reference)
        self._may_be_told = roll.reads_statements(reference)
        self._places = {each.id: Place(each, reference) for each in reference.cohorts.values()}
        self._ever: dict[str, dict[str, None]] = {}
        self._dated: dict[str, Timeline[tuple[str, ...]]] = {}

    def keys(self, fact: Fact) -> Sequence[str]:
        """The keys whose rows a new or ended fact may change."""
        kind = fact.kind
        if kind in sessions.KINDS:
            place = self._places.get(fact.cohort) if fact.cohort else None
            return () if place is None else place.of_meeting(fact)
        if kind is LEARN and not learning.bears(fact):
            return ()
        person = self._dating.person(fact.subject, fact.observed_at)
        day = self._dating.day(fact.observed_at, person)
        if kind is MEMBER:
            return self._of_member(fact, day)
        found = [analytic.key(PERSON, person)] if kind in followthrough.KINDS else []
        for id_ in self._cohorts(fact, person, day):
            if (place := self._places.get(id_)) is not None:
                found += place.followed(day) if kind is SHARE else place.on(day)
        return found

    def _of_member(self, fact: Fact, day: date) -> Sequence[str]:
        """Every year in which she may be a member for what the fact says."""
        place = self._places.get(fact.cohort) if fact.cohort and self._may_be_told else None
        return () if place is None else place.since(day)

    def _cohorts(self, fact: Fact, person: str, day: date) -> Iterable[str]:
        """The cohorts whose rows what a person did on a day may change."""
        kind, named = fact.kind, fact.cohort
        if named is not None and (kind is SHARE or kind is PEER):
            return (named,)
        # What she shares before she is a member makes her the author of a thread all the same.
        if not self._may_be_told and kind is not SHARE:
            dated = self._dated.get(person)
            if dated is None:
                dated = self._dated[person] = timeline.of(self._reference.memberships(person), _named)
            return dated.on(day)
        # Facts are read by identifier: whoever it stands for on another day has this one looked at as well.
        ever = self._ever.get(fact.subject)
        if ever is None:
            links = self._reference.directory.links.get(fact.subject, ())
            people = dict.fromkeys((person, *(link.person for link in links)))
            found = (cohort for each in people for cohort in _named(self._reference.memberships(each)))
            ever = self._ever[fact.subject] = dict.fromkeys(found)
        return (*ever, named) if self._may_be_told and named and named not in ever else ever


def _named(memberships: Sequence[Membership]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.cohort for each in memberships))


@lru_cache(4)
def of(reference: Reference) -> Bearing:
    """What finds keys under a reference data, remembered, as a `Reference` never changes."""
    return Bearing(reference)
