"""Reads topics as any consumer does: with a client of its own, and nothing of the relay's."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import orjson

from lrs.config import Settings

QUIET_SECONDS = 1.5


def everything(settings: Settings, topic: str, *, least: int, seconds: float = 20.0) -> list[Any]:
    """All records of a topic, partition by partition: `least` at least, then until nothing comes any more."""
    from kafka import KafkaConsumer, TopicPartition  # type: ignore[import-untyped]

    consumer = KafkaConsumer(bootstrap_servers=list(settings.kafka_servers), enable_auto_commit=False)
    try:
        found: list[Any] = []
        until, quiet = time.monotonic() + seconds, 0.0
        while (parts := consumer.partitions_for_topic(topic)) is None:
            assert time.monotonic() < until, f"there is no topic {topic}"
            time.sleep(0.1)
        consumer.assign([TopicPartition(topic, part) for part in sorted(parts)])
        consumer.seek_to_beginning()
        while len(found) < least or time.monotonic() < quiet:
            assert time.monotonic() < until, f"{len(found)} of {least} records in {topic}"
            for some in consumer.poll(300).values():
                found += some
                quiet = time.monotonic() + QUIET_SECONDS
        return found
    finally:
        consumer.close()


async def read(settings: Settings, topic: str, *, least: int, seconds: float = 20.0) -> list[Any]:
    return await asyncio.to_thread(everything, settings, topic, least=least, seconds=seconds)


def firsts(records: Sequence[Any]) -> dict[int, list[int]]:
    """The positions of each partition, in the order in which they came first."""
    found: dict[int, dict[int, None]] = {}
    for each in records:
        found.setdefault(each.partition, {}).setdefault(int(each.key))
    return {partition: list(positions) for partition, positions in found.items()}


def judge(records: Sequence[Any], head: int) -> int:
    """Every position up to `head` is there and in order, one id to each; how many came twice."""
    parts = firsts(records)
    assert sorted(position for positions in parts.values() for position in positions) == list(range(1, head + 1))
    for positions in parts.values():
        assert positions == sorted(positions)
    ids = {each.key: dict(each.headers)["id"] for each in records}
    assert all(dict(each.headers)["id"] == ids[each.key] for each in records)
    assert len(set(ids.values())) == head
    return len(records) - head


def messages(records: Sequence[Any]) -> dict[int, Any]:
    """What was told, by position; None for a tombstone, the last word where there are several."""
    return {int(each.key): None if each.value is None else orjson.loads(each.value) for each in records}
