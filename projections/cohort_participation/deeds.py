"""What one participant did in a school year, by her own facts: learned, applied, shared; and what she said in talk."""

from collections.abc import Sequence
from datetime import date

import msgspec

from projections.cohort_participation import learning
from projections.cohort_participation.meetings import Slots
from projections.cohort_participation.roll import Roll
from projections.cohort_participation.scope import Scope
from projections.cohort_participation.tally import Work
from projections.facts.fact import Fact, Kind

# Named once: every fact is asked for its kind, and a look-up in an Enum takes longer than all else there.
LEARN, APPLY, SHARE, PEER = Kind.LEARN, Kind.APPLY, Kind.SHARE, Kind.PEER


class Deed(msgspec.Struct, frozen=True, gc=False):
    """A fact with whose it is, its day and the spans of the year for which it may count."""

    fact: Fact
    person: str
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


def of(person: str, every: Sequence[Deed], roll: Roll, scope: Scope) -> Deeds:
    """Those of a participant's deeds, in order, that count."""
    found = Deeds([], [], [], [], [], [Work() for _ in scope.year.spans])
    who, is_always = roll.participants[person], person in roll.always
    for deed in every:
        kind, slots = deed.fact.kind, deed.slots
        if kind is SHARE and (slots or scope.is_followed(deed.day)):
            found.threads.append(deed)
        if not slots or not (is_always or who.takes_part(deed.day)):
            continue
        if kind is LEARN:
            found.learned.append(deed)
        elif kind is APPLY:
            found.applied.append(deed)
        elif kind is PEER:
            found.replied.append(deed)
        elif scope.is_ours(deed.fact):
            found.shared.append(deed)
    found.learned[:] = _learn(found.learned, found.work)
    _apply_and_share(found)
    return found


def _learn(every: Sequence[Deed], work: Sequence[Work]) -> list[Deed]:
    """Count minutes and units, and give the deeds that told of any."""
    timed = set(map(id, learning.timed(every)))
    found = []
    for deed in every:
        fact = deed.fact
        unit, minutes = fact.unit, fact.minutes or 0.0
        is_timed, state = id(fact) in timed, None if unit is None else fact.data.get("state")
        is_done = state in learning.DONE
        if not is_timed and not is_done:
            continue
        found.append(deed)
        for own in [work[slot] for slot in deed.slots]:
            if is_timed:
                own.minutes += minutes
            if unit is not None and minutes > 0:
                own.timed.add(unit)
            if unit is not None and is_done:
                own.units.add(unit)
                if state == "completed":
                    own.timeable.add(unit)
    return found


def _apply_and_share(found: Deeds) -> None:
    for deed in found.applied:
        for slot in deed.slots:
            found.work[slot].applied += 1
    for deed in found.shared:
        for slot in deed.slots:
            found.work[slot].shared += 1
            found.work[slot].posts += deed.fact.thread is not None
