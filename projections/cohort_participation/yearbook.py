"""What the facts of a cohort and a school year come to: its meetings, and a tally for each participant and period.

It is put together from parts, each a pure function of some of the facts, so that a new fact has but its own made anew.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any, NamedTuple

import msgspec

from lrs.reference.model import Cohort
from lrs.reference.reference import Reference
from projections.analytic.memo import AFRESH, Memo
from projections.cohort_participation import deeds, learning, meetings, roll, talk
from projections.cohort_participation.deeds import Deed, Deeds
from projections.cohort_participation.meetings import Meeting
from projections.cohort_participation.roll import Roll
from projections.cohort_participation.scope import Scope
from projections.cohort_participation.sessions import Told
from projections.cohort_participation.talk import Conversation
from projections.cohort_participation.tally import Attendance, Tally
from projections.cohort_participation.years import Year
from projections.facts.fact import Fact, Kind

# Named once: every fact is asked for its kind, and a look-up in an Enum takes longer than all else there.
LEARN, APPLY, SHARE, PEER, MEMBER = Kind.LEARN, Kind.APPLY, Kind.SHARE, Kind.PEER, Kind.MEMBER
# What facts may bear on.
MEETING, DEED, JOINING = "meeting", "deed", "joining"


class Met(NamedTuple):
    """Meetings in order of time, also by span, and what each participant made of those of each span."""

    meetings: list[Meeting]
    by_span: list[list[Meeting]]
    came: Mapping[str, tuple[Attendance, ...]]


class Yearbook(msgspec.Struct, frozen=True):
    """The year: meetings in order of time, also by span, and by participant her deeds and a tally for each span."""

    year: Year
    roll: Roll
    meetings: list[Meeting]
    by_span: list[list[Meeting]]
    deeds: Mapping[str, Deeds]
    talk: Conversation
    tallies: Mapping[str, list[Tally]]

    @property
    def is_blank(self) -> bool:
        """Whether no fact is in it."""
        return not (
            self.meetings
            or self.talk.counted
            or any(each.learned or each.applied or each.shared for each in self.deeds.values())
        )


def book(
    cohort: Cohort, year: Year, facts: Sequence[Fact], reference: Reference, *, as_of: date | None = None,
    memo: Memo = AFRESH,
) -> Yearbook:  # fmt: skip
    """The yearbook of facts in order; with `as_of`, of those observed through that local day."""
    scope = memo.of("scope", as_of, lambda: Scope(cohort, year, reference, as_of))
    told = memo.of_sorts("told", facts, partial(_sliced, scope))
    joinings = told.get(JOINING, [])
    who = memo.of("roll", joinings, lambda: _roll(joinings, scope))
    meeting = told.get(MEETING, [])
    met = memo.of_parts("met", (who, meeting), partial(_met, meeting, who, scope))
    counting = memo.of_sorts("counting", told.get(DEED, ()), partial(deeds.counting, who, scope), beside=who)
    did = deeds.by_person(counting, who, scope, memo)
    said = _talk(counting.get(deeds.THREAD, []), counting.get(deeds.REPLY, []), who, scope, memo)
    given = {person: (met.came[person], each.work, said.said[person]) for person, each in did.items()}
    tallies = memo.of_all("tallies", given, lambda _, of: list(map(Tally, *of)))
    return Yearbook(year, who, met.meetings, met.by_span, did, said, tallies)


def _sliced(scope: Scope, facts: Iterable[Fact]) -> dict[str, list[Any]]:
    """What facts tell by what they bear on: meetings, what somebody did, or who is in the cohort."""
    told: dict[str, list[Any]] = defaultdict(list)
    cohort, dating, last, slots = scope.cohort.id, scope.dating, scope.last, scope.slots
    for fact in facts:
        kind = fact.kind
        if kind is LEARN or kind is SHARE or kind is APPLY or kind is PEER:
            if kind is LEARN and not learning.bears(fact):
                continue
            at = fact.observed_at
            person = dating.whose[fact.subject] or dating.person(fact.subject, at)
            day = dating.day(at, person)
            if day <= last:
                told[DEED].append(Deed(fact, person, day, slots(day)))
        elif fact.cohort == cohort:
            if kind is MEMBER:
                told[JOINING].append(fact)
            elif (one := meetings.told(fact, scope)) is not None:
                told[MEETING].append(one)
    return told


def _roll(joinings: Sequence[Fact], scope: Scope) -> Roll:
    everybody = roll.rostered(scope.cohort.id, scope.reference)
    if roll.reads_statements(scope.reference):
        everybody = roll.joined(everybody, roll.told(_dated(joinings, scope)))
    return roll.of(everybody, *scope.year.days)


def _dated(joinings: Sequence[Fact], scope: Scope) -> Iterator[tuple[Fact, str, date]]:
    for fact in joinings:
        person = scope.dating.person(fact.subject, fact.observed_at)
        day = scope.dating.day(fact.observed_at, person)
        if day <= scope.last:
            yield fact, person, day


def _met(told: Sequence[Told], who: Roll, scope: Scope, memo: Memo) -> Met:
    by_key = memo.of_sorts("by key", told, _by_key)
    every = memo.of_all("meeting", by_key, lambda key, of: meetings.meeting(key, of, who, scope), beside=who)
    found = sorted((each for each in every.values() if each is not None), key=lambda each: each.session.order)
    by_span = [[each for each in found if slot in each.slots] for slot in range(len(scope.year.spans))]
    came = memo.of_all("came", dict(enumerate(by_span)), lambda _, of: meetings.attendance(of, who), beside=who)
    return Met(found, by_span, {person: tuple(each[person] for each in came.values()) for person in who.participants})


def _by_key(told: Iterable[Told]) -> dict[str, list[Told]]:
    found: dict[str, list[Told]] = defaultdict(list)
    for each in told:
        found[each.fact.session or str(each.fact.statement)].append(each)
    return found


def _talk(threads: Sequence[Deed], replied: Sequence[Deed], who: Roll, scope: Scope, memo: Memo) -> Conversation:
    known = memo.of("threads", threads, lambda: talk.known(threads))
    return memo.of("talk", (who, threads, replied), lambda: talk.of(known, replied, who, scope))
