"""Questions of a director, who sees sums: is support even, who grows, does learning lead to anything, who lapsed?"""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from statistics import fmean

from lrs.simulation import rubric
from lrs.simulation.question import DIRECTOR, Question
from lrs.simulation.straight import Straight, decaying, year

NEAR = 0.0006
"""Sums are told with three or four decimals."""


def every(straight: Straight, first: int) -> list[Question]:
    """All of them."""
    return [*_even(straight, first), *_growing(straight), *_leading(straight), *_lapsed(straight, first)]


def _even(straight: Straight, first: int) -> Iterator[Question]:
    span, school = year(first), straight.district.planted["neglected_school"]
    met = {
        id_: straight.contacts(straight.visits(educator=id_), span) for id_ in straight.district.educators
    }  # fmt: skip
    minutes = {id_: sum(each.minutes for each in visits) for id_, visits in met.items()}
    own = [id_ for id_, each in straight.district.educators.items() if each.school.id == school]
    facts = {
        "mean_contacts": fmean(len(met[id_]) for id_ in own),
        "mean_minutes": fmean(minutes[id_] for id_ in own),
        "parity": fmean(minutes[id_] for id_ in own) / fmean(minutes.values()),
    }
    for column, expected in facts.items():
        yield Question(
            id=f"parity-{column}", sentence=f"How does support compare between schools: {column} of the neglected one.",
            path="support/parity", parameters={"period": span.id, "dimension": "school"}, asker=DIRECTOR,
            where={"value": school}, column=column, expected=round(expected, 4), tolerance=NEAR,
        )  # fmt: skip


def _growing(straight: Straight) -> Iterator[Question]:
    """The mean mastery score of a school on the criterion that grows there, year by year."""
    planted = straight.district.planted
    school, code = planted["growing_school"], planted["growing_criterion"]
    criterion = next(each for each in rubric.CRITERIA if each.code == code)
    own = [id_ for id_, each in straight.district.educators.items() if each.school.id == school]
    for first in straight.district.calendar.years:
        span = year(first)
        rated = [[each.score for each in straight.ratings(id_, code, span, "coach")] for id_ in own]
        yield Question(
            id=f"growing-{span.id}", sentence=f"Where does the growing school stand on {code} in {span.id}?",
            path="rubric-evidence", asker=DIRECTOR, where={"org": school}, column="score", tolerance=NEAR,
            parameters={"criterion": criterion.id, "period": span.id, "by": "org,criterion_id"},
            expected=round(fmean(decaying(scores) for scores in rated if scores), 4),
        )  # fmt: skip


def _leading(straight: Straight) -> Iterator[Question]:
    for first in straight.district.calendar.years:
        span, count = year(first), Counter[str]()
        for id_ in straight.district.educators:
            count += straight.funnel(id_, span)
        for column in ("completed", "applied"):
            yield Question(
                id=f"followthrough-{span.id}-{column}", sentence=f"Units of {span.id} that were {column}, in all.",
                path="followthrough", parameters={}, asker=DIRECTOR, where={"school_year": span.id}, column=column,
                expected=count[column],
            )  # fmt: skip


def _lapsed(straight: Straight, first: int) -> Iterator[Question]:
    day = date(first + 1, 4, 10)
    cohort = next(each for each in straight.district.cohorts if each.lapses is not None)
    last = max(each.day for each in straight.meetings(cohort, year(first)))
    for column, expected in (("standing", "overdue"), ("last_held_on", last.isoformat())):
        yield Question(
            id=f"lapsed-{column}", sentence=f"How did it stand with {cohort.title} on {day}?", path="cohorts",
            parameters={"as_of": day.isoformat()}, asker=DIRECTOR, where={"cohort_id": cohort.id}, column=column,
            expected=expected,
        )  # fmt: skip
