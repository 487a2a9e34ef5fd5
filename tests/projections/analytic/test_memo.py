"""What a memo gives back, and when it has it made again."""

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.analytic.memo import AFRESH, Memo


class Maker:
    """Makes lists, no two of them the same object."""

    def __init__(self) -> None:
        self.made = 0

    def __call__(self, given: object = None, *_: object) -> list[object]:
        self.made += 1
        return [given]


def test_what_was_made_of_the_same_is_given_back() -> None:
    memo, make = Memo(), Maker()
    first = memo.of("sum", [1, 2], make)
    memo.begin()
    assert memo.of("sum", [1, 2], make) is first
    assert memo.of("sum", [1, 3], make) is not first
    assert make.made == 2


def test_an_equal_object_is_not_the_same_one() -> None:
    memo, make = Memo(), Maker()
    one, other = [1], [1]
    (made,) = memo.of_each("lists", [one], make)
    memo.begin()
    again, afresh = memo.of_each("lists", [one, other], make)
    assert again is made
    assert afresh is not made


def test_of_many_objects_those_are_made_that_are_new_wherever_they_came() -> None:
    memo, make = Memo(), Maker()
    first = memo.of_each("numbers", [1000, 3000], make)
    memo.begin()
    second = memo.of_each("numbers", [1000, 2000, 3000], make)
    assert second == [[1000], [2000], [3000]]
    assert second[0] is first[0]
    assert second[2] is first[1]
    memo.begin()
    assert memo.of_each("numbers", [3000], make)[0] is first[1]
    assert make.made == 3


def test_of_many_objects_those_stay_that_come_out_equal_where_what_they_share_is_new() -> None:
    memo = Memo()
    numbers = [1000, 2000, 3000]
    first = memo.of_each("tops", numbers, lambda each: [each > 1500], beside=1500)
    memo.begin()
    second = memo.of_each("tops", [*numbers, 4000], lambda each: [each > 2500], beside=2500)
    assert second == [[False], [False], [True], [True]]
    assert [one is other for one, other in zip(first, second, strict=False)] == [True, False, True]


def test_of_two_that_follow_each_other_those_are_made_that_follow_another() -> None:
    memo, make = Memo(), Maker()
    first = memo.of_next("steps", [1000, 3000, 4000, 5000], lambda one, other: make((one, other)))
    assert first == [[(1000, 3000)], [(3000, 4000)], [(4000, 5000)]]
    memo.begin()
    second = memo.of_next("steps", [1000, 3000, 4000, 5000, 6000], lambda one, other: make((one, other)))
    assert second == [*first, [(5000, 6000)]]
    assert make.made == 4
    memo.begin()
    third = memo.of_next("steps", [1000, 3000, 6000], lambda one, other: make((one, other)))
    assert third == [[(1000, 3000)], [(3000, 6000)]]
    assert third[0] is first[0]


def by_parity(numbers: list[int], more: int = 0) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for each in [number + more for number in numbers]:
        found.setdefault("odd" if each % 2 else "even", []).append(each)
    return found


def test_sorts_to_which_nothing_came_stay_the_same_lists() -> None:
    memo = Memo()
    first = memo.of_sorts("parity", [1, 2, 5], by_parity)
    memo.begin()
    second = memo.of_sorts("parity", [1, 2, 5, 7], by_parity)
    assert second == {"odd": [1, 5, 7], "even": [2]}
    assert second["even"] is first["even"]
    assert first == {"odd": [1, 5], "even": [2]}
    memo.begin()
    third = memo.of_sorts("parity", [1, 2, 4, 5, 7], by_parity)
    assert third["odd"] is second["odd"]
    assert third["even"] == [2, 4]


@given(st.lists(st.lists(st.integers(0, 9), max_size=8), min_size=2, max_size=5))
def test_what_came_and_went_changes_no_result(rounds: list[list[int]]) -> None:
    memo = Memo()
    for numbers in rounds:
        memo.begin()
        assert list(memo.of_sorts("parity", numbers, by_parity).items()) == list(by_parity(numbers).items())
        assert memo.of_each("text", numbers, str) == AFRESH.of_each("text", numbers, str)
        assert memo.of_next("pairs", numbers, difference) == AFRESH.of_next("pairs", numbers, difference)
        by_number = {each: sum(numbers[:place]) for place, each in enumerate(numbers)}
        made, afresh = (each.of_all("sums", by_number, difference) for each in (memo, AFRESH))
        assert list(made.items()) == list(afresh.items())
        memo.end()


