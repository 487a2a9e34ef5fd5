"""Sums, and rows that are the same for all who see them, kept while nothing that they stand on has changed.

They are made of many rows, and are asked for again and again.
"""

from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Final

from projections.answers.data import Row

MOST: Final = 50_000


class Kept:
    """Rows by what was asked, at most so many in all; those that were not asked for the longest go first."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._count = 0
        self._rows: dict[Hashable, Sequence[Row]] = {}

    def __contains__(self, key: Hashable) -> bool:
        """Whether the rows of that key are kept."""
        return key in self._rows

    async def rows(self, key: Hashable, compute: Callable[[], Awaitable[Sequence[Row]]]) -> Sequence[Row]:
        """The rows of that key, which says all that they depend on; not to be changed."""
        found = self._rows.pop(key, None)
        if found is None:
            found = await compute()
            self._drop(key)
            self._count += len(found)
        self._rows[key] = found
        while self._count > self._most:
            self._drop(next(iter(self._rows)))
        return found

    def _drop(self, key: Hashable) -> None:
        """Let go of one, which another request may have put there meanwhile."""
        self._count -= len(self._rows.pop(key, ()))
