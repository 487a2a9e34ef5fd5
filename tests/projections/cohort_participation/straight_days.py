"""The straight count, its ground: who, which days, who is in a cohort, the slow way, for a few years of days.

It shares no code with the projection; of reference data it asks who, when and which periods, and reads the records.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, date, timedelta
from functools import wraps
from typing import Any, Final, TypeVar

from lrs.reference.reference import Reference
from projections.facts.fact import Fact, Kind

Named = dict[str, Any]
T = TypeVar("T")

FIRST: Final = date(2022, 8, 1)
DAYS: Final = [FIRST + timedelta(days=n) for n in range(1150)]
LAST: Final = DAYS[-1]


def ratio(part: float, whole: float) -> float | None:
    return None if not whole else round(part / whole, 3)


def remembered(method: Callable[..., T]) -> Callable[..., T]:
    """The same answer to the same question, found once."""

    @wraps(method)
    def ask(self: "Days", *asked: Any) -> T:
        key = (method.__name__, *(each.id if isinstance(each, Fact) else each for each in asked))
        if key not in self.answers:
            self.answers[key] = method(self, *asked)
        found: T = self.answers[key]
        return found

    return ask


class Days:
    """What the tables hold for these facts, through a day."""

    def __init__(self, reference: Reference, facts: Iterable[Fact], as_of: date | None = None) -> None:
        self.reference = reference
        self.as_of = as_of or date.max
        self.facts = sorted(facts, key=lambda fact: (fact.observed_at, fact.statement, fact.n))
        self.source = reference.policies.last.membership.source
        self.known = {each.id for each in reference.records.periods}
        self.answers: dict[Any, Any] = {}

    # Days

    def who(self, ifi: str, fact: Fact) -> str:
        return self.reference.person(ifi, fact.observed_at.astimezone(UTC).date())

    @remembered
    def subject(self, fact: Fact) -> str:
        return self.who(fact.subject, fact)

    @remembered
    def day(self, fact: Fact) -> date:
        return self.reference.local_date_of(fact.observed_at, self.subject(fact))

    @remembered
    def ids(self, org: str | None, day: date) -> list[str]:
        return [each.id for each in self.reference.periods(org, day)]

    def year(self, org: str | None, day: date) -> str:
        return self.ids(org, day)[0]

    @remembered
    def days_of(self, org: str | None, period: str) -> list[date]:
        return [day for day in DAYS if period in self.ids(org, day)]

    # Membership

    @remembered
    def is_in(self, cohort: str, who: str, day: date, role: str) -> bool:
        if "roster" in self.source:
            for each in self.reference.records.memberships:
                if (each.cohort, each.person, each.role) == (cohort, who, role) and each.covers(day):
                    return True
        return role == "member" and "statements" in self.source and self._told(cohort, who, day)

    def _told(self, cohort: str, who: str, day: date) -> bool:
        since: date | None = None
        for fact in self.facts:
            if fact.kind == Kind.MEMBER and fact.cohort == cohort and self.subject(fact) == who:
                at = self.day(fact)
                if at > self.as_of:
                    continue
                if fact.data["state"] == "joined":
                    since = since or at
                elif since is not None:
                    if since <= day < at:
                        return True
                    since = None
        return since is not None and since <= day

    def takes_part(self, cohort: str, who: str, day: date) -> bool:
        return self.is_in(cohort, who, day, "member") or self.is_in(cohort, who, day, "facilitator")

    @remembered
    def everybody(self, cohort: str) -> list[str]:
        found = {each.person for each in self.reference.records.memberships if each.cohort == cohort}
        found |= {self.subject(fact) for fact in self.facts if fact.kind == Kind.MEMBER and fact.cohort == cohort}
        return sorted(found)

    @remembered
    def rostered_in(self, cohort: str, who: str, year: str) -> bool:
        """Whether the roster has her in it on a day of the year, so that facts of hers are read that name no cohort."""
        org = self.reference.cohorts[cohort].org
        records = [each for each in self.reference.records.memberships if (each.cohort, each.person) == (cohort, who)]
        return "roster" in self.source and any(each.covers(day) for day in self.days_of(org, year) for each in records)
