import itertools
from uuid import uuid4

import orjson
import pytest

from lrs.xapi.statements import Receipt, receive
from lrs.xapi.versions import Version
from tests.bench.generator import VERSIONS, Generator

COUNT = 2_000


@pytest.fixture(scope="module")
def made() -> list[tuple[str, bytes]]:
    return list(itertools.islice(Generator(7).singles(), COUNT))


def received(version: str, body: bytes) -> Receipt:
    return receive(body, "application/json", version=Version(version), ids=uuid4)


def test_same_seed_gives_same_bytes(made: list[tuple[str, bytes]]) -> None:
    assert made == list(itertools.islice(Generator(7).singles(), COUNT))
    assert made != list(itertools.islice(Generator(8).singles(), COUNT))


def test_statements_are_valid(made: list[tuple[str, bytes]]) -> None:
    assert {version for version, _ in made} == set(VERSIONS)
    assert all(received(version, body).single for version, body in made)


def test_batches_are_valid() -> None:
    for version, body in itertools.islice(Generator(7).batches(50), 20):
        assert len(received(version, body).statements) == 50


def test_statements_have_1200_bytes_on_average(made: list[tuple[str, bytes]]) -> None:
    assert 1_100 < sum(len(body) for _, body in made) / COUNT < 1_300


def test_statements_are_varied(made: list[tuple[str, bytes]]) -> None:
    found = [received(version, body).statements[0].found for version, body in made]
    statements = [orjson.loads(body) for _, body in made]
    assert sum(each.target is not None for each in found) > COUNT * 0.02
    assert any(each.voiding for each in found)
    assert any(len(each.agents) > 1 for each in found)
    assert len({each.verb for each in found}) > 15
    assert sum("registration" in each.get("context", {}) for each in statements) > COUNT / 2
    assert any("contextAgents" in each.get("context", {}) for each in statements)
    assert any("score" in each.get("result", {}) for each in statements)


def test_a_few_keys_carry_most(made: list[tuple[str, bytes]]) -> None:
    activities = [received(version, body).statements[0].found.activity for version, body in made]
    counts = sorted((activities.count(each) for each in set(activities)), reverse=True)
    assert sum(counts[: len(counts) // 5]) > COUNT * 0.35
