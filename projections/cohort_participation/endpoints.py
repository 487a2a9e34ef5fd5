"""What may be asked of cohorts and of followthrough: `/analytics/v1/cohorts…` and `/analytics/v1/followthrough`."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from projections.answers.asked import Asked, Parameter
from projections.answers.asker import Role
from projections.answers.data import Data
from projections.answers.question import (
    PERSONAL,
    Column,
    Filter,
    Grant,
    Group,
    Holds,
    Measure,
    Question,
    Row,
    Rows,
    Summary,
    columns,
)
from projections.answers.summaries import mean, median, share, total
from projections.cohort_participation import overview, standing, tables, trace
from projections.cohort_participation.rows import share as rate

SCHEMA: Final = "cohort_participation."
TRUTH: Final = ("true", "false")
NOT_REPORTED: Final = Column("not_reported", "integer", "Meetings announced of which nothing was heard, as of the day.")
# What a small group would tell of its people: all counts of them, and all rates and sums over them.
OF_MEETINGS: Final = frozenset({"expected", "attended", "guests", "attendance_rate", "facilitator_id", "statement_ids"})
OF_COHORTS: Final = frozenset(
    {
        "members", "members_start", "members_end", "joined", "left", "net_growth", "retained", "retention_rate",
        "expected", "attended", "attendance_rate", "active_members", "active_rate", "learning_minutes",
        "minutes_known_share", "ties", "density", "reciprocity", "isolates", "facilitator_share",
    }
)  # fmt: skip
# Those whose cohort it is see it whole; all others not where it is small.
OF_A_GROUP: Final = {
    Role.FACILITATOR: Grant(rows=Rows.COHORT, small=True),
    Role.EDUCATOR: Grant(rows=Rows.MEMBER),
    Role.PRINCIPAL: Grant(rows=Rows.SCHOOL),
    Role.DIRECTOR: Grant(rows=Rows.ALL),
    Role.RESEARCHER: Grant(
        rows=Rows.ALL, hides=frozenset({"facilitator_ids", "facilitator_id", "session_key", "statement_ids"})
    ),
}
PEOPLE: Final[Mapping[str, Holds]] = dict.fromkeys(
    ("members", "members_start", "members_end", "joined", "left", "retained", "active_members", "isolates"), "people"
)
TRACES: Final = frozenset({"statement_ids"})


async def _participation(rows: Sequence[Row], asked: Asked, data: Data) -> Sequence[Row]:
    begun = [row for row in rows if standing.has_begun(row["period_id"], asked.reference, asked.as_of)]
    cohorts = {row["cohort_id"] for row in begun}
    silent: Counter[tuple[str, str]] = Counter()
    periods = {row["period_id"] for row in begun}
    for session in await overview.announced(asked, data, cohorts, periods) if cohorts else ():
        if standing.status(session, asked.reference, asked.as_of) == standing.NOT_REPORTED:
            silent.update((session["cohort_id"], period) for period in session["period_ids"])
    return [
        {
            **row,
            "kind": standing.kind(row["period_id"], asked.reference),
            "not_reported": silent[row["cohort_id"], row["period_id"]],
        }
        for row in begun
    ]


async def _sessions(rows: Sequence[Row], asked: Asked, data: Data) -> Sequence[Row]:
    return [{**row, "status": standing.status(row, asked.reference, asked.as_of)} for row in rows]


async def _members(rows: Sequence[Row], asked: Asked, data: Data) -> Sequence[Row]:
    return [
        {**row, "lapsed": row["missed_in_a_row"] >= standing.LAPSE}
        for row in rows
        if standing.has_begun(row["period_id"], asked.reference, asked.as_of)
    ]


async def _followthrough(rows: Sequence[Row], asked: Asked, data: Data) -> Sequence[Row]:
    for row in rows:
        applied = row["applied_at"]
        row.update(
            state=standing.of_unit(row, asked.as_of),
            length=standing.length(row["minutes"]),
            month=row["learned_on"].isoformat()[:7],
            school_year=row["period_ids"][0] if row["period_ids"] else None,
            days_to_apply=None if applied is None else _days(row["learned_at"], applied),
        )
    return rows


def _days(since: datetime, until: datetime) -> float:
    return round((until - since).total_seconds() / 86_400, 3)


def _applied_rate(rows: Sequence[Row]) -> float | None:
    applied = sum(row["state"] == "applied" for row in rows)
    return rate(applied, applied + sum(row["state"] == "not_applied" for row in rows))


def _count(name: str, sentence: str, state: str) -> Measure:
    return Measure(name, "bigint", sentence, lambda rows: sum(row["state"] == state for row in rows))


def _attendance(rows: Sequence[Row]) -> float | None:
    return rate(sum(row["sessions_attended"] for row in rows), sum(row["sessions_expected"] for row in rows))


COHORTS: Final = Question(
    path="cohorts",
    sentence="Every cohort with how it stands on the day, and how its school year goes so far.",
    columns=overview.COLUMNS,
    key=("cohort_id",),
    compute=overview.cohorts,
    portions=overview.portions,
    stands_on=("cohort_participation",),
    filters={"cohort": Filter("cohort_id"), "org": Filter("org_id", "org"), "period": Filter("period_id")},
    parameters=(
        Parameter("standing", "Only cohorts of that standing.", "standing", standing.STANDINGS),
        Parameter("plan", "Only cohorts of that plan.", "plan"),
    ),
    cohort="cohort_id",
    org="org_id",
    sees=OF_A_GROUP,
    group=Group(size="members", hides=OF_COHORTS & {each.name for each in overview.COLUMNS}),
)

PARTICIPATION: Final = Question(
    path="cohorts/{cohort}/participation",
    sentence="How a cohort does, by school year and term: growth, meetings, learning, and who talks with whom.",
    table=SCHEMA + tables.PARTICIPATION.name,
    key=tables.PARTICIPATION.key,
    columns=(
        *columns(tables.PARTICIPATION.columns, **PEOPLE),
        NOT_REPORTED,
        Column("kind", "text", "schoolYear or term."),
    ),
    complete=_participation,
    filters={"cohort": Filter("cohort_id"), "period": Filter("period_id"), "org": Filter("org_id", "org")},
    parameters=(Parameter("kind", "Only school years, or terms.", "kind", ("schoolYear", "term")),),
    cohort="cohort_id",
    org="org_id",
    sees=OF_A_GROUP,
    group=Group(size="members", hides=OF_COHORTS),
)  # fmt: skip

MEETINGS: Final = Question(
    path="cohorts/{cohort}/sessions",
    sentence="The meetings of a cohort: whether they were held, who was expected and how many came.",
    table=overview.SESSIONS,
    key=tables.SESSIONS.key,
    columns=columns(
        tables.SESSIONS.columns, expected="people", attended="people", guests="people", facilitator_id="person",
        session_key="trace", statement_ids="trace",
    ),
    complete=_sessions,
    filters={"cohort": Filter("cohort_id"), "period": Filter("period_ids"), "org": Filter("org_id", "org")},
    parameters=(Parameter("status", "Only meetings of which that became.", "status", standing.STATUSES),),
    cohort="cohort_id",
    org="org_id",
    sees={
        **OF_A_GROUP,
        Role.EDUCATOR: Grant(rows=Rows.MEMBER, hides=TRACES),
        Role.PRINCIPAL: Grant(rows=Rows.SCHOOL, hides=TRACES),
        Role.DIRECTOR: Grant(rows=Rows.ALL, hides=TRACES),
    },
    group=Group(size="expected", hides=OF_MEETINGS),
)  # fmt: skip

MEMBERS: Final = Question(
    path="cohorts/{cohort}/members",
    sentence="Who takes part in a cohort, and how: who comes, who lapses, who learns and talks with others.",
    table=SCHEMA + tables.MEMBERS.name,
    key=tables.MEMBERS.key,
    columns=(
        *columns(tables.MEMBERS.columns, person_id="person"),
        Column("lapsed", "boolean", f"Whether she missed the last {standing.LAPSE} meetings held, or more."),
    ),
    complete=_members,
    filters={
        "cohort": Filter("cohort_id"),
        "person": Filter("person_id"),
        "period": Filter("period_id"),
        "org": Filter("person_id", "org-of-person"),
    },
    parameters=(
        Parameter("lapsed", "Only those who lapsed, or did not.", "lapsed", TRUTH),
        Parameter("role", "Only members, or those who facilitate alone.", "role", ("member", "facilitator")),
    ),
    person="person_id",
    cohort="cohort_id",
    # Those of one cohort are too few for sums or pseudonyms: who sees no persons asks for its participation.
    sees={
        Role.EDUCATOR: Grant(rows=Rows.OWN),
        Role.COACH: Grant(rows=Rows.CASELOAD),
        Role.FACILITATOR: Grant(rows=Rows.COHORT),
        Role.PRINCIPAL: Grant(rows=Rows.SCHOOL),
    },
    summary=Summary(
        default=("period_id",),
        dimensions=("period_id", "role", "active", "lapsed"),
        measures=(
            Measure("attendance_rate", "double precision", "Meetings attended of those expected at.", _attendance),
            mean("learning_minutes", "Mean of known minutes of learning.", "learning_minutes"),
            mean("units_completed", "Mean of units completed.", "units_completed"),
            total("replies", "Replies written.", "replies_given"),
            share("active_share", "Share of rows that are active.", lambda row: bool(row["active"])),
            share("lapsed_share", "Share of rows that lapsed.", lambda row: bool(row["lapsed"])),
        ),
    ),
)

FOLLOWTHROUGH: Final = Question(
    path="followthrough",
    sentence="Whether what was learned was applied and shared, and what may yet be, as of the day.",
    table=SCHEMA + tables.FOLLOWTHROUGH.name,
    key=tables.FOLLOWTHROUGH.key,
    columns=(
        *columns(tables.FOLLOWTHROUGH.columns, person_id="person", statement_ids="trace"),
        Column("state", "text", "applied, open (within its window) or not_applied."),
        Column("length", "text", "Minutes of the unit: to 10, 11 to 20, over 20 or unknown."),
        Column("month", "text", "The month in which it was learned."),
        Column("school_year", "text", "The school year in which it was learned."),
        Column("days_to_apply", "double precision", "Days from learning to applying."),
    ),
    complete=_followthrough,
    filters={
        "person": Filter("person_id"),
        "org": Filter("person_id", "org-of-person"),
        "cohort": Filter("person_id", "members"),
        "criterion": Filter("criteria", "criterion"),
        "period": Filter("period_ids"),
    },
    parameters=(
        Parameter("state", "Only units of that state.", "state", standing.STATES),
        Parameter("unit", "Only that unit.", "unit_id"),
    ),
    person="person_id",
    sees={**PERSONAL, Role.PRINCIPAL: Grant(rows=Rows.SCHOOL, hides=TRACES)},
    summary=Summary(
        default=("school_year",),
        dimensions=("school_year", "month", "length", "link", "state"),
        needs=frozenset(
            {
                "person_id",
                "unit_id",
                "learned_at",
                "learned_on",
                "minutes",
                "period_ids",
                "window_ends",
                "applied_at",
                "shared_at",
                "link",
            }
        ),
        measures=(
            Measure("completed", "bigint", "Units completed.", len),
            _count("applied", "Units applied.", "applied"),
            _count("open", "Units not applied that are still in their window.", "open"),
            Measure("rate", "double precision", "applied / units applied or whose window is over.", _applied_rate),
            share("shared_share", "Share of units that were shared.", lambda row: row["shared_at"] is not None),
            median("median_days_to_apply", "Median of days to apply.", "days_to_apply"),
        ),
    ),
)

QUESTIONS: Final = (COHORTS, PARTICIPATION, MEETINGS, MEMBERS, trace.STATEMENTS, FOLLOWTHROUGH)
