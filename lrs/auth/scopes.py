"""Scopes: what a credential may do, and which scope includes which.

The first eight are the standard's (1.0.3 Communication 4.2; 2.0 leaves them to the LRS); the last three are ours.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from lrs import errors

STATEMENTS_WRITE: Final = "statements/write"
STATEMENTS_READ_MINE: Final = "statements/read/mine"
STATEMENTS_READ: Final = "statements/read"
STATE: Final = "state"
DEFINE: Final = "define"
PROFILE: Final = "profile"
ALL_READ: Final = "all/read"
ALL: Final = "all"

ANALYTICS_READ: Final = "analytics/read"
EVENTS_READ: Final = "events/read"
ADMIN: Final = "admin"

STANDARD: Final = (STATEMENTS_WRITE, STATEMENTS_READ_MINE, STATEMENTS_READ, STATE, DEFINE, PROFILE, ALL_READ, ALL)
OURS: Final = (ANALYTICS_READ, EVENTS_READ, ADMIN)
EVERY: Final = (*STANDARD, *OURS)

# What a credential gets that is issued without a word about scopes (1.0.3 Communication 4.2: the default scope).
DEFAULT: Final = (STATEMENTS_WRITE, STATEMENTS_READ_MINE)

# Who holds any scope of the set may do what the key names. `all/read` reads documents too, but that is asked for by
# name where they are read, since `state` and `profile` also allow writing.
GRANTED_BY: Final[Mapping[str, frozenset[str]]] = {
    STATEMENTS_WRITE: frozenset({STATEMENTS_WRITE, ALL}),
    STATEMENTS_READ_MINE: frozenset({STATEMENTS_READ_MINE, STATEMENTS_READ, ALL_READ, ALL}),
    STATEMENTS_READ: frozenset({STATEMENTS_READ, ALL_READ, ALL}),
    STATE: frozenset({STATE, ALL}),
    DEFINE: frozenset({DEFINE, ALL}),
    PROFILE: frozenset({PROFILE, ALL}),
    ALL_READ: frozenset({ALL_READ, ALL}),
    ALL: frozenset({ALL}),
    ANALYTICS_READ: frozenset({ANALYTICS_READ}),
    EVENTS_READ: frozenset({EVENTS_READ}),
    ADMIN: frozenset({ADMIN}),
}


def parse(names: Iterable[str]) -> tuple[str, ...]:
    """The scopes of that name without repeats, in the order of `EVERY`; Invalid names one that does not exist."""
    wanted = set(names)
    unknown = sorted(wanted - set(EVERY))
    if unknown:
        raise errors.Invalid(f"there is no scope {unknown[0]!r}; choose from {', '.join(EVERY)}")
    if not wanted:
        raise errors.Invalid(f"a credential needs a scope; choose from {', '.join(EVERY)}")
    return tuple(scope for scope in EVERY if scope in wanted)
