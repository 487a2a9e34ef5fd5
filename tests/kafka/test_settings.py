"""K-05: what would lose records or their order is refused at the start, with words that say what was expected."""

import pytest

from lrs import config
from lrs.config import Settings, Wrong
from lrs.hooks.kafka import client


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("LRS_KAFKA_ACKS", "1", "expected one of all"),
        ("LRS_KAFKA_RETRIES", "0", "expected a number from 1"),
        ("LRS_KAFKA_IN_FLIGHT", "6", "expected 1 to 5"),
        ("LRS_KAFKA_PREFIX", "day book", "expected letters"),
        ("LRS_KAFKA_SECURITY", "SASL_SSL", "LRS_KAFKA_USER"),
        ("LRS_KAFKA_KEY_FILE", "key.pem", "belong together"),
        ("LRS_FOLLOW_SOURCE", "kafka", "LRS_KAFKA_SERVERS"),
        ("LRS_KAFKA_SERVER", "kafka:9092", "did you mean LRS_KAFKA_SERVERS"),
    ],
)
def test_unsafe_settings_are_refused(name: str, value: str, words: str) -> None:
    with pytest.raises(Wrong, match=words):
        config.read({name: value})


def test_idempotence_is_asked_for_in_so_many_words() -> None:
    asked = client.producer(Settings(kafka_servers=("kafka:9092",)), limit=1_000_000)
    assert (asked["enable_idempotence"], asked["acks"]) == (True, "all")
    assert asked["retries"] > 0
    assert asked["max_in_flight_requests_per_connection"] <= 5


def test_every_option_is_one_of_the_client() -> None:
    from kafka import KafkaConsumer, KafkaProducer  # type: ignore[import-untyped]

    given = Settings(
        kafka_servers=("kafka:9092",),
        kafka_security="SASL_SSL",
        kafka_user="lrs",
        kafka_password="secret",
        kafka_ca_file="ca.pem",
        kafka_certificate_file="own.pem",
        kafka_key_file="key.pem",
    )
    assert client.producer(given, limit=1).keys() <= KafkaProducer.DEFAULT_CONFIG.keys()
    assert client.consumer(given).keys() <= KafkaConsumer.DEFAULT_CONFIG.keys()
    assert "secret" not in repr(given)
