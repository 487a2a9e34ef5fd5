"""The rows of a cohort and school year, a pure function of live facts and reference data."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import partial
from itertools import pairwise
from statistics import median
from typing import Any, Final, NamedTuple, TypeAlias

from lrs.reference.model import Cohort
from lrs.reference.reference import Reference
from projections.analytic.memo import AFRESH, Memo
from projections.cohort_participation import roll, yearbook, years
from projections.cohort_participation.meetings import Meeting
from projections.cohort_participation.roll import Participant, Roll
from projections.cohort_participation.sessions import Session
from projections.cohort_participation.tally import Tally
from projections.cohort_participation.yearbook import Yearbook
from projections.cohort_participation.years import Span, Year
from projections.facts.fact import Fact

Row: TypeAlias = tuple[Any, ...]

DAY: Final = timedelta(days=1)
PLACES: Final = 3
MEMBER: Final = "member"
# What one adds to the row of a cohort who adds nothing.
NOTHING: Final = (0,) * 9


class Present(NamedTuple):
    """A span of the year as far as it is to be told: its days that count, and the first and last of the period.

    `roles` has for whoever is in the cohort on those days: role, member_from, member_to. `growth` is told from them.
    """

    slot: int
    period: str
    since: date
    until: date
    first: date
    last: date
    roles: dict[str, Row]
    members: list[str]
    growth: Row


def rows(
    cohort_id: str, home: str, facts: Sequence[Fact], reference: Reference, *, as_of: date | None = None,
    memo: Memo = AFRESH,
) -> dict[str, list[Row]]:  # fmt: skip
    """The rows of `sessions`, `members` and `participation`, from facts in order; with `as_of`, as of that day."""
    cohort = reference.cohorts.get(cohort_id)
    year = years.of(reference, cohort.org).year(home) if cohort else None
    if cohort is None or year is None:
        return {}
    book = yearbook.book(cohort, year, facts, reference, as_of=as_of, memo=memo)
    if book.is_blank and not (book.roll.participants and year.is_known):
        return {}
    spans = memo.of("spans", book.roll, lambda: _spans(year, book.roll, as_of))
    given = {(n, person): book.tallies[person][each.slot] for n, each in enumerate(spans) for person in each.roles}
    told = memo.of_all("members", given, lambda of, tally: _told(cohort, spans[of[0]], of[1], tally), beside=spans)
    return {
        "sessions": memo.of_parts("sessions", (book.roll, book.meetings), partial(_sessions, cohort, book)),
        "members": [row for row, _ in told.values()],
        "participation": _participation(cohort, book, spans, told, reference, memo),
    }


def share(part: float, whole: float) -> float | None:
    """Part / whole, to three places; None of nothing."""
    return round(part / whole, PLACES) if whole else None


# Spans


def _spans(year: Year, who: Roll, as_of: date | None) -> list[Present]:
    every = [_present(slot, span, who, as_of) for slot, span in enumerate(year.spans)]
    return [each for each in every if each.since < each.until]


def _present(slot: int, span: Span, who: Roll, as_of: date | None) -> Present:
    since, until = span.since or date.min, span.until or date.max
    first, after = span.period.since or since, span.period.until or until
    if as_of is not None and as_of < date.max:
        until, after = min(until, as_of + DAY), min(after, as_of + DAY)
    roles = {each.id: role for each in who.participants.values() if (role := _role(each, since, until)) is not None}
    members = [person for person, (role, *_) in roles.items() if role == MEMBER]
    growth = _growth(who, first, after - DAY)
    return Present(slot, span.period.id, since, until, first, after - DAY, roles, members, growth)


def _role(who: Participant, since: date, until: date) -> Row | None:
    """role, member_from, member_to."""
    as_member = roll.within(who.member, since, until)
    stays = as_member or roll.within(who.facilitator, since, until)
    if not stays:
        return None
    begun, ended = stays[0][0], stays[-1][1]
    role = MEMBER if as_member else "facilitator"
    return role, None if begun == date.min else begun, None if ended == date.max else ended


def _growth(who: Roll, first: date, last: date) -> Row:
    """members_start, members_end, joined, left, net_growth, retained, retention_rate."""
    first = min(first, last)
    if who.began is not None and first < who.began <= last:
        first = who.began
    every = [each for each in who.participants.values() if roll.within(each.member, first, _after(last))]
    start = [each for each in every if each.is_member(first)]
    end = [each for each in every if each.is_member(last)]
    retained = sum(each.is_member(last) for each in start)
    growth = len(end) - len(start)
    return (
        len(start), len(end), len(every) - len(start), len(every) - len(end), growth, retained,
        share(retained, len(start)),
    )  # fmt: skip


def _after(day: date) -> date:
    return day + DAY if day < date.max else day


# Meetings


def _sessions(cohort: Cohort, book: Yearbook, memo: Memo) -> list[Row]:
    given = {each.session.key: each for each in book.meetings}
    return list(memo.of_all("sessions", given, lambda _, each: _session(cohort, book, each), beside=book.roll).values())


def _session(cohort: Cohort, book: Yearbook, meeting: Meeting) -> Row:
    session = meeting.session
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
        share(attended, expected) if meeting.is_held else None,
        session.facilitator or _only_facilitator(book.roll, session),
        list(dict.fromkeys(each.fact.statement for each in session.told)),
    )


def _only_facilitator(who: Roll, session: Session) -> str | None:
    found = who.presence.on(session.local_date).facilitators
    return found[0] if len(found) == 1 else None


# Members


def _told(cohort: Cohort, present: Present, person: str, tally: Tally) -> tuple[Row, Row]:
    """The row of a participant in a span, and what she adds to that of the cohort."""
    role = present.roles[person]
    came, did, said = tally
    learned = did.learned
    returned = len(said.tied_to & said.tied_by)
    row = (
        cohort.id,
        person,
        present.period,
        *role,
        came.expected,
        came.attended,
        share(came.attended, came.expected),
        came.missed,
        came.last_attended_at,
        did.posts,
        said.replies,
        said.received,
        said.reactions,
        len(said.tied_to),
        len(said.tied_by),
        returned,
        round(learned.minutes, PLACES),
        learned.units,
        did.applied,
        did.shared,
        tally.is_active,
    )
    spoke = (said.replies, said.by_facilitator)
    if role[0] != MEMBER:
        return row, (*spoke, *NOTHING[2:])
    is_alone = not said.tied_to and not said.tied_by
    minutes, _, timeable, timed = learned
    return row, (*spoke, tally.is_active, minutes, timeable, timed, len(said.tied_to), returned, is_alone)


# Cohorts


def _participation(
    cohort: Cohort, book: Yearbook, spans: Sequence[Present], told: Mapping[tuple[int, str], tuple[Row, Row]],
    reference: Reference, memo: Memo,
) -> list[Row]:  # fmt: skip
    meetings = {each.period: (each, book.by_span[each.slot]) for each in spans}
    met = memo.of_all("held", meetings, lambda _, of: (_held(of[1]), _intervals(cohort, *of, reference)))
    given = {
        each.period: (each, met[each.period], [told[n, person][1] for person in each.roles])
        for n, each in enumerate(spans)
    }
    return list(memo.of_all("participation", given, lambda _, of: _period(cohort, *of)).values())


def _period(cohort: Cohort, present: Present, met: tuple[Row, Row], told: Sequence[Row]) -> Row:
    held, intervals = met
    added = map(sum, zip(NOTHING, *told, strict=True))
    replies, by_facilitator, active, minutes, timeable, timed, ties, returned, isolates = added
    n = len(present.members)
    return (
        cohort.id,
        present.period,
        cohort.org,
        n,
        *present.growth,
        *held,
        active,
        share(active, n),
        *intervals,
        round(minutes, PLACES),
        share(timed, timeable),
        ties,
        share(ties, n * (n - 1)),
        share(returned, ties),
        isolates,
        share(by_facilitator, replies),
    )


def _held(meetings: Sequence[Meeting]) -> Row:
    """sessions_planned, sessions_held, cancelled, last_held_on, expected, attended, attendance_rate."""
    held = [each for each in meetings if each.is_held]
    expected = sum(len(each.expected) for each in held)
    attended = sum(len(each.attended) for each in held)
    return (
        sum(each.session.was_planned for each in meetings),
        len(held),
        sum(each.session.status == "cancelled" for each in meetings),
        max((each.session.local_date for each in held), default=None),
        expected,
        attended,
        share(attended, expected),
    )


def _intervals(cohort: Cohort, present: Present, meetings: Sequence[Meeting], reference: Reference) -> Row:
    """median_interval_days, target_interval_days, interval_adherence."""
    days = sorted({each.session.local_date for each in meetings if each.is_held})
    clock = reference.clock(cohort.org, None)
    gaps = [(clock.days(a, b), b) for a, b in pairwise(days)]
    targets = [(gap, reference.cohort_target(cohort.id, day), reference.policy(day).cadence.grace) for gap, day in gaps]
    kept = [gap <= target + grace for gap, target, grace in targets if target is not None]
    return (
        float(median(gap for gap, _ in gaps)) if gaps else None,
        reference.cohort_target(cohort.id, days[-1] if days else present.first),
        share(sum(kept), len(kept)),
    )
