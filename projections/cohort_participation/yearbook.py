"""What the facts of a cohort and a school year come to: its meetings, and a tally for each participant and period."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple, TypeAlias

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
    """The year: `tallies` by participant and span; `is_blank` if no fact is in it; `counted` where asked for.

    The cohort `began` on the first day that it ever had a member.
    """

    year: Year
    began: date | None
    participants: dict[str, Participant]
    meetings: list[Meeting]
    tallies: dict[str, tuple[Tally, ...]]
    is_blank: bool
    counted: list[Counted]


class Deed(NamedTuple):
    """A fact of a participant with its day and spans."""

    fact: Fact
    who: Participant
    day: date
    slots: Slots


def book(
    cohort: Cohort, year: Year, facts: Sequence[Fact], reference: Reference, *, as_of: date | None = None,
    is_traced: bool = False,
) -> Yearbook:  # fmt: skip
    """The yearbook of facts in order; with `as_of`, of those observed through that local day.

    `is_traced` asks for each fact that was counted and as what.
    """
    return _Writer(cohort, year, reference, as_of, [] if is_traced else None).write(facts)


class _Writer:
    """Takes the facts of one key in: first who took part, then what they did."""

    def __init__(
        self, cohort: Cohort, year: Year, reference: Reference, as_of: date | None, counted: list[Counted] | None
    ) -> None:
        self._cohort = cohort
        self._year = year
        self._reference = reference
        self._last = as_of or date.max
        self._counted = counted
        self._dating = Dating(reference, cohort.org, year.since, year.until)
        self._slots = year.slots.on
        self._began: date | None = None
        self._participants: dict[str, Participant] = {}
        self._tallies: dict[str, tuple[Tally, ...]] = {}
        # Members on all days of the year: most are, and need not be looked at day by day.
        self._always: frozenset[str] = frozenset()
        self._is_blank = True

    def write(self, facts: Sequence[Fact]) -> Yearbook:
        self._enroll(facts)
        meetings = self._meetings(facts)
        self._attend(meetings)
        self._act(facts)
        is_blank = self._is_blank and not meetings
        return Yearbook(
            self._year, self._began, self._participants, meetings, self._tallies, is_blank, self._counted or []
        )

    def _enroll(self, facts: Sequence[Fact]) -> None:
        since, until = self._year.days
        everybody = roll.rostered(self._cohort.id, self._reference)
        if roll.reads_statements(self._reference):
            everybody = roll.joined(everybody, roll.told(self._joinings(facts)))
        self._began = roll.began(everybody)
        self._participants = found = roll.here(everybody, since, until)
        self._tallies = {each: tuple(Tally() for _ in self._year.spans) for each in found}
        self._always = frozenset(
            who.id for who in found.values() if any(stay[0] <= since and until <= stay[1] for stay in who.member)
        )

    def _joinings(self, facts: Sequence[Fact]) -> Iterator[tuple[Fact, str, date]]:
        for fact in facts:
            if fact.kind is Kind.MEMBER and fact.cohort == self._cohort.id:
                person = self._dating.person(fact.subject, fact.observed_at)
                day = self._dating.day(fact.observed_at, person)
                if day <= self._last:
                    yield fact, person, day

    def _meetings(self, facts: Sequence[Fact]) -> list[Meeting]:
        told: dict[str, list[Told]] = defaultdict(list)
        for fact in facts:
            if fact.cohort == self._cohort.id and sessions.is_one(fact) and (each := self._told(fact)) is not None:
                told[fact.session or str(fact.statement)].append(each)
        found = []
        for key, every in told.items():
            start_at = sessions.starts(every)
            if start_at is not None:
                found.append(self._meeting(sessions.session(key, every, self._dating.meeting_day(start_at), start_at)))
        found.sort(key=lambda each: each.session.order)
        return found

    def _told(self, fact: Fact) -> Told | None:
        """What a session fact tells of this year, if anything."""
        dating, at = self._dating, fact.observed_at
        day = dating.meeting_day(at)
        if day > self._last:
            return None
        led = dating.person(fact.other, at) if fact.other else None
        if sessions.is_presence(fact):
            return Told(fact, dating.person(fact.subject, at), led, None) if self._slots(day) else None
        planned = sessions.planned_start(fact)
        is_here = self._slots(day if planned is None else dating.meeting_day(planned))
        return Told(fact, None, led, planned) if is_here else None

    def _meeting(self, session: Session) -> Meeting:
        day, always = session.local_date, self._always
        members = [who.id for who in self._participants.values() if who.id in always or who.is_member(day)]
        attended = tuple(each for each in members if each in session.came)
        guests = [each for each in session.came if not self._takes_part(each, day)]
        return Meeting(session, self._slots(day), tuple(members), attended, len(guests))

    def _takes_part(self, person: str, day: date) -> bool:
        if person in self._always:
            return True
        who = self._participants.get(person)
        return who is not None and who.takes_part(day)

    def _attend(self, meetings: Sequence[Meeting]) -> None:
        for session, slots, _, _, _ in meetings:
            if session.status != "held":
                continue
            came, day = session.came, session.local_date
            for person, tallies in self._tallies.items():
                if self._takes_part(person, day):
                    for slot in slots:
                        tallies[slot].meet(came.get(person))
            if self._counted is not None:
                self._count_attendance(session, slots)

    def _count_attendance(self, session: Session, slots: Slots) -> None:
        for fact in session.statements:
            person = self._dating.person(fact.subject, fact.observed_at)
            if fact.kind is Kind.SESSION_ATTENDED and self._takes_part(person, session.local_date):
                self._count(Deed(fact, self._participants[person], session.local_date, slots), "attended")

    def _act(self, facts: Sequence[Fact]) -> None:
        learned: list[Deed] = []
        applied: list[Deed] = []
        shared: list[Deed] = []
        replied: list[Deed] = []
        roots: list[Deed] = []
        for fact in facts:
            kind = fact.kind
            if kind is Kind.LEARN and learning.bears(fact):
                self._take(fact, learned)
            elif kind is Kind.APPLY:
                self._take(fact, applied)
            elif kind is Kind.PEER:
                self._take(fact, replied)
            elif kind is Kind.SHARE:
                self._take(fact, shared, roots)
        self._learn(learned)
        self._apply(applied)
        self._share(shared)
        self._reply(replied, roots)

    def _take(self, fact: Fact, deeds: list[Deed], roots: list[Deed] | None = None) -> None:
        """Take a fact of a participant to the deeds of this year, and to the roots of threads."""
        at, dating = fact.observed_at, self._dating
        person = dating.person(fact.subject, at)
        who = self._participants.get(person)
        if who is None or (day := dating.day(at, person)) > self._last:
            return
        deed = Deed(fact, who, day, self._slots(day))
        if deed.slots and self._takes_part(person, day):
            deeds.append(deed)
        if roots is not None and (deed.slots or self._is_followed(day)):
            roots.append(deed)

    def _is_followed(self, day: date) -> bool:
        """Whether those who reply in this year know threads opened on `day`."""
        every = years.of(self._reference, self._cohort.org)
        return any(self._year.id in every.after(home) for home in every.homes(day))

    def _is_ours(self, fact: Fact) -> bool:
        """Whether talk is of this cohort: it names no other."""
        return fact.cohort is None or fact.cohort == self._cohort.id

    def _count(self, deed: Deed, counts_as: str) -> list[Tally]:
        """The tallies in which a deed counts."""
        self._is_blank = False
        if self._counted is not None:
            self._counted.append(Counted(deed.fact, deed.who.id, deed.day, deed.slots, counts_as))
        tallies = self._tallies[deed.who.id]
        return [tallies[slot] for slot in deed.slots]

    def _learn(self, deeds: Sequence[Deed]) -> None:
        of: dict[str, list[Deed]] = defaultdict(list)
        for deed in deeds:
            of[deed.who.id].append(deed)
        for every in of.values():
            timed = {id(fact) for fact in learning.timed((each.fact, each.day) for each in every)}
            for deed in every:
                is_timed = id(deed.fact) in timed
                if is_timed or (deed.fact.unit is not None and learning.is_done(deed.fact)):
                    self._learn_one(deed, is_timed=is_timed)

    def _learn_one(self, deed: Deed, *, is_timed: bool) -> None:
        unit, minutes = deed.fact.unit, deed.fact.minutes or 0.0
        state = deed.fact.data.get("state")
        for tally in self._count(deed, "learning"):
            if is_timed:
                tally.minutes += minutes
            if unit is None:
                continue
            if minutes > 0:
                tally.timed.add(unit)
            if state in learning.DONE:
                tally.units.add(unit)
            if state == "completed":
                tally.timeable.add(unit)

    def _apply(self, deeds: Sequence[Deed]) -> None:
        for deed in deeds:
            for tally in self._count(deed, "applied"):
                tally.applied += 1

    def _share(self, deeds: Sequence[Deed]) -> None:
        for deed in deeds:
            if self._is_ours(deed.fact):
                for tally in self._count(deed, "shared"):
                    tally.shared += 1
                    tally.posts += deed.fact.thread is not None

    def _reply(self, deeds: Sequence[Deed], roots: Sequence[Deed]) -> None:
        threads: dict[object, Deed] = {}
        for root in roots:
            threads.setdefault(root.fact.thread or root.fact.statement, root)
            threads.setdefault(root.fact.statement, root)
        for deed in deeds:
            if not self._is_ours(deed.fact):
                continue
            found = threads.get(deed.fact.thread) or threads.get(deed.fact.refers_to)
            if found is not None and not self._is_ours(found.fact):
                continue
            author = found.who if found is not None else self._named(deed.fact)
            if author is not None and not author.takes_part(deed.day):
                author = None
            if author is not None or deed.fact.cohort is not None:
                self._talk(deed, author)

    def _named(self, fact: Fact) -> Participant | None:
        """The author whom the statement itself names."""
        return self._participants.get(self._dating.person(fact.other, fact.observed_at)) if fact.other else None

    def _talk(self, deed: Deed, author: Participant | None) -> None:
        is_reply = deed.fact.data.get("state") != "reaction"
        is_facilitator = deed.who.is_facilitator(deed.day)
        for tally in self._count(deed, "reply" if is_reply else "reaction"):
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
