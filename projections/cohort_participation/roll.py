"""Who is in a cohort and when: by the roster, by statements or both, as the policy's `membership.source` says."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple, TypeAlias

import msgspec

from lrs.reference.reference import Reference
from projections.facts.fact import Fact, Kind

# [since, until) as days; the ends of time stand for no bound.
Stay: TypeAlias = tuple[date, date]


class Participant(msgspec.Struct, frozen=True):
    """Somebody in a cohort: her stays as a member and as a facilitator, each in order and none touching another."""

    id: str
    member: tuple[Stay, ...] = ()
    facilitator: tuple[Stay, ...] = ()

    def is_member(self, day: date) -> bool:
        """Whether she is a member on `day`."""
        for since, until in self.member:  # noqa: SIM110 - a generator costs three times as much
            if since <= day < until:
                return True
        return False

    def is_facilitator(self, day: date) -> bool:
        """Whether she facilitates on `day`."""
        for since, until in self.facilitator:  # noqa: SIM110 - a generator costs three times as much
            if since <= day < until:
                return True
        return False

    def takes_part(self, day: date) -> bool:
        """Whether she is either on `day`."""
        return self.is_member(day) or self.is_facilitator(day)


class Presence(NamedTuple):
    """Who takes part on a day, in order of ids: those who are `members`, those who facilitate, and all of them."""

    members: tuple[str, ...]
    facilitators: tuple[str, ...]
    everybody: tuple[str, ...]


class Presences:
    """Who takes part, day by day: looked up when a day is asked for, and for all days up to the next change at once."""

    __slots__ = ("_borders", "_every", "_known")

    def __init__(self, every: Collection[Participant]) -> None:
        self._every = tuple(every)
        self._borders = sorted({day for each in every for stay in (*each.member, *each.facilitator) for day in stay})
        self._known: dict[int, Presence] = {}

    def on(self, day: date) -> Presence:
        """Who takes part on `day`."""
        at = bisect_right(self._borders, day)
        found = self._known.get(at)
        if found is None:
            found = self._known[at] = _present(self._every, day)
        return found

    def __eq__(self, other: object) -> bool:
        """Whether both are of the same participants."""
        return isinstance(other, Presences) and self._every == other._every

    def __hash__(self) -> int:
        return hash(self._every)


class Roll(msgspec.Struct, frozen=True):
    """Who takes part in a cohort on a day of a year, in order of ids; it `began` when somebody first ever was a member.

    Members on all days of the year are there `always`: most are, and need not be looked at day by day.
    """

    participants: Mapping[str, Participant]
    always: frozenset[str]
    began: date | None
    presence: Presences


def of(everybody: Mapping[str, Participant], since: date, until: date) -> Roll:
    """Those of everybody who take part on a day of [since, until)."""
    found = here(everybody, since, until)
    always = frozenset(
        who.id for who in found.values() if any(stay[0] <= since and until <= stay[1] for stay in who.member)
    )
    return Roll(found, always, began(everybody), Presences(found.values()))


def _present(every: Iterable[Participant], day: date) -> Presence:
    return Presence(
        members=tuple(each.id for each in every if each.is_member(day)),
        facilitators=tuple(each.id for each in every if each.is_facilitator(day)),
        everybody=tuple(each.id for each in every if each.takes_part(day)),
    )


def within(stays: Sequence[Stay], since: date, until: date) -> tuple[Stay, ...]:
    """Those stays that have a day of [since, until)."""
    return tuple(stay for stay in stays if stay[0] < until and since < stay[1])


def reads_roster(reference: Reference) -> bool:
    """Whether the roster says who is in a cohort."""
    return "roster" in reference.policies.last.membership.source


def reads_statements(reference: Reference) -> bool:
    """Whether statements do."""
    return "statements" in reference.policies.last.membership.source


def here(everybody: Mapping[str, Participant], since: date, until: date) -> dict[str, Participant]:
    """Those who take part on a day of [since, until), with all their stays, in the same order."""
    return {
        person: each
        for person, each in everybody.items()
        if within(each.member, since, until) or within(each.facilitator, since, until)
    }


def began(everybody: Mapping[str, Participant]) -> date | None:
    """The first day on which somebody is a member."""
    return min((each.member[0][0] for each in everybody.values() if each.member), default=None)


def rostered(cohort: str, reference: Reference) -> dict[str, Participant]:
    """Who is ever in a cohort by the roster, in order of ids."""
    if not reads_roster(reference):
        return {}
    member: dict[str, list[Stay]] = defaultdict(list)
    facilitator: dict[str, list[Stay]] = defaultdict(list)
    for each in reference.members(cohort):
        stay = (each.since or date.min, each.until or date.max)
        (facilitator if each.role == "facilitator" else member)[each.person].append(stay)
    return {
        person: Participant(person, _merged(member.get(person, ())), _merged(facilitator.get(person, ())))
        for person in sorted({*member, *facilitator})
    }


def told(joinings: Iterable[tuple[Fact, str, date]]) -> Mapping[str, tuple[Stay, ...]]:
    """The stays that `member` facts tell of, each given with its person and local day, in order."""
    since: dict[str, date] = {}
    stays: dict[str, list[Stay]] = defaultdict(list)
    for fact, person, day in joinings:
        if fact.kind is not Kind.MEMBER:
            continue
        if fact.data.get("state") == "joined":
            since.setdefault(person, day)
        elif (began := since.pop(person, None)) is not None:
            stays[person].append((began, day))
    for person, began in since.items():
        stays[person].append((began, date.max))
    return {person: _merged(every) for person, every in stays.items()}


def joined(roster: Mapping[str, Participant], told_of: Mapping[str, Sequence[Stay]]) -> dict[str, Participant]:
    """Both together: who is a member by either is one."""
    every = dict(roster)
    for person, stays in told_of.items():
        known = roster.get(person, Participant(person))
        every[person] = Participant(person, _merged((*known.member, *stays)), known.facilitator)
    return {person: every[person] for person in sorted(every)}


def _merged(stays: Iterable[Stay]) -> tuple[Stay, ...]:
    merged: list[Stay] = []
    for since, until in sorted(stays):
        if since >= until:
            continue
        if merged and since <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], until))
        else:
            merged.append((since, until))
    return tuple(merged)
