"""What a day makes of a pair, a cycle or an educator: whether she is due, what was missed, how long a phase goes on."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

import msgspec

from lrs.reference.reference import Reference
from projections.coaching_cadence import bookings, plans
from projections.coaching_cadence.plans import Plans, Run

STATUSES: Final = (
    "overdue", "due", "due_soon", "on_track", "not_started", "paused", "ended", "unassigned"
)  # fmt: skip
SCHEDULED: Final = "+scheduled"


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How a pair stands on a day.

    `days` are the cadence days since the last contact of the run of assignments, or since that began; None without
    either. `target` is the one in force that day. `next` is the first booking to come, `missed` counts those that
    nothing came of in time.
    """

    status: str
    days: int | None
    target: int | None
    next: datetime | None
    missed: int

    @property
    def text(self) -> str:
        """The status, and whether a meeting is booked."""
        return self.status + SCHEDULED if self.next is not None else self.status


def of_pair(pair: Mapping[str, Any], reference: Reference, as_of: date) -> Standing | None:
    """How a row of table pairs stands on a day; None where nothing has begun by then."""
    educator = pair["educator_id"]
    plan = pair["plan_id"] or None
    held = Plans(pair["coach_id"], educator, reference, as_of)
    runs = held.runs(plan)
    if not runs and not pair["contacts"] and not pair["open_bookings"]:
        return None
    last = reference.local_date_of(pair["last_at"], educator) if pair["last_at"] else None
    next_, missed = _booked(pair["open_bookings"], educator, reference, as_of)
    if not runs:
        return Standing(status="unassigned", days=_days(held, last, as_of), target=None, next=next_, missed=missed)
    target = held.target(plan, as_of)
    is_new = last is None or (runs[-1].since is not None and last < runs[-1].since)
    days = _days(held, runs[-1].since if is_new else last, as_of)
    status = _status(runs[-1], held, is_new=is_new, days=days, target=target, reference=reference, as_of=as_of)
    return Standing(status=status, days=days, target=target, next=next_, missed=missed)


def of_educator(
    educator: str, pairs: Sequence[Mapping[str, Any]], reference: Reference, as_of: date
) -> tuple[str, int | None]:
    """The status of an educator whoever her coach is, and the cadence days behind it.

    She stands as the pairs of hers that go on, with the last contact of any pair, and by the shortest target.
    """
    clock = plans.clock(educator, reference)(as_of)
    mine = [each for each in reference.assignments_of_educator(educator) if each.covers(as_of)]
    lasts = [reference.local_date_of(each["last_at"], educator) for each in pairs if each["last_at"] is not None]
    last = max((each for each in lasts if each <= as_of), default=None)
    if not mine:
        return "unassigned", clock.days(last, as_of) if last else None
    begins = [each.since for each in mine if each.since is not None]
    since = last or (min(begins) if len(begins) == len(mine) else None)
    days = clock.days(since, as_of) if since else None
    if clock.is_paused(as_of):
        return "paused", days
    target = min(reference.target_days(educator, each.plan, each, as_of) for each in mine)
    return _by_days(days, target, reference, as_of, is_new=last is None), days


def phase(cycle: Mapping[str, Any], reference: Reference, as_of: date) -> tuple[int | None, int | None]:
    """The cadence days of the phase that a cycle is in, and how many there are to be; None where it is in none."""
    if cycle["phase_since"] is None or cycle["closed_at"] is not None:
        return None, None
    educator = cycle["educator_id"]
    since = reference.local_date_of(cycle["phase_since"], educator)
    days = plans.clock(educator, reference)(as_of).days(since, as_of)
    return days, reference.policy(as_of).cadence.by_phase.get(cycle["phase"])


def _status(
    run: Run, held: Plans, *, is_new: bool, days: int | None, target: int, reference: Reference, as_of: date
) -> str:  # fmt: skip
    if run.until is not None and run.until <= as_of:
        return "ended"
    if held.clock(as_of).is_paused(as_of):
        return "paused"
    return _by_days(days, target, reference, as_of, is_new=is_new)


def _by_days(days: int | None, target: int, reference: Reference, as_of: date, *, is_new: bool) -> str:
    cadence = reference.policy(as_of).cadence
    if days is not None and days > target:
        return "overdue" if days > target + cadence.grace else "due"
    if is_new or days is None:
        return "not_started"
    return "due_soon" if days > target - cadence.due_soon else "on_track"


def _days(held: Plans, since: date | None, as_of: date) -> int | None:
    return held.clock(as_of).days(since, as_of) if since is not None else None


def _booked(texts: Sequence[str], educator: str, reference: Reference, as_of: date) -> tuple[datetime | None, int]:
    """The first booking to come on `as_of` or later, and how many are past without a contact in time."""
    within = reference.policy(as_of).cadence.report_within_days
    starts = [(start, reference.local_date_of(start, educator)) for start in bookings.starts(texts)]
    return (
        next((start for start, day in starts if day >= as_of), None),
        sum((as_of - day).days > within for _, day in starts),
    )
