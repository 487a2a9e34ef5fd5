"""How many statements are there, by day, verb, activity and agent?"""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from lrs.errors import Forbidden, Invalid
from lrs.storage import sqlfile
from projections.answers import groups, suppression
from projections.answers.asked import Asked, Parameter
from projections.answers.asker import Role
from projections.answers.data import Data, Row
from projections.answers.question import Column, Grant, Question, Rows
from projections.statistics.follower import DIMENSIONS, NAME

SQL: Final = sqlfile.load(__package__, "find.sql")
PATHS: Final = {"verb": "verb", "activity": "object", "agent": "actor"}
HIDDEN: Final = ("statements", "voided")
EVER: Final = (date(1, 1, 1), date(9999, 12, 31))


async def counts(asked: Asked, data: Data) -> Sequence[Row]:
    """Counts by the dimension asked for; to one who may not read statements, none of few people."""
    dimension = asked.value("of") or "day"
    is_daily = dimension == "day" or asked.value("daily") == "true"
    since, until = (_day(asked, name, default) for name, default in zip(("since", "until"), EVER, strict=True))
    if dimension == "agent" and not asked.asker.reads_statements:
        raise Forbidden("counts by agent need the scope statements/read")
    if is_daily or (since, until) != EVER:
        found = await SQL.fetch(
            data.connection, "sums", store=data.store, dimension=dimension, since=since, until=until, daily=is_daily
        )
    else:
        found = await SQL.fetch(data.connection, "totals", store=data.store, dimension=dimension)
    rows = [{**dict(row), "of": dimension, "suppressed": []} for row in found]
    if asked.asker.reads_statements:
        return rows
    return await _suppressed(rows, asked, data, dimension, is_daily, (since, until))


async def _suppressed(
    rows: list[dict[str, Any]], asked: Asked, data: Data, dimension: str, is_daily: bool, days: tuple[date, date]
) -> list[dict[str, Any]]:
    """The rows without numbers where few people acted, or where those could be worked out from the rest."""
    since, until = days
    if dimension == "day":
        found = await SQL.fetch(data.connection, "people_of_days", store=data.store, since=since, until=until)
    else:
        found = await SQL.fetch(
            data.connection, "people_of_path", store=data.store, path=PATHS[dimension], since=since, until=until,
            daily=is_daily,
        )  # fmt: skip
    people = {(row["day"], row["key"]): row["people"] for row in found}
    keys = [(row["day"] if is_daily else None, row["key"]) for row in rows]
    least = groups.least("participation", asked)
    lines: dict[Any, list[int]] = {}
    for place, (day, _) in enumerate(keys):
        lines.setdefault(None if dimension == "day" else day, []).append(place)
    for places in lines.values():
        dark = suppression.line([people.get(keys[place], 0) for place in places], least)
        for place, is_dark in zip(places, dark.cells, strict=True):
            if is_dark:
                rows[place] = {**rows[place], **dict.fromkeys(HIDDEN), "suppressed": list(HIDDEN)}
    return rows


def _day(asked: Asked, name: str, default: date) -> date:
    text = asked.value(name)
    try:
        return default if text is None else date.fromisoformat(text)
    except ValueError:
        raise Invalid(f"{name} is a day such as 2026-01-31, not {text!r:.80}", rule="parameter") from None


STATISTICS: Final = Question(
    path="statistics",
    sentence="How many statements there are, by day, verb, activity or agent.",
    columns=(
        Column("of", "text", "What is counted by: day, verb, activity or agent."),
        Column("day", "date", "The day in UTC on which it happened; the first such day where all are taken together."),
        Column("key", "text", "The verb, activity or identifier of the agent; empty for days."),
        Column("statements", "bigint", "How many statements were stored, voided ones and voiding ones too."),
        Column("voided", "bigint", "How many of these are voided."),
        Column("suppressed", "text[]", "Columns that are null since too few people stand behind them."),
    ),
    key=("of", "day", "key"),
    compute=counts,
    stands_on=(NAME,),
    parameters=(
        Parameter("of", "What to count by; without it, by day.", choices=DIMENSIONS),
        Parameter("daily", "Whether each day is told apart.", choices=("true", "false")),
        Parameter("since", "The first day."),
        Parameter("until", "The day after the last."),
        Parameter("key", "Only that verb, activity or agent.", "key"),
    ),
    sees={Role.DIRECTOR: Grant(rows=Rows.ALL)},
)
QUESTIONS: Final = (STATISTICS,)
