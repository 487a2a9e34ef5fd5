"""Something that has one value on each day: boundaries and values, looked up by bisection."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Generic, TypeVar

from lrs.reference.model import Interval

I = TypeVar("I", bound=Interval)  # noqa: E741
V = TypeVar("V")


class Timeline(Generic[V]):
    """A value for each day, changing at few of them."""

    __slots__ = ("days", "values")

    def __init__(self, days: Sequence[date], values: Sequence[V]) -> None:
        self.days = tuple(days)
        self.values = tuple(values)

    def on(self, day: date) -> V:
        """The value on `day`."""
        return self.values[bisect_right(self.days, day)]

    def __eq__(self, other: object) -> bool:
        """Whether both have the same value on every day."""
        return isinstance(other, Timeline) and self.days == other.days and self.values == other.values

    def __hash__(self) -> int:
        return hash((self.days, self.values))


def of(intervals: Iterable[I], value: Callable[[Sequence[I]], V]) -> Timeline[V]:
    """The timeline of what `value` makes of those intervals that cover a day; equal neighbours are joined."""
    every = [each for each in intervals if each.since is None or each.until is None or each.since < each.until]
    borders = sorted({day for each in every for day in (each.since, each.until) if day is not None})
    days: list[date] = []
    values = [value([each for each in every if each.since is None])]
    for border in borders:
        found = value([each for each in every if each.covers(border)])
        if found != values[-1]:
            days.append(border)
            values.append(found)
    return Timeline(days, values)