def difference(one: int, other: int) -> int:
    return one - other


class Sum:
    """Takes numbers, one by one."""

    def __init__(self) -> None:
        self.taken: list[int] = []

    def add(self, each: int) -> None:
        self.taken.append(each)


def test_who_took_the_first_objects_takes_the_next() -> None:
    memo = Memo()
    first = memo.of_one_by_one("sum", [1000, 3000], Sum)
    memo.begin()
    assert memo.of_one_by_one("sum", [1000, 3000, 4000], Sum) is first
    assert first.taken == [1000, 3000, 4000]
    memo.begin()
    second = memo.of_one_by_one("sum", [1000, 2000, 3000, 4000], Sum)
    assert second is not first
    assert second.taken == [1000, 2000, 3000, 4000]
    memo.begin()
    assert memo.of_one_by_one("sum", [1000, 2000], Sum).taken == [1000, 2000]


def test_where_order_is_nothing_new_objects_may_come_between() -> None:
    memo = Memo()
    numbers = [1000, 3000, 4000]
    first = memo.of_one_by_one("sum", numbers, Sum, is_ordered=False)
    memo.begin()
    assert memo.of_one_by_one("sum", [numbers[0], 2000, *numbers[1:]], Sum, is_ordered=False) is first
    assert sorted(first.taken) == [1000, 2000, 3000, 4000]
    memo.begin()
    second = memo.of_one_by_one("sum", [numbers[0], *numbers[1:]], Sum, is_ordered=False)
    assert second.taken == numbers


def test_who_failed_to_take_one_begins_anew() -> None:
    class Picky(Sum):
        def add(self, each: int) -> None:
            super().add(each)
            if each == 13:
                raise ValueError(each)

    memo = Memo()
    memo.of_one_by_one("sum", [1], Picky)
    memo.begin()
    with pytest.raises(ValueError, match="13"):
        memo.of_one_by_one("sum", [1, 13], Picky)
    assert memo.of_one_by_one("sum", [1, 2], Picky).taken == [1, 2]


@given(st.lists(st.lists(st.integers(0, 9), max_size=8, unique=True), min_size=2, max_size=5), st.booleans())
def test_what_came_and_went_was_taken(rounds: list[list[int]], is_ordered: bool) -> None:
    memo = Memo()
    for numbers in rounds:
        memo.begin()
        taken = memo.of_one_by_one("sum", numbers, Sum, is_ordered=is_ordered).taken
        assert (taken if is_ordered else sorted(taken)) == (numbers if is_ordered else sorted(numbers))
        assert AFRESH.of_one_by_one("sum", numbers, Sum).taken == numbers
        memo.end()


def test_of_many_only_what_was_given_anew_is_made_anew() -> None:
    memo, make = Memo(), Maker()
    first = memo.of_all("sums", {"a": [1], "b": [2]}, make)
    memo.begin()
    second = memo.of_all("sums", {"b": [2, 3], "a": [1], "c": []}, make)
    assert list(second) == ["b", "a", "c"]
    assert second["a"] is first["a"]
    assert make.made == 4
    memo.begin()
    assert memo.of_all("sums", {"b": [2, 3]}, make)["b"] is second["b"]


def test_of_many_all_is_made_anew_where_what_they_share_is_new() -> None:
    memo, make = Memo(), Maker()
    first = memo.of_all("sums", {"a": [1]}, make, beside="monday")
    memo.begin()
    assert memo.of_all("sums", {"a": [1]}, make, beside="monday")["a"] is first["a"]
    assert memo.of_all("sums", {"a": [1]}, make, beside="tuesday")["a"] is not first["a"]


def test_what_was_not_asked_for_is_forgotten() -> None:
    memo, make = Memo(), Maker()
    first = memo.of("sum", 1, make)
    memo.begin()
    memo.begin()
    assert memo.of("sum", 1, make) is not first


def test_parts_of_a_part_are_kept_with_it() -> None:
    memo, make = Memo(), Maker()

    def doubled(inner: Memo) -> list[object]:
        return inner.of_each("lists", [one, other], make)

    one, other = [1], [2]
    first = memo.of_parts("whole", 1, doubled)
    for _ in range(3):
        memo.begin()
        assert memo.of_parts("whole", 1, doubled) is first
    assert memo.of_parts("whole", 2, doubled) is not first
    assert make.made == 2
    assert AFRESH.of_parts("whole", 2, doubled) == first
    assert make.made == 4


