"""The districts before anything happens: who is there, and what changes."""

import itertools
from collections import Counter
from datetime import date, timedelta

import pytest

from lrs.simulation import groups, rubric
from lrs.simulation.calendar import Calendar, thanksgiving
from lrs.simulation.district import District


@pytest.fixture(scope="module")
def whole() -> District:
    return groups.settle(7, 1.0, 3)


def test_as_many_as_the_real_ones(whole: District) -> None:
    assert (len(whole.educators), len(whole.schools), len(whole.cohorts), len(whole.units)) == (420, 15, 60, 160)
    assert sum(each.posts[0].role == "coach" and each.posts[0].since == date(2022, 8, 1) for each in whole.people) == 21


def test_network_grows_to_22(whole: District) -> None:
    network = next(each for each in whole.cohorts if each.id == "network")
    assert len(network.on(date(2022, 8, 16))) == 8
    assert [len(network.on(date(year, 6, 30))) for year in (2023, 2024, 2025)] == [12, 15, 22]


def test_groups_have_five_to_nine(whole: District) -> None:
    sizes = [len(each.on(date(2023, 2, 1))) for each in whole.cohorts if each.kind == "plc"]
    assert min(sizes) >= 5
    assert max(sizes) <= 12


def test_everybody_in_birch_is_coached(whole: District) -> None:
    coached = {each.educator.id for each in whole.pairs}
    assert {each.person.id for each in whole.of("birch")} <= coached
    share = len([each for each in whole.of("alder") if each.person.id in coached]) / len(whole.of("alder"))
    assert 0.5 < share < 0.72


def test_one_coach_has_28(whole: District) -> None:
    now = [each.coach.id for each in whole.pairs if each.until is None]
    assert Counter(now)[whole.planted["overloaded_coach"]] == 28


def test_account_of_who_left_is_of_who_came(whole: District) -> None:
    held: dict[str, list[tuple[object, object]]] = {}
    for who in whole.people:
        for each in who.identities:
            if each.home is not None:
                held.setdefault(f"{each.home} {each.value}", []).append((each.since, each.until))
    shared = [spans for spans in held.values() if len(spans) > 1]
    assert shared
    for spans in shared:
        ordered = sorted(spans, key=lambda span: span[0] or date.min)  # type: ignore[arg-type,return-value]
        assert all(one[1] == other[0] for one, other in itertools.pairwise(ordered))


def test_some_move_school(whole: District) -> None:
    moved = [each for each in whole.educators.values() if each.moves]
    assert moved
    assert all(len(each.person.posts) == 2 for each in moved)


def test_rubric_has_22_components() -> None:
    assert len(rubric.CRITERIA) == 22
    assert len({each.domain for each in rubric.CRITERIA}) == 4
    assert all(len(each.levels) == 4 for each in rubric.CRITERIA)


def test_clock_stands_still_in_breaks() -> None:
    calendar = Calendar(1)
    begin, end = date(2024, 12, 20), date(2025, 1, 6)
    assert calendar.clock("alder", end) - calendar.clock("alder", begin) == 3
    assert not calendar.is_school_day("birch", thanksgiving(2024))
    assert calendar.after("alder", begin, 2) == date(2025, 1, 5)


def test_every_month_comes_once() -> None:
    months = list(Calendar(2).months())
    assert len(months) == 24
    assert sum((end - begin for begin, end in months), timedelta()) == date(2025, 8, 1) - date(2023, 8, 1)
