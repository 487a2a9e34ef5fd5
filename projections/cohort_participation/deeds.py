"""What one participant did in a school year, by her own facts: learned, applied, shared; and what she said in talk."""

from collections.abc import Sequence
from datetime import date

import msgspec

from projections.cohort_participation import learning
from projections.cohort_participation.meetings import Slots
from projections.cohort_participation.roll import Participant, Roll
from projections.cohort_participation.scope import Scope
from projections.cohort_participation.tally import Work
from projections.facts.fact import Fact, Kind

# Named once: every fact is asked for its kind, and a look-up in an Enum takes longer than all else there.
LEARN, APPLY, SHARE, PEER = Kind.LEARN, Kind.APPLY, Kind.SHARE, Kind.PEER


class Deed(msgspec.Struct, frozen=True, gc=False):
    """A fact of a participant with its day and the spans of the year for which it counts."""

    fact: Fact
    who: Participant
    day: date
    slots: Slots


class Deeds(msgspec.Struct, frozen=True):
    """The deeds of one participant that count, and what they come to in each span.

    Whether what she `replied` counts, and as what, depends on the `threads` that others opened, now or years ago.
    """

    learned: list[Deed]
    applied: list[Deed]
    shared: list[Deed]
    replied: list[Deed]
    threads: list[Deed]
    work: list[Work]


def of(who: Participant, facts: Sequence[Fact], roll: Roll, scope: Scope) -> Deeds:
    """The deeds that facts of a participant, in order, tell of."""
    found = Deeds([], [], [], [], [], [Work() for _ in scope.year.spans])
    for fact in facts:
        kind = fact.kind
        if kind is LEARN and not learning.bears(fact):
            continue
        day = scope.dating.day(fact.observed_at, who.id)
        if day > scope.last:
            continue
        slots = scope.slots(day)
        deed = Deed(fact, who, day, slots)
        if kind is SHARE and (slots or scope.is_followed(day)):
            found.threads.append(deed)
        if not slots or not roll.takes_part(who.id, day):
            continue
        if kind is LEARN:
            found.learned.append(deed)
        elif kind is APPLY:
            found.applied.append(deed)
        elif kind is PEER:
            found.replied.append(deed)
        elif scope.is_ours(fact):
            found.shared.append(deed)
    found.learned[:] = _learn(found.learned, found.work)
    _apply_and_share(found)
    return found


def _learn(every: Sequence[Deed], work: Sequence[Work]) -> list[Deed]:
    """Count minutes and units, and give the deeds that told of any."""
    timed = {id(fact) for fact in learning.timed([(each.fact, each.day) for each in every])}
    found = []
    for deed in every:
        fact = deed.fact
        is_timed, is_done = id(fact) in timed, fact.unit is not None and learning.is_done(fact)
        if is_timed or is_done:
            found.append(deed)
            for slot in deed.slots:
                _learn_one(fact, work[slot], is_timed=is_timed, is_done=is_done)
    return found


def _learn_one(fact: Fact, work: Work, *, is_timed: bool, is_done: bool) -> None:
    unit, minutes = fact.unit, fact.minutes or 0.0
    if is_timed:
        work.minutes += minutes
    if unit is None:
        return
    if minutes > 0:
        work.timed.add(unit)
    if is_done:
        work.units.add(unit)
        if fact.data.get("state") == "completed":
            work.timeable.add(unit)


def _apply_and_share(found: Deeds) -> None:
    for deed in found.applied:
        for slot in deed.slots:
            found.work[slot].applied += 1
    for deed in found.shared:
        for slot in deed.slots:
            found.work[slot].shared += 1
            found.work[slot].posts += deed.fact.thread is not None
