"""What may be asked of coaching: `/analytics/v1/coaching/…` and `/analytics/v1/support`."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Final

from lrs.errors import Invalid
from projections.answers import sight
from projections.answers.asked import Asked, Parameter
from projections.answers.asker import Role
from projections.answers.conditions import Alternative, Condition
from projections.answers.data import Data
from projections.answers.question import PERSONAL, Column, Filter, Grant, Question, Row, Rows, Summary, columns
from projections.answers.summaries import mean, median, share, total
from projections.coaching_cadence import parity, plans, standing, tables
from projections.coaching_cadence.standing import STATUSES

SCHEMA: Final = "coaching_cadence."
GOING_ON: Final = frozenset(STATUSES) - {"ended", "unassigned"}
# What of her pairs says how an educator stands.
OF_A_PAIR: Final = frozenset({"educator_id", "last_at"})
TRUTH: Final = ("true", "false")
EDUCATORS: Final = {
    "person": Filter("educator_id"),
    "org": Filter("educator_id", "org-of-person"),
    "cohort": Filter("educator_id", "members"),
}
PAIRED: Final = {**EDUCATORS, "coach": Filter("coach_id")}
# Administrators see that coaching happens, when and for how long, and not what it is about.
ACTIVITY: Final = Grant(rows=Rows.SCHOOL, hides=frozenset({"phase", "outcome", "criterion_ids", "statement_ids"}))
SEES: Final = {**PERSONAL, Role.PRINCIPAL: ACTIVITY}


async def _pairs(rows: Sequence[Row], asked: Asked, data: Data) -> Sequence[Row]:
    by = _due_by(asked)
    found = []
    for row in rows:
        stands = standing.of_pair(row, asked.reference, asked.as_of)
        if stands is None or (by is not None and not _is_due(row["next_due_on"], stands.status, by)):
            continue
        found.append({
            **row,
            "plan_id": row["plan_id"] or None,
            "status": stands.text,
            "standing": stands.status,
            "days_since": stands.days,
            "days_over": _over(stands.days, stands.target),
            "next_scheduled_at": stands.next,
            "missed": stands.missed,
        })  # fmt: skip
    return found


def _going_on(asked: Asked) -> Sequence[Condition]:
    """Where standings are asked for that only pairs have which go on: those of whom the roster says that they do."""
    wanted = asked.values.get("status", ())
    if not wanted or not GOING_ON.issuperset(wanted):
        return ()
    reference, day = asked.reference, asked.as_of
    going: list[Alternative] = []
    for coach in sorted({each.coach for each in reference.records.assignments}):
        mine = reference.assignments_of_coach(coach)
        begun = {each.educator for each in mine if plans.begun(each, day)}
        last = {each.educator for each in mine if each.until is None or each.until > day}
        going.append({"coach_id": frozenset({coach}), "educator_id": frozenset(begun & last)})
    return (going,)


def _due_by(asked: Asked) -> date | None:
    text = asked.value("due_by")
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise Invalid(f"due_by is a day such as 2026-01-31, not {text!r}", rule="parameter") from None


def _is_due(day: date | None, status: str, by: date) -> bool:
    return day is not None and day <= by and status not in ("ended", "paused", "unassigned")


def _over(days: int | None, target: int | None) -> int | None:
    return None if days is None or target is None else max(0, days - target)


async def _load(rows: Sequence[Row], asked: Asked, data: Data) -> Sequence[Row]:
    reference, day = asked.reference, asked.as_of
    found = []
    for row in rows:
        every = [each for each in reference.assignments_of_coach(row["coach_id"]) if each.covers(day)]
        targets = [reference.target_days(each.educator, each.plan, each, day) for each in every]
        needed = round(sum(7 / target for target in targets if target > 0), 3)
        found.append({**row, "assigned_on_day": len({each.educator for each in every}), "needed_per_week": needed})
    return found


async def _cycles(rows: Sequence[Row], asked: Asked, data: Data) -> Sequence[Row]:
    found = []
    for row in rows:
        days, target = standing.phase(row, asked.reference, asked.as_of)
        stalled = None if days is None or target is None else days > target
        is_open = row["closed_at"] is None
        found.append({**row, "is_open": is_open, "phase_days": days, "phase_target": target, "is_stalled": stalled})
    return found


async def _support(rows: Sequence[Row], asked: Asked, data: Data) -> Sequence[Row]:
    if "period" not in asked.values and "period_id" not in asked.by and _is_sum(asked):
        rows = [row for row in rows if row["period_id"] in parity.years(asked.reference, asked.as_of)]
    if _is_sum(asked) and "standing" not in asked.by and "status" not in asked.values:
        return rows
    people = {row["educator_id"] for row in rows}
    pairs: dict[str, list[Row]] = defaultdict(list)
    found = [({"educator_id": frozenset(people)},)]
    for pair in await data.every(SCHEMA + tables.PAIRS.name, found, only=OF_A_PAIR) if people else []:
        pairs[pair["educator_id"]].append(pair)
    stands = {each: standing.of_educator(each, pairs[each], asked.reference, asked.as_of) for each in people}
    return [
        {**row, "standing": stands[row["educator_id"]][0], "days_since": stands[row["educator_id"]][1]} for row in rows
    ]


def _is_sum(asked: Asked) -> bool:
    """Whether sums are told in place of rows."""
    return sight.of(SUPPORT, asked).is_sum(asked)


def _contacted(row: Row) -> bool:
    return bool(row["contacts"])


def _is_known(row: Row) -> bool:
    return row["minutes"] is not None


PAIRS: Final = Question(
    path="coaching/pairs",
    sentence="Who is coached by whom, how often they met, and whether they are due, as of the day.",
    table=SCHEMA + tables.PAIRS.name,
    key=tables.PAIRS.key,
    columns=(
        *columns(tables.PAIRS.columns, coach_id="person", educator_id="person"),
        Column("status", "text", "The standing, with +scheduled where a meeting is booked."),
        Column("standing", "text", f"One of {', '.join(STATUSES)}, as of the day."),
        Column("days_since", "integer", "Cadence days since the last contact, or since the assignment began."),
        Column("days_over", "integer", "Cadence days beyond the target in force on the day."),
        Column("next_scheduled_at", "timestamptz", "The first booked meeting on the day or later."),
        Column("missed", "integer", "Bookings that nothing came of within report_within_days."),
    ),
    complete=_pairs,
    narrows=_going_on,
    filters=PAIRED,
    parameters=(
        Parameter("status", "Only pairs of that standing; may be given more than once.", "standing", STATUSES),
        Parameter("plan", "Only pairs of that plan.", "plan_id"),
        Parameter("due_by", "Only pairs next due by that day, the overdue among them."),
    ),
    person="educator_id",
    coach="coach_id",
    sees=SEES,
    summary=Summary(
        default=("standing",),
        dimensions=("standing", "coach_id", "plan_id"),
        needs=frozenset(
            {"coach_id", "educator_id", "plan_id", "contacts", "last_at", "next_due_on", "open_bookings", "median_gap"}
        ),
        measures=(
            total("contacts", "Contacts.", "contacts"),
            total("missed", "Bookings that nothing came of.", "missed"),
            median("median_days_since", "Median of the cadence days since the last contact.", "days_since"),
            median("median_gap", "Median of the pairs' median gaps.", "median_gap"),
        ),
    ),
)

CONTACTS: Final = Question(
    path="coaching/contacts",
    sentence="The meetings of coaches and educators, one by one, with the statements that report them.",
    table=SCHEMA + tables.CONTACTS.name,
    key=tables.CONTACTS.key,
    columns=columns(tables.CONTACTS.columns, coach_id="person", educator_id="person", contact_key="trace",
                    statement_ids="trace"),
    filters={**PAIRED, "period": Filter("period_ids")},
    parameters=(
        Parameter("kind", "Only contacts of that kind.", "kind"),
        Parameter("cycle", "Only contacts of that cycle.", "cycle_id"),
    ),
    person="educator_id",
    coach="coach_id",
    purpose="purpose",
    sees=SEES,
    summary=Summary(
        default=("kind",),
        dimensions=("kind", "coach_id", "minutes_basis"),
        needs=frozenset({"coach_id", "educator_id", "kind", "minutes", "minutes_basis", "cycle_id"}),
        measures=(
            total("minutes", "Minutes, where they are known.", "minutes"),
            median("median_minutes", "Median of the minutes, where they are known.", "minutes"),
            share("minutes_known_share", "Share of contacts whose length is known.", _is_known),
        ),
    ),
)  # fmt: skip

LOAD: Final = Question(
    path="coaching/load",
    sentence="What each coach carries in a period, and what the assignments of the day ask for.",
    table=SCHEMA + tables.LOAD.name,
    key=tables.LOAD.key,
    columns=(
        *columns(tables.LOAD.columns, coach_id="person"),
        Column("assigned_on_day", "integer", "Educators assigned on the day asked for."),
        Column(
            "needed_per_week", "double precision", "Contacts a week that their targets ask for, in weeks of school."
        ),
    ),
    complete=_load,
    filters={
        "coach": Filter("coach_id"),
        "person": Filter("coach_id"),
        "org": Filter("coach_id", "org-of-person"),
        "period": Filter("period_id"),
    },
    person="coach_id",
    coach="coach_id",
    sees={
        Role.COACH: Grant(rows=Rows.CASELOAD),
        Role.PRINCIPAL: Grant(rows=Rows.SCHOOL),
        Role.DIRECTOR: Grant(rows=Rows.ALL),
        Role.RESEARCHER: Grant(rows=Rows.ALL, pseudonyms=True),
    },
)

CYCLES: Final = Question(
    path="coaching/cycles",
    sentence="Coaching cycles, the phase that each is in, and whether it stays there too long.",
    table=SCHEMA + tables.CYCLES.name,
    key=tables.CYCLES.key,
    columns=(
        *columns(
            tables.CYCLES.columns, coach_id="person", educator_id="person", cycle_id="trace", statement_ids="trace"
        ),
        Column("is_open", "boolean", "Whether it goes on."),
        Column("phase_days", "integer", "Cadence days of the phase that it is in, through the day."),
        Column("phase_target", "integer", "Cadence days that the policy gives that phase (cadence.by_phase)."),
        Column("is_stalled", "boolean", "Whether phase_days is more than phase_target; null where there is none."),
    ),
    complete=_cycles,
    filters={**PAIRED, "criterion": Filter("criterion_ids", "criterion")},
    parameters=(
        Parameter("open", "Only cycles that go on, or that are closed.", "is_open", TRUTH),
        Parameter("stalled", "Only cycles that stall, or that do not.", "is_stalled", TRUTH),
        Parameter("phase", "Only cycles in that phase.", "phase"),
    ),
    person="educator_id",
    coach="coach_id",
    sees=SEES,
    summary=Summary(
        default=("phase",),
        dimensions=("phase", "is_open", "is_stalled", "coach_id"),
        needs=frozenset({"coach_id", "educator_id", "phase", "phase_since", "closed_at", "contacts"}),
        measures=(
            share("stalled_share", "Share of cycles that stall, of those whose phase has a target.",
                  lambda row: row["is_stalled"]),
            median("median_phase_days", "Median of the cadence days of the phase that goes on.", "phase_days"),
            mean("mean_contacts", "Contacts per cycle.", "contacts"),
        ),
    ),
)  # fmt: skip

SUPPORT: Final = Question(
    path="support",
    sentence="What support each educator had in a period, whoever gave it, and how she stands on the day.",
    table=SCHEMA + tables.SUPPORT.name,
    key=tables.SUPPORT.key,
    columns=(
        *columns(tables.SUPPORT.columns, educator_id="person"),
        Column("standing", "text", f"One of {', '.join(STATUSES)}, with any coach, as of the day."),
        Column("days_since", "integer", "Cadence days since the last contact with any coach, in whichever period."),
    ),
    complete=_support,
    filters={**EDUCATORS, "period": Filter("period_id")},
    parameters=(Parameter("status", "Only educators of that standing.", "standing", STATUSES),),
    person="educator_id",
    sees=PERSONAL,
    summary=Summary(
        default=("org",),
        dimensions=("period_id", "standing"),
        needs=frozenset({"educator_id", "period_id", "contacts", "minutes", "sessions_attended", "learning_minutes"}),
        measures=(
            share("contacted_share", "Share with any contact.", _contacted),
            mean("mean_contacts", "Contacts per educator.", "contacts"),
            mean("mean_minutes", "Minutes of contacts per educator.", "minutes"),
            mean("mean_sessions", "Meetings of cohorts per educator.", "sessions_attended"),
            mean("mean_learning_minutes", "Minutes of learning per educator.", "learning_minutes"),
        ),
    ),
)

PARITY: Final = Question(
    path="support/parity",
    sentence="Whether support reaches every group alike: each group of educators against all of them.",
    compute=parity.groups,
    is_common=True,
    stands_on=(SCHEMA.rstrip("."),),
    key=("dimension", "value"),
    columns=parity.COLUMNS,
    parameters=(
        Parameter("dimension", "By what to compare; may be given more than once. Default: all of the policy's."),
        Parameter("period", "Of which period; default: the school year of the day."),
    ),
    sees={Role.DIRECTOR: Grant(rows=Rows.ALL), Role.RESEARCHER: Grant(rows=Rows.ALL)},
)

QUESTIONS: Final[tuple[Question, ...]] = (PAIRS, CONTACTS, LOAD, CYCLES, SUPPORT, PARITY)
