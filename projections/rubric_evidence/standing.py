"""Scores of domains and of whole rubrics, each with its coverage: a mean over nine of 22 criteria is not the rubric."""

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from datetime import date
from typing import Any, Final, TypeAlias

from lrs.reference.model import Criterion
from projections.answers.asked import Asked, Parameter
from projections.answers.conditions import Condition
from projections.answers.data import Data
from projections.answers.pages import purposes
from projections.answers.question import Column, Filter, Measure, Question, Summary
from projections.answers.slices import slices
from projections.rubric_evidence import scope, told
from projections.rubric_evidence.standards import judged_on

Row: TypeAlias = dict[str, Any]

OF: Final = ("person_id", "org_id", "rubric_id", "period_id", "period_kind", "purpose")
WHOLE: Final = "(whole)"


def _where(asked: Asked) -> list[Condition]:
    return [*scope.conditions(QUESTION, asked), *purposes(QUESTION, asked)]


def _portions(
    asked: Asked, where: Sequence[Condition], data: Data, after: Sequence[Any] | None
) -> AsyncIterator[scope.Portion]:
    return scope.portions(told.EVIDENCE, _where(asked), asked, data, after)


async def _compute(asked: Asked, data: Data) -> Sequence[Row]:
    where = _where(asked)
    is_sum = scope.is_sum(QUESTION, asked)
    rows: Sequence[Row] = await data.every(
        told.EVIDENCE, [*where, *(scope.of_the_year(asked) if is_sum else ())], only={*told.NEEDED, "period_kind"}
    )
    if is_sum:
        rows = told.of_the_year(rows, asked)
        told.one_purpose(rows, asked, QUESTION)
    groups: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    async for some in slices(await told.supposed(rows, asked, data)):
        for row in some:
            groups[tuple([row[name] for name in OF])].append(row)
    found: list[Row] = []
    async for part in slices(list(groups.items()), scope.PEOPLE):
        for key, group in part:
            found += _scores(dict(zip(OF, key, strict=True)), group, asked)
    return found


def _scores(of: Row, rows: Sequence[Row], asked: Asked) -> list[Row]:
    """The score of the whole rubric and of each of its domains; in sums of the whole alone, unless by domain."""
    day = judged_on(asked.reference.period(of["period_id"]), scope.as_of(asked))
    criteria = scope.criteria(asked.reference, of["rubric_id"], day)
    by_domain: dict[str, list[Criterion]] = defaultdict(list)
    for each in criteria:
        by_domain[each.domain].append(each)
    parts: dict[str, Sequence[Criterion]] = {WHOLE: criteria, **by_domain}
    if scope.is_sum(QUESTION, asked):
        parts = {**by_domain} if "domain" in (*asked.by, *asked.values) else {WHOLE: criteria}
    return [_score(of, domain, every, rows, asked, day) for domain, every in parts.items()]


def _score(of: Row, domain: str, criteria: Sequence[Criterion], rows: Sequence[Row], asked: Asked, day: date) -> Row:
    weights = {each.id: each.weight for each in criteria}
    inside = [{**row, "weight": weights[row["criterion_id"]]} for row in rows if row["criterion_id"] in weights]
    covered = sum(told.is_covered(row, asked.reference, day) for row in inside)
    return {
        **of,
        "org": of["org_id"],
        "domain": domain,
        "score": told.score_of(inside),
        "scored_criteria": sum(row["mastery_score"] is not None for row in inside),
        "mastered_criteria": sum(row["mastered"] for row in inside),
        "covered_criteria": covered,
        "criteria": len(criteria),
        "coverage": round(covered / len(criteria), 4) if criteria else None,
    }


def _mean_score(rows: Sequence[Row]) -> float | None:
    known = [row["score"] for row in rows if row["score"] is not None]
    return round(sum(known) / len(known), 4) if known else None


def _coverage(rows: Sequence[Row]) -> float | None:
    whole = sum(row["criteria"] for row in rows)
    return round(sum(row["covered_criteria"] for row in rows) / whole, 4) if whole else None


QUESTION: Final = Question(
    path="rubric-evidence/scores",
    sentence="Scores of whole rubrics and of their domains, each with the share of criteria that it stands on.",
    compute=_compute,
    portions=_portions,
    stands_on=("rubric_evidence",),
    key=("person_id", "org_id", "rubric_id", "period_id", "purpose", "domain"),
    columns=(
        Column("person_id", "text", "The educator.", "person"),
        Column("org_id", "text", "Where she worked; empty where it is not known."),
        Column("rubric_id", "text", "The rubric."),
        Column("domain", "text", f"The domain, {WHOLE} for the rubric."),
        Column("period_id", "text", "The school year or the term."),
        Column("period_kind", "text", "schoolYear or term."),
        Column("purpose", "text", "formative, evaluative or unspecified; mixed where the policy says so."),
        Column("score", "double precision", "The mean of mastery scores by the weights of their criteria."),
        Column("coverage", "double precision", "The share of the criteria with enough evidence. Never go without it."),
        Column("scored_criteria", "integer", "Criteria that the score stands on."),
        Column("mastered_criteria", "integer", "Of these, those that are mastered."),
        Column("covered_criteria", "integer", "Criteria with enough evidence, scored or not."),
        Column("criteria", "integer", "Criteria of the domain or rubric, in the version in force."),
    ),
    filters={
        "person": Filter("person_id"),
        "org": Filter("org_id", "org"),
        "cohort": Filter("person_id", "members"),
        "rubric": Filter("rubric_id"),
        "period": Filter("period_id"),
    },
    parameters=(
        Parameter("domain", f"Only that domain, or {WHOLE}.", "domain"),
        Parameter("period_kind", "Only school years, or only terms.", "period_kind", ("schoolYear", "term")),
    ),
    takes_method=True,
    person="person_id",
    org="org_id",
    purpose="purpose",
    sees=scope.SEES,
    summary=Summary(
        measures=(
            Measure("score", "double precision", "The mean of people's scores.", _mean_score),
            Measure("coverage", "double precision", "The share of criteria with enough evidence.", _coverage),
        ),
        default=("org",),
        dimensions=("org", "rubric_id", "domain", "period_id", "purpose"),
        kind="performance",
    ),
)
