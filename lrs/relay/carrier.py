"""What brings events outside, for `relay.outside` to run."""

from collections.abc import Sequence
from typing import Final, Protocol, runtime_checkable

from lrs.log.read import Told
from lrs.log.store import Store

# The start of a carrier that is told no event and only tends.
NEVER: Final = 2**62


class Later(Exception):
    """Raised by a carrier that wants to be asked again after `seconds`, and not before; `reason` is for the log."""

    def __init__(self, seconds: float, reason: str) -> None:
        super().__init__(reason)
        self.seconds = seconds
        self.reason = reason


class Refused(Exception):
    """Raised by a carrier where the event at `position` can never be carried, and all before it are: it is parked."""

    def __init__(self, position: int, error: BaseException) -> None:
        super().__init__(f"position {position}: {error}")
        self.position = position
        self.error = error


class Carrier(Protocol):
    """Brings events outside, at least once and in order, by their positions as ids."""

    @property
    def name(self) -> str:
        """What its checkpoints are kept under: `webhook:UUID`, `forward:UUID`, `kafka`, `plugin:NAME`."""

    @property
    def stores(self) -> frozenset[int] | None:
        """The stores whose logs it carries; None for all of them."""

    @property
    def start(self) -> int:
        """The position after which a new checkpoint begins: 0 for the first event, NEVER for no event at all."""

    async def carry(self, store: Store, events: Sequence[Told]) -> int:
        """Bring the events outside; the position through which all of them are, which may be before the first.

        It may be cancelled at any time. Raises Later or Refused; after any other error it is asked again, later and
        later. It does well to return after a second or so: what was carried until then is not carried again.
        """

    def forget(self, store: Store) -> None:
        """Drop what is remembered of a store from batch to batch: the next may be from any position."""


@runtime_checkable
class Tending(Protocol):
    """A carrier that also has things to do that no event brings about, such as repeating what failed."""

    async def tend(self, store: Store) -> float:
        """Do what is due, for a second or so; in how many seconds there may be more. Only who holds the lease is asked.

        Before the first call and after each lost lease, `forget` is called.
        """
