"""Which rows a question of this projection is about: those asked for, those for the asker, those of the day."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final, TypeAlias

import msgspec

from lrs.reference.model import Criterion, Period, Rubric
from lrs.reference.reference import Reference
from projections.answers import sight
from projections.answers.asked import Asked
from projections.answers.asker import Role
from projections.answers.conditions import Condition
from projections.answers.data import Data
from projections.answers.question import Filter, Grant, Question, Rows
from projections.rubric_evidence.standards import Standards, standards

Row: TypeAlias = dict[str, Any]
Portion: TypeAlias = tuple[tuple[str, ...], Asked]

# So many people are looked at together where rows are computed.
PEOPLE: Final = 10

# What is formative is between an educator and her coach; what the policy mixes is for all who see either.
SEES: Final[Mapping[Role, Grant]] = {
    Role.EDUCATOR: Grant(rows=Rows.OWN),
    Role.COACH: Grant(rows=Rows.CASELOAD),
    Role.PRINCIPAL: Grant(rows=Rows.SCHOOL, purposes=frozenset({"evaluative", "unspecified", "mixed"})),
    Role.EVALUATOR: Grant(rows=Rows.SCHOOL, purposes=frozenset({"evaluative", "mixed"})),
    Role.DIRECTOR: Grant(rows=Rows.SUMMARY),
    Role.RESEARCHER: Grant(rows=Rows.ALL, pseudonyms=True),
}


def is_sum(question: Question, asked: Asked) -> bool:
    """Whether sums are told in place of rows."""
    return sight.of(question, asked).is_sum(asked)


def conditions(question: Question, asked: Asked, *, but: str = "") -> list[Condition]:
    """What rows must meet to be asked for, in all filters `but` one, and seen. Of one who sees sums alone nothing
    narrows down whose they are.
    """
    seen = sight.of(question, asked)
    names = [name for name in question.filters if name in asked.values and name != but]
    if not seen.grants:
        names = [name for name in names if name in sight.UNNAMING]
    found = [_condition(question.filters[name], asked.values[name], asked) for name in names]
    return found if not seen.grants or seen.condition is None else [*found, seen.condition]


def _condition(filter_: Filter, values: Sequence[str], asked: Asked) -> Condition:
    return [{filter_.column: sight.reached(filter_, values, asked)}]


async def portions(
    table: str, where: Sequence[Condition], asked: Asked, data: Data, after: Sequence[Any] | None
) -> AsyncIterator[Portion]:
    """What is asked some people at a time, in order: those who have rows in `table` that meet `where`.

    As it was known earlier, others may have had rows: then it is asked at once.
    """
    if asked.known_at is not None:
        yield (), asked
        return
    # She may have more rows than those up to `after`.
    some = [after[0]] if after else []
    last = None
    while some or (some := await data.first(table, "person_id", where, after=last, limit=PEOPLE)):
        last = some[-1]
        yield (last,), of_people(some, asked)
        some = []


def of_people(people: Sequence[str], asked: Asked) -> Asked:
    """The same, asked of these people alone, who are among those of whom it was asked."""
    return msgspec.structs.replace(asked, values={**asked.values, "person": tuple(people)})


def as_of(asked: Asked) -> date | None:
    """The day as of which rows were computed; None for all that was observed."""
    return asked.as_of if asked.as_of < asked.today else None


def held(asked: Asked) -> Standards:
    """The standards by which the rows that are asked for were computed."""
    return standards(asked.reference, as_of(asked))


def year(reference: Reference, org: str | None, day: date) -> Period | None:
    """The school year of a day."""
    return next((each for each in reference.periods(org, day) if each.kind == "schoolYear"), None)


def years(asked: Asked, orgs: Iterable[str | None]) -> dict[str | None, str]:
    """The school year of the day that is asked for, by organisation."""
    found = {org: year(asked.reference, org or None, asked.as_of) for org in set(orgs)}
    return {org: period.id for org, period in found.items() if period is not None}


def of_the_year(asked: Asked, column: str = "period_id") -> list[Condition]:
    """That rows are of the school year of the day in one of the calendars, unless periods are named or told apart."""
    if "period" in asked.values or "period_id" in asked.by:
        return []
    return [[{column: frozenset(years(asked, (None, *asked.reference.orgs)).values())}]]


def terms(reference: Reference, org: str | None, day: date) -> Sequence[Period]:
    """The terms of the school year of a day, in order; without terms, none."""
    held_in = year(reference, org, day)
    if held_in is None:
        return ()
    chain = reference.ancestors(org)
    inside = [
        each
        for each in reference.records.periods
        if each.kind == "term" and (each.org is None or each.org in chain) and _overlap(each, held_in)
    ]
    return sorted(inside, key=lambda each: (each.since or date.min, each.until or date.max))


def _overlap(one: Period, other: Period) -> bool:
    return (one.since or date.min) < (other.until or date.max) and (other.since or date.min) < (one.until or date.max)


def rubrics(reference: Reference, day: date, only: Iterable[str] = ()) -> list[Rubric]:
    """The versions of rubrics in force on a day, all or those of some ids."""
    wanted = frozenset(only)
    every = [version for id_ in reference.rubrics for version in reference.versions(id_) if version.covers(day)]
    return [each for each in every if not wanted or each.id in wanted]


def criteria(reference: Reference, rubric: str, day: date) -> Sequence[Criterion]:
    """The criteria of a rubric in the version of a day, else in its newest."""
    versions = reference.versions(rubric)
    found = next((each for each in versions if each.covers(day)), versions[-1] if versions else None)
    return () if found is None else found.criteria
