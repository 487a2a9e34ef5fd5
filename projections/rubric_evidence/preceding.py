"""Which learning units precede evidence on a criterion that they are aligned with.

Units are those of `cohort_participation.followthrough`, read by its name as anybody may: first completions.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from projections.answers.asked import Asked, Parameter
from projections.answers.conditions import Condition
from projections.answers.data import Data
from projections.answers.pages import purposes
from projections.answers.question import Column, Filter, Question, Summary
from projections.answers.slices import slices
from projections.answers.summaries import mean, median, total
from projections.rubric_evidence import scope, told

Row: TypeAlias = dict[str, Any]
Units: TypeAlias = Mapping[tuple[str, str], Sequence[Row]]

UNITS: Final = "cohort_participation.followthrough"
SHOWN: Final = (
    "person_id", "org_id", "rubric_id", "criterion_id", "period_ids", "purpose", "evidence_kind", "assessor_role",
    "score", "statement_id", "n",
)  # fmt: skip
OF_AN_ITEM: Final = frozenset({*SHOWN, "local_date", "observed_at", "superseded_by"})
OF_A_UNIT: Final = frozenset({"person_id", "unit_id", "criteria", "minutes", "learned_at", "learned_on"})


def _where(asked: Asked) -> list[Condition]:
    return [*scope.conditions(QUESTION, asked), *purposes(QUESTION, asked)]


def _portions(
    asked: Asked, where: Sequence[Condition], data: Data, after: Sequence[Any] | None
) -> AsyncIterator[scope.Portion]:
    return scope.portions(told.ITEMS, _where(asked), asked, data, after)


async def _compute(asked: Asked, data: Data) -> Sequence[Row]:
    is_sum = scope.is_sum(QUESTION, asked)
    where = [*_where(asked), *(scope.of_the_year(asked, "period_ids") if is_sum else ())]
    every = await data.every(told.ITEMS, where, only=OF_AN_ITEM)
    items = [item for item in every if item["superseded_by"] is None]
    if is_sum:
        items = _of_the_year(items, asked)
        told.one_purpose(items, asked, QUESTION)
    units = await _units({item["person_id"] for item in items}, data)
    window = asked.reference.policy(asked.as_of).followthrough.window_days
    found = []
    async for some in slices(items):
        for item in some:
            for unit in units.get((item["person_id"], item["criterion_id"]), ()):
                days = (item["local_date"] - unit["learned_on"]).days
                if unit["learned_at"] < item["observed_at"] and days <= window:
                    found.append(_row(item, unit, days, asked))
    return found


def _of_the_year(items: Sequence[Row], asked: Asked) -> list[Row]:
    if "period" in asked.values:
        return list(items)
    years = scope.years(asked, (item["org_id"] for item in items))
    return [item for item in items if years.get(item["org_id"]) in item["period_ids"]]


async def _units(people: set[str], data: Data) -> Units:
    """Completed units by person and criterion."""
    found: dict[tuple[str, str], list[Row]] = defaultdict(list)
    if people:
        async for some in slices(await data.every(UNITS, [({"person_id": frozenset(people)},)], only=OF_A_UNIT)):
            for unit in some:
                for criterion in unit["criteria"] or ():
                    if unit["learned_at"] is not None:
                        found[unit["person_id"], criterion].append(unit)
    return found


def _row(item: Row, unit: Row, days: int, asked: Asked) -> Row:
    return {
        **{name: item[name] for name in SHOWN},
        "org": item["org_id"],
        "domain": asked.reference.criterion(item["criterion_id"]).domain,
        "unit_id": unit["unit_id"],
        "minutes": unit["minutes"],
        "learned_on": unit["learned_on"],
        "local_date": item["local_date"],
        "days": days,
        "pieces": 1,
    }


QUESTION: Final = Question(
    path="rubric-evidence/units",
    sentence="Which learning units people completed before evidence on a criterion that the units are aligned with.",
    compute=_compute,
    portions=_portions,
    stands_on=("rubric_evidence", "cohort_participation"),
    key=("person_id", "criterion_id", "statement_id", "n", "unit_id"),
    columns=(
        Column("person_id", "text", "The educator.", "person"),
        Column("org_id", "text", "Where she worked on the day of the evidence."),
        Column("rubric_id", "text", "The rubric."),
        Column("criterion_id", "text", "The criterion."),
        Column("domain", "text", "Its domain."),
        Column("unit_id", "text", "The unit: its IRI."),
        Column("learned_on", "date", "The local day on which she first completed it."),
        Column("minutes", "double precision", "Known minutes spent on it."),
        Column("local_date", "date", "The local day of the evidence."),
        Column("days", "integer", "Days from the one to the other, at most the policy's followthrough.window_days."),
        Column("evidence_kind", "text", "What kind of evidence it was."),
        Column("assessor_role", "text", "By whom."),
        Column("score", "numeric(7,4)", "Its score, if any."),
        Column("period_ids", "text[]", "The periods in which the evidence counts."),
        Column("purpose", "text", "formative, evaluative or unspecified."),
        Column("statement_id", "uuid", "The statement that tells of the evidence.", "trace"),
        Column("n", "integer", "Which of the facts of that statement it is."),
    ),
    filters={
        "person": Filter("person_id"),
        "org": Filter("org_id", "org"),
        "cohort": Filter("person_id", "members"),
        "rubric": Filter("rubric_id"),
        "criterion": Filter("criterion_id", "criterion"),
        "period": Filter("period_ids"),
    },
    parameters=(Parameter("unit", "Only that unit.", "unit_id"),),
    person="person_id",
    org="org_id",
    purpose="purpose",
    sees=scope.SEES,
    summary=Summary(
        measures=(
            total("evidence", "Pieces of evidence within the window.", "pieces"),
            mean("score", "The mean of their scores.", "score"),
            median("days", "The median of the days between.", "days"),
        ),
        default=("unit_id",),
        dimensions=("unit_id", "criterion_id", "domain", "rubric_id", "org", "purpose", "evidence_kind"),
        kind="performance",
    ),
)
