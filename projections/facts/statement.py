"""A statement of the log as the mapper takes it."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import orjson

from lrs.log.read import Told
from lrs.xapi import actors, strictjson
from projections.facts.mapper import Mapped, Mapper

REMEMBERED: Final = 2_000


def parse(event: Told) -> dict[str, Any] | None:
    """A statement with what the LRS added; None where it was erased."""
    return None if event.payload is None else content(event.payload, event.filled)


def content(payload: bytes, filled: bytes | None) -> dict[str, Any]:
    """A statement as it was received, with what the LRS added."""
    found = _decoded(payload)
    if filled is not None:
        found.update(_filled(filled)[0])
    return found


def _decoded(payload: bytes) -> dict[str, Any]:
    try:
        content: Any = orjson.loads(payload)
    except orjson.JSONDecodeError:
        # A number that no float can hold is valid JSON, and orjson refuses it.
        content = strictjson.decode(payload)
    assert isinstance(content, dict)
    return content


def mapped(mapper: Mapper, event: Told, content: dict[str, Any]) -> Mapped:
    """What a statement tells, by the mapper."""
    authority = "" if event.filled is None else _filled(event.filled)[1]
    return mapper.map(content, id=event.subject, position=event.position, stored=event.stored, authority=authority)


@lru_cache(maxsize=REMEMBERED)
def _filled(filled: bytes) -> tuple[dict[str, Any], str]:
    """What the LRS added, and the IFI of the authority: mostly the same for all that one client sends."""
    members: dict[str, Any] = orjson.loads(filled)
    authority = members.get("authority")
    return members, (actors.ifi(authority) or "") if authority is not None else ""


def pattern(content: Mapping[str, Any]) -> tuple[str, str]:
    """What unmatched statements are counted by: verb, and type of activity or kind of object."""
    target = content["object"]
    kind = target.get("definition", {}).get("type") or target.get("objectType", "Activity")
    return content["verb"]["id"], kind
