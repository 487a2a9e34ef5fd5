from importlib import resources

import pytest

from projections.coaching_cadence.endpoints import QUESTIONS
from projections.coaching_cadence.tables import ALL

TEXT = resources.files("projections.coaching_cadence").joinpath("README.md").read_text()


@pytest.mark.parametrize("table", ALL, ids=lambda table: table.name)
def test_every_column_is_documented(table: object) -> None:
    columns = {column.name for each in ALL if each is table for column in each.columns}
    assert not {name for name in columns if f"`{name}`" not in TEXT} - {"educator_id", "coach_id", "period_id"}


def test_every_question_is_documented() -> None:
    for question in QUESTIONS:
        assert f"`{question.path}`" in TEXT
        (line,) = (line for line in TEXT.splitlines() if line.startswith(f"| `{question.path}` |"))
        named = {*question.filters, *(each.name for each in question.parameters)} - {"person"}
        assert not {name for name in named if name not in line}
