"""The topic of a store: its name, and what is made where there is none."""

import contextlib
from typing import Any, Final

from lrs.config import Settings
from lrs.hooks.kafka import client
from lrs.log.store import Store

LIMIT: Final = "max.message.bytes"


def name(settings: Settings, store: Store) -> str:
    """The topic of a store."""
    return settings.kafka_prefix + store.name


def store_name(settings: Settings, topic: str) -> str:
    """The name of the store whose topic it is."""
    return topic.removeprefix(settings.kafka_prefix)


def ensure(settings: Settings, topic: str) -> int:
    """Make a topic where it is missing; how many bytes a record may have in it. It blocks."""
    from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient, NewTopic  # type: ignore[import-untyped]
    from kafka.errors import AuthorizationError, TopicAlreadyExistsError  # type: ignore[import-untyped]

    admin: Any = KafkaAdminClient(**client.connection(settings))
    try:
        if topic not in admin.list_topics():
            new = NewTopic(
                topic,
                settings.kafka_partitions,
                settings.kafka_replication or -1,
                topic_configs=dict(client.topic_settings()),
            )
            with contextlib.suppress(TopicAlreadyExistsError):
                admin.create_topics([new])
            admin.wait_for_topics([topic])
        try:
            asked = ConfigResource(ConfigResourceType.TOPIC, topic, {LIMIT: None})
            found = admin.describe_configs([asked], config_filter="all")
            limit = int(found["topic"][topic][LIMIT]["value"])
        except AuthorizationError:
            # Not everybody may ask.
            return settings.kafka_max_bytes
        return min(settings.kafka_max_bytes, limit - client.OVERHEAD)
    finally:
        admin.close()
