"""A small analytic projection: how many minutes each person learned. The worked example of projections/README.md."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

from lrs.reference.reference import Reference, Touched
from projections import analytic
from projections.analytic import Column, Rows, Table, Wanted
from projections.facts.fact import Fact, Kind


class Minutes:
    """Minutes learned, by person."""

    name = "minutes"
    version = 1
    kinds: Final = frozenset({Kind.LEARN})
    tables: Final = (
        Table(
            "learned",
            (
                Column("person_id", "text", "Who learned."),
                Column("units", "integer", "How many units were completed."),
                Column("minutes", "numeric(6,3)", "How long, as far as that is known."),
                Column("first_at", "timestamptz", "When first."),
                Column("statement_ids", "uuid[]", "The statements that tell it."),
                Column("states", "jsonb", "How often each state was told."),
            ),
            key=("person_id",),
            sentence="Minutes learned, one row a person.",
        ),
    )

    def keys(self, fact: Fact, reference: Reference) -> Iterable[str]:
        """The person."""
        return (analytic.key(reference.person(fact.subject, fact.observed_at.date())),)

    def touched(self, touched: Touched, old: Reference, new: Reference) -> Iterable[str] | None:
        """Those who are touched."""
        return [analytic.key(person) for person in touched.people]

    def every(self, reference: Reference) -> Iterable[str]:
        """Nobody has a row without learning."""
        return ()

    def wanted(self, key: str, reference: Reference) -> Wanted:
        """All that she learned."""
        (person,) = analytic.parts(key)
        return Wanted(kinds=self.kinds, subjects=frozenset(reference.ifis(person)))

    def rows(self, key: str, facts: Sequence[Fact], reference: Reference, *, as_of: date | None = None) -> Rows:
        """One row, if she learned at all."""
        (person,) = analytic.parts(key)
        told = [
            fact
            for fact in facts
            if reference.person(fact.subject, fact.observed_at.date()) == person
            and (as_of is None or reference.local_date_of(fact.observed_at, fact.subject) <= as_of)
        ]
        if not told:
            return {}
        states = [str(fact.data["state"]) for fact in told]
        row = (
            person,
            states.count("completed"),
            sum(fact.minutes or 0 for fact in told),
            told[0].observed_at,
            [fact.statement for fact in told],
            {state: states.count(state) for state in set(states)},
        )
        return {"learned": [row]}


PROJECTION: Final = Minutes()
