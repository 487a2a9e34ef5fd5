"""Who grew between two periods, criterion by criterion: fall to spring unless others are named."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date
from typing import Any, Final, TypeAlias

from lrs.errors import Invalid
from projections.answers.asked import Asked
from projections.answers.conditions import Condition
from projections.answers.data import Data
from projections.answers.pages import purposes
from projections.answers.question import Column, Filter, Measure, Question, Summary
from projections.answers.slices import slices
from projections.answers.summaries import median, share
from projections.rubric_evidence import scope, told

Row: TypeAlias = dict[str, Any]


async def _compute(asked: Asked, data: Data) -> Sequence[Row]:
    pairs = _pairs(asked)
    if not pairs:
        return []
    rows = await data.every(told.EVIDENCE, _where(asked, pairs), only={*told.NEEDED, "last_at"})
    # Of one who moved, what is earlier may be of another school: where she was last in a period counts.
    ordered = sorted(await told.supposed(rows, asked, data), key=lambda row: row["last_at"])
    before = {
        (row["person_id"], row["criterion_id"], row["purpose"], pairs[row["period_id"]]): row
        for row in ordered
        if row["period_id"] in pairs and row["mastery_score"] is not None
    }
    after = [row for row in ordered if row["period_id"] in pairs.values() and row["mastery_score"] is not None]
    found = []
    async for some in slices(after):
        for row in some:
            first = before.get((row["person_id"], row["criterion_id"], row["purpose"], row["period_id"]))
            if first is not None:
                found.append(_row(first, row, asked))
    if scope.is_sum(QUESTION, asked):
        told.one_purpose(found, asked, QUESTION)
    return found


def _where(asked: Asked, pairs: Mapping[str, str]) -> list[Condition]:
    periods = frozenset(period for pair in pairs.items() for period in pair)
    return [*scope.conditions(QUESTION, asked, but="period"), *purposes(QUESTION, asked), [{"period_id": periods}]]


def _portions(
    asked: Asked, where: Sequence[Condition], data: Data, after: Sequence[Any] | None
) -> AsyncIterator[scope.Portion]:
    return scope.portions(told.EVIDENCE, _where(asked, _pairs(asked)), asked, data, after)


def _pairs(asked: Asked) -> dict[str, str]:
    """Periods and those with which they are compared: as named, else first and last term of each calendar's year."""
    named = sorted(map(asked.reference.period, asked.values.get("period", ())), key=lambda each: each.since or date.min)
    if len(named) == 2:
        return {named[0].id: named[1].id}
    if named:
        raise Invalid("growth is between two periods: name two, or none for first and last term", rule="parameter")
    found = {}
    for org in (None, *asked.reference.orgs):
        terms = scope.terms(asked.reference, org, asked.as_of)
        if len(terms) > 1:
            found[terms[0].id] = terms[-1].id
    return found


def _row(first: Row, last: Row, asked: Asked) -> Row:
    criterion = asked.reference.criterion(last["criterion_id"])
    change = round(last["mastery_score"] - first["mastery_score"], 4)
    return {
        **{name: last[name] for name in ("person_id", "org_id", "rubric_id", "criterion_id", "purpose")},
        "org": last["org_id"],
        "criterion_title": criterion.title,
        "domain": criterion.domain,
        "from_period": first["period_id"],
        "to_period": last["period_id"],
        "from_score": first["mastery_score"],
        "to_score": last["mastery_score"],
        "change": change,
        "from_scores": first["counted_count"],
        "to_scores": last["counted_count"],
    }


def _rounded(name: str, sentence: str, column: str) -> Measure:
    def of(rows: Sequence[Row]) -> float:
        return round(float(sum(row[column] for row in rows)) / len(rows), 4)

    return Measure(name, "double precision", sentence, of)


QUESTION: Final = Question(
    path="rubric-evidence/growth",
    sentence="Who grew between two periods: mastery scores of a criterion in both, and their difference.",
    compute=_compute,
    portions=_portions,
    stands_on=("rubric_evidence",),
    key=("person_id", "org_id", "rubric_id", "criterion_id", "purpose", "to_period"),
    columns=(
        Column("person_id", "text", "The educator.", "person"),
        Column("org_id", "text", "Where she worked in the later period; empty where it is not known."),
        Column("rubric_id", "text", "The rubric."),
        Column("criterion_id", "text", "The criterion."),
        Column("criterion_title", "text", "What the criterion is called."),
        Column("domain", "text", "Its domain."),
        Column("purpose", "text", "formative, evaluative or unspecified; mixed where the policy says so."),
        Column("from_period", "text", "The earlier period."),
        Column("to_period", "text", "The later period."),
        Column("from_score", "numeric(7,4)", "The mastery score in the earlier period."),
        Column("to_score", "numeric(7,4)", "The mastery score in the later period."),
        Column("change", "numeric(7,4)", "The later less the earlier."),
        Column("from_scores", "integer", "Scores that the earlier one stands on."),
        Column("to_scores", "integer", "Scores that the later one stands on."),
    ),
    filters={
        "person": Filter("person_id"),
        "org": Filter("org_id", "org"),
        "cohort": Filter("person_id", "members"),
        "rubric": Filter("rubric_id"),
        "criterion": Filter("criterion_id", "criterion"),
        "period": Filter("to_period"),
    },
    takes_method=True,
    person="person_id",
    org="org_id",
    purpose="purpose",
    sees=scope.SEES,
    summary=Summary(
        measures=(
            _rounded("from_score", "The mean score in the earlier period.", "from_score"),
            _rounded("to_score", "The mean score in the later period, of the same people.", "to_score"),
            _rounded("change", "The mean difference.", "change"),
            median("median_change", "The median difference.", "change"),
            share("grew", "The share of criteria with a higher score than before.", lambda row: row["change"] > 0),
        ),
        default=("org", "criterion_id"),
        dimensions=("org", "rubric_id", "domain", "criterion_id", "purpose", "to_period"),
        kind="performance",
    ),
)
