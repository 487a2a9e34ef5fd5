"""Every cohort with how it stands on a day, put together from its roster, its school year and what is announced."""

from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, Final

import msgspec

from lrs.reference.model import Cohort
from lrs.reference.reference import Reference
from projections.answers import conditions
from projections.answers.asked import LIMIT, Asked
from projections.answers.conditions import Condition
from projections.answers.data import Data, Row
from projections.answers.question import Column
from projections.cohort_participation import standing, tables, years
from projections.cohort_participation.standing import STANDINGS

# So many cohorts are looked at together: a page, and the one that tells that there are more. Of the past, each has its
# years computed.
LIVE: Final = LIMIT + 1
PAST: Final = 6
SCHEDULED: Final = "scheduled"
PARTICIPATION: Final = f"cohort_participation.{tables.PARTICIPATION.name}"
SESSIONS: Final = f"cohort_participation.{tables.SESSIONS.name}"
OF_YEAR: Final = (
    "sessions_planned", "sessions_held", "cancelled", "attendance_rate", "active_rate", "net_growth", "retention_rate",
    "interval_adherence", "density", "facilitator_share",
)  # fmt: skip
COLUMNS: Final = (
    Column("cohort_id", "text", "The cohort."),
    Column("title", "text", "What it is called."),
    Column("org_id", "text", "The organisation that it belongs to."),
    Column("plan", "text", "The plan by which it meets."),
    Column("members", "integer", "Members on the day.", "people"),
    Column("facilitator_ids", "text[]", "Who facilitates on the day."),
    Column("standing", "text", f"One of {', '.join(STANDINGS)}, as of the day."),
    Column("target_interval_days", "integer", "Every how many cadence days it is to meet."),
    Column("last_held_on", "date", "The day of the last meeting held in the school year."),
    Column("days_since", "integer", "Cadence days since then, or since the school year began."),
    Column("next_planned_at", "timestamptz", "The next meeting that is announced."),
    Column("not_reported", "integer", "Meetings of the school year announced of which nothing was heard."),
    Column("period_id", "text", "The school year of the day."),
    *(Column(each.name, each.type, each.sentence) for each in tables.PARTICIPATION.columns if each.name in OF_YEAR),
)


async def cohorts(asked: Asked, data: Data) -> Sequence[Row]:
    """A row for each cohort of the roster."""
    reference = asked.reference
    wanted = _wanted(asked)
    period = {each.id: standing.year(reference, each.org, asked.as_of) for each in wanted}
    ids = {"cohort_id": list(period), "period_id": [each for each in period.values() if each]}
    rows = await data.rows(PARTICIPATION, ids)
    of_year = {(row["cohort_id"], row["period_id"]): row for row in rows}
    homes = {home for each in wanted if (year := period[each.id]) for home in _coming(year, each, reference)}
    next_at, silent = _announced(await announced(asked, data, list(period), homes), asked)
    return [
        _row(each, of_year.get((each.id, period[each.id] or ""), {}), asked, period[each.id], {
            "next_planned_at": next_at.get(each.id), "not_reported": silent[each.id, period[each.id]],
        })
        for each in wanted
    ]  # fmt: skip


async def portions(
    asked: Asked, where: Sequence[Condition], data: Data, after: Sequence[Any] | None
) -> AsyncIterator[tuple[tuple[str], Asked]]:
    """What is asked some cohorts at a time, in order, each with the last of these; those only that may meet `where`."""
    every = sorted(_wanted(asked), key=lambda each: each.id)
    left = (each.id for each in every if (after is None or each.id > after[0]) and _may_meet(each, where, asked))
    while some := tuple(islice(left, LIVE if asked.is_live else PAST)):
        yield (some[-1],), msgspec.structs.replace(asked, values={**asked.values, "cohort": some})


async def announced(asked: Asked, data: Data, cohorts: Collection[str], periods: Collection[str]) -> list[Row]:
    """The meetings of cohorts in periods that are announced, and of which nothing was heard yet."""
    where = {"cohort_id": cohorts, "period_ids": periods}
    # A meeting of which nothing was heard then may have been held since.
    rows = await data.rows(SESSIONS, {**where, "status": (SCHEDULED,)} if asked.is_live else where)
    return [row for row in rows if row["status"] == SCHEDULED]


def _may_meet(cohort: Cohort, where: Sequence[Condition], asked: Asked) -> bool:
    year = standing.year(asked.reference, cohort.org, asked.as_of)
    return conditions.may_meet({"cohort_id": cohort.id, "org_id": cohort.org, "period_id": year}, where)


def _wanted(asked: Asked) -> list[Cohort]:
    every = asked.reference.cohorts
    named = asked.values.get("cohort")
    return list(every.values()) if named is None else [every[each] for each in dict.fromkeys(named) if each in every]


def _coming(year: str, cohort: Cohort, reference: Reference) -> Sequence[str]:
    """A school year and those that follow, in which meetings may be announced."""
    return (year, *years.of(reference, cohort.org).after(year))


def _announced(sessions: Sequence[Row], asked: Asked) -> tuple[dict[str, datetime], Counter[tuple[str, str | None]]]:
    """When each cohort meets next, and how many meetings of a school year were not reported."""
    next_at: dict[str, datetime] = {}
    silent: Counter[tuple[str, str | None]] = Counter()
    for each in sorted(sessions, key=lambda row: row["start_at"]):
        if standing.status(each, asked.reference, asked.as_of) == standing.NOT_REPORTED:
            silent[each["cohort_id"], each["period_id"]] += 1
        elif each["local_date"] >= asked.as_of:
            next_at.setdefault(each["cohort_id"], each["start_at"])
    return next_at, silent


def _row(cohort: Cohort, year: Mapping[str, Any], asked: Asked, period: str | None, announced: Row) -> Row:
    reference, day = asked.reference, asked.as_of
    size, leads = standing.members(cohort.id, reference, day)
    target = reference.cohort_target(cohort.id, day)
    known = None if period is None else reference.calendar.period(period)
    since = year.get("last_held_on") or (known.since if known else None)
    days = None if since is None else max(0, reference.cadence_days(since, day, org=cohort.org, person=None))
    return {
        "cohort_id": cohort.id,
        "title": cohort.title,
        "org_id": cohort.org,
        "plan": cohort.plan,
        "members": size,
        "facilitator_ids": list(leads),
        "standing": standing.of_cohort(days, target, size, cohort.org, reference, day),
        "target_interval_days": target,
        "last_held_on": year.get("last_held_on"),
        "days_since": days,
        "period_id": period,
        **announced,
        **{name: year.get(name) for name in OF_YEAR},
    }
