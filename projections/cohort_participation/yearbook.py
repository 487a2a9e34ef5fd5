"""What the facts of a cohort and a school year come to: its meetings, and a tally for each participant and period.

It is put together from parts, each a pure function of some of the facts, so that a new fact has but its own made anew.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any, TypeAlias

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
from projections.cohort_participation.tally import Tally
from projections.cohort_participation.years import Year
from projections.facts.fact import Fact, Kind

# Named once: every fact is asked for its kind, and a look-up in an Enum takes longer than all else there.
LEARN, APPLY, SHARE, PEER, MEMBER = Kind.LEARN, Kind.APPLY, Kind.SHARE, Kind.PEER, Kind.MEMBER
# What facts may bear on, each with what tells it from others of its sort.
MEETING, DEED, JOINING = "meeting", "deed", "joining"
Slice: TypeAlias = tuple[str, str]


class Yearbook(msgspec.Struct, frozen=True):
    """The year: meetings in order of time, also by span, and by participant her deeds and a tally for each span."""

    year: Year
    roll: Roll
    meetings: list[Meeting]
    by_span: list[list[Meeting]]
    deeds: Mapping[str, Deeds]
    talk: Conversation
    tallies: dict[str, list[Tally]]

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
    joinings = told.get((JOINING, cohort.id), [])
    who = memo.of("roll", joinings, lambda: _roll(joinings, scope))
    met = _meetings({key: every for (sort, key), every in told.items() if sort is MEETING}, who, scope, memo)
    by_span = [[each for each in met if slot in each.slots] for slot in range(len(year.spans))]
    came = memo.of_all("came", dict(enumerate(by_span)), lambda _, of: meetings.attendance(of, who), beside=who)
    hers = {person: told.get((DEED, person), []) for person in who.participants}
    did = memo.of_all("deeds", hers, lambda person, of: deeds.of(person, of, who, scope), beside=who)
    said = _talk(did, who, scope, memo)
    tallies = {
        person: [Tally(came[slot][person], work, words) for slot, (work, words) in enumerate(of)]
        for person, each in did.items()
        for of in [zip(each.work, said.said[person], strict=True)]
    }
    return Yearbook(year, who, met, by_span, did, said, tallies)


def _sliced(scope: Scope, facts: Iterable[Fact]) -> dict[Slice, list[Any]]:
    """What facts tell by what they bear on: a meeting, by its session key, a person, or who is in the cohort."""
    told: dict[Slice, list[Any]] = defaultdict(list)
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
                told[DEED, person].append(Deed(fact, person, day, slots(day)))
        elif fact.cohort == cohort:
            if kind is MEMBER:
                told[JOINING, cohort].append(fact)
            elif (one := meetings.told(fact, scope)) is not None:
                told[MEETING, fact.session or str(fact.statement)].append(one)
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


def _meetings(told: dict[str, list[Told]], who: Roll, scope: Scope, memo: Memo) -> list[Meeting]:
    every = memo.of_all("meeting", told, lambda key, of: meetings.meeting(key, of, who, scope), beside=who)
    return sorted((each for each in every.values() if each is not None), key=lambda each: each.session.order)


def _talk(did: Mapping[str, Deeds], who: Roll, scope: Scope, memo: Memo) -> Conversation:
    threads = [deed for each in did.values() for deed in each.threads]
    replied = [deed for each in did.values() for deed in each.replied]
    known = memo.of("threads", threads, lambda: talk.known(threads))
    return memo.of("talk", (who, threads, replied), lambda: talk.of(known, replied, who, scope))
