"""What is told of rows of `evidence` when it is asked: where a criterion stands, whether its evidence is old."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final, TypeAlias

from lrs.errors import Invalid
from lrs.reference.reference import Reference
from projections.answers.asked import Asked
from projections.answers.data import Data
from projections.answers.question import Column, Measure, Question
from projections.answers.summaries import mean, share, total
from projections.rubric_evidence import scope
from projections.rubric_evidence.standards import judged_on
from projections.rubric_evidence.supposing import Supposed

Row: TypeAlias = dict[str, Any]

EVIDENCE: Final = "rubric_evidence.evidence"
ITEMS: Final = "rubric_evidence.items"
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
    if asked.method is None or not rows:
        return rows
    people, periods = {row["person_id"] for row in rows}, {row["period_id"] for row in rows}
    items = await data.rows(ITEMS, {"person_id": people, "period_ids": periods})
    by_method = Supposed(asked.method, scope.held(asked), items)
    return [by_method.row(row) for row in rows]


async def told(rows: Sequence[Row], asked: Asked, data: Data) -> list[Row]:
    """The rows with what the day and the rubric tell of them."""
    fresh = asked.reference.policy(asked.as_of).freshness_days
    found = []
    for row in await supposed(rows, asked, data):
        criterion = asked.reference.criterion(row["criterion_id"])
        since = days_since(row, asked)
        found.append({
            **row, "criterion_title": criterion.title, "domain": criterion.domain, "weight": criterion.weight,
            "state": state(row), "days_since": since, "is_stale": since > fresh, "org": row["org_id"],
        })  # fmt: skip
    return found


async def summed(rows: Sequence[Row], asked: Asked, data: Data, question: Question) -> list[Row]:
    """The rows of which sums are told: of the school year of the day unless periods are named, and of one purpose."""
    rows = of_the_year(rows, asked)
    one_purpose(rows, asked, question)
    by = frozenset(asked.by or _default(question))
    return [{**row, **_cover(row, asked, by)} for row in await told(rows, asked, data)]


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
    purposes = sorted({row["purpose"] for row in rows})
    if len(purposes) > 1 and "purpose" not in (asked.by or _default(question)):
        named = ", ".join(purposes)
        raise Invalid(
            f"evidence is not summed up across purposes: add purpose= ({named}) or by=…,purpose", rule="purpose"
        )


def _cover(row: Row, asked: Asked, by: frozenset[str]) -> Row:
    """Whether a row covers its criterion, and how many a person could cover among those of one group."""
    reference = asked.reference
    day = judged_on(reference.period(row["period_id"]), scope.as_of(asked))
    possible = 1
    if "criterion_id" not in by:
        every = scope.criteria(reference, row["rubric_id"], day)
        possible = sum(each.domain == row["domain"] for each in every) if "domain" in by else len(every)
    return {"possible": possible, "is_covered": is_covered(row, reference, day)}


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
