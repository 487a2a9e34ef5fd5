"""On which criteria educators have no evidence, old evidence, or evidence from one source alone."""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import islice
from typing import Any, Final, TypeAlias

from lrs.reference.model import Criterion, Period, Rubric
from projections.answers import conditions
from projections.answers.asked import Asked, Parameter
from projections.answers.conditions import Condition
from projections.answers.data import Data
from projections.answers.question import Column, Filter, Question, Summary
from projections.answers.slices import slices
from projections.answers.summaries import mean, share
from projections.rubric_evidence import scope, told

Row: TypeAlias = dict[str, Any]

LACKING: Final = ("evidence", "recent", "second_source", "nothing")
DAY: Final = timedelta(days=1)


async def _compute(asked: Asked, data: Data) -> Sequence[Row]:
    """A row for every educator and every criterion of her rubrics, whether there is evidence or not."""
    period, day = _period(asked)
    people = list(_educators(asked, day, scope.conditions(QUESTION, asked)))
    years = scope.years(asked, (person["org_id"] for person in people))
    rows = await _rows(people, {period.id} if period is not None else set(years.values()), asked, data)
    found: list[Row] = []
    async for some in slices(people, scope.PEOPLE):
        for person in some:
            in_ = period.id if period is not None else years.get(person["org_id"])
            own = [row for row in rows[person["person_id"]] if row["period_id"] == in_]
            for rubric in _rubrics(asked, day, own):
                every = _by_criterion(own, rubric)
                found += [_row(person, rubric, each, every[each.id], in_, asked) for each in rubric.criteria]
    return found


async def _portions(
    asked: Asked, where: Sequence[Condition], data: Data, after: Sequence[Any] | None
) -> AsyncIterator[scope.Portion]:
    """What is asked some educators at a time, in order."""
    people = (person["person_id"] for person in _educators(asked, _period(asked)[1], where))
    # She may have more rows than those up to `after`.
    left = people if after is None else (person for person in people if person >= after[0])
    while some := list(islice(left, scope.PEOPLE)):
        yield (some[-1],), scope.of_people(some, asked)


def _period(asked: Asked) -> tuple[Period | None, date]:
    """The period that is asked for, if one is, and the day whose roster and rubrics hold."""
    named = asked.value("period")
    if named is None:
        return None, asked.as_of
    period = asked.reference.period(named)
    return period, asked.as_of if period.until is None else min(asked.as_of, period.until - DAY)


def _educators(asked: Asked, day: date, wanted: Sequence[Condition]) -> Iterator[Row]:
    """Educators of a day who may meet these conditions, in order."""
    reference, about = asked.reference, _of_people(wanted)
    named = conditions.among("person_id", about)
    for person in sorted(reference.people if named is None else named & reference.people.keys()):
        if "educator" in reference.roles(person, day):
            row = {"person_id": person, "org_id": reference.org_of(person, day) or ""}
            if conditions.meets(row, about):
                yield row


def _of_people(wanted: Sequence[Condition]) -> list[Condition]:
    """Those conditions that say whose rows are wanted."""
    known = {"person_id", "org_id"}
    return [each for each in wanted if all(known.issuperset(alternative) for alternative in each)]


async def _rows(people: Sequence[Row], periods: set[str], asked: Asked, data: Data) -> dict[str, list[Row]]:
    """The evidence rows of people in some periods."""
    where: dict[str, Iterable[str]] = {"period_id": periods}
    if len(people) < len(asked.reference.people) // 2:
        where["person_id"] = [person["person_id"] for person in people]
    if asked.purposes is not None:
        where["purpose"] = asked.purposes
    found: dict[str, list[Row]] = defaultdict(list)
    alternative = {name: frozenset(values) for name, values in where.items()}
    for row in await data.every(told.EVIDENCE, [[alternative]], only=told.NEEDED):
        found[row["person_id"]].append(row)
    return found


def _rubrics(asked: Asked, day: date, own: Sequence[Row]) -> list[Rubric]:
    """The rubrics in force on which somebody has evidence; for one who has none, all in force."""
    every = scope.rubrics(asked.reference, day, asked.values.get("rubric", ()))
    used = {row["rubric_id"] for row in own}
    return [each for each in every if each.id in used] or every


