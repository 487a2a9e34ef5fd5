"""Questions that the simulated record can be asked, each with the answer that the straight count gives."""

from collections.abc import Iterator
from datetime import date

from lrs.simulation import overviews, rubric
from lrs.simulation.district import Cohort, Pair
from lrs.simulation.question import Question, coach, educator, facilitator, principal
from lrs.simulation.straight import Span, Straight, decaying, fall, spring, year


def every(straight: Straight) -> list[Question]:
    """All questions, in the order of the document."""
    first = straight.district.calendar.years[-1]
    return [
        *_overdue(straight, first), *_neglected(straight, first), *_overloaded(straight, first),
        *_pairs(straight), *_lapsed(straight, first), *_network(straight), *_members(straight, first),
        *_growth(straight), *_lab(straight, first), *_funnel(straight, first), *_support(straight, first),
        *overviews.every(straight, first),
    ]  # fmt: skip


def _overdue(straight: Straight, first: int) -> Iterator[Question]:
    planted = straight.district.planted
    pair = next(each for each in straight.district.pairs if each.silent is not None)
    day = date(first + 1, 4, 10)
    ask = {"person": planted["overdue_educator"], "coach": pair.coach.id, "as_of": day.isoformat()}
    name = f"{pair.educator.given} {pair.educator.family}"
    asker = coach(pair.coach.id)
    yield Question(
        id="overdue-educator", sentence=f"How did it stand with {name} and her coach on {day}?",
        path="coaching/pairs", parameters=ask, asker=asker, column="standing", expected=straight.status(pair, day),
    )  # fmt: skip
    yield Question(
        id="overdue-since", sentence=f"By which day was {name} to be seen, as it stood on {day}?",
        path="coaching/pairs", parameters=ask, asker=asker, column="next_due_on",
        expected=straight.next_due(pair, day).isoformat(),
    )  # fmt: skip
    met = straight.contacts(straight.visits(pair=pair))
    yield Question(
        id="overdue-contacts", sentence=f"How many contacts had {name} up to {day}?", path="coaching/pairs",
        parameters=ask, asker=asker, column="contacts", expected=sum(each.day <= day for each in met),
    )  # fmt: skip


def _neglected(straight: Straight, first: int) -> Iterator[Question]:
    """The neglected school beside one like it; nobody moves into either, or away."""
    span = year(first)
    for school in (straight.district.planted["neglected_school"], "birch-s001"):
        name = next(each.name for each in straight.district.schools if each.id == school)
        met = [
            visit
            for each in straight.district.educators.values() if each.school.id == school
            for visit in straight.contacts(straight.visits(educator=each.person.id), span)
        ]  # fmt: skip
        for column, expected in (("contacts", len(met)), ("minutes", sum(each.minutes for each in met))):
            yield Question(
                id=f"support-{school}-{column}",
                sentence=f"How much support by coaches ({column}) had {name} in {_years(span)}?", path="support",
                parameters={"org": school, "period": span.id}, asker=principal(school), column=column, take="sum",
                expected=expected,
            )  # fmt: skip


def _years(span: Span) -> str:
    return f"{span.since.year}-{(span.since.year + 1) % 100:02}"


def _overloaded(straight: Straight, first: int) -> Iterator[Question]:
    span, heavy = year(first), straight.district.planted["overloaded_coach"]
    visits = straight.contacts(straight.visits(coach=heavy), span)
    pairs = [each for each in straight.district.pairs if each.coach.id == heavy]
    facts = {
        "assigned": len({each.educator.id for each in pairs}),
        "contacts": len(visits),
        "minutes": sum(each.minutes for each in visits),
    }
    for column, expected in facts.items():
        yield Question(
            id=f"load-{column}", sentence=f"The load of the coach who carries most, in {_years(span)}: {column}.",
            path="coaching/load", parameters={"coach": heavy, "period": span.id}, asker=coach(heavy), column=column,
            expected=expected,
        )  # fmt: skip

    day = date(first + 1, 4, 10)
    yield Question(
        id="load-overdue", sentence=f"How many of her educators were overdue on {day}?", path="coaching/pairs",
        parameters={"coach": heavy, "as_of": day.isoformat()}, asker=coach(heavy), column="standing", take="count",
        where={"standing": "overdue"}, expected=sum(straight.status(each, day) == "overdue" for each in pairs),
    )  # fmt: skip


def _pairs(straight: Straight) -> Iterator[Question]:
    """Pairs of each district of whose visits all were announced, so that what became of each is certain."""
    for name in ("alder", "birch"):
        for pair in _plain(straight, name)[:3]:
            yield from _pair(straight, pair)


