"""The tables once more, counted the plain slow way from facts and lists of records, without the projection's code."""

from bisect import bisect
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from lrs.reference.reference import Records
from projections.facts.fact import Fact, Kind

ZONE = ZoneInfo("America/Los_Angeles")
GRACE, MERGE, WITHIN = 3, 90, 7
DAY = timedelta(days=1)


class World:
    """A district in Los Angeles with one calendar and one policy: the defaults."""

    def __init__(self, records: Records, facts: Iterable[Fact]) -> None:
        self.records = records
        self.facts = sorted(facts, key=lambda fact: (fact.observed_at, fact.statement, fact.n))

    def day(self, fact: Fact) -> date:
        """The day in Los Angeles."""
        return fact.observed_at.astimezone(ZONE).date()

    def person(self, ifi: str | None, day: date) -> str:
        """Whose identifier it is."""
        assert ifi is not None
        for link in self.records.links:
            if link.ifi == ifi and link.covers(day):
                return link.person
        return ifi

    def educator(self, fact: Fact) -> str:
        """Whom a fact is about."""
        return self.person(fact.subject, self.day(fact))

    def coach(self, fact: Fact) -> str:
        """Who else it names."""
        return self.person(fact.other, self.day(fact))

    def is_coach(self, person: str, day: date) -> bool:
        """By post or by assignment."""
        posts = [each for each in self.records.posts if each.person == person and each.role == "coach"]
        pairs = [each for each in self.records.assignments if each.coach == person]
        return any(each.covers(day) for each in (*posts, *pairs))

    def counts(self, fact: Fact) -> bool:
        """Whether it is coaching."""
        if fact.other is None or fact.cohort is not None or self.coach(fact) == self.educator(fact):
            return False
        return bool(fact.data.get("says_coaching")) or self.is_coach(self.coach(fact), self.day(fact))

    def cadence(self, person: str, first: date, last: date) -> int:
        """Days that are not paused, one after the other."""
        days = [first + DAY * each for each in range((last - first).days)]
        works = any(each.person == person for each in self.records.posts)
        pauses = [each for each in self.records.pauses if each.person == person or (each.person is None and works)]
        return sum(not any(each.covers(day) for each in pauses) for day in days)

    def period(self, day: date, kind: str) -> str:
        """The period of that kind that has begun last."""
        every = sorted((each.since or date.min, each.id) for each in self.records.periods if each.kind == kind)
        return every[max(0, bisect(every, (day, "￿")) - 1)][1]

    def contacts(self) -> list[dict[str, Any]]:
        """All contacts by pair, in order."""
        found: list[dict[str, Any]] = []
        pairs = sorted({
            (self.coach(fact), self.educator(fact)) for fact in self.facts if fact.other and self.counts(fact)
        })  # fmt: skip
        for coach, educator in pairs:
            mine = [
                fact for fact in self.facts
                if self.counts(fact) and (self.coach(fact), self.educator(fact)) == (coach, educator)
            ]  # fmt: skip
            every: list[list[Fact]] = []
            for fact in mine:
                if fact.kind is Kind.COACH_CONTACT:
                    self._place(fact, every)
            found += [self._contact(coach, educator, each, mine) for each in every]
        return found

    def _place(self, fact: Fact, every: list[list[Fact]]) -> None:
        year = self.period(self.day(fact), "schoolYear")
        alike = [each for each in every if self.period(self.day(each[0]), "schoolYear") == year]
        same = [each for each in alike if fact.session and fact.session in [one.session for one in each]]
        within = WITHIN if self.registration(fact) else 1
        if same and (self.day(fact) - self.day(same[-1][0])).days < within:
            same[-1].append(fact)
        elif alike and alike[-1] is every[-1] and self._near(fact, every[-1]):
            every[-1].append(fact)
        else:
            every.append([fact])

    def registration(self, fact: Fact) -> str | None:
        """The registration of a fact, if that is what its session is."""
        return fact.session if fact.session and "/" not in fact.session else None

    def _near(self, fact: Fact, contact: Sequence[Fact]) -> bool:
        if self.registration(fact) and any(self.registration(one) for one in contact):
            return False
        if any(fact.observed_at < one.observed_at + timedelta(minutes=one.minutes or 0) for one in contact):
            return True
        waited = fact.observed_at - contact[0].observed_at
        return self.day(fact) == self.day(contact[0]) and waited <= timedelta(minutes=MERGE)

    def _contact(self, coach: str, educator: str, facts: list[Fact], mine: list[Fact]) -> dict[str, Any]:
        day = self.day(facts[0])
        minutes, basis = self._minutes(facts, mine)
        return {
            "contact_key": f"{facts[0].statement}/0",
            "coach": coach, "educator": educator, "at": facts[0].observed_at, "day": day, "minutes": minutes,
            "basis": basis, "measured": None if basis == "planned" else minutes,
            "year": self.period(day, "schoolYear"), "term": self.period(day, "term"),
            "statements": [one.statement for one in facts], "sessions": {one.session for one in facts} - {None},
        }  # fmt: skip

    def _minutes(self, facts: list[Fact], mine: list[Fact]) -> tuple[float | None, str]:
        said = [one.minutes for one in facts if one.minutes]
        if said:
            return max(said), "reported"
        start = facts[0].observed_at
        sessions = {one.session for one in facts if one.session}
        left = [
            (one.observed_at - start).total_seconds() / 60 for one in mine
            if one.kind is Kind.SESSION_LEFT and one.session in sessions and start < one.observed_at <= start + DAY
        ]  # fmt: skip
        if left:
            return max(left), "paired"
        planned = [
            one for one in mine
            if one.kind is Kind.SESSION_SCHEDULED and one.session in sessions
        ]  # fmt: skip
        minutes = planned[-1].data.get("planned_minutes") if planned else None
        return (float(str(minutes)), "planned") if minutes else (None, "unknown")

    def assigned(self, coach: str, educator: str, day: date) -> bool:
        """Whether the one is to see the other that day."""
        return any(
            each.covers(day) for each in self.records.assignments if (each.coach, each.educator) == (coach, educator)
        )

    def target(self, educator: str, day: date, coach: str | None = None) -> int:
        """The shortest target in force, or the default."""
        mine = [each for each in self.records.assignments if each.educator == educator and coach in (None, each.coach)]
        targets = [each.target_interval_days or 28 for each in mine if each.covers(day)]
        if coach is not None and not targets and mine:
            later = [each for each in mine if each.since and each.since > day]
            targets = [(min(later, key=lambda each: each.since or date.min) if later else mine[-1])
                       .target_interval_days or 28]  # fmt: skip
        return min(targets, default=28)

    def gaps(self, contacts: list[dict[str, Any]], coach: str | None = None) -> list[tuple[int, bool, dict[str, Any]]]:
        """Gaps of contacts of one educator: days, on time, and the later contact."""
        found = []
        for one, two in pairwise(sorted(contacts, key=lambda each: (each["at"], each["contact_key"]))):
            days = self.cadence(one["educator"], one["day"], two["day"])
            found.append((days, days <= self.target(one["educator"], two["day"], coach) + GRACE, one, two))
        return [(days, on_time, {**two, "before": one["year"]}) for days, on_time, one, two in found]

    def due(self, coach: str, educator: str, since: date) -> date:
        """Day by day until the target is used up."""
        day = since
        while self.cadence(educator, since, day) < self.target(educator, day, coach):
            day += DAY
        return day

    def waiting(self, coach: str, educator: str, contacts: list[dict[str, Any]]) -> tuple[int, int, list[datetime]]:
        """Bookings made, those cancelled, and the starts of those that nothing came of."""
        words = [
            fact for fact in self.facts
            if fact.kind in (Kind.SESSION_SCHEDULED, Kind.SESSION_CANCELLED) and self.counts(fact)
            and (self.coach(fact), self.educator(fact)) == (coach, educator)
        ]  # fmt: skip
        sessions = sorted({str(fact.session) for fact in words})
        last = {each: [fact for fact in words if fact.session == each][-1] for each in sessions}
        made = [each for each in sessions if any(
            fact.session == each and fact.kind is Kind.SESSION_SCHEDULED for fact in words
        )]  # fmt: skip
        off = [each for each in sessions if last[each].kind is Kind.SESSION_CANCELLED]
        free = [each["day"] for each in contacts if not each["sessions"] & set(sessions)]
        kept = set().union(*(each["sessions"] for each in contacts)) if contacts else set()
        starts = []
        for each in set(made) - set(off) - kept:
            said = [
                fact.data["planned_start"] for fact in words if fact.session == each and "planned_start" in fact.data
            ]
            starts.append((datetime.fromisoformat(str(said[-1])), each))
        left = []
        for start, _ in sorted(starts):
            day = start.astimezone(ZONE).date()
            meeting = next((one for one in free if day <= one <= day + WITHIN * DAY), None)
            if meeting is None:
                left.append(start)
            else:
                free.remove(meeting)
        return len(made), len(off), left

    def steps(self, coach: str, educator: str) -> list[list[Fact]]:
        """What is told of each step of a pair: of an educator's step, with the coach who is named last."""
        mine = [
            fact for fact in self.facts
            if fact.kind is Kind.STEP and self.counts(fact) and self.educator(fact) == educator
        ]  # fmt: skip
        units = sorted({str(fact.unit) for fact in mine})
        every = [[fact for fact in mine if fact.unit == unit] for unit in units]
        return [words for words in every if self.coach(words[-1]) == coach]
