"""What a transaction marks for each projection that is computed from its facts."""

from collections.abc import Mapping, Sequence

from lrs.reference.reference import Reference, Touched
from projections.analytic import Projection
from projections.facts.fact import Fact, Kind
from projections.facts.store import Marks, Target


class Marking:
    """Gathers marks for the targets of a transaction; what a projection raises is set aside, and stops no other."""

    def __init__(
        self, targets: Sequence[Target], projections: Mapping[str, Projection], *, every: bool = False
    ) -> None:
        self.marks = Marks(every=every)
        self.errors: list[tuple[str, int, Exception]] = []
        self._targets = [(each.schema, projections[each.name]) for each in targets if each.name in projections]
        self._of_kind = {kind: [each for each in self._targets if kind in each[1].kinds] for kind in Kind}

    def fact(self, fact: Fact, reference: Reference, position: int) -> None:
        """A fact has begun or ended."""
        for schema, projection in self._of_kind[fact.kind]:
            try:
                self.marks.add(schema, projection.keys(fact, reference), position)
            except Exception as error:
                self.errors.append((schema, position, error))

    def touched(self, touched: Touched, old: Reference, new: Reference, position: int) -> None:
        """Reference data has changed."""
        for schema, projection in self._targets:
            keys = None
            if not touched.everything:
                try:
                    keys = projection.touched(touched, old, new)
                except Exception as error:
                    self.errors.append((schema, position, error))
            if keys is None:
                self.marks.all(schema, position)
            else:
                self.marks.add(schema, keys, position)