def _plain(straight: Straight, district: str) -> list[Pair]:
    return [
        pair for pair in straight.district.pairs
        if pair.educator.district == district and pair.silent is None and pair.until is None
        and pair.coach.id != straight.district.planted["overloaded_coach"]
        and all(each.planned for each in straight.visits(pair=pair))
        and any(each.outcome == "missed" for each in straight.visits(pair=pair))
    ]  # fmt: skip


def _pair(straight: Straight, pair: Pair) -> Iterator[Question]:
    visits = straight.visits(pair=pair)
    met = straight.contacts(visits)
    steps = [each for each in straight.records.steps if each.pair == pair.number and (each.set or each.done)]
    facts = {
        "contacts": len(met),
        "minutes": sum(each.minutes for each in met),
        "scheduled": len(visits),
        "cancelled": sum(each.outcome == "cancelled" and each.reported for each in visits),
        "missed": len(visits) - len(met) - sum(each.outcome == "cancelled" and each.reported for each in visits),
        "open_steps": sum(each.done is None for each in steps),
        "closed_steps": sum(each.done is not None for each in steps),
    }
    as_of = straight.district.calendar.end.isoformat()
    for column, expected in facts.items():
        yield Question(
            id=f"pair-{pair.number}-{column}",
            sentence=f"{pair.coach.given} {pair.coach.family} and {pair.educator.given} {pair.educator.family}:"
            f" {column}.",
            path="coaching/pairs", asker=coach(pair.coach.id), column=column, expected=expected,
            parameters={"person": pair.educator.id, "coach": pair.coach.id, "as_of": as_of},
        )  # fmt: skip


def _cohort(straight: Straight, id_: str) -> Cohort:
    return next(each for each in straight.district.cohorts if each.id == id_)


def _lapsed(straight: Straight, first: int) -> Iterator[Question]:
    cohort = _cohort(straight, straight.district.planted["lapsed_cohort"])
    for span in (fall(first), spring(first)):
        yield _participation(cohort, span, "sessions_held", len(straight.meetings(cohort, span)))


def _participation(cohort: Cohort, span: Span, column: str, expected: float, tolerance: float = 0.0) -> Question:
    return Question(
        id=f"{cohort.id}-{span.id}-{column}", sentence=f"{cohort.title} in {span.id}: {column}.",
        path=f"cohorts/{cohort.id}/participation", parameters={"period": span.id},
        asker=facilitator(cohort.facilitator.id), column=column, expected=expected,
        tolerance=tolerance,
    )  # fmt: skip


def _network(straight: Straight) -> Iterator[Question]:
    cohort = _cohort(straight, "network")
    for first in straight.district.calendar.years:
        span = year(first)
        held = straight.meetings(cohort, span)
        start, end = date(first, 8, 1), date(first + 1, 6, 30)
        here = {each.person.id for each in cohort.members
                if each.since <= end and (each.until is None or each.until > start)}  # fmt: skip
        facts = {
            "members_end": len(straight.members(cohort, end)),
            "sessions_held": len(held),
            "expected": sum(each.members for each in held),
            "attended": sum(len(each.attended) for each in held),
            "left": len(here - straight.members(cohort, end)),
            "ties": len({
                (one, other) for one, other in straight.ties(cohort, span) if {one, other} <= here
            }),
        }  # fmt: skip
        for column, expected in facts.items():
            yield _participation(cohort, span, column, expected)


def _members(straight: Straight, first: int) -> Iterator[Question]:
    """Members of the network who stayed all year: how often they came, and what they said."""
    cohort, span = _cohort(straight, "network"), year(first)
    held = straight.meetings(cohort, span)
    said = straight.said(cohort, span)
    stayed = [each.person for each in cohort.members if each.since < span.since and each.until is None]
    for who in stayed[:3]:
        facts = {
            "sessions_expected": len(held),
            "sessions_attended": sum(who.id in each.attended for each in held),
            "posts": sum(each.author is None and each.person == who.id for each in said),
            "replies_given": sum(
                each.author is not None and not each.like and each.person == who.id for each in said
            ),
            "replies_received": sum(each.author == who.id and not each.like for each in said),
        }  # fmt: skip
        for column, expected in facts.items():
            yield Question(
                id=f"member-{who.id}-{column}", sentence=f"{who.given} {who.family} in the network, {_years(span)}:"
                f" {column}.", path="cohorts/network/members", parameters={"period": span.id, "person": who.id},
                asker=facilitator(cohort.facilitator.id), column=column, expected=expected,
            )  # fmt: skip


