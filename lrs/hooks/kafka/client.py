"""How the client of Kafka is set: safe by what is said here, whatever its own defaults are or become.

kafka-python has no asyncio: whoever calls it does so in a thread (`threads`). It is imported when it is needed, as that
takes half a second and most commands never do.
"""

import logging
from collections.abc import Mapping
from typing import Any, Final

from lrs.config import Settings

# How long a broker is waited for before it counts as away; what was to be done is tried again later.
CONNECT_MS: Final = 4_000
REQUEST_MS: Final = 10_000
METADATA_MS: Final = 5_000
BACKOFF_MS: Final = 1_000
# Many records a request where there is much to send; nobody waits for more to come.
BATCH_BYTES: Final = 256 * 1024
# Around a record: its place in the batch, lengths, and the head of the batch.
OVERHEAD: Final = 200
DAY_MS: Final = 86_400_000


def connection(settings: Settings) -> dict[str, Any]:
    """What every client is set to."""
    # What goes wrong is raised, and told where it is handled.
    logging.getLogger("kafka").setLevel(logging.CRITICAL + 1)
    found: dict[str, Any] = {
        "bootstrap_servers": list(settings.kafka_servers),
        "bootstrap_timeout_ms": CONNECT_MS,
        "client_id": "daybook",
        "request_timeout_ms": REQUEST_MS,
        "metadata_max_age_ms": METADATA_MS,
        "reconnect_backoff_max_ms": BACKOFF_MS,
        "security_protocol": settings.kafka_security,
    }
    if settings.kafka_security.endswith("SSL"):
        files = {
            "ssl_cafile": settings.kafka_ca_file,
            "ssl_certfile": settings.kafka_certificate_file,
            "ssl_keyfile": settings.kafka_key_file,
        }
        found |= {name: file for name, file in files.items() if file}
    if settings.kafka_security.startswith("SASL"):
        found |= {
            "sasl_mechanism": settings.kafka_sasl,
            "sasl_plain_username": settings.kafka_user,
            "sasl_plain_password": settings.kafka_password,
        }
    return found


def producer(settings: Settings, *, limit: int) -> dict[str, Any]:
    """What a producer is set to, where a record may have `limit` bytes.

    Idempotence is asked for in so many words: the client gives it up in silence where other settings contradict it.
    Nothing expires in it, record by record, for what comes after would overtake; the relay gives up all at once.
    """
    return connection(settings) | {
        "acks": settings.kafka_acks,
        "enable_idempotence": True,
        "retries": settings.kafka_retries,
        "max_in_flight_requests_per_connection": settings.kafka_in_flight,
        "delivery_timeout_ms": DAY_MS,
        "max_block_ms": CONNECT_MS,
        "max_request_size": max(limit, BATCH_BYTES) + OVERHEAD,
        "batch_size": min(limit, BATCH_BYTES),
        "compression_type": None if settings.kafka_compression == "none" else settings.kafka_compression,
        "allow_auto_create_topics": False,
    }


def consumer(settings: Settings) -> dict[str, Any]:
    """What a consumer of the group is set to: where it has come to is kept in the database, with the effect."""
    return connection(settings) | {
        "group_id": settings.kafka_group,
        "enable_auto_commit": False,
        # Where a partition is read from is said each time; a topic that was emptied is read from its beginning.
        "auto_offset_reset": "earliest",
        "isolation_level": "read_uncommitted",
        "allow_auto_create_topics": False,
        "session_timeout_ms": 10_000,
        "heartbeat_interval_ms": 2_000,
        "fetch_max_wait_ms": 200,
        "fetch_max_bytes": 8 * 2**20,
        "max_partition_fetch_bytes": 2**21,
    }


def topic_settings() -> Mapping[str, str]:
    """What a topic is made with: the last record of each key stays for ever; an erased one goes within a day or two."""
    return {
        "cleanup.policy": "compact",
        "max.compaction.lag.ms": str(DAY_MS),
        "delete.retention.ms": str(7 * DAY_MS),
        "segment.ms": str(DAY_MS),
    }
