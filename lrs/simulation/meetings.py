"""Cohorts meet: most members come, some meetings are cancelled, one cohort stops."""

from datetime import date, datetime, timedelta

from lrs.simulation.calendar import instant
from lrs.simulation.district import Cohort, District
from lrs.simulation.happening import Happening, Kind
from lrs.simulation.mail import Mail
from lrs.simulation.people import Person
from lrs.simulation.records import Met, Records


class Meetings:
    """The meetings of one cohort, month by month."""

    def __init__(self, district: District, cohort: Cohort, mail: Mail, records: Records) -> None:
        self._district, self._cohort, self._mail, self._records = district, cohort, mail, records
        self._chance = district.chance("meetings", cohort.id)
        first = date(district.calendar.first_year, 8, 24) + timedelta(days=self._chance.whole(0, 13))
        self._next = district.calendar.school_day(cohort.district, first)
        self._minutes, self._hour = (120, 17) if cohort.kind == "network" else (45, 15)

    def month(self, begin: date, end: date) -> None:
        """The meetings whose invitations go out before `end`."""
        calendar = self._district.calendar
        while self._next - timedelta(days=14) < end and self._next < calendar.end:
            if self._cohort.lapses is None or self._next < self._cohort.lapses:
                self._meet(self._next)
            wait = max(5, round(self._cohort.every + self._chance.normal(0.0, 1.7)))
            if self._cohort.kind == "network":
                due = self._next + timedelta(days=wait)
            else:
                due = calendar.after(self._cohort.district, self._next, wait)
            self._next = calendar.school_day(self._cohort.district, due)

    def _meet(self, day: date) -> None:
        cohort, chance = self._cohort, self._chance
        at = instant(day, self._hour * 3600 + 30 * 60 * (cohort.kind == "plc"), cohort.district)
        leader = cohort.facilitator
        meeting = Happening(
            kind=Kind.MEETING_PLANNED, district=cohort.district, at=at, actor=leader.agent(at, chance), cohort=cohort,
            session=chance.uuid(), minutes=self._minutes, planned=at,
        )  # fmt: skip
        planned = self._invite(meeting)
        met = Met(cohort=cohort.id, day=day, planned=planned, cancelled=False, attended=[],
                  members=len(cohort.on(day)))  # fmt: skip
        self._records.meetings.append(met)
        if chance.happens(0.05):
            met.cancelled = self._cancel(meeting)
            return
        here = [each for each in cohort.on(day) if self._comes(each, day)]
        if cohort.district == "alder":
            met.attended = self._signed(meeting, here)
        elif here and self._called(meeting, here):
            met.attended = [each.id for each in here]

    def _comes(self, who: Person, day: date) -> bool:
        comes = self._district.educators[who.id].comes * (0.85 if day.month == 5 else 1.0)
        return self._chance.happens(comes) and not self._district.is_away(who, day)

    def _invite(self, meeting: Happening) -> bool:
        """Birch's groups invite through a tool that reports it; Alder's only write it on the wall."""
        if meeting.district == "alder":
            return False
        sent = meeting.at - timedelta(days=self._chance.whole(4, 10), hours=2)
        return self._mail.send(_at(meeting, Kind.MEETING_PLANNED, sent)) is not None

    def _cancel(self, meeting: Happening) -> bool:
        if meeting.district == "alder":
            return False
        sent = meeting.at - timedelta(hours=self._chance.whole(2, 30))
        return self._mail.send(_at(meeting, Kind.MEETING_CANCELLED, sent)) is not None

    def _signed(self, meeting: Happening, here: list[Person]) -> list[str]:
        """Alder's LMS takes attendance one by one, and does not always know how long it was."""
        stayed = []
        known = self._chance.happens(0.7)
        for who in here:
            each = _at(meeting, Kind.MET, meeting.at + timedelta(minutes=self._minutes))
            each.other, each.actor = each.actor, who.agent(meeting.at, self._chance)
            each.minutes = self._minutes if known else 0
            if self._mail.send(each) is not None:
                stayed.append(who.id)
        return stayed

    def _called(self, meeting: Happening, here: list[Person]) -> bool:
        """Birch's tool tells of all who came at once."""
        told = _at(meeting, Kind.MET, meeting.at + timedelta(minutes=self._minutes))
        told.other, told.crowd = told.actor, tuple(each.agent(meeting.at, self._chance) for each in here)
        return self._mail.send(told) is not None


def _at(meeting: Happening, kind: Kind, at: datetime) -> Happening:
    return Happening(
        kind=kind, district=meeting.district, at=at,
        actor=meeting.actor, cohort=meeting.cohort, session=meeting.session, minutes=meeting.minutes,
        planned=meeting.planned,
    )  # fmt: skip
