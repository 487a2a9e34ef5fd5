"""Criteria and levels by their IRIs, versions by day, thresholds."""

from datetime import date

import pytest

from lrs.errors import NotFound
from lrs.reference.model import Alignment, Criterion, Level, Rubric
from lrs.reference.policy import Mastery, Policy
from lrs.reference.reference import EMPTY, Reference

DAY = date(2024, 11, 5)
ITEM = "11111111-2222-4333-8444-555555555555"
CRITERION = "aaaaaaaa-2222-4333-8444-555555555555"
NAMES = ("Beginning", "Growing", "Proficient", "Leading")


def levels(*names: str) -> tuple[Level, ...]:
    return tuple(
        Level(id=f"l{n}", uri=f"https://case.example.org/levels/{n}", name=name, score=n)
        for n, name in enumerate(names, 1)
    )


def criterion(id_: str = CRITERION, names: tuple[str, ...] = NAMES, **more: object) -> Criterion:
    fields: dict[str, object] = {
        "uri": f"https://case.example.org/criteria/{id_}", "title": id_, "domain": "1", "weight": 1.0, "position": 1,
        "levels": levels(*names), "iris": (f"https://case.example.org/items/{ITEM}",),
    }  # fmt: skip
    return Criterion(id=id_, **{**fields, **more})  # type: ignore[arg-type]


def rubric(*criteria: Criterion, version: str = "1", since: date | None = None, until: date | None = None) -> Rubric:
    return Rubric(id="r", uri="u", title="R", version=version, criteria=criteria, since=since, until=until)


@pytest.mark.parametrize(
    "iri",
    [
        CRITERION,
        f"https://case.example.org/criteria/{CRITERION}",
        f"https://mirror.example.org/x/{CRITERION}",
        f"urn:uuid:{ITEM}",
        f"https://case.example.org/items/{ITEM}",
        f"https://mirror.example.org/ims/case/v1p0/CFItems/{ITEM.upper()}",
    ],
)
def test_criterion_has_many_names(iri: str) -> None:
    assert Reference.of(rubrics=[rubric(criterion())]).criterion_of(iri) == CRITERION


def test_unknown_criterion_is_not_found() -> None:
    assert EMPTY.criterion_of("https://x.org/1") is None
    with pytest.raises(NotFound, match="lrs rubric import"):
        EMPTY.criterion("x")


def test_level_is_found_with_its_criterion() -> None:
    found = Reference.of(rubrics=[rubric(criterion())]).level_of("https://case.example.org/levels/3")
    assert found is not None
    assert (found[0], found[1].name) == (CRITERION, "Proficient")


def test_version_is_that_of_the_day() -> None:
    border = date(2025, 8, 1)
    old, new = rubric(criterion(), until=border), rubric(criterion(weight=2.0), version="2", since=border)
    reference = Reference.of(rubrics=[new, old])
    assert reference.rubric_of(CRITERION, DAY).version == "1"
    assert reference.rubric_of(CRITERION, border).version == "2"
    assert reference.rubric_of(CRITERION).version == "2"
    assert reference.rubrics["r"].version == "2"
    assert [each.version for each in reference.versions("r")] == ["1", "2"]
    assert reference.criterion(CRITERION, DAY).weight == 1.0


def test_replaced_criterion_has_a_successor() -> None:
    reference = Reference.of(rubrics=[rubric(criterion("new", replaces=("old",)))])
    assert reference.successor("old") == "new"
    assert reference.successor("new") is None


def test_alignment_holds_once_its_rubric_is_there() -> None:
    alignments = [Alignment(activity="https://lms/7", criterion=f"urn:uuid:{ITEM}")]
    assert Reference.of(alignments=alignments).alignments("https://lms/7") == ()
    reference = Reference.of(alignments=alignments, rubrics=[rubric(criterion())])
    assert reference.alignments("https://lms/7") == (CRITERION,)


@pytest.mark.parametrize(
    ("wanted", "names", "score"),
    [
        (None, NAMES, 3),
        (None, ("no", "somewhat", "yes"), 2),
        (None, ("yes",), 1),
        (None, (), None),
        ("leading", NAMES, 4),
        (2.5, NAMES, 2.5),
    ],
)
def test_threshold_is_a_level_or_a_score(
    wanted: float | str | None, names: tuple[str, ...], score: float | None
) -> None:  # fmt: skip
    policy = Policy(mastery=Mastery(threshold=wanted))
    reference = Reference.of(rubrics=[rubric(criterion(names=names))], policies=policy)
    assert reference.threshold(CRITERION, DAY) == score
