"""What StatementRefs bring about: a statement meets a filter where one that it refers to does, however far along.

(1.0.3 Communication 2.1.3, Filter Conditions for StatementRefs; 2.0 4.1.6.1.) Each statement has one target at the
most, so what it inherits is what its target is and has inherited. Here it is worked out for a group of new statements,
in any order of arrival; sources alike to every filter count once, so long chains of alike statements stay short.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import cast
from uuid import UUID

import msgspec

from projections.statements.rows import Row

DEEPEST = 1_000


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A statement stored earlier that a new one refers to, with all that it has inherited (nearest first)."""

    row: Row
    inherited: tuple[Row, ...]


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A statement stored earlier that refers to a new one; `shapes` are those of all that it has inherited so far."""

    row: Row
    shapes: frozenset[int]


class Bond(msgspec.Struct, frozen=True, kw_only=True):
    """The statement at `position` is found by what finds `source`."""

    position: int
    source: Row


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """What to write: who inherits from whom, and which positions are voided.

    What `passed_on` names is inherited too by all whose references lead to its position.
    """

    bonds: Sequence[Bond]
    passed_on: Sequence[Bond]
    voided: Sequence[int]


def settle(new: Sequence[Row], targets: Mapping[UUID, Target], waiting: Sequence[Waiting], *, secret: bytes) -> Settled:
    """Work out what new statements inherit and pass on. `targets` holds those referred to that were stored earlier."""
    chains = _Chains(new, targets, secret)
    by_id = {row.id: row for row in new}
    bonds = [Bond(position=row.position, source=source) for row in new for source in chains.of(row)]
    passed_on = [bond for one in waiting for bond in _news(one, by_id, chains)]
    voided = {target.position for row in new if (target := chains.target(row)) and row.voiding and not target.voiding}
    for one in waiting:
        target = by_id[cast(UUID, one.row.target)]
        if one.row.voiding and not target.voiding:
            voided.add(target.position)
    return Settled(bonds=bonds + passed_on, passed_on=passed_on, voided=sorted(voided))


def _news(waiting: Waiting, new: Mapping[UUID, Row], chains: "_Chains") -> list[Bond]:
    """What a waiting statement inherits from its target.

    Of what it is or has already there is nothing to tell, nor to those who refer to it: they have it from it.
    """
    target = new[cast(UUID, waiting.row.target)]
    old = waiting.shapes | {chains.shape(waiting.row)}
    sources = (target, *chains.of(target))
    return [Bond(position=waiting.row.position, source=source) for source in sources if chains.shape(source) not in old]


class _Chains:
    """What each new statement inherits, nearest first."""

    def __init__(self, new: Sequence[Row], targets: Mapping[UUID, Target], secret: bytes) -> None:
        self._new = {row.id: row for row in new}
        self._targets = targets
        self._secret = secret
        self._known: dict[UUID, tuple[Row, ...]] = {}
        self._shapes: dict[int, int] = {}

    def shape(self, row: Row) -> int:
        """What makes `row` alike to others."""
        if row.position not in self._shapes:
            self._shapes[row.position] = row.shape(self._secret)
        return self._shapes[row.position]

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
                shapes.setdefault(self.shape(source), source)
        return tuple(shapes.values())
