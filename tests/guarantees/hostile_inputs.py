"""What an input of S-01 is: a request, and the statuses that the standard or a documented limit gives for it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import orjson

from tests.guarantees.hostile_wire import request

OK: Final = frozenset({200})
STORED: Final = frozenset({200})
NO_CONTENT: Final = frozenset({204})
BAD: Final = frozenset({400})
# Where a connection may also be ended without a word: what came is no HTTP, or not all of it came.
CLOSED: Final = 0

STATEMENTS: Final = "/xAPI/statements"
JSON: Final = "application/json"


@dataclass(frozen=True, kw_only=True)
class Input:
    """A hostile input. `wire` makes its bytes; `ends` closes our side behind them."""

    group: str
    name: str
    wire: Callable[[], bytes]
    expected: frozenset[int]
    ends: bool = False


def named(group: str, inputs: Iterable[Input]) -> list[Input]:
    """The inputs of a group, each under a name of its own."""
    known = list(inputs)
    names = [each.name for each in known]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise ValueError(f"{group} has twice: {repeated}")
    return known


def raw(group: str, name: str, expected: Iterable[int], wire: bytes, *, ends: bool = False) -> Input:
    """An input by its very bytes."""
    return Input(group=group, name=name, wire=lambda: wire, expected=frozenset(expected), ends=ends)


def get(group: str, name: str, expected: Iterable[int], target: str, more: str | bytes = b"") -> Input:
    """A GET with credentials."""
    return Input(group=group, name=name, wire=lambda: request("GET", target, more=more), expected=frozenset(expected))


def post(
    group: str, name: str, expected: Iterable[int], body: object, *, content_type: str | None = JSON,
    version: str = "2.0.0", more: str | bytes = b"",
) -> Input:  # fmt: skip
    """A POST of statements; a body that is not made of bytes is written as JSON, one that is called is made late."""

    def wire() -> bytes:
        made = body() if callable(body) else body
        content = made if isinstance(made, bytes) else orjson.dumps(made)
        return request("POST", STATEMENTS, content, content_type=content_type, version=version, more=more)

    return Input(group=group, name=name, wire=wire, expected=frozenset(expected))
