"""What the facts of a cohort and a school year come to: its meetings, and a tally for each participant and period."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final, NamedTuple, TypeAlias

import msgspec

from lrs.reference.model import Cohort
from lrs.reference.reference import Reference
from projections.cohort_participation import learning, roll, sessions, years
from projections.cohort_participation.dating import Dating
from projections.cohort_participation.roll import Participant
from projections.cohort_participation.sessions import Session, Told
from projections.cohort_participation.tally import Tally
from projections.cohort_participation.years import Year
from projections.facts.fact import Fact, Kind

Slots: TypeAlias = tuple[int, ...]

DEEDS: Final = frozenset({Kind.LEARN, Kind.APPLY, Kind.SHARE, Kind.PEER})


class Meeting(NamedTuple):
    """A meeting with the spans of the year for which it counts and, if it was held, who was a member on its day."""

    session: Session
    slots: Slots
    expected: tuple[str, ...]
    attended: tuple[str, ...]
    guests: int


class Counted(NamedTuple):
    """A fact that was counted: whose, on which day, for which spans, as what."""

    fact: Fact
    person: str
    day: date
    slots: Slots
    counts_as: str


class Yearbook(msgspec.Struct, frozen=True):
    """The year: `tallies` by participant and span, `counted` the facts that are in them."""

    year: Year
    participants: dict[str, Participant]
    meetings: list[Meeting]
    tallies: dict[str, tuple[Tally, ...]]
    counted: list[Counted]

    @property
    def is_blank(self) -> bool:
        """Whether no fact is of this year, so that its rows would be there for the roster's sake alone."""
        return not self.meetings and not self.counted


class Deed(NamedTuple):
    """A fact of a participant with its day and spans."""

    fact: Fact
    who: Participant
    day: date
    slots: Slots


def book(
    cohort: Cohort, year: Year, facts: Sequence[Fact], reference: Reference, *, as_of: date | None = None
) -> Yearbook:  # fmt: skip
    """The yearbook of facts in order; with `as_of`, of those observed through that local day."""
    return _Writer(cohort, year, reference, as_of).write(facts)


