"""What only the day that is asked for can tell: of a meeting, of a cohort, of a unit learned. No I/O, no clock."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, Final

from lrs.reference.model import Period
from lrs.reference.reference import Reference
from projections.cohort_participation import roll, years

NOT_REPORTED: Final = "not_reported"
STATUSES: Final = ("scheduled", "held", "cancelled", NOT_REPORTED)
STANDINGS: Final = ("on_track", "due", "overdue", "paused", "no_target", "no_members")
STATES: Final = ("applied", "open", "not_applied")
# Of so many days it is remembered who was in which cohort.
DAYS: Final = 4
# So many meetings missed in a row make a lapse.
LAPSE: Final = 2
# Lengths of units, those but the last up to and with so many minutes, as a picture of followthrough splits them.
MOST: Final = (10, 20)
LENGTHS: Final = ("to 10", "11 to 20", "over 20")


def status(session: Mapping[str, Any], reference: Reference, as_of: date) -> str:
    """What became of a meeting: an announced one of which nothing was heard in time was not reported."""
    within = timedelta(days=reference.policy(as_of).cadence.report_within_days)
    is_late = session["status"] == "scheduled" and session["local_date"] + within < as_of
    return NOT_REPORTED if is_late else str(session["status"])


def year(reference: Reference, org: str | None, day: date) -> str | None:
    """The school year of a day, by id."""
    homes = years.of(reference, org).homes(day)
    return homes[0] if homes else None


def has_begun(period: str, reference: Reference, as_of: date) -> bool:
    """Whether a period has a day by then."""
    known = reference.calendar.period(period)
    return known is None or known.since is None or known.since <= as_of


def kind(period: str, reference: Reference) -> str | None:
    """`schoolYear` or `term`; None for a period that the calendar no longer has."""
    known: Period | None = reference.calendar.period(period)
    return None if known is None else known.kind


def members(cohort: str, reference: Reference, day: date) -> tuple[int, Sequence[str]]:
    """How many members the roster has on a day, and who facilitates."""
    every = _on(reference, day)
    found = every.get(cohort)
    if found is None:
        here = roll.here(roll.rostered(cohort, reference), day, day + timedelta(days=1)).values()
        found = every[cohort] = (
            sum(who.is_member(day) for who in here), tuple(who.id for who in here if who.is_facilitator(day))
        )  # fmt: skip
    return found


@lru_cache(DAYS)
def _on(reference: Reference, day: date) -> dict[str, tuple[int, tuple[str, ...]]]:
    """What `members` found of cohorts on a day."""
    return {}


def of_cohort(days: int | None, target: int | None, size: int, org: str | None, reference: Reference, day: date) -> str:
    """How a cohort stands on a day, `days` cadence days after its last meeting; one of STANDINGS."""
    if not size:
        return "no_members"
    if target is None or days is None:
        return "no_target"
    if reference.is_paused(day, org=org, person=None):
        return "paused"
    if days > target + reference.policy(day).cadence.grace:
        return "overdue"
    return "due" if days > target else "on_track"


def of_unit(learned: Mapping[str, Any], as_of: date) -> str:
    """Whether a unit was applied, may yet be, or was not: one still in its window is no failure."""
    if learned["applied_at"] is not None:
        return "applied"
    return "open" if as_of <= learned["window_ends"] else "not_applied"


def length(minutes: float | None) -> str:
    """How long a unit took, as one of LENGTHS."""
    return "unknown" if minutes is None else LENGTHS[bisect_left(MOST, minutes)]
