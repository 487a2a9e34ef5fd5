"""A small simulation: two schools in each district, and one school year."""

from lrs.simulation.simulation import Simulation

SEED = 7


def simulation() -> Simulation:
    return Simulation(seed=SEED, scale=0.1, years=1)