class _Writer:
    """Takes the facts of one key in: first who took part, then what they did."""

    def __init__(self, cohort: Cohort, year: Year, reference: Reference, as_of: date | None) -> None:
        self._cohort = cohort
        self._year = year
        self._reference = reference
        self._as_of = as_of
        self._dating = Dating(reference, cohort.org, year.since, year.until)
        self._slots = year.slots.on
        self._participants: dict[str, Participant] = {}
        self._tallies: dict[str, tuple[Tally, ...]] = {}
        self._counted: list[Counted] = []

    def write(self, facts: Sequence[Fact]) -> Yearbook:
        self._enroll(facts)
        meetings = self._meetings([each for each in facts if each.kind in sessions.KINDS])
        self._attend(meetings)
        self._act([each for each in facts if each.kind in DEEDS])
        return Yearbook(self._year, self._participants, meetings, self._tallies, self._counted)

    def _enroll(self, facts: Sequence[Fact]) -> None:
        since, until = self._year.since or date.min, self._year.until or date.max
        found = roll.rostered(self._cohort.id, self._reference, since, until)
        if roll.reads_statements(self._reference):
            joinings = [
                (fact, who, day)
                for fact in facts
                if fact.kind is Kind.MEMBER and fact.cohort == self._cohort.id
                for who in (self._dating.person(fact.subject, fact.observed_at),)
                if self._is_then(day := self._dating.day(fact.observed_at, who))
            ]
            found = roll.joined(found, roll.told(joinings))
        self._participants = found
        self._tallies = {each: tuple(Tally() for _ in self._year.spans) for each in found}

    def _is_then(self, day: date) -> bool:
        return self._as_of is None or day <= self._as_of

    def _meetings(self, facts: Sequence[Fact]) -> list[Meeting]:
        told: dict[str, list[Told]] = defaultdict(list)
        dating = self._dating
        for fact in facts:
            if fact.cohort != self._cohort.id or not self._is_then(dating.meeting_day(fact.observed_at)):
                continue
            at = sessions.taking_place(fact)
            if not self._slots(dating.meeting_day(at)):
                continue
            person = dating.person(fact.subject, fact.observed_at) if fact.kind in sessions.PRESENT else None
            led = dating.person(fact.other, fact.observed_at) if fact.other else None
            told[fact.session or str(fact.statement)].append(Told(fact, person, led))
        found = []
        for key, every in told.items():
            start_at = sessions.starts(each.fact for each in every)
            if start_at is not None:
                day = dating.meeting_day(start_at)
                found.append(self._meeting(sessions.session(key, every, day, start_at), day))
        found.sort(key=lambda each: each.session.order)
        return found

    def _meeting(self, session: Session, day: date) -> Meeting:
        members = [who.id for who in self._participants.values() if who.is_member(day)]
        guests = sum(sessions.is_guest(each, self._participants.get(each), day) for each in session.came)
        attended = tuple(each for each in members if each in session.came)
        return Meeting(session, self._slots(day), tuple(members), attended, guests)

    def _attend(self, meetings: Sequence[Meeting]) -> None:
        for session, slots, _, _, _ in meetings:
            if session.status != "held":
                continue
            for who in self._participants.values():
                if who.takes_part(session.local_date):
                    came_at = session.came.get(who.id)
                    for slot in slots:
                        self._tallies[who.id][slot].meet(came_at)
            for fact in session.statements:
                if fact.kind is Kind.SESSION_ATTENDED:
                    self._count_attendance(fact, session.local_date, slots)

    def _count_attendance(self, fact: Fact, day: date, slots: Slots) -> None:
        person = self._dating.person(fact.subject, fact.observed_at)
        who = self._participants.get(person)
        if who is not None and who.takes_part(day):
            self._counted.append(Counted(fact, person, day, slots, "attended"))

    def _act(self, facts: Sequence[Fact]) -> None:
        deeds: dict[Kind, list[Deed]] = {kind: [] for kind in DEEDS}
        earlier: list[Deed] = []
        for fact in facts:
            who = self._participants.get(self._dating.person(fact.subject, fact.observed_at))
            if who is None:
                continue
            day = self._dating.day(fact.observed_at, who.id)
            if not self._is_then(day):
                continue
            slots = self._slots(day)
            deed = Deed(fact, who, day, slots)
            if not slots:
                if fact.kind is Kind.SHARE and self._is_followed(day):
                    earlier.append(deed)
            elif who.takes_part(day):
                deeds[fact.kind].append(deed)
            elif fact.kind is Kind.SHARE:
                earlier.append(deed)
        self._learn(deeds[Kind.LEARN])
        self._apply(deeds[Kind.APPLY])
        self._share(deeds[Kind.SHARE])
        self._reply(deeds[Kind.PEER], [*earlier, *deeds[Kind.SHARE]])

    def _is_followed(self, day: date) -> bool:
        """Whether those who reply in this year know threads opened on `day`."""
        every = years.of(self._reference, self._cohort.org)
        return any(self._year.id in every.after(home) for home in every.homes(day))

    def _is_ours(self, fact: Fact) -> bool:
        """Whether talk is of this cohort: it names no other."""
        return fact.cohort is None or fact.cohort == self._cohort.id

    def _tally(self, deed: Deed, counts_as: str) -> Iterator[Tally]:
        self._counted.append(Counted(deed.fact, deed.who.id, deed.day, deed.slots, counts_as))
        tallies = self._tallies[deed.who.id]
        for slot in deed.slots:
            yield tallies[slot]

    def _learn(self, deeds: Sequence[Deed]) -> None:
        of: dict[str, list[Deed]] = defaultdict(list)
        for deed in deeds:
            of[deed.who.id].append(deed)
        for every in of.values():
            timed = {id(fact) for fact in learning.timed((each.fact, each.day) for each in every)}
            for deed in every:
                self._learn_one(deed, is_timed=id(deed.fact) in timed)

    def _learn_one(self, deed: Deed, *, is_timed: bool) -> None:
        fact = deed.fact
        is_done = learning.is_done(fact) and fact.unit is not None
        if not is_timed and not is_done:
            return
        for tally in self._tally(deed, "learning"):
            if fact.unit is not None and fact.minutes is not None and fact.minutes > 0:
                tally.timed.add(fact.unit)
            if is_timed:
                tally.minutes += fact.minutes or 0.0
            if is_done and fact.unit is not None:
                tally.units.add(fact.unit)
                if fact.data.get("state") == "completed":
                    tally.timeable.add(fact.unit)

    def _apply(self, deeds: Sequence[Deed]) -> None:
        for deed in deeds:
            for tally in self._tally(deed, "applied"):
                tally.applied += 1

    def _share(self, deeds: Sequence[Deed]) -> None:
        for deed in deeds:
            if self._is_ours(deed.fact):
                for tally in self._tally(deed, "shared"):
                    tally.shared += 1
                    tally.posts += deed.fact.thread is not None

    def _reply(self, deeds: Sequence[Deed], shares: Sequence[Deed]) -> None:
        threads: dict[object, Deed] = {}
        for share in shares:
            threads.setdefault(share.fact.thread or share.fact.statement, share)
            threads.setdefault(share.fact.statement, share)
        for deed in deeds:
            if not self._is_ours(deed.fact):
                continue
            root = threads.get(deed.fact.thread) or threads.get(deed.fact.refers_to)
            if root is not None and not self._is_ours(root.fact):
                continue
            author = root.who if root is not None else self._named(deed.fact)
            if author is not None and not author.takes_part(deed.day):
                author = None
            if author is not None or deed.fact.cohort is not None:
                self._talk(deed, author)

    def _named(self, fact: Fact) -> Participant | None:
        """The author whom the statement itself names."""
        return self._participants.get(self._dating.person(fact.other, fact.observed_at)) if fact.other else None

    def _talk(self, deed: Deed, author: Participant | None) -> None:
        state = deed.fact.data.get("state")
        is_reply = state != "reaction"
        is_facilitator = deed.who.is_facilitator(deed.day)
        for tally in self._tally(deed, "reply" if is_reply else "reaction"):
            tally.replies += is_reply
            tally.by_facilitator += is_reply and is_facilitator
            tally.reactions += not is_reply
        if author is None or author.id == deed.who.id:
            return
        is_tie = ("reply" if is_reply else "reaction") in self._reference.policy(deed.day).ties.kinds
        for slot in deed.slots:
            given, taken = self._tallies[deed.who.id][slot], self._tallies[author.id][slot]
            taken.received += is_reply
            if is_tie and author.is_member(deed.day):
                given.tied_to.add(author.id)
            if is_tie and deed.who.is_member(deed.day):
                taken.tied_by.add(deed.who.id)
