"""The life of the projection in memory: facts begin and end, reference data changes, marked keys are computed anew."""

from collections.abc import Iterable, Mapping
from typing import Any

from lrs.reference.reference import Reference
from lrs.reference.touched import touched
from projections.cohort_participation.projection import PROJECTION
from projections.facts.fact import Fact
from tests.projections.cohort_participation.scene import COLUMNS, Named, rows_of


class Live:
    """Keeps rows while facts come and go."""

    def __init__(self, reference: Reference) -> None:
        self.reference = reference
        self.facts: dict[str, Fact] = {}
        self._rows: dict[str, Mapping[str, Any]] = {}
        self._compute(PROJECTION.every(reference))

    def begin(self, fact: Fact) -> None:
        """A fact begins; again is nothing new."""
        self.facts[fact.id] = fact
        self._compute(PROJECTION.keys(fact, self.reference))

    def end(self, fact: Fact) -> None:
        """A fact ends, if it ever began."""
        self.facts.pop(fact.id, None)
        self._compute(PROJECTION.keys(fact, self.reference))

    def refer(self, new: Reference) -> None:
        """Reference data changes. Facts that name what it touched are marked under both, as the follower does it."""
        old, self.reference = self.reference, new
        found = touched(old, new)
        keys = None if found.everything else PROJECTION.touched(found, old, new)
        if keys is None:
            every = {key for fact in self.facts.values() for key in PROJECTION.keys(fact, new)}
            self._compute({*every, *self._rows, *PROJECTION.every(new)})
            return
        ifis = set(found.ifis).union(*(each.ifis(who) for each in (old, new) for who in found.people | found.roles))
        naming = [
            fact
            for fact in self.facts.values()
            if fact.subject in ifis or fact.other in ifis or fact.cohort in found.cohorts
        ]
        self._compute({*keys, *(key for fact in naming for each in (old, new) for key in PROJECTION.keys(fact, each))})

    def tables(self) -> dict[str, list[Named]]:
        found: dict[str, list[Named]] = {name: [] for name in COLUMNS}
        for rows in self._rows.values():
            for name, every in rows.items():
                found[name] += [dict(zip(COLUMNS[name], row, strict=True)) for row in every]
        return found

    def _compute(self, keys: Iterable[str]) -> None:
        for key in keys:
            self._rows[key] = rows_of(key, self.facts.values(), self.reference)