def test_a_memo_may_remember_nothing() -> None:
    make = Maker()
    assert AFRESH.of("sum", 1, make) is not AFRESH.of("sum", 1, make)
    assert AFRESH.of_each("lists", ["fact"], make) == [["fact"]]
    assert AFRESH.of_all("sums", {"a": 1}, make) == {"a": ["a"]}
    assert AFRESH.of_sorts("parity", [1, 2], by_parity) == {"odd": [1], "even": [2]}
    assert make.made == 4


def test_sorts_may_have_nothing_in_them() -> None:
    def sort(numbers: list[int]) -> dict[bool, list[int]]:
        return {is_odd: [each for each in numbers if bool(each % 2) is is_odd] for is_odd in (False, True)}

    memo = Memo()
    memo.of_sorts("numbers", [3, 4], sort)
    memo.begin()
    assert memo.of_sorts("numbers", [3, 6], sort) == {False: [6], True: [3]}


def test_where_nothing_is_new_the_mapping_is_the_same() -> None:
    memo, make = Memo(), Maker()
    numbers = [1, 2, 5]
    made, sorts = memo.of_all("sums", {"a": [1]}, make), memo.of_sorts("parity", numbers, by_parity)
    memo.begin()
    assert memo.of_all("sums", {"a": [1]}, make) is made
    assert memo.of_sorts("parity", numbers, by_parity) is sorts


def test_one_of_many_that_is_made_anew_stays_in_its_place_and_changes_nothing_before() -> None:
    memo, make = Memo(), Maker()
    first = memo.of_all("sums", {"a": 1, "b": 2, "c": 3}, make)
    memo.begin()
    second = memo.of_all("sums", {"a": 1, "b": 4, "c": 3}, make)
    assert list(second.items()) == [("a", ["a"]), ("b", ["b"]), ("c", ["c"])]
    assert [first[key] is second[key] for key in first] == [True, False, True]


@given(st.lists(st.tuples(st.lists(st.integers(0, 9), max_size=6), st.integers(0, 1)), min_size=2, max_size=5))
def test_what_objects_are_sorted_beside_may_change(rounds: list[tuple[list[int], int]]) -> None:
    memo = Memo()
    for numbers, more in rounds:
        memo.begin()
        found = memo.of_sorts("parity", numbers, partial(by_parity, more=more), more)
        assert list(found.items()) == list(by_parity(numbers, more).items())
        memo.end()


def test_a_list_that_goes_on_is_looked_at_anew_each_time() -> None:
    memo, numbers = Memo(), [1, 2]
    memo.of_sorts("parity", numbers, by_parity)
    for numbers[1:] in ([3], [3, 4], [], [5, 6, 7]):
        memo.begin()
        assert list(memo.of_sorts("parity", numbers, by_parity).items()) == list(by_parity(numbers).items())
        memo.end()


def test_what_could_not_be_sorted_was_not_taken() -> None:
    def sort(numbers: list[int]) -> dict[str, list[int]]:
        if 13 in numbers:
            raise ValueError(numbers)
        return by_parity(numbers)

    memo = Memo()
    memo.of_sorts("parity", [1], sort)
    memo.begin()
    with pytest.raises(ValueError, match="13"):
        memo.of_sorts("parity", [1, 13], sort)
    assert memo.of_sorts("parity", [1, 3], sort) == {"odd": [1, 3]}


@given(st.lists(st.dictionaries(st.integers(0, 5), st.integers(0, 3), max_size=5), min_size=2, max_size=5))
def test_of_many_what_came_went_and_changed_places_changes_no_result(rounds: list[dict[int, int]]) -> None:
    memo = Memo()
    for given_of in rounds:
        memo.begin()
        found = memo.of_all("sums", given_of, lambda key, each: (key, each))
        assert list(found.items()) == [(key, (key, each)) for key, each in given_of.items()]
        memo.end()


def test_of_many_those_that_come_behind_leave_the_rest_as_it_was() -> None:
    memo, make = Memo(), Maker()
    first = memo.of_all("sums", {"a": [1], "b": [2]}, make)
    memo.begin()
    second = memo.of_all("sums", {"a": [1], "b": [3], "c": [4]}, make)
    assert list(second) == ["a", "b", "c"]
    assert second["a"] is first["a"]
    assert make.made == 4
