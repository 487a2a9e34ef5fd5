"""Rubric evidence as an analytic projection: its key is a person, since a correction may reach any of her evidence."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

from lrs.reference.reference import Reference, Touched
from projections import analytic
from projections.analytic import Rows, Table, Wanted
from projections.analytic.memo import Memo
from projections.answers.question import Question
from projections.facts.fact import Fact, Kind
from projections.rubric_evidence import endpoints, tables
from projections.rubric_evidence.items import whose
from projections.rubric_evidence.rows import rows

KINDS: Final = frozenset({Kind.RUBRIC_SCORE, Kind.RUBRIC_EVIDENCE, Kind.CREDENTIAL})


class RubricEvidence:
    """Keys are persons: the ids of the roster, and identifiers that it does not know."""

    name: str = "rubric_evidence"
    version: int = 1
    tables: tuple[Table, ...] = (tables.ITEMS, tables.EVIDENCE)
    kinds: frozenset[Kind] = KINDS
    questions: tuple[Question, ...] = endpoints.QUESTIONS

    def keys(self, fact: Fact, reference: Reference) -> Iterable[str]:
        """The person that the fact is about."""
        ifi = fact.subject
        return (analytic.key(reference.person_always(ifi) or whose(ifi, fact.observed_at, reference)[0]),)

    def touched(self, touched: Touched, old: Reference, new: Reference) -> Iterable[str] | None:
        """The persons whose place, calendar or identifiers changed; all where rubrics or rules did. Those whom somebody
        rated whose role or identifiers changed are among the facts that name her, which the caller sees to.
        """
        if touched.everything or touched.criteria:
            return None
        return [analytic.key(person) for person in sorted(touched.people)]

    def every(self, reference: Reference) -> Iterable[str]:
        """None: without a fact there is no row. What has no evidence is told when it is asked."""
        return ()

    def wanted(self, key: str, reference: Reference) -> Wanted:
        """All evidence on the person, under each identifier that ever was hers."""
        (person,) = analytic.parts(key)
        return Wanted(kinds=KINDS, subjects=frozenset(reference.ifis(person)))

    def rows(self, key: str, facts: Sequence[Fact], reference: Reference, *, as_of: date | None = None) -> Rows:
        """The rows of the person."""
        (person,) = analytic.parts(key)
        return rows(person, facts, reference, as_of=as_of)

    def again(self, key: str, facts: Sequence[Fact], reference: Reference, memo: Memo) -> Rows:
        """The rows of the person, where little has changed since the last time."""
        (person,) = analytic.parts(key)
        return rows(person, facts, reference, memo=memo)


PROJECTION: Final = RubricEvidence()
