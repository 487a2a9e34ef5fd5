"""The straight count of followthrough: for each unit, all that its learner did is looked through again."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from projections.facts.fact import Fact, Kind
from tests.projections.cohort_participation.straight_days import Named
from tests.projections.cohort_participation.straight_deeds import Deeds


class Followed(Deeds):
    """What became of units learned."""

    def followthrough(self) -> list[Named]:
        mine: dict[str, list[Fact]] = {}
        for fact in self.facts:
            if fact.kind in (Kind.LEARN, Kind.APPLY, Kind.SHARE) and self.day(fact) <= self.as_of:
                mine.setdefault(self.subject(fact), []).append(fact)
        return [row for who, facts in mine.items() for row in self.followed(who, facts)]

    def followed(self, who: str, facts: Sequence[Fact]) -> list[Named]:
        # That something was begun says nothing.
        states = ("completed", "waived")
        learned = [
            f for f in facts if f.kind == Kind.LEARN and f.unit and (f.minutes is not None or f.data["state"] in states)
        ]
        done = [fact for fact in learned if fact.data["state"] in ("completed", "waived")]
        units = list(dict.fromkeys(str(fact.unit) for fact in done))
        return [self.unit(who, unit, units, learned, facts) for unit in units]

    def link(
        self, deed: Fact, unit: str, units: Sequence[str], learned: Sequence[Fact], via: dict[Any, set[str]]
    ) -> str:
        """How a deed is linked to a unit, "" for not."""
        if deed.refers_to is not None and via.get(deed.refers_to):
            return "ref" if unit in via[deed.refers_to] else ""
        if deed.unit in units:
            return "unit" if deed.unit == unit else ""
        of_unit = {each for fact in learned if fact.unit == unit for each in fact.data["criteria"]}  # type: ignore[union-attr]
        return "criterion" if of_unit & set(deed.data["criteria"]) else ""  # type: ignore[arg-type]

    def unit(self, who: str, unit: str, units: Sequence[str], learned: Sequence[Fact], facts: Sequence[Fact]) -> Named:
        mine = [fact for fact in learned if fact.unit == unit]
        first = next(fact for fact in mine if fact.data["state"] in ("completed", "waived"))
        day = self.day(first)
        window = self.reference.policy(day).followthrough.window_days
        via: dict[Any, set[str]] = {}
        for fact in learned:
            if fact.unit in units:
                via.setdefault(fact.statement, set()).add(str(fact.unit))
        applied = self.linked(Kind.APPLY, unit, units, learned, facts, via)
        told = {key: set(value) for key, value in via.items()}
        for fact in facts:
            if fact.kind == Kind.APPLY:
                for each in units:
                    if self.link(fact, each, units, learned, via) in ("ref", "unit"):
                        told.setdefault(fact.statement, set()).add(each)
        shared = self.linked(Kind.SHARE, unit, units, learned, facts, told)
        application = self.first(applied, first, window)
        sharing = (self.first(shared, application[2], window) if application else None) or self.first(
            shared, first, window
        )
        spent = sum(fact.minutes or 0 for fact in self.spent(mine))
        found = [first, *([application[2]] if application else []), *([sharing[2]] if sharing else [])]
        org = self.reference.org_of(who, day)
        return {
            "person_id": who,
            "unit_id": unit,
            "criteria": sorted({each for fact in mine for each in fact.data["criteria"]}),  # type: ignore[union-attr]
            "period_ids": self.ids(org, day),
            "minutes": round(spent, 3) or None,
            "learned_at": first.observed_at,
            "learned_on": day,
            "window_ends": day + timedelta(days=window),
            "applied_at": application[2].observed_at if application else None,
            "shared_at": sharing[2].observed_at if sharing else None,
            "link": application[3] if application else None,
            "statement_ids": list(dict.fromkeys(fact.statement for fact in found)),
        }

    def linked(
        self, kind: Kind, unit: str, units: Sequence[str], learned: Sequence[Fact], facts: Sequence[Fact],
        via: dict[Any, set[str]],
    ) -> list[tuple[int, int, Fact, str]]:  # fmt: skip
        return [
            (("ref", "unit", "criterion").index(link), self.facts.index(fact), fact, link)
            for fact in facts
            if fact.kind == kind and (link := self.link(fact, unit, units, learned, via))
        ]

    def first(self, linked: Sequence[Any], after: Fact, window: int) -> Any:
        among = [
            each
            for each in linked
            if each[1] > self.facts.index(after) and (self.day(each[2]) - self.day(after)).days <= window
        ]
        return min(among, default=None)
