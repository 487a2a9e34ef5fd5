"""The relay brings every event to the topic of its store, at least once and in order, and a broker delays nobody."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest

from lrs.config import Settings
from lrs.events import Draft, Kind
from lrs.hooks.kafka import relay, replaying, sending, topics
from lrs.log.group import Keys
from lrs.relay import checkpoints, parked
from lrs.relay.outside import Outside
from lrs.telemetry import metrics
from tests.kafka import reading
from tests.kafka.broker import Broker
from tests.serving import until
from tests.world import World, statement


def person(number: int) -> dict[str, str]:
    return {"mbox": f"mailto:p{number}@example.org"}


async def fill(world: World, count: int, *, people: int = 9) -> None:
    await world.send(*(statement(id=str(uuid4()), actor=person(number % people)) for number in range(count)))


async def through(world: World) -> int:
    (lag,) = [each for each in await checkpoints.lag(world.pool, relay.NAME) if each.store == world.store.id]
    return lag.position


@asynccontextmanager
async def relaying(world: World, settings: Settings) -> AsyncIterator[Outside]:
    (outside,) = relay.outside(settings, world.pool, str(uuid4()))
    task = asyncio.create_task(outside.run())
    try:
        yield outside
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def reached(world: World, position: int) -> Callable[[], Awaitable[bool]]:
    async def holds() -> bool:
        return await through(world) >= position

    return holds


async def relayed(world: World, settings: Settings, head: int) -> None:
    async with relaying(world, settings):
        await until(reached(world, head), seconds=20)


async def test_every_event_is_relayed_in_the_order_of_its_actor(world: World, kafka: Settings) -> None:
    await fill(world, 60)
    await relayed(world, kafka, 60)
    records = await reading.read(kafka, topics.name(kafka, world.store), least=60)
    assert reading.judge(records, 60) == 0
    parts: dict[str, set[int]] = {}
    for each in records:
        actor = orjson.loads(each.value)["data"]["actor"]["mbox"]
        parts.setdefault(actor, set()).add(each.partition)
    assert len(parts) == 9
    assert all(len(found) == 1 for found in parts.values())
    assert len({part for found in parts.values() for part in found}) > 1


async def test_the_topic_is_compacted(world: World, kafka: Settings) -> None:
    from kafka.admin import ConfigResource, KafkaAdminClient  # type: ignore[import-untyped]

    await fill(world, 1)
    await relayed(world, kafka, 1)
    topic = topics.name(kafka, world.store)
    admin = KafkaAdminClient(bootstrap_servers=list(kafka.kafka_servers))
    found = admin.describe_configs([ConfigResource("TOPIC", topic)])["topic"][topic]
    admin.close()
    assert found["cleanup.policy"]["value"] == "compact"


async def test_an_erasure_leaves_a_tombstone_in_every_partition(world: World, kafka: Settings) -> None:
    await fill(world, 3)
    draft = Draft(kind=Kind.STATEMENT_REDACTED, subject=uuid4(), payload=orjson.dumps({"positions": [2]}), filled=b"{}")
    await world.log.append(world.store.id, keys=Keys(), decide=lambda _: (draft,), credential=None)
    await relayed(world, kafka, 4)
    records = await reading.read(kafka, topics.name(kafka, world.store), least=10)
    assert [each.partition for each in records if each.value is None] == [0, 1, 2, 3, 4, 5]
    assert {int(each.key) for each in records if each.value is None} == {2}
    assert {int(each.key) for each in records if each.value is not None} == {1, 2, 3, 4}


async def test_killed_between_send_and_checkpoint_sends_again_under_the_same_id(
    world: World, kafka: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """K-02: at least once, with stable ids; not more than one batch comes twice."""
    await fill(world, 40)
    move = checkpoints.Checkpoints.move
    deaths: list[int] = []

    async def dies(self: checkpoints.Checkpoints, *given: object, **named: object) -> None:
        if len(deaths) < 3:
            deaths.append(1)
            raise RuntimeError("killed")
        await move(self, *given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(checkpoints.Checkpoints, "move", dies)
    for death in range(1, 4):
        async with relaying(world, kafka):
            await until(partial(died, deaths, death), seconds=20)
    await relayed(world, kafka, 40)
    twice = reading.judge(await reading.read(kafka, topics.name(kafka, world.store), least=160), 40)
    assert twice == 120


async def died(deaths: list[int], times: int) -> bool:
    return len(deaths) >= times


async def test_what_is_too_large_is_parked_and_others_go_on(world: World, kafka: Settings) -> None:
    """K-06: parked and counted, not blocking; a record without its data says so."""
    large = statement(id=str(uuid4()), result={"response": "x" * 40_000})
    await fill(world, 2)
    await world.send(large)
    await fill(world, 2)
    small = Settings(**{**vars(kafka), "kafka_max_bytes": 20_000})
    async with relaying(world, small):
        assert await until(reached(world, 5), seconds=20) < 10
    (aside,) = await parked.every(world.pool)
    assert (aside.follower, aside.position) == ("kafka", 3)
    assert "20000 may be" in aside.error
    told = reading.messages(await reading.read(small, topics.name(small, world.store), least=5))
    assert told[3]["oversize"] > 40_000
    assert "data" not in told[3]
    assert UUID(told[3]["subject"]) == UUID(large["id"])


async def test_brokers_take_less_than_the_setting(world: World, kafka: Settings) -> None:
    """K-06 by the limit of the topic itself."""
    from kafka.admin import KafkaAdminClient, NewTopic

    admin = KafkaAdminClient(bootstrap_servers=list(kafka.kafka_servers))
    admin.create_topics([NewTopic(topics.name(kafka, world.store), 2, 1, topic_configs={"max.message.bytes": "10000"})])
    admin.close()
    await fill(world, 200)
    await world.send(statement(id=str(uuid4()), result={"response": "x" * 12_000}))
    await relayed(world, kafka, 201)
    assert reading.judge(await reading.read(kafka, topics.name(kafka, world.store), least=201), 201) == 0
    assert [each.position for each in await parked.every(world.pool)] == [201]


async def test_what_brokers_lost_is_relayed_again(world: World, kafka: Settings) -> None:
    """K-04: the broker comes back empty; `lrs relay replay --from 1` gives all of it."""
    from kafka.admin import KafkaAdminClient

    await fill(world, 30)
    await relayed(world, kafka, 30)
    topic = topics.name(kafka, world.store)
    admin = KafkaAdminClient(bootstrap_servers=list(kafka.kafka_servers))
    admin.delete_topics([topic])
    await until(partial(gone, admin, topic), seconds=10)
    admin.close()
    await fill(world, 10)
    await replaying.replay(world.pool, world.store, 1)
    await relayed(world, kafka, 40)
    assert reading.judge(await reading.read(kafka, topic, least=40), 40) == 0
    (standing,) = await replaying.every(kafka, world.pool, world.stores)
    assert (standing.topic, standing.position, standing.head) == (topic, 40, 40)


async def gone(admin: Any, topic: str) -> bool:
    return topic not in await asyncio.to_thread(admin.list_topics)


async def test_two_relays_take_turns(world: World, kafka: Settings) -> None:
    """K-07: one is active; who slept through its lease sends nothing new, and nothing is out of order."""
    async with relaying(world, kafka), relaying(world, kafka):
        for turn in range(1, 9):
            await fill(world, 20)
            await until(reached(world, 20 * turn - 10), seconds=20)
            if turn % 2:
                await world.pool.execute(
                    "update relay.checkpoints set lease = lease + 1, holder = null, expires = '-infinity'"
                    " where follower = 'kafka'"
                )
        await until(reached(world, 160), seconds=30)
    reading.judge(await reading.read(kafka, topics.name(kafka, world.store), least=160), 160)


async def test_a_broker_that_is_down_frozen_or_cut_delays_only_the_relay(
    world: World, own: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """K-01 and K-03: down at the start, frozen, killed and started again: all of it arrives, in order."""
    monkeypatch.setattr(sending, "ACKNOWLEDGED_SECONDS", 2.0)
    settings = Settings(kafka_servers=(own.server,))
    async with relaying(world, settings):
        await fill(world, 20)
        await asyncio.sleep(5)
        assert metrics.KAFKA_UP.sums[(world.store.name,)] == 0
        await asyncio.to_thread(own.start)
        await until(reached(world, 20), seconds=30)
        assert metrics.KAFKA_UP.sums[(world.store.name,)] == 1
        own.freeze()
        await fill(world, 20)
        await asyncio.sleep(3)
        own.thaw()
        await until(reached(world, 40), seconds=30)
        own.kill()
        await fill(world, 20)
        await asyncio.to_thread(own.start)
        await until(reached(world, 60), seconds=30)
    reading.judge(await reading.read(settings, topics.name(settings, world.store), least=60), 60)
