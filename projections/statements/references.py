"""What StatementRefs bring about: a statement meets a filter where one that it refers to does, however far along.

(1.0.3 Communication 2.1.3, Filter Conditions for StatementRefs; 2.0 4.1.6.1.) Each statement has one target at the
most, so what it inherits is what its target is and has inherited. Here it is worked out for a group of new statements,
in any order of arrival; sources alike to every filter count once, so long chains of alike statements stay short.
"""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

import msgspec

from projections.statements.rows import Row

DEEPEST = 1_000


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A statement stored earlier that a new one refers to, with all that it has inherited (nearest first)."""

    row: Row
    inherited: tuple[Row, ...]


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A statement stored earlier whose references lead to the new statement `target`; `voids` it where that is so."""

    position: int
    target: UUID
    voids: bool


class Bond(msgspec.Struct, frozen=True, kw_only=True):
    """The statement at `position` is found by what finds `source`."""

    position: int
    source: Row


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """What to write: who inherits from whom, and which positions are voided."""

    bonds: Sequence[Bond]
    voided: Sequence[int]


def settle(new: Sequence[Row], targets: Mapping[UUID, Target], waiting: Iterable[Waiting], *, secret: bytes) -> Settled:
    """Work out what new statements inherit and pass on. `targets` holds those referred to that were stored earlier."""
    chains = _Chains(new, targets, secret)
    bonds: list[Bond] = []
    voided: set[int] = set()
    for row in new:
        bonds += (Bond(position=row.position, source=source) for source in chains.of(row))
        target = chains.target(row)
        if row.voiding and target is not None and not target.voiding:
            voided.add(target.position)
    by_id = {row.id: row for row in new}
    for one in waiting:
        row = by_id[one.target]
        bonds += (
            Bond(position=one.position, source=source)
            for source in (row, *chains.of(row))
            if source.position != one.position
        )
        if one.voids and not row.voiding:
            voided.add(row.position)
    return Settled(bonds=bonds, voided=sorted(voided))


class _Chains:
    """What each new statement inherits, nearest first."""

    def __init__(self, new: Sequence[Row], targets: Mapping[UUID, Target], secret: bytes) -> None:
        self._new = {row.id: row for row in new}
        self._targets = targets
        self._secret = secret
        self._known: dict[UUID, tuple[Row, ...]] = {}

    def target(self, row: Row) -> Row | None:
        """The statement that `row` refers to, where it is stored."""
        if row.target is None:
            return None
        if row.target in self._new:
            return self._new[row.target]
        earlier = self._targets.get(row.target)
        return None if earlier is None else earlier.row

    def of(self, row: Row) -> tuple[Row, ...]:
        """All that `row` inherits."""
        if row.target is None:
            return ()
        path = self._path(row)
        for step in reversed(path):
            self._known[step.id] = self._next(step, path)
        return self._known[row.id]

    def _path(self, row: Row) -> list[Row]:
        """From `row` along its references, while they lead to new statements not worked out yet."""
        path: list[Row] = []
        seen: set[UUID] = set()
        step: Row | None = row
        while step is not None and step.id in self._new and step.id not in seen and step.id not in self._known:
            path.append(step)
            seen.add(step.id)
            step = self.target(step)
        return path

    def _next(self, row: Row, path: Sequence[Row]) -> tuple[Row, ...]:
        target = self.target(row)
        if target is None:
            return ()
        if target.id in self._known:
            further = self._known[target.id]
        elif target.id in self._new:
            # The path bit its own tail: who is in the circle inherits from all in it.
            circle = path[next(i for i, step in enumerate(path) if step.id == target.id) :]
            further = tuple(circle)
        else:
            further = self._targets[target.id].inherited
        return self._distinct((target, *further), but=row.position)

    def _distinct(self, sources: Iterable[Row], *, but: int) -> tuple[Row, ...]:
        shapes: dict[int, Row] = {}
        for source in sources:
            if source.position != but and len(shapes) < DEEPEST:
                shapes.setdefault(source.shape(self._secret), source)
        return tuple(shapes.values())
