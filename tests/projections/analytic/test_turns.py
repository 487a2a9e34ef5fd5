"""Projections of one process take turns."""

import asyncio
import contextlib

from projections.analytic.turns import Turns


async def test_turns_come_one_after_the_other() -> None:
    turns, told = Turns(), list[str]()

    async def go(name: str) -> None:
        for _ in range(3):
            async with turns.one():
                told.append(f"{name} begins")
                await asyncio.sleep(0.001)
                told.append(f"{name} ends")

    await asyncio.gather(go("a"), go("b"), go("c"))
    assert told == [f"{name} {what}" for name in "abc" * 3 for what in ("begins", "ends")]


async def test_a_long_turn_is_not_waited_for() -> None:
    turns, end = Turns(most=0.01), asyncio.Event()

    async def long() -> None:
        async with turns.one():
            await end.wait()

    task = asyncio.create_task(long())
    await asyncio.sleep(0)
    for _ in range(2):
        async with turns.one():
            assert not task.done()
    end.set()
    await task
    # It gives back what it had, and those beside it nothing.
    async with turns.one():
        beside = asyncio.create_task(long())
        await asyncio.sleep(0)
        assert not beside.done()
    await beside


async def test_a_turn_that_fails_or_is_cancelled_lets_the_next_begin() -> None:
    turns = Turns(most=60)
    with contextlib.suppress(ValueError):
        async with turns.one():
            raise ValueError
    async with turns.one():
        waiting = asyncio.create_task(turns.one().__aenter__())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    async with asyncio.timeout(1), turns.one():
        pass
