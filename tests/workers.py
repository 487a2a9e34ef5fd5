"""How several workers (pytest-xdist: -n 2 --dist loadgroup) share out the tests."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

from tests import tree

# What takes longest begins first, or one worker would end long after the others.
LONGEST: Final = (
    "tests/guarantees/test_short.py",
    "tests/simulation/test_answers.py",
    "tests/kafka",
    "tests/guarantees",
    "tests/clients",
    "tests/cli",
    "tests/simulation",
    "tests/projections",
)
# Their tests share nothing, and take so long that each is handed out by itself.
SINGLE: Final = LONGEST[:2]
# One broker serves all of the folder.
WHOLE: Final = ("tests/kafka",)


def share_out(items: list[pytest.Item]) -> None:
    """Keep the tests of a file, and all that share a costly fixture, with one worker; order them as they begin."""
    for item in items:
        name = tree.name(item.path) if item.path.is_relative_to(tree.ROOT) else str(item.path)
        if not _within(name, SINGLE):
            item.add_marker(pytest.mark.xdist_group(_within(name, WHOLE) or name))
    items.sort(key=lambda item: _rank(item.path))


def _rank(path: Path) -> int:
    name = tree.name(path) if path.is_relative_to(tree.ROOT) else ""
    found = _within(name, LONGEST)
    return LONGEST.index(found) if found else len(LONGEST)


def _within(name: str, places: Sequence[str]) -> str:
    return next((place for place in places if name == place or name.startswith(f"{place}/")), "")