def _by_criterion(rows: Sequence[Row], rubric: Rubric) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row["rubric_id"] == rubric.id:
            found[row["criterion_id"]].append(row)
    return found


def _row(
    person: Row, rubric: Rubric, criterion: Criterion, rows: Sequence[Row], period: str | None, asked: Asked
) -> Row:
    count, sources = (sum(row[name] for row in rows) for name in ("evidence_count", "distinct_sources"))
    last = max((row["last_date"] for row in rows), default=None)
    since = None if last is None else min(told.days_since(row, asked) for row in rows)
    policy = asked.reference.policy(asked.as_of)
    is_stale = since is not None and since > policy.freshness_days
    return {
        **person,
        "org": person["org_id"],
        "rubric_id": rubric.id,
        "period_id": period,
        "domain": criterion.domain,
        "criterion_id": criterion.id,
        "criterion_title": criterion.title,
        "evidence_count": count,
        "distinct_sources": sources,
        "last_date": last,
        "days_since": since,
        "state": max((told.state(row) for row in rows), key=told.STATES.index, default="none"),
        "lacking": _lacking(count, sources, is_stale=is_stale, least=policy.mastery.min_evidence),
    }


def _lacking(count: int, sources: int, *, is_stale: bool, least: int) -> str:
    if count < max(least, 1):
        return "evidence"
    if is_stale:
        return "recent"
    return "second_source" if sources < 2 else "nothing"


QUESTION: Final = Question(
    path="rubric-evidence/coverage",
    sentence="On which criteria educators have no evidence, old evidence or a single source: a row for each criterion.",
    compute=_compute,
    portions=_portions,
    stands_on=("rubric_evidence",),
    key=("person_id", "rubric_id", "criterion_id"),
    columns=(
        Column("person_id", "text", "The educator.", "person"),
        Column("org_id", "text", "Where she works on the day, or on the last day of the period; empty if not known."),
        Column("rubric_id", "text", "A rubric in force: one that she has evidence on, else each."),
        Column("criterion_id", "text", "The criterion."),
        Column("criterion_title", "text", "What the criterion is called."),
        Column("domain", "text", "Its domain."),
        Column("period_id", "text", "The period whose evidence counts: as asked for, else the school year of the day."),
        Column("state", "text", "none, unscored, developing or mastered: the best of the purposes that are shown."),
        Column("evidence_count", "integer", "Pieces of evidence in the period."),
        Column("distinct_sources", "integer", "Their sources."),
        Column("last_date", "date", "The day of the last one; null where there is none."),
        Column("days_since", "integer", "Cadence days since then."),
        Column("lacking", "text", "The first that it lacks: evidence, recent evidence, a second_source; or nothing."),
    ),
    filters={
        "person": Filter("person_id"),
        "org": Filter("org_id", "org"),
        "cohort": Filter("person_id", "members"),
        "rubric": Filter("rubric_id"),
        "criterion": Filter("criterion_id", "criterion"),
        "period": Filter("period_id"),
    },
    parameters=(
        Parameter("state", "Only criteria in that state.", "state", told.STATES),
        Parameter("lacking", "Only criteria that lack that.", "lacking", LACKING),
    ),
    person="person_id",
    org="org_id",
    minds_purpose=True,
    sees=scope.SEES,
    summary=Summary(
        measures=(
            share("coverage", "The share of criteria with enough evidence.", lambda row: row["lacking"] != LACKING[0]),
            share("recent", "The share with enough and recent evidence.", lambda row: row["lacking"] in LACKING[2:]),
            share("several_sources", "The share that lacks nothing.", lambda row: row["lacking"] == LACKING[3]),
            mean("evidence_per_criterion", "Pieces of evidence on a criterion, on the mean.", "evidence_count"),
        ),
        default=("org",),
        dimensions=("org", "domain", "criterion_id", "rubric_id", "state", "lacking"),
    ),
)  # fmt: skip
