"""How often one address may be wrong about one key, so that secrets cannot be tried at leisure."""

import time
from typing import Final

from lrs.errors import TooMany

REMEMBERED: Final = 10_000
MINUTE: Final = 60.0


class Throttle:
    """After `failures` wrong secrets in a minute from one address for one key, no more are looked at for a while."""

    def __init__(self, failures: int) -> None:
        self._interval = MINUTE / failures if failures else 0.0
        # By address and key: when all that was wrong will be forgiven.
        self._forgiven: dict[tuple[str, str], float] = {}

    @property
    def is_counting(self) -> bool:
        """Whether anything wrong is remembered at all."""
        return bool(self._forgiven)

    def check(self, address: str, key: str) -> None:
        """TooMany while there were too many."""
        left = self._forgiven.get((address, key), 0.0) - time.monotonic() - MINUTE + self._interval
        if left > 0:
            raise TooMany("too many wrong secrets for this key: wait", retry_after=int(left) + 1)

    def count(self, address: str, key: str) -> None:
        """One more was wrong."""
        if not self._interval:
            return
        now = time.monotonic()
        self._forgiven[address, key] = max(self._forgiven.pop((address, key), now), now) + self._interval
        if len(self._forgiven) > REMEMBERED:
            del self._forgiven[next(iter(self._forgiven))]
