"""Sums are computed once for what they stand on."""

from projections.answers.data import Row
from projections.answers.kept import Kept


class Counting:
    def __init__(self, rows: int = 1) -> None:
        self.times = 0
        self._rows = rows

    async def __call__(self) -> list[Row]:
        self.times += 1
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
