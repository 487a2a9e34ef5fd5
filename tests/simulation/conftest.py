"""A small simulated district, written once for all tests that read it."""

from pathlib import Path

import pytest

from lrs.simulation import writer
from lrs.simulation.simulation import Simulation
from lrs.simulation.straight import Straight
from tests.simulation.small import simulation


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Simulation, Path]:
    folder = tmp_path_factory.mktemp("district")
    made = simulation()
    writer.write(made, folder)
    return made, folder


@pytest.fixture(scope="session")
def straight(small: tuple[Simulation, Path]) -> Straight:
    made, _ = small
    return Straight(made.district, made.records)
