"""What is told of rows of `evidence` when it is asked: where a criterion stands, whether its evidence is old."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final, TypeAlias

from lrs.errors import Invalid
from lrs.reference.reference import Reference
from projections.answers.asked import Asked
from projections.answers.data import Data
from projections.answers.pages import purposes
from projections.answers.question import Column, Measure, Question
from projections.answers.slices import slices
from projections.answers.summaries import mean, share, total
from projections.rubric_evidence import scope
from projections.rubric_evidence.standards import judged_on
from projections.rubric_evidence.supposing import Supposed

Row: TypeAlias = dict[str, Any]

EVIDENCE: Final = "rubric_evidence.evidence"
ITEMS: Final = "rubric_evidence.items"
# What sums are made of.
NEEDED: Final = frozenset(
    {
        "person_id", "org_id", "rubric_id", "criterion_id", "period_id", "purpose", "evidence_count", "counted_count",
        "distinct_sources", "last_date", "mastery_score", "mastered", "growth", "self_gap",
    }
)  # fmt: skip
STATES: Final = ("none", "unscored", "developing", "mastered")
COLUMNS: Final = (
    Column("criterion_title", "text", "What the criterion is called."),
    Column("domain", "text", "The domain of the rubric to which it belongs."),
    Column("weight", "double precision", "The weight of the criterion in scores of domains and rubrics."),
    Column("state", "text", "unscored, developing or mastered, of scores by roles that count."),
    Column("days_since", "integer", "Cadence days since the last item, as of the day asked for."),
    Column("is_stale", "boolean", "Whether these are more than the policy's freshness_days."),
)


def state(row: Row) -> str:
    """What the evidence of a row amounts to."""
    if not row["evidence_count"]:
        return "none"
    if row["mastered"]:
        return "mastered"
    return "developing" if row["counted_count"] else "unscored"


def days_since(row: Row, asked: Asked) -> int:
    """Cadence days from the last item of a row to the day that is asked for."""
    return asked.reference.cadence_days(
        row["last_date"], asked.as_of, org=row["org_id"] or None, person=row["person_id"]
    )


async def supposed(rows: Sequence[Row], asked: Asked, data: Data) -> Sequence[Row]:
    """The rows by the method that is asked for, if one is."""
    if asked.method is None:
        return rows
    people, periods = {row["person_id"] for row in rows}, {row["period_id"] for row in rows}
    items = await data.rows(ITEMS, {"person_id": people, "period_ids": periods})
    by_method = Supposed(asked.method, scope.held(asked), items)
    found: list[Row] = []
    async for some in slices(rows):
        found += [by_method.row(row) for row in some]
    return found


async def told(rows: Sequence[Row], asked: Asked, data: Data) -> Sequence[Row]:
    """The rows with what the day and the rubric tell of them."""
    fresh = asked.reference.policy(asked.as_of).freshness_days
    criteria: dict[str, Row] = {}
    rows = await supposed(rows, asked, data)
    async for some in slices(rows):
        for row in some:
            known = criteria.get(row["criterion_id"])
            if known is None:
                known = criteria[row["criterion_id"]] = _criterion(row["criterion_id"], asked.reference)
            since = days_since(row, asked)
            row.update(known, state=state(row), days_since=since, is_stale=since > fresh, org=row["org_id"])
    return rows


def _criterion(id_: str, reference: Reference) -> Row:
    criterion = reference.criterion(id_)
    return {"criterion_title": criterion.title, "domain": criterion.domain, "weight": criterion.weight}


async def summed(asked: Asked, data: Data, question: Question) -> Sequence[Row]:
    """The rows of which sums are told: of the school year of the day unless periods are named, and of one purpose."""
    where = [*scope.conditions(question, asked), *purposes(question, asked), *scope.of_the_year(asked)]
    rows: Sequence[Row] = of_the_year(await data.every(EVIDENCE, where, only=NEEDED), asked)
    one_purpose(rows, asked, question)
    by = frozenset(asked.by or _default(question))
    possible: dict[tuple[str, str, str], tuple[int, date]] = {}
    rows = await told(rows, asked, data)
    async for some in slices(rows):
        for row in some:
            group = (row["rubric_id"], row["period_id"], row["domain"])
            known = possible.get(group)
            if known is None:
                known = possible[group] = _possible(*group, asked, by)
            row.update(possible=known[0], is_covered=is_covered(row, asked.reference, known[1]))
    return rows


def of_the_year(rows: Sequence[Row], asked: Asked) -> Sequence[Row]:
    """Those of the school year of the day, unless periods are named or told apart."""
    if "period" in asked.values or "period_id" in asked.by:
        return rows
    years = scope.years(asked, (row["org_id"] for row in rows))
    return [row for row in rows if row["period_id"] == years.get(row["org_id"])]


def _default(question: Question) -> tuple[str, ...]:
    return question.summary.default if question.summary is not None else ()


def one_purpose(rows: Sequence[Row], asked: Asked, question: Question) -> None:
    """Invalid where rows of several purposes would be summed up together."""
    several = sorted({row["purpose"] for row in rows})
    if len(several) > 1 and "purpose" not in (asked.by or _default(question)):
        named = ", ".join(several)
        raise Invalid(
            f"evidence is not summed up across purposes: add purpose= ({named}) or by=…,purpose", rule="purpose"
        )


def _possible(rubric: str, period: str, domain: str, asked: Asked, by: frozenset[str]) -> tuple[int, date]:
    """How many criteria a person could cover among those of one group, and the day whose policy holds."""
    day = judged_on(asked.reference.period(period), scope.as_of(asked))
    if "criterion_id" in by:
        return 1, day
    every = scope.criteria(asked.reference, rubric, day)
    return (sum(each.domain == domain for each in every) if "domain" in by else len(every)), day


def is_covered(row: Row, reference: Reference, day: date) -> bool:
    """Whether there is as much evidence as the policy of a day wants."""
    least: int = reference.policy(day).mastery.min_evidence
    return bool(row["evidence_count"] >= least)


def score_of(rows: Sequence[Row]) -> float | None:
    """The mean of mastery scores by the weights of their criteria."""
    scored = [(row["weight"], row["mastery_score"]) for row in rows if row["mastery_score"] is not None]
    weight = sum(weight for weight, _ in scored)
    return round(sum(weight * score for weight, score in scored) / weight, 4) if weight else None


def coverage_of(rows: Sequence[Row]) -> float | None:
    """The share of possible criteria that are covered, over the people of the rows."""
    possible: dict[tuple[str, str, str], int] = {}
    covered = set()
    for row in rows:
        person = (row["person_id"], row["rubric_id"], row["period_id"])
        possible[person] = row["possible"]
        if row["is_covered"]:
            covered.add((*person, row["criterion_id"]))
    whole = sum(possible.values())
    return round(len(covered) / whole, 4) if whole else None


MEASURES: Final = (
    Measure("score", "double precision", "The mean mastery score, by the weights of criteria.", score_of),
    Measure(
        "coverage", "double precision",
        "The share of criteria with evidence, over the people of the row; a score says little without it.",
        coverage_of,
    ),
    total("evidence", "Pieces of evidence.", "evidence_count"),
    share(
        "mastered", "The share of scored criteria that are mastered.",
        lambda row: row["mastered"] if row["mastery_score"] is not None else None,
    ),
    mean("growth", "The mean growth of criteria with two scores or more.", "growth"),
    mean("self_gap", "By how much people rate themselves above coach or evaluator, on the mean.", "self_gap"),
    share("stale", "The share of criteria whose evidence is old.", lambda row: row["is_stale"]),
    share("single_source", "The share with evidence from one source alone.", lambda row: row["distinct_sources"] == 1),
)  # fmt: skip
