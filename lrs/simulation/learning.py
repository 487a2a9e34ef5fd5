"""Educators learn from units at all hours, put some of it to use, and tell others."""

from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from lrs.simulation.calendar import days, instant, local_day
from lrs.simulation.chance import Chance
from lrs.simulation.district import District, Educator, Unit
from lrs.simulation.happening import Happening, Kind
from lrs.simulation.mail import Mail
from lrs.simulation.records import Applied, Records, Studied
from lrs.simulation.talk import Talk

HOURS: Final = ((6.5, 7.75, 0.2), (11.75, 12.75, 0.15), (15.0, 16.0, 0.3), (19.0, 21.25, 0.35))


class Learning:
    """The learning of one educator, month by month."""

    def __init__(self, district: District, educator: Educator, mail: Mail, records: Records, talk: Talk) -> None:
        self._district, self._educator, self._mail, self._records = district, educator, mail, records
        self._talk = talk
        self._chance = district.chance("learning", educator.person.id)
        self._left = [each for each in district.units if each.district == educator.person.district]
        self._planned: list[date] = []

    def month(self, begin: date, end: date) -> None:
        """All that she begins from `begin` up to `end`."""
        if begin.month == 8:
            self._planned = self._plan(begin.year)
        while self._planned and self._planned[-1] < end:
            self._unit(self._planned.pop())

    def _plan(self, year: int) -> list[date]:
        """The days on which she begins a unit, latest first: school days mostly, a few in July."""
        chance, district = self._chance, self._educator.person.district
        count = round(chance.gamma(1.6, 14.0) * self._educator.drive)
        calendar = self._district.calendar
        open_ = [
            day for day in days(date(year, 8, 3), date(year + 1, 6, 20))
            if not calendar.is_off(district, day) and not self._district.is_away(self._educator.person, day)
        ]  # fmt: skip
        summer = list(days(date(year + 1, 7, 2), date(year + 1, 7, 12)))
        return sorted((chance.pick(summer if chance.happens(0.02) else open_) for _ in range(count)), reverse=True)

    def _unit(self, day: date) -> None:
        if not self._left:
            return
        chance, who = self._chance, self._educator.person
        unit = self._left.pop(int(chance.part() * len(self._left)))
        begun = instant(day, hour(chance), who.district)
        minutes = max(2, round(unit.minutes * chance.lognormal(1.0, 0.25)))
        session = chance.uuid()
        agent = who.agent(begun, chance)
        done = Happening(
            kind=Kind.STARTED, district=who.district, at=begun, actor=agent, unit=unit, session=session, word="Normal"
        )  # fmt: skip
        self._mail.send(done)
        if who.district == "birch" and chance.happens(0.03):
            self._look_again(unit, begun)
        ended = begun + timedelta(minutes=minutes)
        if chance.happens(0.72):
            self._complete(unit, ended, minutes, done)
        elif who.district == "birch":
            self._stop(unit, ended, minutes, done, completed=False)

    def _complete(self, unit: Unit, at: datetime, minutes: int, begun: Happening) -> None:
        chance, who = self._chance, self._educator.person
        done = Happening(
            kind=Kind.COMPLETED, district=who.district, at=at, actor=who.agent(at, chance), unit=unit,
            session=begun.session, minutes=minutes, word="Normal",
        )  # fmt: skip
        id_ = self._mail.send(done)
        if who.district == "birch":
            self._stop(unit, at + timedelta(seconds=4), minutes, begun, completed=id_ is not None)
        else:
            self._note(unit, at, minutes if id_ else 0, completed=id_ is not None)
        if not chance.happens(0.35):
            return
        lag = max(1, round(chance.lognormal(9.0, 0.6)))
        day = self._district.calendar.school_day(who.district, local_day(at, who.district) + timedelta(days=lag))
        if day < self._district.calendar.end and not self._district.is_away(who, day):
            self._apply(unit, day, id_ if chance.happens(0.5) else None)

    def _apply(self, unit: Unit, day: date, ref: UUID | None) -> None:
        chance, who = self._chance, self._educator.person
        at = instant(day, chance.whole(9 * 3600, 14 * 3600), who.district)
        used = Happening(
            kind=Kind.APPLIED, district=who.district, at=at, actor=who.agent(at, chance), unit=unit,
            ref=ref,
        )  # fmt: skip
        id_ = self._mail.send(used)
        self._records.applied.append(
            Applied(person=who.id, unit=unit.number, at=at, day=day, ref=used.ref, stays=id_ is not None)
        )
        if chance.happens(0.3):
            file = Happening(
                kind=Kind.HANDED_IN, district=who.district, at=at + timedelta(minutes=20),
                actor=who.agent(at, chance), unit=unit, criterion=unit.criteria[0],
            )  # fmt: skip
            self._mail.send(file)
        if chance.happens(0.4):
            later = day + timedelta(days=max(1, round(chance.lognormal(6.0, 0.6))))
            self._talk.share(self._educator, unit, later, id_)

    def _stop(self, unit: Unit, at: datetime, minutes: int, begun: Happening, *, completed: bool) -> None:
        """The end of a session of Birch's player, which alone tells how long it was."""
        who = self._educator.person
        ended = Happening(
            kind=Kind.STOPPED, district=who.district, at=at, actor=who.agent(at, self._chance), unit=unit,
            session=begun.session, minutes=minutes, word="Normal",
        )  # fmt: skip
        id_ = self._mail.send(ended)
        # A completion tells the minutes too: they are lost only with both.
        self._note(unit, at, minutes if id_ or completed else 0, completed=completed)

    def _note(self, unit: Unit, at: datetime, minutes: int, *, completed: bool) -> None:
        who = self._educator.person
        self._records.studied.append(
            Studied(person=who.id, unit=unit.number, at=at, day=local_day(at, who.district), minutes=minutes,
                    completed=completed)
        )  # fmt: skip

    def _look_again(self, unit: Unit, begun: datetime) -> None:
        """A look into a unit in review, which is no learning."""
        chance, who = self._chance, self._educator.person
        at = begun + timedelta(hours=2)
        if local_day(at, who.district) != local_day(begun, who.district):
            return
        look = Happening(
            kind=Kind.STOPPED, district=who.district, at=at, actor=who.agent(at, chance), unit=unit,
            session=chance.uuid(), minutes=5, word="Review",
        )  # fmt: skip
        self._mail.send(look)


def hour(chance: Chance) -> int:
    """A second of the day at which people learn: before school, at lunch, after it, and in the evening."""
    low, high, _ = HOURS[chance.weighted([each[2] for each in HOURS])]
    return int(chance.between(low, high) * 3600)
