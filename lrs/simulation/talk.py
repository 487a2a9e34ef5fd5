"""What educators share with their cohorts, and who answers whom."""

from datetime import date, datetime, timedelta
from uuid import UUID

from lrs.simulation.calendar import instant, local_day
from lrs.simulation.district import Cohort, District, Educator, Unit
from lrs.simulation.happening import Happening, Kind
from lrs.simulation.mail import Mail
from lrs.simulation.people import Person
from lrs.simulation.records import Records, Said


class Talk:
    """Carries posts into cohorts and draws who replies, by the square of drive."""

    def __init__(self, district: District, mail: Mail, records: Records) -> None:
        self._district, self._mail, self._records = district, mail, records
        self._chance = district.chance("talk")
        self._of: dict[str, list[Cohort]] = {}
        for cohort in district.cohorts:
            for member in cohort.members:
                own = self._of.setdefault(member.person.id, [])
                if cohort not in own:
                    own.append(cohort)

    def share(self, educator: Educator, unit: Unit, day: date, ref: UUID | None) -> None:
        """She tells a cohort of hers how it went, if she is in one that day."""
        who, calendar = educator.person, self._district.calendar
        day = calendar.school_day(who.district, day)
        if day >= calendar.end or self._district.is_away(who, day):
            return
        cohorts = [each for each in self._of.get(who.id, ()) if who in each.on(day)]
        if not cohorts:
            return
        cohort = self._chance.pick(cohorts)
        at = instant(day, self._chance.whole(15 * 3600, 20 * 3600), who.district)
        post = Happening(
            kind=Kind.SHARED, district=who.district, at=at, actor=who.agent(at, self._chance), unit=unit, cohort=cohort,
            thread=self._chance.uuid(), ref=ref if self._chance.happens(0.5) else None,
        )  # fmt: skip
        if self._mail.send(post) is not None:
            self._said(cohort, who, None, at, unit=unit.number)
            self._answers(post, cohort, who)

    def _answers(self, post: Happening, cohort: Cohort, author: Person) -> None:
        chance = self._chance
        for _ in range(int(chance.exponential(1.2) + 0.5)):
            at = post.at + timedelta(hours=chance.between(0.5, 90.0))
            who = self._answerer(cohort, author, at)
            if who is not None:
                self._answer(post, cohort, author, who, at)

    def _answerer(self, cohort: Cohort, author: Person, at: datetime) -> Person | None:
        day = local_day(at, author.district)
        chance = self._chance
        if day >= self._district.calendar.end or chance.happens(0.15):
            return cohort.facilitator if day < self._district.calendar.end else None
        others = [each for each in cohort.on(day) if each is not author and not self._district.is_away(each, day)]
        if not others:
            return None
        drives = self._district.educators
        return others[chance.weighted([drives[each.id].drive ** 2 for each in others])]

    def _answer(self, post: Happening, cohort: Cohort, author: Person, who: Person, at: datetime) -> None:
        like = self._chance.happens(0.25)
        reply = Happening(
            kind=Kind.LIKED if like else Kind.REPLIED, district=post.district, at=at, actor=who.agent(at, self._chance),
            cohort=cohort, thread=post.thread, session=self._chance.uuid(),
        )  # fmt: skip
        if self._mail.send(reply) is not None:
            self._said(cohort, who, author, at, like=like)

    def _said(
        self, cohort: Cohort, who: Person, author: Person | None, at: datetime, *, unit: int | None = None,
        like: bool = False,
    ) -> None:  # fmt: skip
        self._records.said.append(
            Said(cohort=cohort.id, person=who.id, author=author.id if author else None, at=at,
                 day=local_day(at, who.district), unit=unit, like=like)
        )  # fmt: skip
