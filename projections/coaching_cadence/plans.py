"""Plans: for which plan a coach is to see an educator, since when, and how often."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Final

import msgspec

from lrs.reference.calendar import Clock
from lrs.reference.model import Assignment
from lrs.reference.reference import Reference

NONE: Final = ""


class Run(msgspec.Struct, frozen=True):
    """Assignments of one plan without a day between them on which the cadence clock runs: [since, until)."""

    since: date | None
    until: date | None


class Plans:
    """The assignments of a coach to an educator, by plan. Through `as_of` (None: for ever) counts what has begun."""

    def __init__(self, coach: str, educator: str, reference: Reference, as_of: date | None = None) -> None:
        self.coach = coach
        self.educator = educator
        self._reference = reference
        self._as_of = as_of
        self.clock = clock(educator, reference)
        mine = (each for each in reference.assignments_of_educator(educator) if each.coach == coach)
        self._every: Sequence[Assignment] = sorted(mine, key=lambda each: (each.since or date.min, each.plan or NONE))

        plans = {each.plan for each in self._every}
        # The plan, where all assignments are for one.
        self.only = tuple(plans) if len(plans) == 1 else None
        self._runs: dict[str | None, list[Run]] = {}

    def names(self) -> set[str | None]:
        """The plans for which an assignment has begun."""
        return {each.plan for each in self._every if begun(each, self._as_of)}

    def plan(self, said: str | None, day: date) -> str | None:
        """The plan that something on `day` counts for.

        What is said, if it is one of the assignments' plans or there is no assignment; else that of the assignment in
        force, else of the next one, else of the last. So a contact under a name that the roster does not know is
        never lost to the plan that waits for it.
        """
        if self.only is not None:
            return self.only[0]
        if not self._every or any(each.plan == said for each in self._every):
            return said
        found = self._nearest(self._every, day)
        return found.plan if found else said

    def assignment(self, plan: str | None, day: date) -> Assignment | None:
        """The assignment of `plan` in force on `day`, else the next one, else the last; None if there is none."""
        if len(self._every) == 1:
            return self._every[0] if self._every[0].plan == plan else None
        return self._nearest([each for each in self._every if each.plan == plan], day)

    def target(self, plan: str | None, day: date) -> int:
        """Every how many cadence days the educator is to be seen, by what was in force on `day`."""
        return self._reference.target_days(self.educator, plan, self.assignment(plan, day), day)

    def runs(self, plan: str | None) -> list[Run]:
        """The runs of assignments of `plan` that have begun, in order; the list is not changed."""
        known = self._runs.get(plan)
        if known is None:
            known = self._runs[plan] = self._find(plan)
        return known

    def _find(self, plan: str | None) -> list[Run]:
        found: list[Run] = []
        for each in self._every:
            if each.plan != plan or (each.since and each.until and each.since >= each.until):
                continue
            if found and self._goes_on(found[-1], each):
                until = found[-1].until
                found[-1] = Run(found[-1].since, max(until, each.until) if until and each.until else None)
            else:
                found.append(Run(each.since, each.until))
        return [run for run in found if begun(run, self._as_of)]

    def due(self, plan: str | None, since: date, run: Run) -> date | None:
        """The first day on which the cadence days since `since` are the target in force that day; None past the run."""
        found = self._due(plan, since)
        return None if run.until is not None and found >= run.until else found

    def _due(self, plan: str | None, since: date) -> date:
        counted = self.clock(since)
        target = self.target(plan, since)
        found = counted.after(since, target)
        while (then := self.target(plan, found)) > target:
            target, found = then, counted.after(since, then)
        if then < target:
            first = counted.after(since, then)
            for ordinal in range(first.toordinal(), found.toordinal()):
                day = date.fromordinal(ordinal)
                if counted.days(since, day) >= self.target(plan, day):
                    return day
        return found

    def _goes_on(self, run: Run, next_: Assignment) -> bool:
        if run.until is None or next_.since is None:
            return True
        return self.clock(run.until).days(run.until, next_.since) <= 0

    @staticmethod
    def _nearest(every: Sequence[Assignment], day: date) -> Assignment | None:
        for each in every:
            if each.covers(day):
                return each
        later = [each for each in every if each.since is not None and each.since > day]
        return later[0] if later else max(every, key=lambda each: each.until or date.max, default=None)


def clock(educator: str, reference: Reference) -> Callable[[date], Clock]:
    """The educator's cadence clock, by the day of which she works where."""
    homes = reference.homes(educator)
    return lambda day: reference.clock(homes.on(day), educator)


def begun(interval: Assignment | Run, as_of: date | None) -> bool:
    """Whether something has begun by a day; None for the end of time."""
    return as_of is None or interval.since is None or interval.since <= as_of
