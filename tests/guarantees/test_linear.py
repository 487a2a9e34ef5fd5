"""The judge of histories knows right from wrong."""

import pytest

from tests.guarantees.linear import UNKNOWN, Call, linearizable
from tests.guarantees.registers import EMPTY, step

ONE, TWO = (("k", 1),), (("k", 2),)


def put(argument: object, begun: float, ended: float) -> Call:
    return Call(name="PUT", argument=argument, result="done", begun=begun, ended=ended)


def get(result: object, begun: float, ended: float) -> Call:
    return Call(name="GET", argument=(), result=result, begun=begun, ended=ended)


UNCERTAIN = Call(name="PUT", argument=ONE, result=UNKNOWN, begun=0)
DELETED = Call(name="DELETE", argument=(), result="done", begun=0, ended=9)


@pytest.mark.parametrize(
    ("history", "verdict"),
    [
        ([put(ONE, 0, 1), get(ONE, 2, 3)], True),
        ([put(ONE, 0, 1), get(None, 2, 3)], False),
        ([put(ONE, 0, 4), get(None, 2, 3)], True),
        ([put(ONE, 0, 1), put(TWO, 2, 3), get(ONE, 4, 5)], False),
        ([put(ONE, 0, 3), put(TWO, 0, 3), get(ONE, 4, 5)], True),
        ([put(ONE, 0, 3), put(TWO, 0, 3), get(ONE, 4, 5), get(TWO, 6, 7)], False),
        ([UNCERTAIN, get(None, 1, 2), get(ONE, 3, 4)], True),
        ([UNCERTAIN, get(ONE, 1, 2), get(None, 3, 4)], False),
        ([DELETED, put(ONE, 1, 2), get(ONE, 3, 4), get(None, 5, 6)], True),
    ],
    ids=["seen", "stale", "at-once", "overwritten", "either", "both-ways", "late", "taken-back", "deleted-late"],
)
def test_histories(history: list[Call], verdict: bool) -> None:
    assert linearizable(history, EMPTY, step) is verdict
