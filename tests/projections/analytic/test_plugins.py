"""Projections of other packages: found by entry point, refused in words where they do not fit."""

from importlib.metadata import EntryPoint
from typing import Any

import pytest

from lrs import main
from lrs.errors import CannotStart
from projections.analytic import Column, Table, plugins
from tests.projections.minutes import PROJECTION, Minutes

GROUP = plugins.GROUP
TABLE = PROJECTION.tables[0]


def point(value: str = "tests.projections.minutes:PROJECTION") -> EntryPoint:
    return EntryPoint("minutes", value, GROUP)


def changed(**changes: Any) -> Minutes:
    made: Minutes = type("Changed", (Minutes,), changes)()
    return made


def test_an_installed_projection_is_loaded() -> None:
    ours = main.projections()
    assert [each.name for each in plugins.load(ours, [point()])] == [*(each.name for each in ours), "minutes"]


def test_ours_fit() -> None:
    assert [plugins.fit(each) for each in main.projections()] == [None, None, None]


def table(**changes: Any) -> tuple[Table, ...]:
    parts = {"name": "t", "columns": (Column("a", "text", "A."),), "key": ("a",), "sentence": "T."} | changes
    return (Table(**parts),)


@pytest.mark.parametrize(
    ("loaded", "words"),
    [
        (object(), "it lacks name, version"),
        (changed(name="Big"), "expected a-z"),
        (changed(name="a_next"), "not ending in _next"),
        (changed(name="facts"), "another schema"),
        (changed(name="pg_catalog"), "another schema"),
        (changed(version=0), "a whole number from 1"),
        (changed(version=True), "a whole number from 1"),
        (changed(kinds=frozenset()), "expected some of"),
        (changed(keys=lambda self: ()), "keys cannot be called"),
        (changed(rows=lambda self, key, facts, reference: {}), "rows cannot be called"),
        (changed(tables=()), "at least one"),
        (changed(tables=(TABLE, TABLE)), "two have one name"),
        (changed(tables=table(name="drop table")), "no name for a table"),
        (changed(tables=table(columns=(Column("store", "text", "A."),))), "one of ours"),
        (changed(tables=table(columns=(Column("a", "text", "A."), Column("a", "text", "A.")))), "two columns"),
        (changed(tables=table(columns=(Column("a", "money", "A."),))), "unknown type 'money'"),  # type: ignore[arg-type]
        (changed(tables=table(key=("b",))), "not made of its columns"),
        (changed(tables=table(columns=(Column("a", "text[]", "A."),))), "cannot be part of the key"),
        (changed(tables=table(columns=(Column("a", "text", ""),))), "need a sentence"),
    ],
)
def test_what_does_not_fit_is_told(loaded: object, words: str) -> None:
    assert words in str(plugins.fit(loaded))


def test_what_does_not_fit_stops_the_start() -> None:
    with pytest.raises(CannotStart, match=r"minutes .* does not fit: it lacks"):
        plugins.load((), [point("tests.projections.minutes:Final")])
    with pytest.raises(CannotStart, match="cannot be loaded"):
        plugins.load((), [point("tests.projections.minutes:NOTHING")])
    with pytest.raises(CannotStart, match="two projections minutes"):
        plugins.load((PROJECTION,), [point()])
