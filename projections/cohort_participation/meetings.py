"""The meetings of a cohort in a school year, and who of it was there."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, TypeAlias

from projections.cohort_participation import sessions
from projections.cohort_participation.roll import Roll
from projections.cohort_participation.scope import Scope
from projections.cohort_participation.sessions import Session, Told
from projections.cohort_participation.tally import Attendance
from projections.facts.fact import Fact

Slots: TypeAlias = tuple[int, ...]


class Meeting(NamedTuple):
    """A meeting with the spans of the year for which it counts and who was a member on its day.

    `came` has everybody who took part in the cohort on that day, and when she came if she did.
    """

    session: Session
    slots: Slots
    expected: tuple[str, ...]
    attended: tuple[str, ...]
    guests: int
    came: Mapping[str, datetime | None]

    @property
    def is_held(self) -> bool:
        """Whether anybody came."""
        return self.session.status == "held"


def meeting(key: str, every: Sequence[Told], roll: Roll, scope: Scope) -> Meeting | None:
    """The meeting that facts of one session key, in order, tell of; None if none says when it is."""
    start_at = sessions.starts(every)
    if start_at is None:
        return None
    day = scope.dating.meeting_day(start_at)
    session = sessions.session(key, every, day, start_at)
    here, came = roll.presence.on(day), session.came
    return Meeting(
        session=session,
        slots=scope.slots(day),
        expected=here.members,
        attended=tuple([each for each in here.members if each in came]),
        guests=len(came.keys() - here.everybody),
        came={each: came.get(each) for each in here.everybody},
    )


def told(fact: Fact, scope: Scope) -> Told | None:
    """What a session fact tells of this year, if anything."""
    dating, at = scope.dating, fact.observed_at
    day = dating.meeting_day(at)
    if day > scope.last:
        return None
    led = dating.person(fact.other, at) if fact.other else None
    if sessions.is_presence(fact):
        return Told(fact, dating.person(fact.subject, at), led, None) if scope.slots(day) else None
    planned = sessions.planned_start(fact)
    is_here = scope.slots(day if planned is None else dating.meeting_day(planned))
    return Told(fact, None, led, planned) if is_here else None


def attendance(every: Sequence[Meeting], roll: Roll) -> dict[str, Attendance]:
    """What each participant made of meetings, in order of time."""
    held = [each.came for each in every if each.is_held]
    return {person: _attendance([came[person] for came in held if person in came]) for person in roll.participants}


def _attendance(came: Sequence[datetime | None]) -> Attendance:
    """When somebody came to meetings that she was expected at, in order of their time; None where she did not."""
    missed = 0
    while missed < len(came) and came[-1 - missed] is None:
        missed += 1
    times = [each for each in came if each is not None]
    return Attendance(expected=len(came), attended=len(times), missed=missed, last_attended_at=max(times, default=None))
