"""Coaches plan visits, come, call off or stay away, rate what they see, and follow cycles and steps."""

from datetime import date, datetime, timedelta
from typing import Final

from lrs.simulation.calendar import instant
from lrs.simulation.district import District, Pair
from lrs.simulation.happening import Happening, Kind
from lrs.simulation.mail import Mail
from lrs.simulation.ratings import Ratings
from lrs.simulation.records import Records, Visit
from lrs.simulation.steps import Steps

LEAD: Final = 14


class Coaching:
    """What one coach and one educator do, month by month."""

    def __init__(self, district: District, pair: Pair, mail: Mail, records: Records, ratings: Ratings) -> None:
        self._district, self._pair, self._mail, self._records = district, pair, mail, records
        self._ratings = ratings
        self._chance = district.chance("coaching", pair.number)
        self._steps = Steps(district, pair, mail, records)
        self._held = 0
        self._next = self._free(self._after(pair.since, 0.6))

    def month(self, begin: date, end: date) -> None:
        """The visits of which word goes out before `end`."""
        last = min(self._pair.until or self._district.calendar.end, self._district.calendar.end)
        while self._next - timedelta(days=LEAD) < end and self._next < last:
            self._visit(self._next)
            self._next = self._free(self._after(self._next, 1.0))

    def _after(self, day: date, part: float) -> date:
        wait = self._chance.gamma(3.0, self._pair.target * self._pair.gap * part)
        return self._district.calendar.after(self._pair.educator.district, day, max(2, round(wait)))

    def _free(self, day: date) -> date:
        """The first school day from `day` on which she is there, and not in a planted silence."""
        silent = self._pair.silent
        name = self._pair.educator.district
        while True:
            day = self._district.calendar.school_day(name, day)
            if silent is not None and silent[0] <= day < silent[1]:
                day = silent[1]
            elif self._district.is_away(self._pair.educator, day):
                day += timedelta(days=1)
            else:
                return day

    def _visit(self, day: date) -> None:
        chance, pair = self._chance, self._pair
        begin = instant(day, chance.whole(8 * 12, 14 * 12) * 300, pair.educator.district)
        minutes = max(10, round(chance.normal(35.0, 10.0)))
        plan = Happening(
            kind=Kind.VISIT_PLANNED, district=pair.educator.district, at=begin, planned=begin, minutes=minutes,
            actor=pair.coach.agent(begin, chance), other=pair.educator.agent(begin, chance), session=chance.uuid(),
        )  # fmt: skip
        planned = self._plan(plan, day)
        point = chance.part()
        outcome = "cancelled" if point < 0.06 else "missed" if point < 0.09 else "held"
        reported = False
        if outcome == "cancelled":
            called_off = max(begin - timedelta(hours=chance.whole(1, 20)), self._earliest())
            reported = self._mail.send(self._again(plan, Kind.VISIT_CANCELLED, called_off)) is not None
        elif outcome == "held":
            reported = self._come(plan, begin, minutes)
        self._records.visits.append(
            Visit(pair=pair.number, day=day, minutes=minutes, outcome=outcome, planned=planned, reported=reported)
        )
        if outcome == "held":
            self._after_visit(plan, day, begin + timedelta(minutes=minutes))

    def _earliest(self) -> datetime:
        return instant(self._pair.since, 8 * 3600, self._pair.educator.district)

    def _plan(self, plan: Happening, day: date) -> bool:
        lead = timedelta(days=self._chance.whole(3, 10), minutes=self._chance.whole(0, 90))
        sent = max(plan.at - lead, self._earliest())
        return self._mail.send(self._again(plan, Kind.VISIT_PLANNED, sent)) is not None

    def _come(self, plan: Happening, begin: datetime, minutes: int) -> bool:
        """Report the visit; one in ten is told of twice, by a second system, which makes no second visit."""
        self._held += 1
        ended = begin + timedelta(minutes=minutes)
        visit = self._again(plan, Kind.VISITED, ended)
        # Birch's newer tool speaks xAPI 2.0 from the first winter on, on every other desk.
        newer = begin.year > self._district.calendar.first_year
        visit.word = "2.0" if newer and self._pair.number % 2 else "observed" if self._held % 4 == 0 else ""
        stays = self._mail.send(visit) is not None
        if self._chance.happens(0.1):
            twice = self._again(plan, Kind.LOGGED, ended + timedelta(minutes=self._chance.whole(1, 9)))
            stays = (self._mail.send(twice) is not None) or stays
        return stays

    def _after_visit(self, plan: Happening, day: date, ended: datetime) -> None:
        if self._held % 4 == 0:
            self._ratings.by_coach(self._pair, plan, day, ended, self._held)
        self._steps.after(plan, day, ended)

    def _again(self, plan: Happening, kind: Kind, at: datetime) -> Happening:
        """Something else about a planned visit, by those names of both that hold at that time."""
        chance = self._chance
        return Happening(
            kind=kind, district=plan.district, at=at, actor=self._pair.coach.agent(at, chance),
            other=self._pair.educator.agent(at, chance), session=plan.session, minutes=plan.minutes,
            planned=plan.planned,
        )  # fmt: skip
