"""The words of a refusal: from a schema's verdict to what a sender can act on.

Nothing that was sent is quoted at length, nor as it came: see `values.shown`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import msgspec

from lrs.errors import Invalid
from lrs.xapi import rules, strictjson
from lrs.xapi.strictjson import JSON
from lrs.xapi.values import shown
from lrs.xapi.versions import Version


class Failure(msgspec.Struct, frozen=True):
    """A `keyword` of `schema` that `value`, which lies at `path`, fails; `key` if it is a key of `value` that does."""

    keyword: str
    schema: Mapping[str, JSON]
    value: JSON
    path: Sequence[str | int]
    key: str | None = None


_TYPES = {
    "object": "an object",
    "array": "an array",
    "string": "a string",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
}
_POINTER = 2048  # characters, beyond which a place is told but roughly: keys are as long as a sender likes
_IDENTIFIERS = ("mbox", "mbox_sha1sum", "openid", "account")


def of(failure: Failure, version: Version, pointer: str = "") -> Invalid:
    """What to raise for a failure below `pointer`; rule and paragraph are those that the schema gives."""
    for part in failure.path:
        pointer = strictjson.joined(pointer, str(part))
    key, detail = failure.key, ""
    if failure.keyword == "additionalProperties":
        key, detail = _unknown(cast(Mapping[str, JSON], failure.value), failure.schema)
    elif key is not None:
        detail = f"the key {shown(key)} is not allowed"
    else:
        detail = f"{_name(pointer.rpartition('/')[2])} {_words(failure)}"
    if key is not None:
        pointer = strictjson.joined(pointer, key)
    while len(pointer) > _POINTER:
        pointer = pointer.rpartition("/")[0]
    paragraph = str(failure.schema.get("$comment", "")) or rules.TYPES.of(version)
    rule = str(failure.schema.get("description", "")) or rules.TYPES.words
    return Invalid(detail, pointer=pointer, rule=rule, paragraph=version.paragraph(paragraph, paragraph))


def _name(key: str) -> str:
    if key.replace("_", "").isalnum() and len(key) <= 80:
        return key
    return shown(key) if key else "the value"


def _unknown(value: Mapping[str, JSON], schema: Mapping[str, JSON]) -> tuple[str, str]:
    known = cast(Mapping[str, JSON], schema.get("properties", {}))
    key = next(key for key in value if key not in known)
    near = next((other for other in known if other.lower() == key.lower()), None)
    hint = f"; is {near!r} meant?" if near else ""
    return key, f"the property {shown(key)} is not allowed here{hint}"


def _words(failure: Failure) -> str:
    # What these two are depends on the keyword, whose own check has passed on them before it failed the value.
    value, wanted = cast(Any, failure.value), cast(Any, failure.schema.get(failure.keyword))
    words: Mapping[str, Callable[[], str]] = {
        "required": lambda: f"has no {next(key for key in wanted if key not in value)!r}",
        "dependentRequired": lambda: _dependent(value, wanted),
        "type": lambda: _mistyped(value, str(wanted)),
        "pattern": lambda: f"is {shown(value)}",
        "const": lambda: f"must be {wanted!r}, not {_quoted(value)}",
        "enum": lambda: f"must be one of {', '.join(wanted)}, not {_quoted(value)}",
        "minItems": lambda: f"has {len(value)} elements, but needs at least {wanted}",
        "maxItems": lambda: f"has {len(value)} elements, but may have at most {wanted}",
        "minimum": lambda: f"must be at least {wanted}",
        "maximum": lambda: f"must be at most {wanted}",
        "oneOf": lambda: f"has {' and '.join(key for key in _IDENTIFIERS if key in value) or 'no identifier'}",
    }
    known = words.get(failure.keyword)
    return known() if known else "does not have the form that the standard gives it"


def _dependent(value: Mapping[str, object], wanted: Mapping[str, Sequence[str]]) -> str:
    present = next(key for key, needs in wanted.items() if key in value and any(need not in value for need in needs))
    return f"has {present!r}, which needs {wanted[present][0]!r} beside it"


def _mistyped(value: object, wanted: str) -> str:
    if value is None:
        return "is null, which only extensions may hold"
    return f"must be {_TYPES.get(wanted, wanted)}, not {_kind(value)}"


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, str):
        return "a string"
    return "an array" if isinstance(value, list) else "null" if value is None else "an object"


def _quoted(value: object) -> str:
    return shown(value) if isinstance(value, str) else _kind(value)
