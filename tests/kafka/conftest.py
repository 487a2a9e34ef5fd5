"""One Kafka for the whole run; where Java or Maven lack, what needs it is skipped by name."""

import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from lrs.config import Settings
from tests.kafka import broker as brokers
from tests.kafka.broker import Broker

NUMBERS = count(1)


@pytest.fixture(scope="session")
def jars() -> Path:
    """Kafka's own programs."""
    try:
        return brokers.artefacts()
    except brokers.Missing as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def running(jars: Path) -> Iterator[Broker]:
    """A broker that is there for the whole run."""
    with tempfile.TemporaryDirectory(prefix="lrs-kafka-") as folder:
        broker = Broker(jars, Path(folder) / "kafka")
        broker.format()
        broker.start()
        yield broker
        broker.kill()


@pytest.fixture
def kafka(running: Broker) -> Settings:
    """The settings of a test, whose topics are its own."""
    return Settings(
        kafka_servers=(running.server,), kafka_prefix=f"test{next(NUMBERS)}.", kafka_group=f"g{next(NUMBERS)}"
    )


@pytest.fixture
def own(jars: Path, tmp_path: Path) -> Iterator[Broker]:
    """A broker that a test may do anything to; it is formatted, and not started."""
    broker = Broker(jars, tmp_path / "kafka")
    broker.format()
    yield broker
    broker.kill()
