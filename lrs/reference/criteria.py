"""Rubrics as statements name them: a criterion by any of its IRIs, a level by its own, and versions by day."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Final

from lrs.errors import NotFound
from lrs.reference.model import Alignment, Criterion, Level, Rubric

REMEMBERED: Final = 1 << 15
UUID: Final = re.compile(r"(?:^|[/:#=])([0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12})/?$")


@lru_cache(REMEMBERED)
def uuid_in(iri: str) -> str | None:
    """The UUID that is the whole of `iri`, its last path segment or its `urn:uuid:`, in lower case."""
    if len(iri) < 36 or "-" not in iri[-14:]:
        return None
    found = UUID.search(iri, max(0, len(iri) - 38))
    return found[1].lower() if found else None


class Names:
    """Things by every IRI that may name them: exactly, or by the UUID that it ends in."""

    __slots__ = ("_exact", "_uuids")

    def __init__(self, named: Iterable[tuple[str, Iterable[str]]]) -> None:
        self._exact: dict[str, str] = {}
        self._uuids: dict[str, str] = {}
        for id_, iris in named:
            for iri in iris:
                self._exact.setdefault(iri, id_)
                if uuid := uuid_in(iri):
                    self._uuids.setdefault(uuid, id_)

    def find(self, iri: str) -> str | None:
        """The id of what `iri` names, if it is known."""
        found = self._exact.get(iri)
        if found is not None:
            return found
        uuid = uuid_in(iri)
        return None if uuid is None else self._uuids.get(uuid)

    @property
    def exact(self) -> Mapping[str, str]:
        """The ids by the IRIs that were given."""
        return self._exact


class Criteria:
    """The criteria, levels and versions of all rubrics; `alignments` of activities that cannot name them."""

    def __init__(self, rubrics: Iterable[Rubric], alignments: Iterable[Alignment]) -> None:
        self.versions: Mapping[str, Sequence[Rubric]] = _versions(rubrics)
        self.latest = {id_: versions[-1] for id_, versions in self.versions.items()}
        self.places: dict[str, list[tuple[Rubric, Criterion]]] = defaultdict(list)
        self.levels: dict[str, tuple[str, Level]] = {}
        newest_first = [rubric for versions in self.versions.values() for rubric in reversed(versions)]
        for rubric in newest_first:
            for criterion in rubric.criteria:
                self.places[criterion.id].append((rubric, criterion))
        self.names = Names(
            (criterion.id, (criterion.uri, criterion.id, *criterion.iris))
            for rubric in newest_first for criterion in rubric.criteria
        )  # fmt: skip
        self._add_levels(newest_first)
        self._level_names = Names((uri, (uri, level.id)) for uri, (_, level) in self.levels.items())
        self.aligned = self._aligned(alignments)
        self.successors = {
            old: criterion.id for rubric in reversed(newest_first) for criterion in rubric.criteria
            for old in criterion.replaces if old != criterion.id
        }  # fmt: skip

    def _add_levels(self, rubrics: Sequence[Rubric]) -> None:
        for rubric in rubrics:
            for criterion in rubric.criteria:
                for level in criterion.levels:
                    self.levels.setdefault(level.uri, (criterion.id, level))

    def _aligned(self, alignments: Iterable[Alignment]) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for each in alignments:
            criterion = self.names.find(each.criterion)
            if criterion is not None and criterion not in found.get(each.activity, ()):
                found[each.activity] = (*found.get(each.activity, ()), criterion)
        return found

    def level(self, iri: str) -> tuple[str, Level] | None:
        """The level that `iri` names, with the id of its criterion."""
        found = self.levels.get(iri)
        if found is not None:
            return found
        uri = self._level_names.find(iri)
        return None if uri is None else self.levels[uri]

    def place(self, criterion: str, day: date | None) -> tuple[Rubric, Criterion]:
        """A criterion with its rubric, in the version of a day, else the newest; NotFound where there is none."""
        places = self.places.get(criterion)
        if not places:
            raise NotFound(f"there is no criterion {criterion!r}: load its rubric with `lrs rubric import`")
        if day is not None:
            for place in places:
                if place[0].covers(day):
                    return place
        return places[0]


def _versions(rubrics: Iterable[Rubric]) -> dict[str, Sequence[Rubric]]:
    found: dict[str, list[Rubric]] = defaultdict(list)
    for rubric in rubrics:
        found[rubric.id].append(rubric)
    # A later one of two that begin together is the newer one.
    return {id_: sorted(every, key=lambda each: each.since or date.min) for id_, every in found.items()}


def mastered_from(levels: Sequence[Level], wanted: float | str | None) -> float | None:
    """The score from which a criterion is mastered: that, or the level of that name, else the second highest."""
    if isinstance(wanted, int | float):
        return float(wanted)
    names = {level.name.casefold(): level.score for level in levels}
    named = names.get((wanted or "Proficient").casefold())
    if named is not None:
        return named
    scores = sorted({level.score for level in levels})
    return scores[-2] if len(scores) > 1 else next(iter(scores), None)
