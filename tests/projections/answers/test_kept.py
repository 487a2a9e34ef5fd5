"""Sums are computed once for what they stand on."""

from projections.analytic.standing import Through
from projections.answers.data import Row
from projections.answers.kept import DEAR, TIMES, Kept

THROUGH = Through(position=7, stored=None)


class Counting:
    """Computes some rows, for which it takes some seconds of the processor."""

    def __init__(self, rows: int = 1, seconds: float = 0.0) -> None:
        self.times = 0
        self.used = 0.0
        self._rows = rows
        self._seconds = seconds

    async def __call__(self) -> list[Row]:
        self.times += 1
        self.used += self._seconds
        return [{"n": number} for number in range(self._rows)]


async def test_same_key_is_computed_once() -> None:
    kept, compute = Kept(), Counting()
    assert await kept.rows("a", compute) == await kept.rows("a", compute) == [{"n": 0}]
    assert compute.times == 1


async def test_another_key_is_computed() -> None:
    kept, compute = Kept(), Counting()
    await kept.rows(("a", 1), compute)
    await kept.rows(("a", 2), compute)
    assert compute.times == 2


async def test_what_was_not_asked_for_longest_goes() -> None:
    kept, compute = Kept(most=4), Counting(2)
    for key in "abac":
        await kept.rows(key, compute)
    assert compute.times == 3
    await kept.rows("a", compute)
    assert compute.times == 3
    await kept.rows("b", compute)
    assert compute.times == 4


async def test_more_than_may_be_kept_is_told_all_the_same() -> None:
    kept, compute = Kept(most=1), Counting(2)
    assert len(await kept.rows("a", compute)) == 2
    assert len(await kept.rows("a", compute)) == 2
    assert compute.times == 2


async def test_what_was_dear_is_recent_for_some_times_as_long() -> None:
    now, compute = 0.0, Counting(seconds=2 * DEAR)
    kept = Kept(clock=lambda: now, used=lambda: compute.used)
    rows = await kept.rows(("a", 1), compute, about="a", through=THROUGH)
    now = 2 * DEAR * TIMES
    recent = kept.recent("a")
    assert recent is not None
    assert (recent.rows, recent.through) == (rows, THROUGH)
    assert kept.recent("b") is None
    now += 0.001
    assert kept.recent("a") is None


async def test_what_was_cheap_or_is_about_nothing_is_not_recent() -> None:
    cheap, dear = Counting(seconds=DEAR / 2), Counting(seconds=2 * DEAR)
    kept = Kept(clock=lambda: 0.0, used=lambda: cheap.used + dear.used)
    await kept.rows(("a", 1), dear, about="a", through=THROUGH)
    # What is made anew at less cost takes the place of what was dear.
    await kept.rows(("a", 2), cheap, about="a", through=THROUGH)
    assert kept.recent("a") is None
    await kept.rows(("b", 1), dear)
    assert kept.recent(None) is None
