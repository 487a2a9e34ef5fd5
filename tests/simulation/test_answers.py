"""What a small simulation planted is found by asking its served record over HTTP.

`python -m tests.simulation.run` does the same at any scale.
"""

from pathlib import Path

from tests.simulation.run import run
from tests.simulation.small import SEED


def test_every_expected_answer_is_given(tmp_path: Path) -> None:
    assert run(tmp_path, scale=0.1, years=1, seed=SEED) == []


def test_order_of_loading_does_not_matter(tmp_path: Path) -> None:
    assert run(tmp_path, scale=0.1, years=1, seed=SEED, statements_first=True) == []
