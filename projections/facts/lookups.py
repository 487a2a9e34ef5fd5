"""What IRIs name by some reference data, and who identifiers are, each answer with what is noted as asked."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final, TypeAlias, TypeVar

from lrs.reference.criteria import uuid_in
from lrs.reference.reference import Reference
from lrs.reference.timeline import Timeline

Answer = TypeVar("Answer")
# What something names, if anything, and what is noted as asked.
Lookup: TypeAlias = Callable[[str], tuple[Answer | None, Sequence[str]]]

REMEMBERED: Final = 1 << 14


class Lookups:
    """Criteria, levels, cohorts and alignments by IRI, and people; those that were asked for last are remembered.

    An IRI is noted as it was written and, where it ends in a UUID, by that too: it may be known by that alone.
    `person` gives None where it depends on the day whose an identifier is.
    """

    def __init__(self, reference: Reference) -> None:
        self.reference: Final = reference
        self.criterion = lru_cache(REMEMBERED)(_noting("criterion", reference.criterion_of))
        self.level = lru_cache(REMEMBERED)(_noting("criterion", lambda iri: _level(reference, iri)))
        self.levelled = lru_cache(REMEMBERED)(_noting("criterion", lambda iri: _levelled(reference, iri)))
        self.cohort = lru_cache(REMEMBERED)(_noting("cohort", reference.cohort_of))
        self.aligned = lru_cache(REMEMBERED)(lambda iri: (reference.alignments(iri), f"activity:{iri}"))
        self.person = lru_cache(REMEMBERED)(lambda ifi: (reference.person_always(ifi), f"ifi:{ifi}"))
        self.roles = lru_cache(REMEMBERED)(self._roles)

    def _roles(self, person: str) -> tuple[Timeline[frozenset[str]], str]:
        return self.reference.roles_of(person), f"role:{person}"


def _noting(what: str, find: Callable[[str], Answer]) -> Callable[[str], tuple[Answer, Sequence[str]]]:
    def found(iri: str) -> tuple[Answer, Sequence[str]]:
        uuid = uuid_in(iri)
        asked = (f"{what}:{iri}",) if uuid is None else (f"{what}:{iri}", f"{what}:{uuid}")
        return find(iri), asked

    return found


def _levelled(reference: Reference, iri: str) -> str | None:
    found = reference.level_of(iri)
    return None if found is None else found[0]


def _level(reference: Reference, iri: str) -> tuple[str, str] | None:
    found = reference.level_of(iri)
    return None if found is None else (found[0], found[1].uri)
