"""What a coach and an educator carry from visit to visit: a cycle with its phases, and steps to try until a day."""

from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from lrs.simulation.calendar import instant
from lrs.simulation.district import District, Pair
from lrs.simulation.happening import Happening, Kind
from lrs.simulation.mail import Mail
from lrs.simulation.records import Cycle, Records, Step
from lrs.simulation.rubric import CRITERIA, Criterion

PHASES: Final = {1: "identify", 2: "learn", 4: "improve", 7: "closed"}
"""What a cycle comes to at which of its visits."""


class Steps:
    """The cycles and steps of one coach and one educator; Birch's tool knows both, Alder's LMS steps alone."""

    def __init__(self, district: District, pair: Pair, mail: Mail, records: Records) -> None:
        self._district, self._pair, self._mail, self._records = district, pair, mail, records
        self._chance = district.chance("steps", pair.number)
        self._cycle: UUID | None = None
        self._known: Cycle | None = None
        self._visits = 0
        self._criterion: Criterion = CRITERIA[0]

    def after(self, visit: Happening, day: date, ended: datetime) -> None:
        """What follows from a visit that was held."""
        if visit.district == "birch":
            self._turn(visit, day, ended)
        if self._chance.happens(0.3):
            self._set(visit, day, ended)

    def _turn(self, visit: Happening, day: date, ended: datetime) -> None:
        if self._cycle is None:
            self._cycle, self._visits = self._chance.uuid(), 0
            self._criterion = self._chance.pick(CRITERIA)
        self._visits += 1
        phase = PHASES.get(self._visits)
        if phase is None:
            return
        stays = self._tell(visit, phase, ended + timedelta(minutes=12))
        self._remember(phase, day, stays=stays)
        if phase == "closed":
            self._cycle = None

    def _tell(self, visit: Happening, phase: str, at: datetime) -> bool:
        told = Happening(
            kind=Kind.CYCLE, district=visit.district, at=at, actor=visit.actor, other=visit.other, session=self._cycle,
            criterion=self._criterion, word=phase,
        )  # fmt: skip
        return self._mail.send(told) is not None

    def _remember(self, phase: str, day: date, *, stays: bool) -> None:
        if phase == "identify":
            self._known = Cycle(id=str(self._cycle), pair=self._pair.number, opened=day if stays else None, phases={})
            self._records.cycles.append(self._known)
        if self._known is not None and stays:
            if phase == "closed":
                self._known.closed = day
            else:
                self._known.phases[phase] = day

    def _set(self, visit: Happening, day: date, ended: datetime) -> None:
        chance, who = self._chance, self._pair.educator
        step = Happening(
            kind=Kind.STEP_SET, district=visit.district, at=ended + timedelta(minutes=10), actor=visit.actor,
            other=visit.other, session=chance.uuid(), planned=ended + timedelta(days=21), thread=self._cycle,
        )  # fmt: skip
        known = Step(pair=self._pair.number, set=day if self._mail.send(step) is not None else None)
        self._records.steps.append(known)
        done = self._district.calendar.school_day(who.district, day + timedelta(days=chance.whole(5, 30)))
        # What is open when a coach leaves stays so: who comes begins anew.
        last = min(self._pair.until or self._district.calendar.end, self._district.calendar.end)
        if done >= last or not chance.happens(0.7):
            return
        at = instant(done, chance.whole(9 * 60, 16 * 60) * 60, who.district)
        closed = Happening(
            kind=Kind.STEP_DONE, district=visit.district, at=at, actor=who.agent(at, chance), other=visit.actor,
            session=step.session, thread=step.thread,
        )  # fmt: skip
        if self._mail.send(closed) is not None:
            known.done = done
