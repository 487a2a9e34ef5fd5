"""Sums, and rows that are the same for all who see them, kept while nothing that they stand on has changed.

They are made of many rows, and are asked for again and again. Where statements come all the time, those that were dear
are told for a while longer, each with the position through which it holds.
"""

import time
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Final

import msgspec

from projections.analytic.standing import Through
from projections.answers.data import Row

MOST: Final = 50_000
# What took less of the processor is made anew whenever it is asked for: seconds.
DEAR: Final = 0.1
# What took more is told for so many times as long: so one sum never takes more than a part of the processor, and never
# are more of them told so.
TIMES: Final = 10.0


class Recent(msgspec.Struct, frozen=True, kw_only=True):
    """Rows as they were through a position, which may be told until a time of the clock."""

    rows: Sequence[Row]
    through: Through
    until: float


class Kept:
    """Rows by what was asked, at most so many in all; those that were not asked for the longest go first."""

    def __init__(
        self, most: int = MOST, *, clock: Callable[[], float] = time.monotonic,
        used: Callable[[], float] = time.thread_time,
    ) -> None:  # fmt: skip
        self._most = most
        self._clock = clock
        self._used = used
        self._count = 0
        self._rows: dict[Hashable, Sequence[Row]] = {}
        self._recent: dict[Hashable, Recent] = {}

    def __contains__(self, key: Hashable) -> bool:
        """Whether the rows of that key are kept."""
        return key in self._rows

    def recent(self, about: Hashable) -> Recent | None:
        """What was dear to make and was made a while ago, about the same: it may have changed since."""
        found = self._recent.get(about)
        return None if found is None or found.until < self._clock() else found

    async def rows(
        self, key: Hashable, compute: Callable[[], Awaitable[Sequence[Row]]], *, about: Hashable = None,
        through: Through | None = None,
    ) -> Sequence[Row]:  # fmt: skip
        """The rows of that key, which says all that they depend on; not to be changed.

        Where they are made, they are the recent ones `about` something, as they are `through` a position.
        """
        found = self._rows.pop(key, None)
        if found is None:
            begun = self._used()
            found = await compute()
            if about is not None and through is not None:
                self._remember(about, found, through, self._used() - begun)
            self._drop(key)
            self._count += len(found)
        self._rows[key] = found
        while self._count > self._most:
            self._drop(next(iter(self._rows)))
        return found

    def _remember(self, about: Hashable, rows: Sequence[Row], through: Through, took: float) -> None:
        now = self._clock()
        self._recent = {key: each for key, each in self._recent.items() if each.until >= now and key != about}
        if took >= DEAR:
            self._recent[about] = Recent(rows=rows, through=through, until=now + TIMES * took)

    def _drop(self, key: Hashable) -> None:
        """Let go of one, which another request may have put there meanwhile."""
        self._count -= len(self._rows.pop(key, ()))
