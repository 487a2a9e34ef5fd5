"""Statements and events as rows of a table, for CSV, Parquet and Arrow. JSON Lines have all there is, as it came."""

from base64 import b64encode
from datetime import datetime
from typing import Any, Final

import orjson

from lrs.log.read import Record
from lrs.readers import StoredStatement
from lrs.xapi import actors, formats, strictjson, values
from projections.answers.question import Column, Row

STATEMENTS: Final = (
    Column("position", "bigint", "its position in the log"),
    Column("id", "uuid", "the statement's id"),
    Column("stored", "timestamptz", "when it was stored"),
    Column("timestamp", "timestamptz", "when it happened, as it says; empty outside of years 1 to 9999"),
    Column("version", "text", "the version of xAPI in which it was sent"),
    Column("actor", "text", "the actor's identifier, kind first; empty for a group without one"),
    Column("verb", "text", "the verb's id"),
    Column("object_type", "text", "Activity, Agent, Group, StatementRef or SubStatement"),
    Column("object", "text", "the object's id, or identifier"),
    Column("activity_type", "text", "the type of the activity that is its object"),
    Column("registration", "uuid", "the registration"),
    Column("parents", "text[]", "the activities in its context as parents"),
    Column("success", "boolean", "the result's success"),
    Column("completion", "boolean", "the result's completion"),
    Column("score_scaled", "double precision", "the result's scaled score"),
    Column("score_raw", "double precision", "the result's raw score"),
    Column("duration", "text", "the result's duration, as sent (ISO 8601)"),
    Column("authority", "text", "the identifier of who vouches for it"),
    Column("statement", "text", "all of it, in JSON"),
)
EVENTS: Final = (
    Column("position", "bigint", "its position in the log"),
    Column("kind", "text", "what happened"),
    Column("stored", "timestamptz", "when it was appended"),
    Column("credential", "text", "by whom"),
    Column("subject", "uuid", "what events of one thing have in common; of a statement its id"),
    Column("filled", "text", "what the LRS added, in JSON; empty where it was erased"),
    Column("payload_base64", "text", "what came, byte for byte, in base64; empty where it was erased"),
    Column("commitment", "text", "the commitment, in hexadecimal"),
    Column("leaf", "text", "the leaf, in hexadecimal"),
    Column("salt", "text", "the salt, in hexadecimal; empty where it was erased"),
)


def statement(stored: StoredStatement) -> Row:
    """A row of STATEMENTS."""
    written = formats.exact(stored.payload, stored.filled, stored.stored)
    told: dict[str, Any] = _decoded(written)
    target, context, result = told["object"], told.get("context", {}), told.get("result", {})
    score = result.get("score", {})
    return {
        "position": stored.position,
        "id": told["id"],
        "stored": stored.stored,
        "timestamp": _moment(told.get("timestamp")),
        "version": told.get("version"),
        "actor": actors.ifi(told["actor"]),
        "verb": told["verb"]["id"],
        "object_type": target.get("objectType", "Activity"),
        "object": target.get("id") or actors.ifi(target),
        "activity_type": target.get("definition", {}).get("type"),
        "registration": context.get("registration"),
        "parents": [each["id"] for each in context.get("contextActivities", {}).get("parent", ())],
        "success": result.get("success"),
        "completion": result.get("completion"),
        "score_scaled": _number(score.get("scaled")),
        "score_raw": _number(score.get("raw")),
        "duration": result.get("duration"),
        "authority": actors.ifi(told["authority"]),
        "statement": written.decode(),
    }


def event(record: Record) -> Row:
    """A row of EVENTS."""
    return {
        "position": record.position,
        "kind": record.kind.label,
        "stored": record.stored,
        "credential": record.credential,
        "subject": str(record.subject),
        "filled": None if record.filled is None else record.filled.decode(),
        "payload_base64": None if record.payload is None else b64encode(record.payload).decode(),
        "commitment": record.commitment.hex(),
        "leaf": record.leaf.hex(),
        "salt": None if record.salt is None else record.salt.hex(),
    }


def _decoded(written: bytes) -> Any:  # noqa: ANN401 - whatever JSON can hold
    try:
        return orjson.loads(written)
    except orjson.JSONDecodeError:
        # A number that no float can hold is valid JSON, and orjson refuses it.
        return strictjson.decode(written)


def _moment(text: str | None) -> datetime | None:
    try:
        return None if text is None else values.instant(text)
    except (OverflowError, ValueError):
        return None


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
