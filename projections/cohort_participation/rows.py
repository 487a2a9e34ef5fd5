"""The rows of a cohort and school year, a pure function of live facts and reference data."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise
from statistics import median
from typing import Any, Final, TypeAlias

import msgspec

from lrs.reference.model import Cohort
from lrs.reference.reference import Reference
from projections.cohort_participation import roll, yearbook, years
from projections.cohort_participation.sessions import Session
from projections.cohort_participation.tally import Tally
from projections.cohort_participation.yearbook import Meeting, Yearbook
from projections.cohort_participation.years import Span
from projections.facts.fact import Fact

Row: TypeAlias = tuple[Any, ...]

DAY: Final = timedelta(days=1)
PLACES: Final = 3


class Present(msgspec.Struct, frozen=True):
    """A span of the year as far as it is to be told: its days that count, and the first and last of the period."""

    slot: int
    span: Span
    since: date
    until: date
    first: date
    last: date


def rows(
    cohort_id: str, home: str, facts: Sequence[Fact], reference: Reference, *, as_of: date | None = None
) -> dict[str, list[Row]]:
    """The rows of `sessions`, `members` and `participation`, from facts in order; with `as_of`, as of that day."""
    cohort = reference.cohorts.get(cohort_id)
    year = years.of(reference, cohort.org).year(home) if cohort else None
    if cohort is None or year is None:
        return {}
    book = yearbook.book(cohort, year, facts, reference, as_of=as_of)
    if book.is_blank and not (book.participants and year.is_known):
        return {}
    told = [_present(slot, span, as_of) for slot, span in enumerate(year.spans)]
    spans = [each for each in told if each.since < each.until]
    return {
        "sessions": [_session(cohort, book, each, reference) for each in book.meetings],
        "members": [row for each in spans for row in _members(cohort, book, each)],
        "participation": [_participation(cohort, book, each, reference) for each in spans],
    }


def share(part: float, whole: float) -> float | None:
    """Part / whole, to three places; None of nothing."""
    return round(part / whole, PLACES) if whole else None


def _present(slot: int, span: Span, as_of: date | None) -> Present:
    since, until = span.since or date.min, span.until or date.max
    first, after = span.period.since or since, span.period.until or until
    if as_of is not None and as_of < date.max:
        until, after = min(until, as_of + DAY), min(after, as_of + DAY)
    return Present(slot, span, since, until, first, after - DAY)


# Meetings


def _session(cohort: Cohort, book: Yearbook, meeting: Meeting, reference: Reference) -> Row:
    session = meeting.session
    is_held = session.status == "held"
    expected, attended = len(meeting.expected), len(meeting.attended)
    return (
        cohort.id,
        cohort.org,
        session.key,
        book.year.id,
        [book.year.spans[slot].period.id for slot in meeting.slots],
        session.start_at,
        session.local_date,
        session.minutes,
        session.modality,
        session.status,
        session.planned_start,
        session.was_planned,
        expected,
        attended,
        meeting.guests,
        share(attended, expected) if is_held else None,
        session.facilitator or _only_facilitator(book, session),
        list(dict.fromkeys(fact.statement for fact in session.statements)),
    )


def _only_facilitator(book: Yearbook, session: Session) -> str | None:
    found = [who.id for who in book.participants.values() if who.is_facilitator(session.local_date)]
    return found[0] if len(found) == 1 else None


# Members


def _members(cohort: Cohort, book: Yearbook, present: Present) -> list[Row]:
    found = []
    for who in book.participants.values():
        as_member = roll.within(who.member, present.since, present.until)
        stays = as_member or roll.within(who.facilitator, present.since, present.until)
        if stays:
            role = "member" if as_member else "facilitator"
            tally = book.tallies[who.id][present.slot]
            found.append((cohort.id, who.id, present.span.period.id, role, *_stay(stays), *_counts(tally)))
    return found


def _stay(stays: Sequence[roll.Stay]) -> tuple[date | None, date | None]:
    since, until = stays[0][0], stays[-1][1]
    return (None if since == date.min else since, None if until == date.max else until)


def _counts(tally: Tally) -> Row:
    return (
        tally.expected,
        tally.attended,
        share(tally.attended, tally.expected),
        tally.missed,
        tally.last_attended_at,
        tally.posts,
        tally.replies,
        tally.received,
        tally.reactions,
        len(tally.tied_to),
        len(tally.tied_by),
        len(tally.tied_to & tally.tied_by),
        round(tally.minutes, PLACES),
        len(tally.units),
        tally.applied,
        tally.shared,
        tally.is_active,
    )


# Cohorts


def _participation(cohort: Cohort, book: Yearbook, present: Present, reference: Reference) -> Row:
    here = [who for who in book.participants.values() if roll.within(who.member, present.since, present.until)]
    tallies = [book.tallies[who.id][present.slot] for who in here]
    active = sum(tally.is_active for tally in tallies)
    minutes = round(sum(tally.minutes for tally in tallies), PLACES)
    timeable = sum(len(tally.timeable) for tally in tallies)
    timed = sum(len(tally.timeable & tally.timed) for tally in tallies)
    return (
        cohort.id,
        present.span.period.id,
        cohort.org,
        len(here),
        *_growth(book, present),
        *_held(book, present),
        active,
        share(active, len(here)),
        *_intervals(cohort, book, present, reference),
        minutes,
        share(timed, timeable),
        *_talk(book, tallies, present),
    )


def _growth(book: Yearbook, present: Present) -> Row:
    """members_start, members_end, joined, left, net_growth, retained, retention_rate."""
    first, last = min(present.first, present.last), present.last
    if book.began is not None and first < book.began <= last:
        first = book.began
    every = [who for who in book.participants.values() if roll.within(who.member, first, _after(last))]
    start = [who for who in every if who.is_member(first)]
    end = [who for who in every if who.is_member(last)]
    retained = sum(who.is_member(last) for who in start)
    growth = len(end) - len(start)
    return (
        len(start), len(end), len(every) - len(start), len(every) - len(end), growth, retained,
        share(retained, len(start)),
    )  # fmt: skip


def _after(day: date) -> date:
    return day + DAY if day < date.max else day


def _held(book: Yearbook, present: Present) -> Row:
    """sessions_planned, sessions_held, cancelled, last_held_on, expected, attended, attendance_rate."""
    here = [each for each in book.meetings if present.slot in each.slots]
    held = [each for each in here if each.session.status == "held"]
    expected = sum(len(each.expected) for each in held)
    attended = sum(len(each.attended) for each in held)
    return (
        sum(each.session.was_planned for each in here),
        len(held),
        sum(each.session.status == "cancelled" for each in here),
        max((each.session.local_date for each in held), default=None),
        expected,
        attended,
        share(attended, expected),
    )


def _intervals(cohort: Cohort, book: Yearbook, present: Present, reference: Reference) -> Row:
    """median_interval_days, target_interval_days, interval_adherence."""
    held = [each.session for each in book.meetings if present.slot in each.slots and each.session.status == "held"]
    days = sorted({session.local_date for session in held})
    clock = reference.clock(cohort.org, None)
    gaps = [(clock.days(a, b), b) for a, b in pairwise(days)]
    targets = [(gap, reference.cohort_target(cohort.id, day), reference.policy(day).cadence.grace) for gap, day in gaps]
    kept = [gap <= target + grace for gap, target, grace in targets if target is not None]
    return (
        float(median(gap for gap, _ in gaps)) if gaps else None,
        reference.cohort_target(cohort.id, days[-1] if days else present.first),
        share(sum(kept), len(kept)),
    )


def _talk(book: Yearbook, tallies: Sequence[Tally], present: Present) -> Row:
    """ties, density, reciprocity, isolates, facilitator_share."""
    every = [of[present.slot] for of in book.tallies.values()]
    n = len(tallies)
    ties = sum(len(tally.tied_to) for tally in tallies)
    returned = sum(len(tally.tied_to & tally.tied_by) for tally in tallies)
    replies = sum(tally.replies for tally in every)
    return (
        ties,
        share(ties, n * (n - 1)),
        share(returned, ties),
        sum(not tally.tied_to and not tally.tied_by for tally in tallies),
        share(sum(tally.by_facilitator for tally in every), replies),
    )
