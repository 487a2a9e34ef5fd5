"""How workers share out the tests: a file stays together, save for those whose every test takes long."""

from collections.abc import Iterable

import pytest

from tests import tree, workers


class File(pytest.File):
    def collect(self) -> Iterable[pytest.Item]:
        return ()


class Item(pytest.Item):
    def runtest(self) -> None: ...


def shared_out(request: pytest.FixtureRequest, *names: str) -> list[tuple[str, str | None]]:
    """The file and the group of each item, in the order in which they begin."""
    items: list[pytest.Item] = []
    for name in names:
        module = File.from_parent(request.session, path=tree.ROOT / name.partition("::")[0])
        items.append(Item.from_parent(module, name=name))
    workers.share_out(items)
    groups = [each.get_closest_marker("xdist_group") for each in items]
    return [(item.name, mark.args[0] if mark else None) for item, mark in zip(items, groups, strict=True)]


def test_a_file_stays_together_and_long_ones_begin(request: pytest.FixtureRequest) -> None:
    names = ("tests/xapi/test_query.py::a", "tests/kafka/test_relay.py::a", "tests/kafka/test_records.py::a")
    assert shared_out(request, *names, "tests/guarantees/test_short.py::a") == [
        ("tests/guarantees/test_short.py::a", None),
        ("tests/kafka/test_relay.py::a", "tests/kafka"),
        ("tests/kafka/test_records.py::a", "tests/kafka"),
        ("tests/xapi/test_query.py::a", "tests/xapi/test_query.py"),
    ]


def test_every_name_leads_somewhere() -> None:
    assert [name for name in workers.LONGEST if not (tree.ROOT / name).exists()] == []
    assert {*workers.SINGLE, *workers.WHOLE} <= {*workers.LONGEST}
