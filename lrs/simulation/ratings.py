"""Scores on criteria: by coaches after every fourth visit, and by educators of themselves, who see a little more."""

from datetime import date, datetime, timedelta

from lrs.simulation.calendar import instant, year_of
from lrs.simulation.district import District, Educator, Pair
from lrs.simulation.happening import Happening, Kind
from lrs.simulation.mail import Mail
from lrs.simulation.records import Rating, Records
from lrs.simulation.rubric import CRITERIA, LAB, Criterion

BIAS = 0.3


class Ratings:
    """Draws scores around what an educator can do, which grows with the years and with coaching."""

    def __init__(self, district: District, mail: Mail, records: Records) -> None:
        self._district, self._mail, self._records = district, mail, records
        self._chance = district.chance("ratings")
        chance = district.chance("criteria")
        self._ease = {each.code: chance.normal(0.0, 0.3) for each in CRITERIA}

    def by_coach(self, pair: Pair, plan: Happening, day: date, ended: datetime, contacts: int) -> None:
        """The coach scores what she saw, on three to six criteria."""
        educator = self._district.educators[pair.educator.id]
        session = self._chance.uuid()
        for criterion in self._criteria(educator):
            score = self._score(educator, criterion, day, contacts)
            told = Happening(
                kind=Kind.RATED, district=plan.district, at=ended + timedelta(minutes=self._chance.whole(5, 50)),
                actor=plan.actor, other=plan.other, session=session, criterion=criterion, score=score,
            )  # fmt: skip
            self._send(told, educator, day, "coach", pair.coach.id)

    def _criteria(self, educator: Educator) -> list[Criterion]:
        drawn = self._chance.some(self._chance.whole(3, 6), CRITERIA)
        planted = next(each for each in CRITERIA if each.code == self._district.planted["growing_criterion"])
        if educator.school.id == self._district.planted["growing_school"] and planted not in drawn:
            drawn[0] = planted
        return drawn

    def _score(self, educator: Educator, criterion: Criterion, day: date, contacts: int, bias: float = 0.0) -> int:
        years = (day - self._district.calendar.first).days / 365.25
        latent = educator.skill + 0.18 * years + 0.012 * contacts + self._ease[criterion.code] + bias
        planted = self._district.planted
        if educator.school.id == planted["growing_school"] and criterion.code == planted["growing_criterion"]:
            latent = 1.3 + 0.8 * years
        return min(4, max(1, round(self._chance.normal(latent, 0.45))))

    def _send(self, told: Happening, educator: Educator, day: date, role: str, assessor: str) -> None:
        if self._mail.send(told) is None:
            return
        assert told.criterion is not None
        assert told.score is not None
        self._records.ratings.append(
            Rating(person=educator.person.id, criterion=told.criterion.code, at=told.at, day=day, score=told.score,
                   role=role, assessor=assessor)
        )  # fmt: skip

    def month(self, begin: date, end: date) -> None:
        """In September and May a third of the educators rate themselves; in the last January one is in the lab."""
        if begin.month in (9, 5):
            for educator in self._district.educators.values():
                if self._chance.happens(0.3):
                    self._by_self(educator, begin)
        if begin.month == 1 and year_of(begin) == self._district.calendar.years[-1]:
            self._in_lab(begin)

    def _by_self(self, educator: Educator, begin: date) -> None:
        who, chance = educator.person, self._chance
        day = self._district.calendar.school_day(who.district, begin + timedelta(days=chance.whole(2, 24)))
        if self._district.is_away(who, day):
            return
        at = instant(day, chance.whole(15 * 60, 17 * 60) * 60, who.district)
        agent, session = who.agent(at, chance), chance.uuid()
        for criterion in chance.some(chance.whole(3, 6), CRITERIA):
            at += timedelta(minutes=2)
            told = Happening(
                kind=Kind.RATED_SELF, district=who.district, at=at, actor=agent, other=agent, session=session,
                criterion=criterion, score=self._score(educator, criterion, day, 0, BIAS),
            )  # fmt: skip
            self._send(told, educator, day, "self", who.id)

    def _in_lab(self, begin: date) -> None:
        """One educator of Alder gets 1, 2, 3, 4 and 5 in the lab, a week apart: for comparing ways to mastery."""
        planted = self._district.planted
        pair = next(each for each in self._district.pairs if each.coach.id == planted["overdue_coach"])
        educator = self._district.educators[pair.educator.id]
        planted["lab_educator"] = educator.person.id
        for score in range(1, 6):
            day = begin + timedelta(days=1 + 5 * score)
            at = instant(day, 13 * 3600, "alder")
            told = Happening(
                kind=Kind.RATED, district="alder", at=at, actor=pair.coach.agent(at, self._chance),
                other=educator.person.agent(at, self._chance), session=self._chance.uuid(), criterion=LAB, score=score,
            )  # fmt: skip
            while not self._sent_for_good(told, educator, day, pair):
                pass

    def _sent_for_good(self, told: Happening, educator: Educator, day: date, pair: Pair) -> bool:
        """A report that was taken back is made again, so that the five stand."""
        before = len(self._records.ratings)
        self._send(told, educator, day, "coach", pair.coach.id)
        return len(self._records.ratings) > before
