"""The life of a projection in memory: facts begin and end, reference data changes, marked keys are computed anew."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, TypeAlias

import msgspec

from lrs.reference.reference import Reference
from lrs.reference.touched import touched
from projections.analytic import Wanted
from projections.facts.fact import Fact
from projections.rubric_evidence.projection import PROJECTION

Tables: TypeAlias = dict[str, set[tuple[Any, ...]]]


def rows_of(key: str, facts: Iterable[Fact], reference: Reference) -> Mapping[str, Any]:
    wanted = PROJECTION.wanted(key, reference)
    assert isinstance(wanted, Wanted)
    mine = sorted((fact for fact in facts if wanted.takes(fact)), key=lambda fact: fact.order)
    return PROJECTION.rows(key, mine, reference)


def whole(rows: Iterable[Mapping[str, Any]]) -> Tables:
    """All rows of all keys; no two of a table share its key."""
    found: Tables = {table.name: set() for table in PROJECTION.tables}
    for of_key in rows:
        for name, every in of_key.items():
            frozen = {tuple(tuple(cell) if isinstance(cell, list) else cell for cell in row) for row in every}
            assert len(frozen) == len(every)
            found[name] |= frozen
    for table in PROJECTION.tables:
        places = [[column.name for column in table.columns].index(name) for name in table.key]
        assert len({tuple(row[place] for place in places) for row in found[table.name]}) == len(found[table.name])
    return found


def at_once(facts: Iterable[Fact], reference: Reference) -> Tables:
    """The rows of a rebuild."""
    facts = list(facts)
    keys = {key for fact in facts for key in PROJECTION.keys(fact, reference)}
    return whole(rows_of(key, facts, reference) for key in keys)


class Live:
    """Keeps rows while facts come and go."""

    def __init__(self, reference: Reference) -> None:
        self.reference = reference
        self.facts: dict[str, Fact] = {}
        self._voided: set[str] = set()
        self._rows: dict[str, Mapping[str, Any]] = {}

    def begin(self, fact: Fact) -> None:
        """A fact begins; again is nothing new, and what is voided never lives."""
        if fact.id in self.facts or fact.id in self._voided:
            return
        # When it came is another time in every order of arrival.
        arrived = len(self.facts) + len(self._voided) + 1
        when = fact.observed_at + timedelta(hours=arrived)
        self.facts[fact.id] = msgspec.structs.replace(fact, position=arrived, stored_at=when)
        self._compute(PROJECTION.keys(fact, self.reference))

    def end(self, fact: Fact) -> None:
        """A fact is voided, whether it has come or not."""
        self._voided.add(fact.id)
        self.facts.pop(fact.id, None)
        self._compute(PROJECTION.keys(fact, self.reference))

    def refer(self, new: Reference) -> None:
        """Reference data changes. Facts that name somebody touched are marked under both, as the follower does it."""
        old, self.reference = self.reference, new
        found = touched(old, new)
        keys = None if found.everything else PROJECTION.touched(found, old, new)
        every = {key for fact in self.facts.values() for each in (old, new) for key in PROJECTION.keys(fact, each)}
        if keys is None:
            self._compute(every | set(self._rows))
            return
        ifis = set(found.ifis).union(*(each.ifis(who) for each in (old, new) for who in found.people | found.roles))
        naming = [fact for fact in self.facts.values() if fact.subject in ifis or fact.other in ifis]
        self._compute({*keys, *(key for fact in naming for each in (old, new) for key in PROJECTION.keys(fact, each))})

    def _compute(self, keys: Iterable[str]) -> None:
        for key in keys:
            self._rows[key] = rows_of(key, self.facts.values(), self.reference)

    def tables(self) -> Tables:
        return whole(self._rows.values())
