"""What a small simulation planted is found by asking its served record over HTTP, however it was loaded.

`python -m tests.simulation.run` does the same at any scale.
"""

from pathlib import Path

import pytest

from tests.simulation.run import Order, run
from tests.simulation.small import SEED


@pytest.mark.parametrize("order", ["reference-first", "statements-first", "stored-kept"])
def test_every_expected_answer_is_given(tmp_path: Path, order: Order) -> None:
    assert run(tmp_path, scale=0.1, years=1, seed=SEED, order=order) == []
