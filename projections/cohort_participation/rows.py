"""The rows of a cohort and school year, a pure function of live facts and reference data."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
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
from projections.cohort_participation.tally import Talk, Tally
from projections.cohort_participation.yearbook import Yearbook
from projections.cohort_participation.years import Span, Year
from projections.facts.fact import Fact

Row: TypeAlias = tuple[Any, ...]

DAY: Final = timedelta(days=1)
PLACES: Final = 3
MEMBER: Final = "member"


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
    return {
        "sessions": _sessions(cohort, book, memo),
        "members": _members(cohort, book, spans, memo),
        "participation": _participation(cohort, book, spans, reference, memo),
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


def _members(cohort: Cohort, book: Yearbook, spans: Sequence[Present], memo: Memo) -> list[Row]:
    given = {
        (each.period, person): (role, book.tallies[person][each.slot])
        for each in spans
        for person, role in each.roles.items()
    }
    return list(memo.of_all("members", given, lambda of, told: _member(cohort, of, *told)).values())


def _member(cohort: Cohort, of: tuple[str, str], role: Row, tally: Tally) -> Row:
    period, person = of
    came, did, said = tally
    return (
        cohort.id,
        person,
        period,
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
        len(said.tied_to & said.tied_by),
        round(did.minutes, PLACES),
        len(did.units),
        did.applied,
        did.shared,
        tally.is_active,
    )


# Cohorts


def _participation(
    cohort: Cohort, book: Yearbook, spans: Sequence[Present], reference: Reference, memo: Memo
) -> list[Row]:
    meetings = {each.period: (each, book.by_span[each.slot]) for each in spans}
    met = memo.of_all("met", meetings, lambda _, of: (_held(of[1]), _intervals(cohort, *of, reference)))
    given = {
        each.period: (each, met[each.period], {person: of[each.slot] for person, of in book.tallies.items()})
        for each in spans
    }
    return list(memo.of_all("participation", given, lambda _, of: _period(cohort, *of)).values())


def _period(cohort: Cohort, present: Present, met: tuple[Row, Row], every: Mapping[str, Tally]) -> Row:
    tallies = [every[person] for person in present.members]
    held, intervals = met
    active = sum(tally.is_active for tally in tallies)
    minutes = round(sum(tally.did.minutes for tally in tallies), PLACES)
    timeable = sum(len(tally.did.timeable) for tally in tallies)
    timed = sum(len(tally.did.timeable & tally.did.timed) for tally in tallies)
    return (
        cohort.id,
        present.period,
        cohort.org,
        len(tallies),
        *present.growth,
        *held,
        active,
        share(active, len(tallies)),
        *intervals,
        minutes,
        share(timed, timeable),
        *_talk([tally.said for tally in every.values()], [tally.said for tally in tallies]),
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


def _talk(every: Sequence[Talk], members: Sequence[Talk]) -> Row:
    """ties, density, reciprocity, isolates, facilitator_share."""
    n = len(members)
    ties = sum(len(said.tied_to) for said in members)
    returned = sum(len(said.tied_to & said.tied_by) for said in members)
    replies = sum(said.replies for said in every)
    return (
        ties,
        share(ties, n * (n - 1)),
        share(returned, ties),
        sum(not said.tied_to and not said.tied_by for said in members),
        share(sum(said.by_facilitator for said in every), replies),
    )
