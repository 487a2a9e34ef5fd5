"""A cohort and one of its school years, through a day: when its facts were, and which of them are its own."""

from datetime import date

from lrs.reference.model import Cohort
from lrs.reference.reference import Reference
from projections.cohort_participation import years
from projections.cohort_participation.dating import Dating
from projections.cohort_participation.years import Year
from projections.facts.fact import Fact


class Scope:
    """What the facts of a key are looked at by: reference data alone, and never changed."""

    def __init__(self, cohort: Cohort, year: Year, reference: Reference, as_of: date | None = None) -> None:
        self.cohort = cohort
        self.year = year
        self.reference = reference
        self.last = as_of or date.max
        self.dating = Dating(reference, cohort.org, year.since, year.until)
        # The spans of the year for which a day counts.
        self.slots = year.slots.on
        self._followed: dict[tuple[str, ...], bool] = {}

    def is_ours(self, talk: Fact) -> bool:
        """Whether talk is of this cohort: it names no other."""
        return talk.cohort is None or talk.cohort == self.cohort.id

    def is_followed(self, day: date) -> bool:
        """Whether those who reply in this year know threads opened on `day`."""
        every = years.of(self.reference, self.cohort.org)
        homes = every.homes(day)
        found = self._followed.get(homes)
        if found is None:
            found = self._followed[homes] = any(self.year.id in every.after(home) for home in homes)
        return found
