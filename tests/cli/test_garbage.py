"""What a process holds is not looked over again and again, and garbage in it is found in the end."""

import asyncio
import gc
import weakref
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from lrs.cli import garbage


class Cycle:
    """Garbage that reference counts do not find."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


async def until(is_so: Callable[[], bool]) -> None:
    for _ in range(5_000):
        if is_so():
            return
        await asyncio.sleep(0.001)
    raise AssertionError("it has not come to that")


async def test_what_stays_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(garbage, "SPARE_SECONDS", 0.001)
    async with garbage.holding():
        await until(lambda: gc.get_freeze_count() > 0)
        frozen = gc.get_freeze_count()
        held = [[number] for number in range(10_000)]
        await until(lambda: gc.get_freeze_count() >= frozen + len(held))
        assert len(held) == 10_000


@pytest.mark.parametrize(("alone", "quiet"), [(True, 1_000.0), (False, 0.0)])
async def test_garbage_that_is_new_is_found(monkeypatch: pytest.MonkeyPatch, *, alone: bool, quiet: float) -> None:
    monkeypatch.setattr(garbage, "SPARE_SECONDS", 0.001)
    monkeypatch.setattr(garbage, "QUIET", quiet)
    async with garbage.holding(alone=alone):
        await until(lambda: gc.get_freeze_count() > 0)
        for _ in range(3):
            cycles = [weakref.ref(Cycle()) for _ in range(100)]
            await until(partial(are_gone, cycles))


def are_gone(cycles: list[weakref.ref[Cycle]]) -> bool:
    return not any(cycle() for cycle in cycles)
