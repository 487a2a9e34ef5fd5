"""A statement of the log as the mapper takes it."""

from collections.abc import Mapping
from typing import Any

import orjson

from lrs.log.read import Told
from lrs.xapi import actors
from projections.facts.mapper import Mapped, Mapper


def parse(event: Told) -> dict[str, Any] | None:
    """A statement with what the LRS added; None where it was erased."""
    if event.payload is None:
        return None
    statement: dict[str, Any] = orjson.loads(event.payload)
    if event.filled is not None:
        statement |= orjson.loads(event.filled)
    return statement


def mapped(mapper: Mapper, event: Told, statement: dict[str, Any]) -> Mapped:
    """What a statement tells, by the mapper."""
    authority = statement.get("authority")
    return mapper.map(
        statement,
        id=event.subject,
        position=event.position,
        stored=event.stored,
        authority=(actors.ifi(authority) or "") if authority is not None else "",
    )


def pattern(statement: Mapping[str, Any]) -> tuple[str, str]:
    """What unmatched statements are counted by: verb, and type of activity or kind of object."""
    target = statement["object"]
    kind = target.get("definition", {}).get("type") or target.get("objectType", "Activity")
    return statement["verb"]["id"], kind
