"""The two tables: pieces of evidence, and what they amount to for a person, a criterion and a period."""

from typing import Final

from projections.analytic import Column, Table

PLACE: Final = (
    Column("person_id", "text", "Who was rated: an id of the roster, or an identifier that it does not know."),
    Column("org_id", "text", "Where that person worked on the day of the evidence; empty where it is not known."),
    Column("rubric_id", "text", "The rubric of the criterion."),
)

ITEMS: Final = Table(
    "items",
    (
        Column("statement_id", "uuid", "The statement that tells of the evidence."),
        Column("n", "integer", "Which of the facts of that statement it is, from 0."),
        *PLACE,
        Column("rubric_version", "text", "The version of the rubric that was in force on that day, else the newest."),
        Column("criterion_id", "text", "The criterion, as the statement names it."),
        Column(
            "evidence_kind", "text",
            "formal_obs, informal_obs, walkthrough, artifact, self, peer, student_work, credential or self_report.",
        ),
        Column("assessor_id", "text", "Who rated; null where nobody is named."),
        Column("assessor_role", "text", "coach, evaluator, peer, self or system, as of that day."),
        Column("score", "numeric(7,4)", "The score on the scale of the criterion; null where there is none."),
        Column("level_id", "text", "The level stated, else the highest with at most that score."),
        Column("score_basis", "text", "What the score was read from: level, raw, scaled or none."),
        Column("source_key", "text", "What the evidence was taken from: an attempt, a session, an activity."),
        Column("observed_at", "timestamptz", "When it was observed."),
        Column("stored_at", "timestamptz", "When it was stored, where the policy orders scores by that; else null."),
        Column("local_date", "date", "The day that it was then where the person works."),
        Column("period_id", "text", "The smallest period that holds that day; null where there is none."),
        Column("period_ids", "text[]", "Every period in which it counts: the school year, the term."),
        Column("purpose", "text", "formative, evaluative or unspecified."),
        Column("has_attachment", "boolean", "Whether the statement has an attachment."),
        Column("superseded_by", "text", "The fact (statement/n) that took its place; null where it counts."),
        Column("flags", "text[]", "clock_suspect, off_scale, old_rubric_version."),
    ),
    ("statement_id", "n"),
    "Pieces of evidence on criteria of rubrics, those that were superseded included.",
    (("person_id",), ("org_id",), ("assessor_id",)),
)  # fmt: skip

# The columns of `evidence` that follow from the method of mastery.
JUDGED: Final = (
    "mastery_method", "mastery_int", "mastery_score", "threshold", "level_id", "mastered", "mastered_at", "growth",
)  # fmt: skip

EVIDENCE: Final = Table(
    "evidence",
    (
        *PLACE,
        Column("criterion_id", "text", "The criterion; with a crosswalk, that of the version in force."),
        Column("period_id", "text", "The school year or the term."),
        Column("purpose", "text", "formative, evaluative or unspecified; mixed where the policy says so."),
        Column("period_kind", "text", "schoolYear or term."),
        Column("evidence_count", "integer", "Items that count."),
        Column("scored_count", "integer", "Of these, items with a score."),
        Column("counted_count", "integer", "Of these, scores by roles that count towards mastery."),
        Column("coach_count", "integer", "Items by coaches."),
        Column("evaluator_count", "integer", "Items by evaluators."),
        Column("peer_count", "integer", "Items by peers."),
        Column("self_count", "integer", "Items by the person herself."),
        Column("distinct_assessors", "integer", "Different people who gave evidence, the person herself included."),
        Column("distinct_sources", "integer", "Different sources of evidence; one is single-source evidence."),
        Column("artifact_count", "integer", "Items that are artefacts or student work."),
        Column("first_at", "timestamptz", "When the first item was observed."),
        Column("last_at", "timestamptz", "When the last item was observed."),
        Column("last_date", "date", "The local day of the last item, from which staleness is counted."),
        Column("first_score", "numeric(7,4)", "The first score by roles that count."),
        Column("latest_score", "numeric(7,4)", "The latest score by roles that count."),
        Column("highest_score", "numeric(7,4)", "The highest score by roles that count."),
        Column("mean_score", "numeric(7,4)", "The mean of the scores by roles that count."),
        Column("mastery_method", "text", "How these scores become one: highest, latest, average, n_mastery, …"),
        Column("mastery_int", "integer", "Weight of the latest in percent, or how many scores n_mastery needs."),
        Column("mastery_score", "numeric(7,4)", "These scores as one; null where the method has no value."),
        Column("threshold", "numeric(7,4)", "The mastery score from which the criterion is mastered; null for never."),
        Column("level_id", "text", "The highest level with at most the mastery score."),
        Column("mastered", "boolean", "Whether the mastery score reaches the threshold."),
        Column("mastered_at", "timestamptz", "When the running value first reached it, even if it fell since."),
        Column("growth", "numeric(7,4)", "Mastery score less first score, from two scores that count."),
        Column("self_gap", "numeric(7,4)", "Latest score by the person herself less the latest by coach or evaluator."),
        Column("rows_flag", "text[]", "What is to be minded: clock_suspect, off_scale, old_rubric_version."),
    ),
    ("person_id", "org_id", "rubric_id", "criterion_id", "period_id", "purpose"),
    "Evidence on a criterion for a person in a period, by where she worked and for what purpose it was given.",
    (("period_id", "org_id"), ("org_id",)),
    frozenset({"criterion_id", "period_id", "purpose"}),
)
