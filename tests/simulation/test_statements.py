"""Statements of a small simulation, judged by the standard."""

import hashlib
import itertools
from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pytest

from lrs.simulation.simulation import Simulation
from lrs.xapi import statements
from lrs.xapi.versions import Version
from tests.simulation.small import SEED, simulation
from tests.xapi.receiving import JSON_TYPE, numbered

DIGEST = "31b788080163cae4d20c72127534e854f28931b19b0dfb05cd60c139ee1149a0"
VOIDED = "http://adlnet.gov/expapi/verbs/voided"


@pytest.fixture(scope="module")
def lines() -> list[bytes]:
    return list(simulation().lines())


@pytest.fixture(scope="module")
def told(lines: list[bytes]) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in lines]


def test_every_statement_is_valid(lines: list[bytes], told: list[dict[str, Any]]) -> None:
    for line, statement in zip(lines, told, strict=True):
        version = Version(statement["version"])
        receipt = statements.receive(line, JSON_TYPE, version=version, ids=numbered())
        assert len(receipt.statements) == 1


def test_both_versions_are_spoken(told: list[dict[str, Any]]) -> None:
    count = Counter(each["version"] for each in told)
    assert set(count) == {"1.0.3", "2.0.0"}
    agents = [each for each in told if "contextAgents" in each.get("context", {})]
    assert len(agents) == count["2.0.0"] > 20


def test_stored_rises(told: list[dict[str, Any]]) -> None:
    stored = [each["stored"] for each in told]
    assert all(one < other for one, other in itertools.pairwise(stored))


def test_sent_again_is_the_same(told: list[dict[str, Any]]) -> None:
    known: dict[str, dict[str, Any]] = {}
    again = 0
    for each in told:
        bare = {**each, "stored": None}
        again += each["id"] in known
        assert known.setdefault(each["id"], bare) == bare
    assert again > 20


def test_some_voids_come_first(told: list[dict[str, Any]]) -> None:
    place = {each["id"]: index for index, each in reversed(list(enumerate(told)))}
    voids = [(index, each["object"]["id"]) for index, each in enumerate(told) if each["verb"]["id"] == VOIDED]
    first = [index for index, target in voids if place[target] > index]
    assert 0 < len(first) < len(voids) / 5


def test_same_seed_same_bytes(small: tuple[Simulation, Path]) -> None:
    """On every Python and with any hash seed: a change here changes every simulated district."""
    _, folder = small
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.*")):
        digest.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    assert digest.hexdigest() == DIGEST


def test_other_seed_other_bytes(lines: list[bytes]) -> None:
    other = Simulation(seed=SEED + 1, scale=0.1, years=1).lines()
    assert next(other) != lines[0]


def test_all_kinds_of_dirt_are_there(lines: list[bytes]) -> None:
    made = simulation()
    assert sum(1 for _ in made.lines()) == len(lines) == made.statements
    counts = made.mail.counts
    assert all(counts.values()), counts
    assert made.statements == counts["sent"] + counts["retried"] + counts["voided"] + counts["reissued"]