def _growth(straight: Straight) -> Iterator[Question]:
    """Of the school where one criterion grows: the educator with most scores on it, in her first and last year."""
    planted = straight.district.planted
    code = planted["growing_criterion"]
    criterion = next(each for each in rubric.CRITERIA if each.code == code)
    whole = Span("", straight.district.calendar.first, straight.district.calendar.end)
    here = [each.person for each in straight.district.educators.values() if each.school.id == planted["growing_school"]]
    who = max(here, key=lambda each: (len(straight.ratings(each.id, code, whole, "coach")), each.id))
    planted |= {"growing_educator": who.id, "growing_criterion_id": criterion.id}
    for first in straight.district.calendar.years:
        scores = [each.score for each in straight.ratings(who.id, code, year(first), "coach")]
        if not scores:
            continue
        facts: dict[str, tuple[float, float]] = {
            "coach_count": (len(scores), 0.0),
            "first_score": (scores[0], 0.0),
            "latest_score": (scores[-1], 0.0),
            "mean_score": (sum(scores) / len(scores), 0.0001),
            "mastery_score": (round(decaying(scores), 4), 0.0001),
            "self_count": (len(straight.ratings(who.id, code, year(first), "self")), 0.0),
        }
        if len(scores) > 1:
            facts["growth"] = (round(decaying(scores) - scores[0], 4), 0.0001)
        for column, (expected, tolerance) in facts.items():
            yield Question(
                id=f"growth-{year(first).id}-{column}",
                sentence=f"{who.given} {who.family} on {code} in {_years(year(first))}: {column}.",
                path="rubric-evidence", asker=educator(who.id), column=column, expected=expected, tolerance=tolerance,
                parameters={"person": who.id, "criterion": criterion.id, "period": year(first).id},
            )  # fmt: skip


def _lab(straight: Straight, first: int) -> Iterator[Question]:
    """Ways to mastery over 1, 2, 3, 4, 5: what the methods give, by hand."""
    who = straight.district.planted["lab_educator"]
    answers: dict[str, float] = {
        "highest": 5, "latest": 5, "average": 3, "n_mastery:3": 4, "decaying_average:65": 4.125,
        "standard_decaying_average:65": 4.4696,
    }  # fmt: skip
    for method, expected in answers.items():
        yield Question(
            id=f"lab-{method.split(':')[0]}", sentence=f"What do scores of 1, 2, 3, 4, 5 come to by {method}?",
            path="rubric-evidence", asker=educator(who), column="mastery_score", expected=expected, tolerance=0.0001,
            parameters={"person": who, "criterion": rubric.LAB.id, "period": year(first).id, "method": method},
        )  # fmt: skip


def _funnel(straight: Straight, first: int) -> Iterator[Question]:
    """Learned, applied, shared: of the educators who did most of it, one in each district."""
    span = year(first)
    for name in ("alder", "birch"):
        own = [each.person for each in straight.district.of(name)]
        who = max(own, key=lambda each: (straight.funnel(each.id, span)["shared"], each.id))
        count = straight.funnel(who.id, span)
        for step, column in (("completed", "learned_at"), ("applied", "applied_at"), ("shared", "shared_at")):
            yield Question(
                id=f"funnel-{name}-{step}", sentence=f"How many units of {who.given} {who.family} are {step}, of those"
                f" completed in {_years(span)}?", path="followthrough",
                parameters={"person": who.id, "period": span.id}, asker=educator(who.id),
                column=column, take="count", expected=count[step],
            )  # fmt: skip


def _support(straight: Straight, first: int) -> Iterator[Question]:
    """One educator of each district with much learning: the year in numbers."""
    span = year(first)
    for name in ("alder", "birch"):
        own = [each.person for each in straight.district.of(name)]
        who = max(own, key=lambda each: (len(straight.studied(each.id, span)), each.id))
        sat = straight.studied(who.id, span)
        facts = {
            "units_completed": sum(each.completed for each in sat),
            "learning_minutes": sum(each.minutes for each in sat),
            "sessions_attended": straight.attended(who.id, span),
            "contacts": len(straight.contacts(straight.visits(educator=who.id), span)),
        }
        for column, expected in facts.items():
            yield Question(
                id=f"support-{name}-{column}", sentence=f"{who.given} {who.family} in {_years(span)}: {column}.",
                path="support", parameters={"person": who.id, "period": span.id}, asker=educator(who.id),
                column=column, expected=expected,
            )  # fmt: skip
