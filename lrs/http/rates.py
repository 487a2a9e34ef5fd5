"""How often a credential may ask, counted over all workers of a server in memory that they share.

Each credential has one number: the time at which what it has used up would be earned back (the generic cell rate
algorithm). Two workers that count at the same instant may let one request too many pass; nobody waits for a lock.
"""

import hashlib
import mmap
import time
from pathlib import Path
from typing import Final

from lrs.errors import TooMany

# Two credentials in 65,536 places seldom meet; where they do, they share an allowance.
PLACES: Final = 65_536
BYTES: Final = 8 * PLACES


def create(file: Path) -> None:
    """The file that the workers share, with nothing counted."""
    file.write_bytes(bytes(BYTES))


class Rates:
    """`rate` requests a second for each credential, of which `burst` may come at once."""

    def __init__(self, rate: float, burst: int, file: Path | None) -> None:
        self._interval = 1 / rate
        self._allowance = burst / rate
        if file is None:
            shared = mmap.mmap(-1, BYTES)
        else:
            with file.open("r+b") as opened:
                shared = mmap.mmap(opened.fileno(), BYTES)
        self._earned = memoryview(shared).cast("d")

    def use(self, key: str, *, now: float | None = None) -> None:
        """Count a request of the credential; TooMany, which says when to come again, where it has used up its rate."""
        now = time.monotonic() if now is None else now
        place = int.from_bytes(hashlib.blake2b(key.encode(), digest_size=4).digest(), "big") % PLACES
        earned = max(self._earned[place], now)
        if earned + self._interval - now > self._allowance:
            wait = int(earned + self._interval - now - self._allowance) + 1
            raise TooMany(f"this credential may ask {1 / self._interval:g} times a second", retry_after=wait)
        self._earned[place] = earned + self._interval
