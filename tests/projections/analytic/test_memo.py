"""What a memo gives back, and when it has it made again."""

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
    (made,) = memo.of_each([one], make)
    memo.begin()
    again, afresh = memo.of_each([one, other], make)
    assert again is made
    assert afresh is not made


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
        return inner.of_each([one, other], make)

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
    assert AFRESH.of_each(["fact"], make) == [["fact"]]
    assert AFRESH.of_all("sums", {"a": 1}, make) == {"a": ["a"]}
    assert make.made == 4
