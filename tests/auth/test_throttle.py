import pytest

from lrs.auth.throttle import REMEMBERED, Throttle
from lrs.errors import TooMany


def test_too_many_failures_are_stopped() -> None:
    throttle = Throttle(3)
    for _ in range(3):
        throttle.check("address", "key")
        throttle.count("address", "key")
    with pytest.raises(TooMany) as stopped:
        throttle.check("address", "key")
    assert 0 < stopped.value.retry_after <= 21


def test_others_are_not_stopped() -> None:
    throttle = Throttle(1)
    throttle.count("address", "key")
    throttle.check("address", "other")
    throttle.check("elsewhere", "key")


def test_none_is_no_bound() -> None:
    throttle = Throttle(0)
    for _ in range(100):
        throttle.count("address", "key")
    throttle.check("address", "key")


def test_memory_is_bounded() -> None:
    throttle = Throttle(1)
    for number in range(REMEMBERED + 10):
        throttle.count("address", str(number))
    throttle.check("address", "0")
    with pytest.raises(TooMany):
        throttle.check("address", str(REMEMBERED + 9))
