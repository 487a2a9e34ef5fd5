"""Small cells: which counts of people may not be told, so that none of them can be worked out. No I/O.

A cell of 0 < n < k people is hidden. Where a line of cells has a known total, further ones are hidden, smallest first,
until at least two are hidden and together have at least k people; where that cannot be reached, the whole line is, its
zeros and its total too. Cells of 0 are shown otherwise, and so are totals of k people or more.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

import msgspec

Cell = TypeVar("Cell", bound=Hashable)


class Hidden(msgspec.Struct, frozen=True):
    """Which cells of a line are hidden, by place, and whether its total is."""

    cells: tuple[bool, ...]
    total: bool


def line(counts: Sequence[int], k: int, hidden: Sequence[bool] = ()) -> Hidden:
    """What is hidden of a line whose total is known, where some of it may be `hidden` already."""
    dark = {place for place, count in enumerate(counts) if 0 < count < k}
    dark |= {place for place, was in enumerate(hidden) if was}
    if not dark:
        return Hidden((False,) * len(counts), total=False)
    lit = sorted((count, place) for place, count in enumerate(counts) if count and place not in dark)
    for _, place in lit:
        if holds((counts[place] for place in dark), k):
            break
        dark.add(place)
    if not holds((counts[place] for place in dark), k):
        return Hidden((True,) * len(counts), total=0 < sum(counts) < k)
    return Hidden(tuple(place in dark for place in range(len(counts))), total=False)


def table(
    counts: Mapping[tuple[Cell, ...], int], margins: Sequence[Mapping[Cell, int]], k: int
) -> frozenset[tuple[Cell, ...]]:
    """The cells to hide of a table of one or two dimensions; `margins` counts the people of each value, by dimension.

    A value that its own dimension hides is hidden in the table of two as well, and every line of it has a known total:
    so the answers by one dimension and by two tell no more together than each does.
    """
    dark = set()
    for number, margin in enumerate(margins):
        values = sorted(margin, key=str)
        found = line([margin[value] for value in values], k)
        hidden = {value for value, is_hidden in zip(values, found.cells, strict=True) if is_hidden}
        dark |= {cell for cell in counts if cell[number] in hidden}
    return frozenset(dark) if len(margins) < 2 else frozenset(_settled(counts, dark, k))


def _settled(counts: Mapping[tuple[Cell, ...], int], dark: set[tuple[Cell, ...]], k: int) -> set[tuple[Cell, ...]]:
    """With every line of the table in order, where hiding for one line may leave another one wanting."""
    lines = [cells for number in (0, 1) for cells in _lines(counts, number)]
    before = -1
    while len(dark) > before:
        before = len(dark)
        for cells in lines:
            found = line([counts[cell] for cell in cells], k, [cell in dark for cell in cells])
            dark |= {cell for cell, is_hidden in zip(cells, found.cells, strict=True) if is_hidden}
    return dark


def _lines(counts: Mapping[tuple[Cell, ...], int], number: int) -> list[list[tuple[Cell, ...]]]:
    lines: dict[Cell, list[tuple[Cell, ...]]] = {}
    for cell in sorted(counts, key=str):
        lines.setdefault(cell[number], []).append(cell)
    return list(lines.values())


def holds(hidden: Iterable[int], k: int) -> bool:
    """Whether hidden counts with a known sum cannot be worked out: two with people at least, and k people in all."""
    counts = [count for count in hidden if count]
    return len(counts) >= 2 and sum(counts) >= k
