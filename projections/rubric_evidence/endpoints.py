"""What may be asked of rubric evidence: `/analytics/v1/rubric-evidence` and beneath."""

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

from projections.answers.asked import Asked, Parameter
from projections.answers.data import Data
from projections.answers.question import Column, Filter, Question, Summary, columns
from projections.rubric_evidence import coverage, growth, preceding, scope, standing, tables, told
from projections.rubric_evidence.items import EVIDENCE_KINDS, ROLES

Row: TypeAlias = dict[str, Any]

FILTERS: Final = {
    "person": Filter("person_id"),
    "org": Filter("org_id", "org"),
    "cohort": Filter("person_id", "members"),
    "rubric": Filter("rubric_id"),
    "criterion": Filter("criterion_id", "criterion"),
}
TRUTH: Final = ("true", "false")


async def _evidence(rows: Sequence[Row], asked: Asked, data: Data) -> Sequence[Row]:
    return await told.told(rows, asked, data)


async def _sums(asked: Asked, data: Data) -> Sequence[Row]:
    return await told.summed(asked, data, EVIDENCE)


async def _items(rows: Sequence[Row], asked: Asked, data: Data) -> Sequence[Row]:
    return [{**row, "counts": row["superseded_by"] is None} for row in rows]


EVIDENCE: Final = Question(
    path="rubric-evidence",
    sentence="Where people stand on criteria of their rubric, period by period, and on how much evidence.",
    table=told.EVIDENCE,
    key=tables.EVIDENCE.key,
    columns=(*columns(tables.EVIDENCE.columns, person_id="person"), *told.COLUMNS),
    complete=_evidence,
    filters={**FILTERS, "period": Filter("period_id")},
    parameters=(
        Parameter("state", "Only criteria in that state.", "state", told.STATES[1:]),
        Parameter("stale", "Only criteria whose evidence is old, or is not.", "is_stale", TRUTH),
        Parameter("period_kind", "Only school years, or only terms.", "period_kind", ("schoolYear", "term")),
    ),
    takes_method=True,
    person="person_id",
    org="org_id",
    purpose="purpose",
    sees=scope.SEES,
    summary=Summary(
        measures=told.MEASURES,
        default=("org", "criterion_id"),
        dimensions=("org", "rubric_id", "domain", "criterion_id", "period_id", "purpose", "state"),
        kind="performance",
        rows=_sums,
    ),
)

ITEMS: Final = Question(
    path="rubric-evidence/items",
    sentence="The pieces of evidence, one by one, with the statements that tell of them.",
    table=told.ITEMS,
    key=tables.ITEMS.key,
    columns=(
        *columns(
            tables.ITEMS.columns, person_id="person", assessor_id="person", statement_id="trace", source_key="trace",
            superseded_by="trace",
        ),
        Column("counts", "boolean", "Whether it counts: nothing took its place."),
    ),
    complete=_items,
    filters={**FILTERS, "coach": Filter("assessor_id"), "period": Filter("period_ids")},
    parameters=(
        Parameter("counts", "Only what counts, or what something took the place of.", "counts", TRUTH),
        Parameter("assessor_role", "Only evidence by that role.", "assessor_role", ROLES),
        Parameter("evidence_kind", "Only evidence of that kind.", "evidence_kind", tuple(sorted(EVIDENCE_KINDS))),
        Parameter("source", "Only evidence from that source.", "source_key"),
    ),
    person="person_id",
    org="org_id",
    purpose="purpose",
    sees={role: grant for role, grant in scope.SEES.items() if grant.rows != "summary"},
)  # fmt: skip

QUESTIONS: Final = (EVIDENCE, ITEMS, coverage.QUESTION, standing.QUESTION, growth.QUESTION, preceding.QUESTION)
