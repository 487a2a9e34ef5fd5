"""The planted findings, asked of a server over HTTP: `python -m tests.simulation.run --scale 1 --years 3`."""

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

from lrs.cli.stage import Stage
from lrs.simulation import writer
from lrs.simulation.simulation import Simulation
from tests import serving
from tests.simulation import answers
from tests.simulation.small import SEED

Order = Literal["reference-first", "statements-first", "stored-kept"]
STEPS: Final[Mapping[Order, tuple[str, ...]]] = {
    "reference-first": ("reference", "load", "await_through"),
    "statements-first": ("load", "reference", "await_through"),
    "stored-kept": ("reference", "await_through"),
}


def run(folder: Path, *, scale: float, years: int, seed: int, order: Order = "reference-first") -> list[str]:
    """Simulate into `folder`, load, ask everything; the differences."""
    stage = Stage(folder, serving.free_port())
    made = Simulation(seed=seed, scale=scale, years=years)
    _say("simulated", writer.write(made, stage.district).statements)
    if order == "stored-kept":
        # Only into a record that has nothing else, not even the credential that the server would make.
        _say("loaded", stage.command("load", "--keep-stored", str(stage.district / "statements.jsonl")))
    with stage.serving():
        for step in STEPS[order]:
            _say(step, getattr(stage, step)())
        asked = answers.questions(stage)
        answers.admit(stage, asked)
        found = list(answers.differences(stage, asked))
        _say("asked", len(asked))
    return found


def _say(what: str, words: object) -> None:
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {what}: {words}\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--years", type=int, default=3)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--order", choices=tuple(STEPS), default="reference-first", help="how it is loaded")
    parser.add_argument("--folder", type=Path, help="kept; else a temporary one")
    given = parser.parse_args()
    folder = given.folder or Path(tempfile.mkdtemp(prefix="daybook-answers-"))
    try:
        found = run(folder, scale=given.scale, years=given.years, seed=given.seed, order=given.order)
    finally:
        if given.folder is None:
            shutil.rmtree(folder, ignore_errors=True)
    for line in found:
        sys.stdout.write(f"{line}\n")
    sys.stdout.write(f"{len(found)} differences\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
