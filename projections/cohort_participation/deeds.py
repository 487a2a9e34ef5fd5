"""What one participant did in a school year, by her own facts: learned, applied, shared; and what she said in talk."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final, TypeAlias

import msgspec

from projections.analytic.memo import Memo
from projections.cohort_participation import learning
from projections.cohort_participation.meetings import Slots
from projections.cohort_participation.roll import Roll
from projections.cohort_participation.scope import Scope
from projections.cohort_participation.tally import Learning, Work
from projections.facts.fact import Fact, Kind

# Named once: every fact is asked for its kind, and a look-up in an Enum takes longer than all else there.
LEARN, APPLY, SHARE, PEER = Kind.LEARN, Kind.APPLY, Kind.SHARE, Kind.PEER
NONE: Final[list[Any]] = []


class Deed(msgspec.Struct, frozen=True, gc=False):
    """A fact with whose it is, its day and the spans of the year for which it may count."""

    fact: Fact
    person: str
    day: date
    slots: Slots


class Deeds(msgspec.Struct, frozen=True):
    """The deeds of one participant that count, but for her replies, and what they come to in each span."""

    learned: list[Deed]
    applied: list[Deed]
    shared: list[Deed]
    work: list[Work]


# As what a deed counts, and whose it is; threads and replies are those of all participants.
Part: TypeAlias = tuple[str, str]
THREAD: Final[Part] = ("thread", "")
REPLY: Final[Part] = (PEER, "")


def counting(roll: Roll, scope: Scope, every: Iterable[Deed]) -> dict[Part, list[Deed]]:
    """Those of deeds, in order, that may count.

    Whether a reply counts, and as what, depends on the threads that others opened, now or years ago.
    """
    found: dict[Part, list[Deed]] = defaultdict(list)
    for deed in every:
        kind, slots, person = deed.fact.kind, deed.slots, deed.person
        who = roll.participants.get(person)
        if who is None:
            continue
        if kind is SHARE and (slots or scope.is_followed(deed.day)):
            found[THREAD].append(deed)
        if not slots or not (person in roll.always or who.takes_part(deed.day)):
            continue
        if kind is PEER:
            found[REPLY].append(deed)
        elif kind is not SHARE or scope.is_ours(deed.fact):
            found[kind, person].append(deed)
    return found


def by_person(counting: Mapping[Part, list[Deed]], roll: Roll, scope: Scope, memo: Memo) -> Mapping[str, Deeds]:
    """What each participant did, of deeds that count."""
    spans = len(scope.year.spans)
    told = {person: counting.get((LEARN, person), NONE) for person in roll.participants}
    learned = memo.of_all("learned", told, lambda _, of: _learn(of, spans))
    given = {
        person: (each, counting.get((APPLY, person), NONE), counting.get((SHARE, person), NONE))
        for person, each in learned.items()
    }
    return memo.of_all("deeds", given, lambda _, of: _did(*of, spans))


def _learn(every: Sequence[Deed], spans: int) -> tuple[list[Deed], list[Learning]]:
    """The deeds that told of minutes or units, and what they come to in each span."""
    timed = set(map(id, learning.timed(every)))
    minutes = [0.0] * spans
    units: list[set[str]] = [set() for _ in range(spans)]
    completed: list[set[str]] = [set() for _ in range(spans)]
    known: list[set[str]] = [set() for _ in range(spans)]
    found = []
    for deed in every:
        fact = deed.fact
        unit, spent = fact.unit, fact.minutes or 0.0
        is_timed, state = id(fact) in timed, None if unit is None else fact.data.get("state")
        is_done = state in learning.DONE
        if not is_timed and not is_done:
            continue
        found.append(deed)
        for slot in deed.slots:
            if is_timed:
                minutes[slot] += spent
            if unit is None:
                continue
            if spent > 0:
                known[slot].add(unit)
            if is_done:
                units[slot].add(unit)
                if state == "completed":
                    completed[slot].add(unit)
    sums = zip(minutes, units, completed, known, strict=True)
    return found, [Learning(spent, len(done), len(some), len(some & those)) for spent, done, some, those in sums]


def _did(learned: tuple[list[Deed], list[Learning]], applied: list[Deed], shared: list[Deed], spans: int) -> Deeds:
    numbers = [[0, 0, 0] for _ in range(spans)]
    for deed in applied:
        for slot in deed.slots:
            numbers[slot][0] += 1
    for deed in shared:
        for slot in deed.slots:
            numbers[slot][1] += 1
            numbers[slot][2] += deed.fact.thread is not None
    work = [Work(each, *of) for each, of in zip(learned[1], numbers, strict=True)]
    return Deeds(learned[0], applied, shared, work)
