"""Gaps: the cadence days between contacts that follow each other, and what to say of many of them."""

from collections.abc import Callable, Iterable
from datetime import date

import msgspec

from lrs.reference.calendar import Clock
from lrs.reference.reference import Reference
from projections.analytic.memo import Memo
from projections.coaching_cadence.contacts import Contact


class Gap(msgspec.Struct, frozen=True, gc=False):
    """From one contact to the next, in cadence days; on time if they are within target and grace."""

    days: int
    on_time: bool
    since: Contact
    to: Contact

    @property
    def within_year(self) -> bool:
        """Whether both contacts are of the same school year, so that the year alone tells of it."""
        before, after = self.since.places, self.to.places
        return before is after or before[:1] == after[:1]


def between(
    contacts: list[Contact],
    clock: Callable[[date], Clock],
    target: Callable[[Contact], int],
    reference: Reference,
    memo: Memo,
) -> list[Gap]:
    """The gaps of contacts in order; `clock` is the educator's where she works on a day, `target` in cadence days."""

    def gap(earlier: Contact, later: Contact) -> Gap:
        days = clock(later.day).days(earlier.day, later.day)
        return Gap(days, days <= target(later) + reference.policy(later.day).cadence.grace, earlier, later)

    return memo.of_next("gaps", contacts, gap)


def middle(numbers: Iterable[float]) -> float | None:
    """Their median; None where there is none."""
    found = sorted(numbers)
    half = len(found) // 2
    if not found:
        return None
    return float(found[half]) if len(found) % 2 else (found[half - 1] + found[half]) / 2


def share(part: int, whole: int) -> float | None:
    """A share with three decimals; None of nothing."""
    return round(part / whole, 3) if whole else None
