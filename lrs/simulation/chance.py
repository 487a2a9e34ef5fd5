"""Seeded draws that are the same on every Python: all of them rest on `random.Random.random`, which is promised."""

import hashlib
import math
from collections.abc import Sequence
from random import Random
from typing import TypeVar
from uuid import UUID

T = TypeVar("T")


class Chance:
    """A stream of draws of its own for every name under a seed, so that one part does not shift another."""

    __slots__ = ("_random",)

    def __init__(self, seed: int, *name: object) -> None:
        text = "/".join(map(str, (seed, *name)))
        self._random = Random(int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "big")).random  # noqa: S311

    def part(self) -> float:
        """A number in [0, 1)."""
        return self._random()

    def happens(self, probability: float) -> bool:
        """Whether something of this probability comes about."""
        return self._random() < probability

    def between(self, low: float, high: float) -> float:
        """A number from `low` up to `high`."""
        return low + (high - low) * self._random()

    def whole(self, low: int, high: int) -> int:
        """A whole number from `low` through `high`."""
        return low + int(self._random() * (high - low + 1))

    def pick(self, among: Sequence[T]) -> T:
        """One of them."""
        return among[int(self._random() * len(among))]

    def some(self, count: int, among: Sequence[T]) -> list[T]:
        """`count` different ones of them, in the order drawn."""
        left = list(among)
        return [left.pop(int(self._random() * len(left))) for _ in range(min(count, len(left)))]

    def weighted(self, weights: Sequence[float]) -> int:
        """An index, drawn by weight."""
        total = 0.0
        for weight in weights:
            total += weight  # sum() of floats is not the same on all Pythons
        point = self._random() * total
        for index, weight in enumerate(weights):
            point -= weight
            if point < 0:
                return index
        return len(weights) - 1

    def normal(self, mean: float = 0.0, deviation: float = 1.0) -> float:
        """Normally distributed (Box and Muller)."""
        radius = math.sqrt(-2.0 * math.log(1.0 - self._random()))
        return mean + deviation * radius * math.cos(math.tau * self._random())

    def lognormal(self, median: float, sigma: float) -> float:
        """Lognormally distributed."""
        return median * math.exp(self.normal(0.0, sigma))

    def exponential(self, mean: float) -> float:
        """Exponentially distributed."""
        return -mean * math.log(1.0 - self._random())

    def gamma(self, shape: float, mean: float) -> float:
        """Gamma distributed, for a shape of 1 or more (Marsaglia and Tsang)."""
        d = shape - 1.0 / 3.0
        c = 1.0 / math.sqrt(9.0 * d)
        while True:
            x = self.normal()
            v = (1.0 + c * x) ** 3
            if v > 0 and math.log(1.0 - self._random()) < 0.5 * x * x + d * (1.0 - v + math.log(v)):
                return d * v * mean / shape

    def beta(self, a: float, b: float) -> float:
        """Beta distributed, for parameters of 1 or more."""
        x = self.gamma(a, a)
        return x / (x + self.gamma(b, b))

    def uuid(self) -> UUID:
        """A UUID of version 4."""
        r = self._random
        number = int(r() * (1 << 48)) << 80 | int(r() * (1 << 40)) << 40 | int(r() * (1 << 40))
        number = number & ~(0xF000 << 64) & ~(0xC000 << 48) | 0x4000 << 64 | 0x8000 << 48
        return UUID(int=number)
