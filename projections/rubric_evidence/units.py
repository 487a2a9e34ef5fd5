"""Scores as whole numbers of ten-thousandths: exact sums and comparisons, rounded once, half away from zero.

That is how PostgreSQL rounds a numeric, so whoever computes a column again in SQL gets the same figure.
"""

from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Final

ONE: Final = 10_000
LARGEST: Final = 999 * ONE + ONE - 1
_EXPONENT: Final = -4


@lru_cache(maxsize=4096)
def units(number: float) -> int:
    """A number as ten-thousandths, read as it was written: 2.7 is 2.7, not the nearest binary fraction."""
    if isinstance(number, int):
        return number * ONE
    return int((Decimal(repr(number)) * ONE).to_integral_value(ROUND_HALF_UP))


def quotient(numerator: int, denominator: int) -> int:
    """The whole number nearest to a fraction with a positive denominator; halves go away from zero."""
    nearest = (2 * abs(numerator) + denominator) // (2 * denominator)
    return nearest if numerator >= 0 else -nearest


@lru_cache(maxsize=65_536)
def decimal(value: int) -> Decimal:
    """Ten-thousandths as a Decimal with four decimals."""
    return Decimal(value).scaleb(_EXPONENT)
