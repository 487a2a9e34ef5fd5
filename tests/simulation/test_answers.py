"""What a small simulation planted is found by asking its served record over HTTP, however it was loaded.

`python -m tests.simulation.run` does the same at any scale.
"""

from pathlib import Path

import pytest

from lrs import cli
from lrs.cli.stage import Stage
from tests import serving
from tests.simulation import answers
from tests.simulation.run import Order, run
from tests.simulation.small import SEED


def test_demo_gives_every_expected_answer(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    port = serving.free_port()
    words = ("--folder", str(tmp_path), "--port", str(port), "--scale", "0.1", "--years", "1")
    with pytest.raises(SystemExit, match="0"):
        cli.main(["demo", *words, "--check"])
    shown = capfd.readouterr().out
    assert shown.count("curl -u ") == 5
    assert "(0 rows)" not in shown
    stage = Stage(tmp_path, port)
    with stage.serving():
        asked = answers.questions(stage)
        answers.admit(stage, asked)
        assert list(answers.differences(stage, asked)) == []


@pytest.mark.parametrize("order", ["statements-first", "stored-kept"])
def test_order_of_loading_does_not_matter(tmp_path: Path, order: Order) -> None:
    assert run(tmp_path, scale=0.1, years=1, seed=SEED, order=order) == []
