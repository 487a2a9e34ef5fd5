"""Whether a history of calls and answers could have come about one after another (Wing and Gong's search).

Each operation took effect at one instant between its call and its return, or, where nobody knows what came of it, at
any time after its call, or never. The search tries the orders that this allows on a model of one object.
"""

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

State = TypeVar("State", bound=Hashable)

UNKNOWN: Final = "unknown"
READS: Final = frozenset({"GET", "LIST"})


@dataclass(frozen=True, kw_only=True)
class Call:
    """An operation on one object: what was asked, what came of it, and when; `result` UNKNOWN returns never."""

    name: str
    argument: Hashable
    result: Hashable
    begun: float
    ended: float = math.inf


# From a state and a call to the next state, or None where the call could not have ended as it did.
Step = Callable[[State, Call], State | None]


def linearizable(history: Sequence[Call], first: State, step: Step[State]) -> bool:
    """Whether some order that keeps to the clock explains every answer."""
    calls = sorted(history, key=lambda call: call.begun)
    everybody = (1 << len(calls)) - 1
    certain = sum(1 << number for number, call in enumerate(calls) if call.result != UNKNOWN)
    seen: set[tuple[int, State]] = set()
    paths: list[tuple[int, State]] = [(everybody, first)]
    while paths:
        left, state = paths.pop()
        if not left & certain:
            return True
        if (left, state) in seen:
            continue
        seen.add((left, state))
        paths += _next(calls, left, state, step)
    return False


def _next(calls: Sequence[Call], left: int, state: State, step: Step[State]) -> list[tuple[int, State]]:
    """What may take effect next: whatever began before the first of those that are left had ended.

    A reading that is right can be taken at once, since it is in nobody's way. The most urgent call comes last, where
    the search goes on, and those of which nobody knows come first.
    """
    waiting = [number for number in range(len(calls)) if left >> number & 1]
    horizon = min(calls[number].ended for number in waiting)
    found = []
    for number in sorted(waiting, key=lambda number: -calls[number].ended):
        after = step(state, calls[number]) if calls[number].begun <= horizon else None
        if after is not None:
            way = (left & ~(1 << number), after)
            if calls[number].name in READS:
                return [way]
            found.append(way)
    return found
