"""Small cells: for every table of counts, what is shown tells nothing of what is hidden."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from projections.answers import suppression

counts = st.lists(st.integers(0, 30), max_size=9)
least = st.integers(2, 12)


def test_small_groups_take_the_next_smallest_along() -> None:
    assert suppression.line([20, 3, 9, 7], 5).cells == (False, True, False, True)


def test_two_small_ones_are_enough_if_they_are_many_together() -> None:
    assert suppression.line([20, 3, 4], 5).cells == (False, True, True)
    assert suppression.line([20, 1, 2, 8], 5).cells == (False, True, True, True)


def test_where_there_is_nobody_to_hide_among_all_is_hidden() -> None:
    assert suppression.line([3, 0, 0], 5) == suppression.Hidden((True, True, True), total=True)
    assert suppression.line([2, 2, 0], 5) == suppression.Hidden((True, True, True), total=True)


def test_zeros_and_large_groups_are_shown() -> None:
    assert suppression.line([0, 5, 100], 5) == suppression.Hidden((False, False, False), total=False)


@given(counts, least)
def test_no_small_count_is_shown(line: list[int], k: int) -> None:
    found = suppression.line(line, k)
    assert all(is_hidden or not 0 < count < k for count, is_hidden in zip(line, found.cells, strict=True))


@given(counts, least)
def test_what_is_hidden_cannot_be_worked_out_from_the_total(line: list[int], k: int) -> None:
    found = suppression.line(line, k)
    hidden = [count for count, is_hidden in zip(line, found.cells, strict=True) if is_hidden]
    if hidden and not all(found.cells):
        assert sum(count > 0 for count in hidden) >= 2
        assert sum(hidden) >= k
    if 0 < sum(line) < k:
        assert found.total
        assert all(found.cells)


@given(counts, least)
def test_no_more_is_hidden_than_needed(line: list[int], k: int) -> None:
    """Without small groups nothing is hidden; with them, no one fewer of those taken along would do."""
    found = suppression.line(line, k)
    small = [count for count in line if 0 < count < k]
    if not small:
        assert not any(found.cells)
        return
    along = [count for count, is_hidden in zip(line, found.cells, strict=True) if is_hidden and count >= k]
    if along and not all(found.cells):
        assert not suppression.holds([*small, *sorted(along)[:-1]], k)


@given(counts, least, st.randoms(use_true_random=False))
def test_order_does_not_matter_for_what_is_hidden(line: list[int], k: int, random: "object") -> None:
    shuffled = list(line)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    of = [count for count, dark in zip(line, suppression.line(line, k).cells, strict=True) if dark]
    also = [count for count, dark in zip(shuffled, suppression.line(shuffled, k).cells, strict=True) if dark]
    assert sorted(of) == sorted(also)


@given(st.lists(st.lists(st.integers(0, 12), min_size=3, max_size=3), min_size=2, max_size=4), least)
def test_every_line_of_a_table_keeps_its_secret(rows: list[list[int]], k: int) -> None:
    counts: dict[tuple[str, ...], int] = {
        (str(i), str(j)): count for i, row in enumerate(rows) for j, count in enumerate(row)
    }
    margins = [{str(i): sum(row) for i, row in enumerate(rows)}, {str(j): sum(r[j] for r in rows) for j in range(3)}]
    dark = suppression.table(counts, margins, k)
    assert all(cell in dark for cell, count in counts.items() if 0 < count < k)
    for number, name in itertools.chain.from_iterable(((n, each) for each in margins[n]) for n in (0, 1)):
        line = [cell for cell in counts if cell[number] == name]
        hidden = [counts[cell] for cell in line if cell in dark]
        assert not hidden or len(hidden) == len(line) or suppression.holds(hidden, k)


@given(st.lists(st.lists(st.integers(0, 12), min_size=3, max_size=3), min_size=2, max_size=4), least)
def test_a_margin_that_is_hidden_is_not_the_sum_of_cells_shown(rows: list[list[int]], k: int) -> None:
    """Two answers together, by one dimension and by two, tell no hidden margin."""
    counts: dict[tuple[str, ...], int] = {
        (str(i), str(j)): count for i, row in enumerate(rows) for j, count in enumerate(row)
    }
    first = {str(i): sum(row) for i, row in enumerate(rows)}
    second = {str(j): sum(r[j] for r in rows) for j in range(3)}
    dark = suppression.table(counts, [first, second], k)
    hidden = {cell[0] for cell in suppression.table({(each,): count for each, count in first.items()}, [first], k)}
    for name in hidden:
        assert all(cell in dark for cell in counts if cell[0] == name)
