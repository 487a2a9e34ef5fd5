"""What evidence is held against: scales of criteria, and for each period the version, method and threshold that hold.

A period is judged by one rule from its first day to its last: the policy and the version of the rubric in force on its
last day, or on the day as of which is asked where that comes earlier.
"""

from datetime import date, timedelta
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

import msgspec

from lrs.reference.model import Criterion, Period, Rubric
from lrs.reference.policy import Mastery
from lrs.reference.reference import Reference
from projections.rubric_evidence import mastery
from projections.rubric_evidence.scores import Scale
from projections.rubric_evidence.units import LARGEST, units

DAY: Final = timedelta(days=1)
MIXED: Final = "mixed"
OUT_OF_REACH: Final = LARGEST + 1


class Place(NamedTuple):
    """A criterion in a version of its rubric, with its scale."""

    rubric: Rubric
    criterion: Criterion
    scale: Scale


class Standard(NamedTuple):
    """What evidence on a criterion in a period is held against; `rule.threshold` may be `OUT_OF_REACH`."""

    place: Place
    policy: Mastery
    rule: mastery.Rule
    mixes_purposes: bool


# What the key of a row of `evidence` says besides the person.
Key: TypeAlias = tuple[str, str, str, str, str]


class Cell(msgspec.Struct, frozen=True, eq=False):
    """Where evidence counts, and what it is held against there. A cell is itself alone: no two have the same key."""

    org: str
    period: Period
    purpose: str
    standard: Standard
    key: Key


class Standards:
    """Standards of one `Reference` as of a day, each looked up once."""

    def __init__(self, reference: Reference, as_of: date | None) -> None:
        self.reference: Final = reference
        self.as_of: Final = as_of
        self._scales: dict[int, Scale] = {}
        self._standards: dict[tuple[str, str], Standard] = {}
        self._cells: dict[tuple[str, str, str, str], Cell] = {}
        self._cell_of_key: dict[Key, Cell] = {}

    def place(self, criterion: str, day: date) -> Place:
        """A criterion as of a day, else in its newest version; NotFound where there is none."""
        rubric, found = self.reference.criteria.place(criterion, day)
        # The reference holds its criteria as long as this does, so none takes the id of another.
        scale = self._scales.get(id(found))
        if scale is None:
            scale = self._scales[id(found)] = Scale(found)
        return Place(rubric, found, scale)

    def cell(self, org: str, criterion: str, period: Period, purpose: str) -> Cell:
        """Where evidence on a criterion counts in a period, for a purpose."""
        asked = (org, criterion, period.id, purpose)
        found = self._cells.get(asked)
        if found is None:
            standard = self.of(criterion, period)
            place, counts_for = standard.place, MIXED if standard.mixes_purposes else purpose
            key = (org, place.rubric.id, place.criterion.id, period.id, counts_for)
            # Two criteria may count for one that goes on from both, two purposes for all of them.
            found = self._cell_of_key.setdefault(key, Cell(org, period, counts_for, standard, key))
            self._cells[asked] = found
        return found

    def of(self, criterion: str, period: Period) -> Standard:
        """The standard for evidence on a criterion in a period."""
        found = self._standards.get((criterion, period.id))
        if found is None:
            found = self._standards[criterion, period.id] = self._of(criterion, period)
        return found

    def _of(self, criterion: str, period: Period) -> Standard:
        day = judged_on(period, self.as_of)
        policy = self.reference.policy(day)
        place = self.place(criterion, day)
        if policy.mastery.follow_crosswalk:
            place = self._successor(place, day)
        threshold = self.reference.threshold(place.criterion.id, day)
        rule = mastery.Rule(
            method=policy.mastery.method,
            number=policy.mastery.parameter(),
            threshold=OUT_OF_REACH if threshold is None else units(threshold),
        )
        return Standard(place, policy.mastery, rule, policy.purposes.mix)

    def _successor(self, place: Place, day: date) -> Place:
        """What goes on from a criterion in a version in force, if anything does."""
        found, passed = place, {place.criterion.id}
        while not found.rubric.covers(day):
            next_ = self.reference.successor(found.criterion.id)
            if next_ is None or next_ in passed:
                return place
            passed.add(next_)
            found = self.place(next_, day)
        return found


@lru_cache(maxsize=4)
def standards(reference: Reference, as_of: date | None) -> Standards:
    """The standards of a reference, kept while it is in use."""
    return Standards(reference, as_of)


def judged_on(period: Period, as_of: date | None) -> date:
    """The day whose policy and rubrics hold for a period."""
    last = period.until - DAY if period.until is not None else date.max
    return last if as_of is None else min(last, as_of)
